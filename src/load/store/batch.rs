//! A batch: the decisions of one transaction, each batch bound to the one before it by a digest.
//!
//! count 8, digest 32, decisions. The digest is SHA-256 over the digest of the batch before, the batch's number, the
//! count and the decisions, so that a changed byte, a missing batch or two exchanged are noticed whatever redb says.

use sha2::{Digest as _, Sha256};

use crate::load::store::decision::Decision;
use crate::load::store::encoding::SIZE;

/// A SHA-256.
pub(crate) type Digest = [u8; 32];

/// The bytes of a batch beside its decisions.
pub(crate) const HEADER: usize = 8 + 32;

/// A batch that is being put together.
#[derive(Debug)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    count: u64,
}

impl Batch {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Batch { bytes: vec![0; HEADER], count: 0 }
    }

    /// Empties it, and keeps its room.
    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(HEADER);
        self.count = 0;
    }

    /// Adds a decision.
    pub(crate) fn add(&mut self, decision: &Decision) -> Result<(), &'static str> {
        decision.encode(&mut self.bytes)?;
        self.count += 1;
        Ok(())
    }

    /// How many decisions.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Bound to the batch before it: its digest, and all its bytes.
    pub(crate) fn seal(&mut self, number: u64, before: &Digest) -> (Digest, &[u8]) {
        self.bytes[..8].copy_from_slice(&self.count.to_le_bytes());
        let digest = digest(number, before, &self.bytes);
        self.bytes[8..HEADER].copy_from_slice(&digest);
        (digest, &self.bytes)
    }
}

/// The decisions of a batch, and its digest.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn open(number: u64, before: &Digest, bytes: &[u8]) -> Result<(Vec<Decision>, Digest), String> {
    if bytes.len() < HEADER {
        return Err(format!("it has {} bytes", bytes.len()));
    }
    let digest = digest(number, before, bytes);
    if bytes[8..HEADER] != digest {
        return Err("its digest is another than was written with it".to_owned());
    }
    let (records, rest) = bytes[HEADER..].as_chunks::<SIZE>();
    let mut decisions = Vec::with_capacity(records.len());
    for (place, record) in records.iter().enumerate() {
        decisions.push(Decision::decode(record).ok_or_else(|| format!("decision {place} of it is none"))?);
    }
    let whole = rest.is_empty() && bytes[..8] == (records.len() as u64).to_le_bytes();
    if whole {
        Ok((decisions, digest))
    } else {
        Err("it has fewer or more decisions than it says".to_owned())
    }
}

fn digest(number: u64, before: &Digest, bytes: &[u8]) -> Digest {
    let mut digest = Sha256::new();
    digest.update(before);
    digest.update(number.to_le_bytes());
    digest.update(&bytes[..8]);
    digest.update(&bytes[HEADER..]);
    digest.finalize().into()
}
