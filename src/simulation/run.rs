//! `Run`: a scenario replayed request by request on one meter, and everything it recorded.

use std::collections::BTreeMap;

use crate::meter::Meter;
use crate::meter::id::TeamId;
use crate::meter::instant::{Instant, Span};
use crate::meter::pack::Pack;
use crate::meter::record::{ChargeRecord, Record, SessionRecord, SignInRecord, TokenEvent};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::expect::Expectation;

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
    pub probes: BTreeMap<(Instant, TeamId), Tokens>,
}

impl Run {
    /// Replays a scenario from its first request to its end.
    pub fn replay(scenario: &Scenario) -> Run {
        let mut meter = Meter::new(scenario.setup.clone());
        let mut run = Run::default();
        let mut probes = probes(scenario).into_iter().peekable();
        for (at, request) in &scenario.timeline {
            while let Some((instant, team)) = probes.next_if(|(instant, _)| instant < at) {
                run.probe(&mut meter, instant, team);
            }
            meter.apply(request.clone(), *at);
            run.collect(&mut meter);
        }
        for (instant, team) in probes {
            run.probe(&mut meter, instant, team);
        }
        meter.close(scenario.end);
        run.collect(&mut meter);
        run.packs = meter.packs().cloned().collect();
        run.balances =
            (0..).take(scenario.directory.teams.len()).map(|team| meter.available(TeamId(team))).collect();
        run
    }

    fn probe(&mut self, meter: &mut Meter, at: Instant, team: TeamId) {
        meter.advance(at + Span::from_seconds(1));
        self.probes.insert((at, team), meter.available(team));
    }

    fn collect(&mut self, meter: &mut Meter) {
        for record in meter.drain_records() {
            match record {
                Record::Charge(charge) => self.charges.push(charge),
                Record::SignIn(sign_in) => self.sign_ins.push(sign_in),
                Record::Session(session) => self.sessions.push(session),
                Record::TokenEvent(event) => self.token_events.push(event),
            }
        }
    }
}

fn probes(scenario: &Scenario) -> Vec<(Instant, TeamId)> {
    let asked = scenario.expects.iter().filter_map(|expect| match expect.expectation {
        Expectation::Available(team, Some(at), _) if at < scenario.end => Some((at, team)),
        _ => None,
    });
    let mut probes: Vec<_> = asked.collect();
    probes.sort_unstable();
    probes
}
