//! `DurableService`: a team's meter whose decisions are on the disk before they are answered.

pub mod trial;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::load::measure::Board;
use crate::load::result::Audit;
use crate::load::service::{Ask, MeterService, Service};
use crate::load::store::Entry;
use crate::load::store::decision::Decision;
use crate::load::store::error::StoreError;

/// A team's meter in real time, audited while it serves, that hands its answers to a store.
#[derive(Debug)]
pub struct DurableService {
    meter: MeterService,
    team: u32,
    /// The number of the next decision.
    next: u64,
    /// Where decisions go, and where it is said that they can't any more.
    store: (Sender<Entry>, Arc<Board>),
}

impl DurableService {
    /// The service of a team, by its place, whose next decision has that number.
    pub fn new(meter: MeterService, (team, next): (u32, u64), store: (Sender<Entry>, Arc<Board>)) -> Self {
        DurableService { meter, team, next, store }
    }
}

impl Service for DurableService {
    /// Decides, and goes on while the store writes. Where the store has gone nothing is answered: who asks sees the
    /// port closed, and the load ends.
    async fn serve(&mut self, ask: Ask) {
        let (answer, at) = self.meter.decide(ask.request.clone(), ask.sent);
        let decision = Decision { team: self.team, number: self.next, at, request: ask.request, answer };
        self.next += 1;
        let (store, board) = &self.store;
        if store.send(Entry { decision, port: ask.port }).is_err() {
            board.give_up();
        }
    }

    fn close(&mut self) -> Audit {
        self.meter.close()
    }
}

/// Makes a decision again that was kept, on the meter of its team; audited as the first time.
///
/// # Errors
/// [`StoreError::Contradicted`] where it is another one now.
pub fn repeat(meter: &mut MeterService, kept: Decision) -> Result<(), StoreError> {
    let (answer, at) = meter.decide_at(kept.request.clone(), kept.at);
    if (&answer, at) == (&kept.answer, kept.at) {
        return Ok(());
    }
    let line = kept.line();
    let now = Decision { at, answer, ..kept };
    Err(StoreError::Contradicted { kept: line, now: now.line() })
}
