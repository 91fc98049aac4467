//! `Dues`: what happens by itself, and when: nothing polls and nothing sweeps.
//!
//! An entry is an appointment to look, not a promise that something happens: what it finds is decided
//! by the state at that instant, so an entry overtaken by events does no harm.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::meter::id::{KeyId, PackId, UserId};
use crate::meter::instant::Instant;
use crate::meter::request::Phase;

/// What to look at: something that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A pack ends.
    Pack(PackId),
    /// A device of the user has been without connection for as long as it may.
    Allowance(UserId),
    /// A session of the key outlasts its grace.
    Grace(KeyId),
    /// A window of the key ends, or a short renewal asks again a window's length later.
    Window(KeyId),
    /// Cover of the key ends. It is looked at like the end of a window, and comes back as one; it may lie
    /// years ahead, so it stands in no line.
    Cover(KeyId),
}

/// Appointments by instant, then phase, then the tie order the caller gives (RULES 4).
///
/// Most are made in the order in which they come due: every grace is as long as the other, and so is
/// every window. Those stand in a line each, at no cost that grows with their number; the rest goes to
/// the heap.
#[derive(Debug, Default)]
pub(crate) struct Dues {
    graces: VecDeque<Entry>,
    windows: VecDeque<Entry>,
    others: BinaryHeap<Reverse<Entry>>,
    /// The first of all, so that most questions take one comparison.
    first: Option<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Instant,
    /// The phase in the upper bits, the order among its like in the lower ones.
    order: u64,
    /// The pack or key.
    number: u32,
}

/// Bits of an entry's order below its phase.
const ORDER_BITS: u32 = 61;
/// Set in the order of allowances, which end after the packs of the same instant.
const AFTER_PACKS: u64 = 1 << 60;

impl Dues {
    /// Adds an appointment; `order` decides among those of one instant and phase.
    pub(crate) fn add(&mut self, at: Instant, due: Due, order: u64) {
        assert!(order < AFTER_PACKS, "fewer than 2²⁸ users");
        let (phase, number, line) = match due {
            Due::Pack(pack) => (Phase::Ends, pack.0, None),
            Due::Allowance(user) => (Phase::Ends, user.0, None),
            Due::Grace(key) => (Phase::GraceEnds, key.0, Some(&mut self.graces)),
            Due::Window(key) => (Phase::Charges, key.0, Some(&mut self.windows)),
            Due::Cover(key) => (Phase::Charges, key.0, None),
        };
        let order = if matches!(due, Due::Allowance(_)) { order | AFTER_PACKS } else { order };
        let entry = Entry { at, order: (phase as u64) << ORDER_BITS | order, number };
        if self.first.is_none_or(|first| entry < first) {
            self.first = Some(entry);
        }
        match line {
            Some(line) if line.back().is_none_or(|last| *last <= entry) => line.push_back(entry),
            _ => self.others.push(Reverse(entry)),
        }
    }

    /// The instant of the next appointment.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.first.map(|entry| entry.at)
    }

    /// Takes the next appointment if it lies before `(at, phase)`.
    pub(crate) fn take_before(&mut self, at: Instant, phase: Phase) -> Option<(Instant, Due)> {
        let first = self.first?;
        if (first.at, first.order) >= (at, (phase as u64) << ORDER_BITS) {
            return None;
        }
        if self.graces.front() == Some(&first) {
            self.graces.pop_front();
        } else if self.windows.front() == Some(&first) {
            self.windows.pop_front();
        } else {
            self.others.pop();
        }
        let lines = self.graces.front().into_iter().chain(self.windows.front());
        self.first = lines.chain(self.others.peek().map(|Reverse(entry)| entry)).min().copied();
        let due = match first.order >> ORDER_BITS {
            phase if phase == Phase::Ends as u64 && first.order & AFTER_PACKS > 0 => {
                Due::Allowance(UserId(first.number))
            }
            phase if phase == Phase::Ends as u64 => Due::Pack(PackId(first.number)),
            phase if phase == Phase::GraceEnds as u64 => Due::Grace(KeyId(first.number)),
            _ => Due::Window(KeyId(first.number)),
        };
        Some((first.at, due))
    }
}
