//! `Recorder`: who takes the rows of a run, and who watches it.

use std::error::Error;
use std::fmt;

use crate::meter::instant::Instant;
use crate::meter::record::Record;
use crate::simulation::panicked::Panicked;

/// Takes rows as they come.
pub trait Recorder: Send {
    /// Which rows it wants; the others are counted and forgotten.
    fn wants(&self) -> Detail;

    /// Takes some rows, in no particular order.
    ///
    /// # Errors
    /// Where they can't be kept: the run ends.
    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Which rows of a run are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// None: packs and totals only.
    Summary,
    /// What is paid with tokens or credits, sessions that are free, and token events.
    Charges,
    /// Sign-ins, sessions, notices and the steps of a transition as well.
    Full,
}

impl Detail {
    /// From the least to the most.
    pub const ALL: [Detail; 3] = [Detail::Summary, Detail::Charges, Detail::Full];

    /// The word for it on the command line and in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Detail::Summary => "summary",
            Detail::Charges => "charges",
            Detail::Full => "full",
        }
    }

    /// Whether rows of that kind are written.
    pub fn keeps(self, record: &Record) -> bool {
        match record {
            Record::Charge(_) | Record::Credit(_) | Record::TokenEvent(_) => self != Detail::Summary,
            Record::Session(session) if session.free.is_some() => self != Detail::Summary,
            Record::SignIn(_) | Record::Session(_) | Record::Notice(_) | Record::Transition(_) => {
                self == Detail::Full
            }
        }
    }
}

/// Wants no rows.
#[derive(Clone, Copy, Debug)]
pub struct Unrecorded;

impl Recorder for Unrecorded {
    fn wants(&self) -> Detail {
        Detail::Summary
    }

    fn take(&mut self, _: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

/// Watches a run, and may end it.
pub trait Observer: Send + Sync {
    /// A group of teams has come from one instant to another.
    fn advanced(&self, advance: Advance);

    /// Whether the run is to end now.
    fn stops(&self) -> bool;
}

/// How far a group of teams has come.
#[derive(Clone, Copy, Debug)]
pub struct Advance {
    /// Its users.
    pub users: usize,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
    /// Events meanwhile, as [`crate::simulation::tally::Tally::events`] counts them.
    pub events: u64,
}

/// Nobody watches.
impl Observer for () {
    fn advanced(&self, _: Advance) {}

    fn stops(&self) -> bool {
        false
    }
}

/// Why a run ended before its end.
#[derive(Debug)]
pub enum Stopped {
    /// The observer wanted it.
    Interrupted,
    /// The recorder failed.
    Unrecordable(Box<dyn Error + Send + Sync>),
    /// Somebody panicked: a defect of flexmeter.
    Panicked(Panicked),
}

impl From<Panicked> for Stopped {
    fn from(panicked: Panicked) -> Self {
        Stopped::Panicked(panicked)
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Interrupted => write!(f, "interrupted"),
            Stopped::Unrecordable(error) => write!(f, "can't record the run: {error}"),
            Stopped::Panicked(panicked) => panicked.fmt(f),
        }
    }
}
