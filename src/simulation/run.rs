//! `Run`: everything that came of a scenario.

use std::collections::BTreeMap;

use crate::meter::id::TeamId;
use crate::meter::pack::Pack;
use crate::meter::record::{ChargeRecord, Record, SessionRecord, SignInRecord, TokenEvent};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::simulation::replay::{Probe, Replay};

/// What came of a scenario, in the order in which it happened.
#[derive(Debug, Default)]
pub struct Run {
    /// Charges posted and refunded.
    pub charges: Vec<ChargeRecord>,
    /// Sign-ins and service uses answered.
    pub sign_ins: Vec<SignInRecord>,
    /// Sessions that ended; those open at the run's end were cut there.
    pub sessions: Vec<SessionRecord>,
    /// Purchases, moves and expiries.
    pub token_events: Vec<TokenEvent>,
    /// The packs that arrived, as of the end.
    pub packs: Vec<Pack>,
    /// Each team's balance at the end, by number.
    pub balances: Vec<Tokens>,
    /// The balances that expectations ask for, after all that falls on the instant.
    pub probes: BTreeMap<Probe, Tokens>,
}

impl Run {
    /// Replays a scenario from its first request to its end.
    pub fn replay(scenario: &Scenario) -> Run {
        let mut run = Run::default();
        let (meter, probes) = Replay::new(scenario, |record| run.note(record)).run();
        run.packs = meter.packs().cloned().collect();
        let teams = (0..).take(scenario.directory.teams.len());
        run.balances = teams.map(|team| meter.available(TeamId(team))).collect();
        run.probes = probes;
        run
    }

    fn note(&mut self, record: Record) {
        match record {
            Record::Charge(charge) => self.charges.push(charge),
            Record::SignIn(sign_in) => self.sign_ins.push(sign_in),
            Record::Session(session) => self.sessions.push(session),
            Record::TokenEvent(event) => self.token_events.push(event),
        }
    }
}
