//! `StoreError`: why decisions cannot be kept, or those that were kept cannot be gone on from.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a store cannot be used. A transaction that was cut off is none of these: it is taken back and told
/// ([`Ending`](crate::load::store::Ending)).
#[derive(Debug)]
pub enum StoreError {
    /// There is no room. What was answered before is kept.
    Full {
        /// The folder.
        place: PathBuf,
        /// Decisions that were made, could not be written and were not answered.
        unanswered: u64,
    },
    /// Something that was written reads otherwise now, or has gone.
    Damaged {
        /// The folder.
        place: PathBuf,
        /// The transaction in which it was noticed, from 0; those before it are as they were.
        batch: u64,
        /// What was noticed.
        what: String,
    },
    /// The decisions of another load.
    Other {
        /// The folder.
        place: PathBuf,
        /// What they are of.
        kept: String,
        /// What was to be gone on with.
        asked: String,
    },
    /// Another process has it open.
    InUse(PathBuf),
    /// There is a file of its name that was never a store.
    NotAStore(PathBuf),
    /// The same requests are answered otherwise now.
    Contradicted {
        /// The decision as it is kept, a [line](crate::load::store::decision::Decision::line).
        kept: String,
        /// What is answered now, the same way.
        now: String,
    },
    /// A request that is not a user's, which loads do not send.
    Unstorable(&'static str),
    /// The disk or the system refused.
    Io {
        /// The folder.
        place: PathBuf,
        /// Decisions that were made, could not be written and were not answered.
        unanswered: u64,
        /// What it said.
        error: io::Error,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Full { place, unanswered } => write!(
                f,
                "{}: the disk is full; {unanswered} decisions were not written and not answered. \
                 All that was answered is kept: make room and run it again, or copy the folder to a larger disk",
                place.display()
            ),
            StoreError::Damaged { place, batch, what } => write!(
                f,
                "{}: transaction {batch} is damaged: {what}. \
                 Nothing is guessed: bring the folder back from a copy, or begin with an empty one",
                place.display()
            ),
            StoreError::Other { place, kept, asked } => write!(
                f,
                "{}: holds decisions of {kept}, not of {asked}. \
                 Run it with what it was begun with, or name an empty folder",
                place.display()
            ),
            StoreError::InUse(place) => {
                write!(
                    f,
                    "{}: another process has it open; wait for it, or name another folder",
                    place.display()
                )
            }
            StoreError::NotAStore(place) => write!(
                f,
                "{}: `decisions.redb` there was not made by flexmeter; name an empty folder",
                place.display()
            ),
            StoreError::Contradicted { kept, now } => write!(
                f,
                "a decision is made otherwise now, by another version of flexmeter?\n  kept: {kept}\n   now: {now}\n\
                 Go on with the version that made it, or begin with an empty folder"
            ),
            StoreError::Unstorable(what) => write!(f, "`{what}` cannot be kept: only what users ask is"),
            StoreError::Io { place, unanswered, error } => {
                write!(f, "{}: {error}; {unanswered} decisions were not answered", place.display())
            }
        }
    }
}

impl std::error::Error for StoreError {}
