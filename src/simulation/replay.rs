//! `Replay`: a scenario carried out request by request on one meter, without actors.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::id::{ProductId, TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::Record;
use crate::meter::request::{OpenSession, Phase, Request, SignIn};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::expect::Expectation;
use crate::scenario::habit::{Person, Visit};
use crate::scenario::random::Seed;

/// How far people's intentions are drawn ahead.
const STRETCH: Span = Span::from_seconds(7 * 86_400);

/// A simulated user closes what they opened: when, who, what.
type SignOut = (Instant, UserId, ProductId);

/// A balance that an expectation asks for, after all that falls on the instant.
pub type Probe = (Instant, TeamId);

/// A run under way. What is recorded goes to `sink` as it happens.
pub struct Replay<'s, F> {
    scenario: &'s Scenario,
    meter: Meter,
    /// Requests of the timeline made so far.
    made: usize,
    people: Vec<Person>,
    /// The visits of this stretch still to come, last first.
    visits: Vec<Visit>,
    sign_outs: BinaryHeap<Reverse<SignOut>>,
    /// Balances to be looked at, last first.
    probes: Vec<Probe>,
    balances: BTreeMap<Probe, Tokens>,
    sink: F,
}

/// What asks next.
#[derive(Clone, Copy)]
enum Next {
    Scripted,
    SignOut(SignOut),
    Visit(Visit),
}

impl<'s, F: FnMut(Record)> Replay<'s, F> {
    /// A run before its first request.
    pub fn new(scenario: &'s Scenario, sink: F) -> Self {
        Replay {
            scenario,
            meter: Meter::new(scenario.setup.clone()),
            made: 0,
            people: scenario.simulated.clone(),
            visits: Vec::new(),
            sign_outs: BinaryHeap::new(),
            probes: probes(scenario),
            balances: BTreeMap::new(),
            sink,
        }
    }

    /// Runs to the end; the meter as it stands there, and the balances that were asked for.
    pub fn run(mut self) -> (Meter, BTreeMap<Probe, Tokens>) {
        let (start, end) = (self.scenario.start, self.scenario.end);
        let seed = Seed::new(self.scenario.seed);
        let mut until = start;
        while until < end {
            until = if self.people.is_empty() { end } else { end.min(until + STRETCH) };
            for person in &mut self.people {
                person.visit(seed, (start, until), &mut self.visits);
            }
            self.visits.sort_unstable_by(|a, b| b.cmp(a));
            while let Some(next) = self.next_before(until) {
                self.ask(next);
            }
        }
        while let Some(probe) = self.probes.pop() {
            self.look(probe);
        }
        self.meter.close(end);
        self.hand_on();
        (self.meter, self.balances)
    }

    /// The next request by instant and phase; scripted ones come before simulated ones (RULES 4).
    fn next_before(&mut self, until: Instant) -> Option<Next> {
        let scripted = self.scenario.timeline.get(self.made);
        let scripted = scripted.map(|(at, request)| (*at, request.phase(), Next::Scripted));
        let sign_out = self.sign_outs.peek().map(|&Reverse(out)| (out.0, Phase::Steps, Next::SignOut(out)));
        let visit = self.visits.last().map(|&visit| (visit.at, Phase::SignIns, Next::Visit(visit)));
        let candidates = [scripted, sign_out, visit].into_iter().flatten();
        let (_, _, next) =
            candidates.filter(|(at, ..)| *at < until).min_by_key(|(at, phase, _)| (*at, *phase))?;
        Some(next)
    }

    fn ask(&mut self, next: Next) {
        match next {
            Next::Scripted => {
                let (at, request) = &self.scenario.timeline[self.made];
                self.made += 1;
                self.apply(request.clone(), *at);
            }
            Next::SignOut((at, user, product)) => {
                self.sign_outs.pop();
                let session = OpenSession { user, product, device: None, version: None };
                self.apply(Request::SignOut(session), at);
            }
            Next::Visit(Visit { at, user, product, length }) => {
                self.visits.pop();
                let (device, version) = self.scenario.opening;
                let sign_in = SignIn { user, product, device, version, unsupported: false };
                if let Answer::Admitted(..) = self.apply(Request::SignIn(sign_in), at) {
                    self.sign_outs.push(Reverse((at + length, user, product)));
                }
            }
        }
    }

    fn apply(&mut self, request: Request, at: Instant) -> Answer {
        while let Some(probe) = self.probes.pop_if(|probe| probe.0 < at) {
            self.look(probe);
        }
        let answer = self.meter.apply(request, at);
        self.hand_on();
        answer
    }

    fn look(&mut self, (at, team): Probe) {
        self.meter.advance(at + Span::from_seconds(1));
        self.balances.insert((at, team), self.meter.available(team));
        self.hand_on();
    }

    fn hand_on(&mut self) {
        self.meter.drain_records().for_each(&mut self.sink);
    }
}

fn probes(scenario: &Scenario) -> Vec<Probe> {
    let asked = scenario.expects.iter().filter_map(|expect| match expect.expectation {
        Expectation::Available(team, Some(at), _) if at < scenario.end => Some((at, team)),
        _ => None,
    });
    let mut probes: Vec<_> = asked.collect();
    probes.sort_unstable_by(|a, b| b.cmp(a));
    probes
}
