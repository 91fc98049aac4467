//! `Course`: one group of teams on its way through a scenario, on one meter.
//!
//! Whoever drives it hands in what simulated users mean to do, a stretch of time at once. What comes of it is
//! the same whoever that is, and however long the stretches are.

mod conduct;
mod order;
pub mod standing;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::id::{ContractId, DeviceId, ProductId, UserId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::pack::Pack;
use crate::meter::record::Record;
use crate::meter::request::{OpenSession, Request};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::agenda::Intention;
use crate::scenario::calendar::Day;
use crate::scenario::expect::Expectation;
use crate::scenario::group::Member;
use crate::scenario::person::Person;
use crate::simulation::course::conduct::Waiting;
use crate::simulation::course::order::{Order, merge, merged_place, order, phase_bits, whose};
use crate::simulation::recorder::{Advance, Detail, Observer, Stopped};
use crate::simulation::run::{AskedRows, FirstRows, Probe, Run};
use crate::simulation::tally::{Accounts, Tally};
use crate::simulation::team_group::TeamGroup;

/// Records are looked through, and the driver is asked whether it ends, after so many requests.
const NOTED_AT_ONCE: usize = 32;

/// Whoever drives a course: asks the meter, perhaps with a look at the clock around a decision or with a note
/// of what was asked, and may end the course early.
pub trait Drive {
    /// Applies a request.
    fn ask(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        meter.apply(request, at)
    }

    /// Applies a request of the scenario's own timeline.
    fn ask_scripted(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        self.ask(meter, request, at)
    }

    /// Whether the course is to end now.
    fn stops(&self) -> bool;
}

/// Nobody looks at a clock, and nobody ends the course.
impl Drive for () {
    fn stops(&self) -> bool {
        false
    }
}

/// An observer may end the course.
impl Drive for &dyn Observer {
    fn stops(&self) -> bool {
        Observer::stops(*self)
    }
}

/// What one simulated user means to do in a stretch of time.
#[derive(Clone, Debug)]
pub struct Agenda {
    /// Who, by the number of the group.
    pub user: UserId,
    /// What, in order.
    pub intentions: Vec<Intention>,
}

/// A session that its user closes.
type SignOut = (Instant, Order, DeviceId, VersionId);

/// A group of teams under way.
pub struct Course {
    scenario: Arc<Scenario>,
    group: Arc<TeamGroup>,
    meter: Meter,
    detail: Detail,
    /// How far it has come.
    now: Instant,
    /// Requests of the timeline made so far.
    made: usize,
    sign_outs: BinaryHeap<Reverse<SignOut>>,
    /// Operations and new tries to come, with a number that keeps them apart.
    again: BinaryHeap<Reverse<(Instant, Order, usize)>>,
    intended: Waiting,
    /// Who gave up which product, and for which of their days.
    given_up: BTreeMap<(UserId, ProductId), Day>,
    /// Balances to be looked at, last first.
    probes: Vec<Probe>,
    looked_at: BTreeMap<Probe, Tokens>,
    tally: Tally,
    accounts: Accounts,
    first: FirstRows,
    asked: AskedRows,
    rows: Vec<Record>,
}

/// What asks next.
#[derive(Clone, Copy)]
enum Next {
    Scripted,
    SignOut,
    Again,
    Intended,
}

/// The simulated users of a group, by its numbers.
pub fn people(scenario: &Scenario, group: &TeamGroup) -> Vec<Person> {
    let person = |member: &Member| {
        let user = group.find_user(member.user).expect("a member of the group");
        let name = scenario.directory.users.own(member.user.0);
        Person::new(user, name, &scenario.groups[member.group as usize])
    };
    group.members.iter().map(person).collect()
}

impl Course {
    /// A group before its first request.
    pub fn new(scenario: &Arc<Scenario>, group: &Arc<TeamGroup>, detail: Detail) -> Self {
        Course {
            meter: Meter::new(group.setup(scenario)),
            detail,
            now: scenario.start,
            made: 0,
            sign_outs: BinaryHeap::new(),
            again: BinaryHeap::new(),
            intended: Waiting::default(),
            given_up: BTreeMap::new(),
            probes: probes(scenario, group),
            looked_at: BTreeMap::new(),
            tally: Tally::default(),
            accounts: Accounts::new(group.users()),
            first: FirstRows::default(),
            asked: AskedRows::of(scenario, group),
            rows: Vec::new(),
            scenario: scenario.clone(),
            group: group.clone(),
        }
    }

    /// How far it has come.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Until when people are asked next: longer stretches cost fewer messages, shorter ones less memory.
    pub fn next_stretch(&self) -> Instant {
        const MANY: usize = 5_000;
        let weeks = match self.group.members.len() {
            0 => return self.scenario.end,
            members if members > MANY => 1,
            _ => 8,
        };
        self.scenario.end.min(self.now + Span::from_seconds(weeks * 7 * 86_400))
    }

    /// Carries out everything before `until`; the agendas hold all that people mean to do until then.
    ///
    /// # Errors
    /// Where the driver ends the course: it can't go on.
    pub fn run_until(
        &mut self,
        until: Instant,
        agendas: &[Agenda],
        driver: &mut impl Drive,
    ) -> Result<Advance, Stopped> {
        let (from, events) = (self.now, self.tally.events());
        let merged = merge(from, agendas);
        let (mut place, mut made) = (0, 0_usize);
        let mut intended = None;
        loop {
            if intended.is_none() {
                intended = merged.get(place).map(|key| {
                    let (agenda, number) = merged_place(*key);
                    (agendas[agenda].user, agendas[agenda].intentions[number])
                });
            }
            let Some((at, next)) = self.next_before(until, intended.as_ref()) else { break };
            while let Some(probe) = self.probes.pop_if(|probe| probe.0 < at) {
                self.look(probe);
            }
            match next {
                Next::Scripted => {
                    let request = self.group.timeline[self.made].1.clone();
                    self.made += 1;
                    driver.ask_scripted(&mut self.meter, request, at);
                }
                Next::SignOut => {
                    let Reverse((at, order, device, version)) = self.sign_outs.pop().expect("just seen");
                    let (user, product) = whose(order);
                    let session = OpenSession { user, product, device: Some(device), version: Some(version) };
                    driver.ask(&mut self.meter, Request::SignOut(session), at);
                }
                Next::Again => {
                    let Reverse((.., slot)) = self.again.pop().expect("just seen");
                    let (user, intention) = self.intended.take(slot);
                    self.act(user, &intention, driver);
                }
                Next::Intended => {
                    place += 1;
                    let (user, intention) = intended.take().expect("just seen");
                    self.act(user, &intention, driver);
                }
            }
            made += 1;
            if made % NOTED_AT_ONCE == 0 {
                self.note();
                if driver.stops() {
                    return Err(Stopped::Interrupted);
                }
            }
        }
        self.note();
        self.now = until;
        Ok(Advance { users: self.group.users(), from, to: until, events: self.tally.events() - events })
    }

    /// Takes the rows written since the last call.
    pub fn take_rows(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.rows)
    }

    /// Ends the group's run: what came of it, and the last rows.
    pub fn finish(mut self) -> (Run, Vec<Record>) {
        while let Some(probe) = self.probes.pop() {
            self.look(probe);
        }
        self.meter.close(self.scenario.end);
        self.note();
        let packs = self.count_stock();
        let mut tally = self.tally;
        tally.accounts = self.accounts.named(&self.group);
        tally.unrecorded = self.meter.unrecorded();
        for user in (0..).map(UserId).take(self.group.users()) {
            tally.count_plan(self.meter.plan(user));
        }
        // Those of other groups have no team here.
        let contracts =
            (0..).map(ContractId).zip(self.meter.contracts()).filter(|(_, of)| !of.teams.is_empty());
        tally.contracts = contracts.map(|(id, contract)| (id, contract.clone())).collect();
        tally.servers = self.group.servers(&self.meter);
        let of_group = std::mem::take(&mut tally.credits).into_iter();
        let named = of_group.map(|((of, user, product), used)| ((of, self.group.user(user), product), used));
        tally.credits = named.collect();
        self.asked.note_plans(&self.meter);
        let run = Run {
            tally,
            first: self.first.named(&self.group),
            asked: self.asked.named(&self.group),
            packs,
            probes: self.looked_at,
        };
        (run, self.rows)
    }

    /// Counts what each team has; its packs as they stand now.
    fn count_stock(&mut self) -> Vec<Pack> {
        let packs: Vec<_> = self.meter.packs().map(|pack| self.group.pack(pack)).collect();
        let balances = self.group.teams().map(|(local, team)| (team, self.meter.available(local)));
        self.tally.note_stock(balances, &packs);
        packs
    }

    /// What comes next, by instant and order.
    fn next_before(&self, until: Instant, intended: Option<&(UserId, Intention)>) -> Option<(Instant, Next)> {
        let mut first = (until, 0, Next::Scripted);
        let mut offer = |at: Instant, order: Order, next: Next| {
            if (at, order) < (first.0, first.1) {
                first = (at, order, next);
            }
        };
        if let Some((at, request)) = self.group.timeline.get(self.made) {
            offer(*at, phase_bits(request.phase()), Next::Scripted);
        }
        if let Some(Reverse((at, order, ..))) = self.sign_outs.peek() {
            offer(*at, *order, Next::SignOut);
        }
        if let Some(Reverse((at, order, _))) = self.again.peek() {
            offer(*at, *order, Next::Again);
        }
        if let Some((user, intention)) = intended {
            let (at, phase, product) = intention.order();
            offer(at, order(phase, *user, product), Next::Intended);
        }
        (first.0 < until).then_some((first.0, first.2))
    }

    fn look(&mut self, (at, team): Probe) {
        let local = self.group.find_team(team).expect("a probe of the group");
        self.meter.advance(at + Span::from_seconds(1));
        self.looked_at.insert((at, team), self.meter.available(local));
        self.note();
    }

    /// Counts what the meter has written down, and keeps what is wanted of it.
    fn note(&mut self) {
        for record in self.meter.drain_records() {
            self.tally.count(&record);
            if let Record::Charge(charge) = &record {
                self.accounts.add(charge);
            }
            self.first.offer(&record);
            self.asked.offer(&record);
            if self.detail.keeps(&record) {
                self.rows.push(self.group.record(record));
            }
        }
    }
}

fn probes(scenario: &Scenario, group: &TeamGroup) -> Vec<Probe> {
    let asked = scenario.expects.iter().filter_map(|expect| match expect.expectation {
        Expectation::Available(team, Some(at), _) if at < scenario.end => {
            group.find_team(team).map(|_| (at, team))
        }
        _ => None,
    });
    let mut probes: Vec<_> = asked.collect();
    probes.sort_unstable_by(|a, b| b.cmp(a));
    probes
}
