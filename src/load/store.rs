//! `Store`: every decision on the disk before it is answered, and all of them again after a crash.
//!
//! One thread takes the decisions that came while the last transaction was being written, writes them in one
//! transaction of redb, synchronised with the disk, and only then sends their answers. The meters' state is not kept:
//! it is what comes of the same requests at the same instants ([`Meter::arrive`](crate::meter::Meter::arrive)), and
//! each answer has to be the same again. Batches are bound to each other by digests ([`batch`]), and a second file
//! knows which was the last ([`anchor`]), so that a byte that has changed is not taken for a transaction cut off.

pub mod decision;
pub mod encoding;
pub mod identity;
pub mod error;
pub mod medium;
pub mod bare;
mod batch;
mod anchor;
mod recovery;
mod writer;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use ractor::RpcReplyPort;
use redb::{Database, TableDefinition};

use crate::load::result::Durable;
use crate::load::store::anchor::Anchor;
use crate::load::store::batch::Digest;
use crate::load::store::decision::Decision;
use crate::load::store::error::StoreError;
use crate::load::store::identity::Identity;
use crate::load::store::medium::{Medium, Shared};
use crate::meter::answer::Answer;
use crate::meter::instant::Instant;

/// Batches by their number from 0.
const BATCHES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("batches");

/// What they are of, under the number 0.
const OF: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("of");

/// Decisions of one team after the other: redb would take a gigabyte to remember what is never read again.
const CACHE: usize = 16 << 20;

/// A decision that waits to be written, and where its answer goes then.
#[derive(Debug)]
pub struct Entry {
    /// The decision.
    pub decision: Decision,
    /// Who waits for the answer.
    pub port: RpcReplyPort<Answer>,
}

/// Takes what was kept, one decision after the other in the order in which they were written; ends the reading with
/// its error.
pub type Each<'e> = &'e mut dyn FnMut(Decision) -> Result<(), StoreError>;

/// Where decisions are listed whose answers were sent.
pub type Answers = Box<dyn Write + Send>;

/// What was in a store when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Decisions.
    pub decisions: u64,
    /// Transactions.
    pub batches: u64,
    /// The number of each team's next decision.
    pub next: Vec<u64>,
    /// The latest instant of a decision: a clock that goes on must not begin before it.
    pub latest: Option<Instant>,
    /// How it ended.
    pub ending: Ending,
}

/// How the last process left a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There was none.
    New,
    /// In good order.
    Closed,
    /// It was killed, or the power failed.
    Unclean {
        /// Decisions of a transaction that was cut off; they were not answered, and are not there. `None` where none
        /// was cut off.
        taken_back: Option<u64>,
    },
}

/// What a store has written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// As a result tells it. `recovered` is what was there before.
    pub durable: Durable,
    /// Decisions in each transaction, of the first million transactions: what [`bare::bare`] is fed with.
    pub batches: Vec<u32>,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    database: Database,
    /// redb's file.
    file: Shared,
    place: PathBuf,
    anchor: Anchor,
    /// The number of the next batch.
    next: u64,
    /// The digest of the last.
    digest: Digest,
    recovered: u64,
}

impl Store {
    /// Opens the store in a folder, or makes one, and gives `each` what is in it.
    ///
    /// # Errors
    /// All of [`StoreError`]. What is another load's or is answered otherwise now is left as it was; what is damaged
    /// redb may have repaired by then, and it is refused again.
    pub fn open(
        folder: &Path,
        identity: &Identity,
        each: Each<'_>,
    ) -> Result<(Store, Recovered), StoreError> {
        Store::open_on(Medium::in_folder(folder)?, identity, each)
    }

    /// The same on other media than files.
    ///
    /// # Errors
    /// As [`open`](Store::open).
    pub fn open_on(
        medium: Medium,
        identity: &Identity,
        each: Each<'_>,
    ) -> Result<(Store, Recovered), StoreError> {
        recovery::open(medium, identity, each)
    }

    /// Writes from here on, on a thread of its own, what is sent. Once all senders have gone it closes the store.
    /// Where it cannot write, nothing that waits and nothing that is sent after that is answered. Each decision whose
    /// answer was sent is a line in `answers` then.
    pub fn start(self, answers: Option<Answers>) -> (Sender<Entry>, JoinHandle<Result<Written, StoreError>>) {
        let (sender, entries) = channel();
        let thread = thread::Builder::new().name("store".to_owned());
        let handle = thread.spawn(move || writer::write(self, &entries, answers)).expect("one more thread");
        (sender, handle)
    }
}

/// Gives `each` what is in the store of a folder, whatever it is of, and leaves how it ended as it is.
///
/// # Errors
/// As [`Store::open`].
pub fn contents(folder: &Path, each: Each<'_>) -> Result<Recovered, StoreError> {
    contents_on(Medium::existing(folder)?, each)
}

/// The same on other media than files.
///
/// # Errors
/// As [`Store::open`].
pub fn contents_on(medium: Medium, each: Each<'_>) -> Result<Recovered, StoreError> {
    recovery::contents(medium, each)
}
