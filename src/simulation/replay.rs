//! `Replay`: one group of teams carried through a scenario on one meter.
//!
//! Whoever drives it hands in what simulated users mean to do, a stretch of time at once; the loop below does
//! so directly, the actors by messages. What comes of it is the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::id::{DeviceId, ProductId, UserId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::Record;
use crate::meter::request::{OpenSession, Phase, Request, SignIn};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::agenda::{Act, Ends, IfRefused, Intention, Visit};
use crate::scenario::calendar::Day;
use crate::scenario::expect::Expectation;
use crate::scenario::person::Person;
use crate::scenario::random::Seed;
use crate::simulation::recorder::{Advance, Detail, Observer, Recorder, Stopped};
use crate::simulation::run::{AskedRows, FirstRows, Probe, Run};
use crate::simulation::tally::{Accounts, Tally, TeamTally};
use crate::simulation::team_group::TeamGroup;

/// Nobody at work lets more time pass between two operations (RULES 1.8).
const OPERATES_EVERY: Span = Span::from_seconds(600);

/// Records are looked through after so many requests.
const NOTED_AT_ONCE: usize = 32;

/// What one simulated user means to do in a stretch of time.
#[derive(Clone, Debug)]
pub struct Agenda {
    /// Who, by the number of the group.
    pub user: UserId,
    /// What, in order.
    pub intentions: Vec<Intention>,
}

/// Asks the meter for a decision on a sign-in; whoever drives a replay may look at the clock around it.
pub trait Decide {
    /// Applies the sign-in.
    fn decide(&mut self, meter: &mut Meter, sign_in: SignIn, at: Instant) -> Answer;
}

/// Nobody looks at a clock.
impl Decide for () {
    fn decide(&mut self, meter: &mut Meter, sign_in: SignIn, at: Instant) -> Answer {
        meter.apply(Request::SignIn(sign_in), at)
    }
}

/// The order of what falls on one instant: the phase, scripted before simulated, user, product (RULES 4).
type Order = u64;

/// A session that its user closes.
type SignOut = (Instant, Order, DeviceId, VersionId);

/// A group of teams under way.
pub struct Replay {
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
    intended: Slots,
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

/// Intentions that wait for their instant, by number; numbers are used again.
#[derive(Default)]
struct Slots {
    waiting: Vec<(UserId, Intention)>,
    free: Vec<usize>,
}

/// What asks next.
#[derive(Clone, Copy)]
enum Next {
    Scripted,
    SignOut,
    Again,
    Intended,
}

/// How far agendas reach: longer stretches cost fewer messages, shorter ones less memory.
pub(crate) fn stretch(group: &TeamGroup) -> Span {
    const MANY: usize = 5_000;
    Span::from_seconds(if group.members.len() > MANY { 7 } else { 56 } * 86_400)
}

/// Carries a scenario out without actors: group after group, on one thread.
///
/// # Errors
/// Where the recorder fails or the observer ends the run.
pub fn run<R: Recorder>(
    scenario: &Arc<Scenario>,
    recorder: &mut R,
    observer: &dyn Observer,
) -> Result<Run, Stopped> {
    let mut run = Run::default();
    let seed = Seed::new(scenario.seed);
    for group in TeamGroup::split(scenario) {
        let group = Arc::new(group);
        let mut people = people(scenario, &group);
        let mut agendas: Vec<Agenda> =
            people.iter().map(|person| Agenda { user: person.user, intentions: Vec::new() }).collect();
        let mut replay = Replay::new(scenario, &group, recorder.wants());
        while replay.now < scenario.end {
            let until = replay.next_stretch();
            for (person, agenda) in people.iter_mut().zip(&mut agendas) {
                agenda.intentions.clear();
                person.plan(seed, until, &mut agenda.intentions);
            }
            observer.advanced(replay.run_until(until, &agendas, &mut ()));
            let rows = replay.take_rows();
            if !rows.is_empty() {
                recorder.take(rows).map_err(Stopped::Unrecordable)?;
            }
            if observer.stops() {
                return Err(Stopped::Interrupted);
            }
        }
        let (of_group, rows) = replay.finish();
        run.add(of_group);
        recorder.take(rows).map_err(Stopped::Unrecordable)?;
    }
    Ok(run)
}

/// The simulated users of a group, by its numbers.
pub(crate) fn people(scenario: &Scenario, group: &TeamGroup) -> Vec<Person> {
    let person = |member: &crate::scenario::group::Member| {
        let user = group.find_user(member.user).expect("a member of the group");
        let name = scenario.directory.users.get(member.user.0);
        Person::new(user, name, &scenario.groups[member.group as usize])
    };
    group.members.iter().map(person).collect()
}

impl Replay {
    /// A group before its first request.
    pub fn new(scenario: &Arc<Scenario>, group: &Arc<TeamGroup>, detail: Detail) -> Self {
        Replay {
            meter: Meter::new(group.setup(scenario)),
            detail,
            now: scenario.start,
            made: 0,
            sign_outs: BinaryHeap::new(),
            again: BinaryHeap::new(),
            intended: Slots::default(),
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

    /// Until when people are asked next.
    pub fn next_stretch(&self) -> Instant {
        if self.group.members.is_empty() {
            return self.scenario.end;
        }
        self.scenario.end.min(self.now + stretch(&self.group))
    }

    /// Carries out everything before `until`; the agendas hold all that people mean to do until then.
    pub fn run_until(&mut self, until: Instant, agendas: &[Agenda], decide: &mut impl Decide) -> Advance {
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
                    self.apply(request, at, decide);
                }
                Next::SignOut => {
                    let Reverse((at, order, device, version)) = self.sign_outs.pop().expect("just seen");
                    let (user, product) = whose(order);
                    let session = OpenSession { user, product, device: Some(device), version: Some(version) };
                    self.meter.apply(Request::SignOut(session), at);
                }
                Next::Again => {
                    let Reverse((.., slot)) = self.again.pop().expect("just seen");
                    let (user, intention) = self.intended.take(slot);
                    self.act(user, &intention, decide);
                }
                Next::Intended => {
                    place += 1;
                    let (user, intention) = intended.take().expect("just seen");
                    self.act(user, &intention, decide);
                }
            }
            made += 1;
            if made % NOTED_AT_ONCE == 0 {
                self.note();
            }
        }
        self.note();
        self.now = until;
        Advance { users: self.group.users(), from, to: until, events: self.tally.events() - events }
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
        let mut tally = self.tally;
        for (local, team) in self.group.teams() {
            let available = self.meter.available(local);
            tally.teams.insert(team, TeamTally { available, ..TeamTally::default() });
        }
        let packs: Vec<_> = self.meter.packs().map(|pack| self.group.pack(pack)).collect();
        for pack in &packs {
            tally.teams.get_mut(&pack.team).expect("a team of the group").add(pack);
        }
        tally.accounts = self.accounts.named(&self.group);
        let run = Run {
            tally,
            first: self.first.named(&self.group),
            asked: self.asked.named(&self.group),
            packs,
            probes: self.looked_at,
        };
        (run, self.rows)
    }

    /// What comes next, by instant and order.
    fn next_before(
        &self,
        until: Instant,
        intended: Option<&(UserId, Intention)>,
    ) -> Option<(Instant, Next)> {
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

    fn apply(&mut self, request: Request, at: Instant, decide: &mut impl Decide) {
        match request {
            Request::SignIn(sign_in) => decide.decide(&mut self.meter, sign_in, at),
            request => self.meter.apply(request, at),
        };
    }

    /// A simulated user does what they meant to.
    fn act(&mut self, user: UserId, intention: &Intention, decide: &mut impl Decide) {
        let Intention { at, product, device, version, .. } = *intention;
        let session = OpenSession { user, product, device: Some(device), version: Some(version) };
        match intention.act {
            Act::Open(visit) => self.open(user, intention, &visit, decide),
            Act::GoOn(visit) if self.meter.is_open(session) => {
                if visit.operates_until.is_some() {
                    self.meter.apply(Request::Touch(session), at);
                }
                self.opened(user, intention, &visit);
            }
            Act::GoOn(visit) => self.later(user, Intention { act: Act::Open(visit), ..*intention }),
            Act::Close => drop(self.meter.apply(Request::SignOut(session), at)),
            Act::Work { until } => {
                self.meter.apply(Request::Touch(session), at);
                self.operate_again(user, intention, until);
            }
        }
    }

    fn open(&mut self, user: UserId, intention: &Intention, visit: &Visit, decide: &mut impl Decide) {
        let Intention { at, product, device, version, day, .. } = *intention;
        if self.given_up.get(&(user, product)) == Some(&day) {
            return;
        }
        let sign_in = SignIn { user, product, device, version, unsupported: false };
        if let Answer::Refused(_) = decide.decide(&mut self.meter, sign_in, at) {
            self.refused(user, intention, visit);
        } else {
            self.opened(user, intention, visit);
        }
    }

    fn opened(&mut self, user: UserId, intention: &Intention, visit: &Visit) {
        if visit.ends == Ends::Closed {
            let order = order(Phase::Steps, user, intention.product);
            self.sign_outs.push(Reverse((visit.until, order, intention.device, intention.version)));
        }
        if let Some(until) = visit.operates_until {
            self.operate_again(user, intention, until);
        }
    }

    fn operate_again(&mut self, user: UserId, intention: &Intention, until: Instant) {
        let at = intention.at + OPERATES_EVERY;
        if at <= until {
            self.later(user, Intention { at, act: Act::Work { until }, ..*intention });
        }
    }

    /// What follows a refusal, as the user meant it.
    fn refused(&mut self, user: UserId, intention: &Intention, visit: &Visit) {
        let after = match visit.if_refused {
            IfRefused::Ignore => return,
            IfRefused::GiveUp => {
                self.given_up.insert((user, intention.product), intention.day);
                return;
            }
            IfRefused::Retry { after, .. } | IfRefused::Other { after, .. } => after,
        };
        let mut again = Intention { at: intention.at + after, ..*intention };
        let mut visit = *visit;
        match visit.if_refused {
            IfRefused::Retry { times, .. } if times > 1 => {
                visit.if_refused = IfRefused::Retry { after, times: times - 1 };
            }
            IfRefused::Other { product, .. } => {
                self.given_up.insert((user, intention.product), intention.day);
                let idle_aware = &self.scenario.setup.products[product.index()].idle_aware;
                visit.operates_until = idle_aware.contains(&intention.version).then_some(visit.until);
                visit.ends = Ends::Closed;
                visit.if_refused = IfRefused::GiveUp;
                again.product = product;
            }
            _ => visit.if_refused = IfRefused::GiveUp,
        }
        if again.at < visit.until {
            self.later(user, Intention { act: Act::Open(visit), ..again });
        }
    }

    fn later(&mut self, user: UserId, intention: Intention) {
        let (at, phase, product) = intention.order();
        let slot = self.intended.put((user, intention));
        self.again.push(Reverse((at, order(phase, user, product), slot)));
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

impl Slots {
    fn put(&mut self, waiting: (UserId, Intention)) -> usize {
        if let Some(slot) = self.free.pop() {
            self.waiting[slot] = waiting;
            return slot;
        }
        self.waiting.push(waiting);
        self.waiting.len() - 1
    }

    fn take(&mut self, slot: usize) -> (UserId, Intention) {
        self.free.push(slot);
        self.waiting[slot]
    }
}

/// All intentions in order. Their keys are numbers: seconds since `from`, the phase, the user, and the place
/// in the user's agenda, which is in order itself; below them the place of the agenda.
fn merge(from: Instant, agendas: &[Agenda]) -> Vec<u128> {
    let mut merged = Vec::with_capacity(agendas.iter().map(|agenda| agenda.intentions.len()).sum());
    for (agenda, Agenda { user, intentions }) in (0_u32..).zip(agendas) {
        for (number, intention) in (0_u32..).zip(intentions) {
            let (at, phase, _) = intention.order();
            let since = u32::try_from((at - from).seconds()).expect("a stretch is shorter than a century");
            let who = phase_bits(phase) >> 32 | u64::from(user.0);
            let key = u128::from(since) << 96 | u128::from(who) << 64 | u128::from(number) << 32;
            merged.push(key | u128::from(agenda));
        }
    }
    merged.sort_unstable();
    merged
}

/// The agenda and the intention in it that a key of [`merge`] stands for.
#[expect(clippy::cast_possible_truncation, reason = "each part is cut to its bits")]
fn merged_place(key: u128) -> (usize, usize) {
    (key as u32 as usize, (key >> 32) as u32 as usize)
}

/// Bits of an order below its phase.
const PHASE_SHIFT: u32 = 61;
/// Set for what simulated users do.
const SIMULATED: u64 = 1 << 60;

fn phase_bits(phase: Phase) -> Order {
    (phase as u64) << PHASE_SHIFT
}

fn order(phase: Phase, user: UserId, product: ProductId) -> Order {
    assert!(user.0 < 1 << 28, "fewer than 2²⁸ users in a group");
    phase_bits(phase) | SIMULATED | u64::from(user.0) << 32 | u64::from(product.0)
}

/// The user and product of an order.
#[expect(clippy::cast_possible_truncation, reason = "each part is masked to its bits")]
fn whose(order: Order) -> (UserId, ProductId) {
    (UserId((order >> 32) as u32 & ((1 << 28) - 1)), ProductId(order as u32))
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
