//! `Anchor`: the last transaction that was written, noted in a second file.
//!
//! After a crash redb goes back to the transaction before the last if the last does not read well, whether it was cut
//! off or a byte of it has changed since. Only something outside can tell the two apart. The anchor is written, and
//! not synchronised, before each transaction (that it begins) and after it (that it is on the disk), before anything
//! is answered: two writes of a page, microseconds beside a synchronisation. It outlives a killed process for
//! certain. After a power failure it may stand at an earlier transaction; then a changed byte in the very last ones
//! passes for a cut-off transaction, as with redb alone. It never stands at a later one than was written.

use std::io;

use redb::StorageBackend;
use sha2::{Digest as _, Sha256};

use crate::load::store::batch::Digest;

/// Two places are written by turns, so that one is whole whenever the other is being written.
const PLACES: [u64; 2] = [0, 4096];

const LENGTH: u64 = 8192;

const MAGIC: &[u8; 8] = b"flexanch";

/// The bytes before the digest of a note.
const NOTED: usize = 8 + 1 + 8 + 8 + 32 + 8 + 8 + 32;

/// How far a store has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is being made: there is nothing in it.
    New,
    /// It is or was written to.
    Open,
    /// It was closed in good order.
    Closed,
    /// It was found damaged. That is kept: redb, which repairs as it opens, may not find it a second time.
    Damaged,
}

/// What is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// How far it has come.
    pub(crate) progress: Progress,
    /// Transactions on the disk.
    pub(crate) written: u64,
    /// The digest of the last of them.
    pub(crate) digest: Digest,
    /// Transactions begun.
    pub(crate) begun: u64,
    /// Decisions in the last one begun.
    pub(crate) decisions: u64,
    /// The digest of the first page of redb's file, once it was closed; zero before. redb takes what it says on trust
    /// where nothing is to be repaired.
    pub(crate) head: Digest,
}

/// The second file.
#[derive(Debug)]
pub(crate) struct Anchor {
    backend: Box<dyn StorageBackend>,
    /// Notes made so far; it says which place is next.
    turn: u64,
}

/// What an anchor's file says.
#[derive(Debug)]
pub(crate) enum Found {
    /// There is none, or one that was never finished.
    Nothing,
    /// The last note.
    Note(Note),
    /// Notes were there, and none reads as it was written.
    Damaged,
}

impl Anchor {
    /// The anchor of a file, and what it says.
    pub(crate) fn open(backend: Box<dyn StorageBackend>) -> io::Result<(Anchor, Found)> {
        let mut anchor = Anchor { backend, turn: 0 };
        if anchor.backend.len()? < LENGTH {
            return Ok((anchor, Found::Nothing));
        }
        let mut last: Option<(u64, Note)> = None;
        let mut empty = true;
        for place in PLACES {
            let mut bytes = [0; NOTED + 32];
            anchor.backend.read(place, &mut bytes)?;
            empty &= bytes.iter().all(|byte| *byte == 0);
            let note = read(&bytes);
            if note.map(|(turn, _)| turn) > last.map(|(turn, _)| turn) {
                last = note;
            }
        }
        let found = match last {
            Some((turn, note)) => {
                anchor.turn = turn + 1;
                Found::Note(note)
            }
            None if empty => Found::Nothing,
            None => Found::Damaged,
        };
        Ok((anchor, found))
    }

    /// Takes all the room it will ever need.
    pub(crate) fn reserve(&mut self) -> io::Result<()> {
        self.backend.set_len(LENGTH)?;
        for place in PLACES {
            self.backend.write(place, &[0; 4096])?;
        }
        self.turn = 0;
        Ok(())
    }

    /// Notes how far it has come.
    pub(crate) fn note(&mut self, note: &Note) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(NOTED + 32);
        bytes.extend(MAGIC);
        bytes.push(match note.progress {
            Progress::New => 0,
            Progress::Open => 1,
            Progress::Closed => 2,
            Progress::Damaged => 3,
        });
        bytes.extend(self.turn.to_le_bytes());
        bytes.extend(note.written.to_le_bytes());
        bytes.extend(note.digest);
        bytes.extend(note.begun.to_le_bytes());
        bytes.extend(note.decisions.to_le_bytes());
        bytes.extend(note.head);
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        self.backend.write(PLACES[usize::from(self.turn % 2 == 1)], &bytes)?;
        self.turn += 1;
        Ok(())
    }

    /// Makes sure that the last note outlives a power failure.
    pub(crate) fn synchronise(&self) -> io::Result<()> {
        self.backend.sync_data()
    }
}

fn read(bytes: &[u8; NOTED + 32]) -> Option<(u64, Note)> {
    let (noted, digest) = bytes.split_at(NOTED);
    if Sha256::digest(noted).as_slice() != digest || &noted[..8] != MAGIC {
        return None;
    }
    let number = |from: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&noted[from..from + 8]);
        u64::from_le_bytes(eight)
    };
    let digest_at = |from: usize| {
        let mut digest = [0; 32];
        digest.copy_from_slice(&noted[from..from + 32]);
        digest
    };
    let progress = match noted[8] {
        0 => Progress::New,
        1 => Progress::Open,
        2 => Progress::Closed,
        _ => Progress::Damaged,
    };
    let note = Note {
        progress,
        written: number(17),
        digest: digest_at(25),
        begun: number(57),
        decisions: number(65),
        head: digest_at(73),
    };
    Some((number(9), note))
}
