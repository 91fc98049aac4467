//! `Dues`: what happens by itself, and when: nothing polls and nothing sweeps.
//!
//! An entry is an appointment to look, not a promise that something happens: what it finds is decided
//! by the state at that instant, so an entry overtaken by events does no harm.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::meter::id::PackId;
use crate::meter::instant::Instant;
use crate::meter::key::KeyId;
use crate::meter::request::Phase;

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A pack ends.
    PackEnd(PackId),
    /// A session of the key outlasts its grace.
    GraceEnd(KeyId),
    /// A window or cover of the key ends, or a short renewal asks again.
    Charge(KeyId),
}

impl Due {
    fn phase(self) -> Phase {
        match self {
            Due::PackEnd(_) => Phase::Ends,
            Due::GraceEnd(_) => Phase::GraceEnds,
            Due::Charge(_) => Phase::Charges,
        }
    }
}

/// Appointments by instant, then phase, then the tie order the caller gives (RULES 4).
#[derive(Debug, Default)]
pub(crate) struct Dues(BinaryHeap<Reverse<(Instant, Phase, u64, Due)>>);

impl Dues {
    /// Adds an appointment; `order` decides among those of one instant and phase.
    pub(crate) fn add(&mut self, at: Instant, due: Due, order: u64) {
        self.0.push(Reverse((at, due.phase(), order, due)));
    }

    /// The instant of the next appointment.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next appointment if it lies before `(at, phase)`.
    pub(crate) fn take_before(&mut self, at: Instant, phase: Phase) -> Option<(Instant, Due)> {
        let &Reverse((due_at, due_phase, _, due)) = self.0.peek()?;
        if (due_at, due_phase) >= (at, phase) {
            return None;
        }
        self.0.pop();
        Some((due_at, due))
    }
}
