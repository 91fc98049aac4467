//! A second opinion on the rulebook: every rule in its plainest form, to hold against the metering core.
//!
//! The model stops at every instant at which anything can happen and looks there at every user and every
//! product again, phase by phase (chapter 4). Users lie sorted by name and products "before add-ins", then
//! by name, so that counting the keys upwards is the order of phase 4; packs lie sorted in draw order (2.3).
//! The numbers in the comments are those of the rules. Which corners a history visits is counted apart from
//! the rules, by the functions called `count_…` in `boundaries`.

mod contract;
mod licence_server;
mod membership;
mod offline;
mod transition;

use self::contract::CREDITS;
pub(crate) use self::licence_server::Seat;
use self::membership::NOTICES;
pub(crate) use self::membership::{INVITATION, Membership};
pub(crate) use self::offline::Unrecorded;
use self::transition::TRANSITION;
pub(crate) use self::transition::{Case, Outcome, WayOut};
use crate::boundaries::classes;
use crate::history::{
    self, Action, DAY, History, Name, Policy, Product, SignIn, Span, User, Which, instant, thousandths,
    years_later,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Without an operation for this long an idle-aware session is idle (1.8).
pub(crate) const IDLE: i64 = 15 * 60;

const CHARGES: Name = "window_start,user,product,team,tokens,uncovered,kind,recorded_at,packs";
const SIGN_INS: Name = "at,user,product,device,version,team,outcome,reason";
const SESSIONS: Name = "signed_in,user,product,device,version,signed_out,end";
const PACKS: Name = "team,pack,bought,expires,tokens,posted,held,expired,remaining";
const TOKEN_EVENTS: Name = "at,team,event,pack,tokens";

const FILES: [(&str, Name); 8] = [
    ("charges.csv", CHARGES),
    ("sign_ins.csv", SIGN_INS),
    ("sessions.csv", SESSIONS),
    ("packs.csv", PACKS),
    ("token_events.csv", TOKEN_EVENTS),
    ("notices.csv", NOTICES),
    ("credits.csv", CREDITS),
    ("transition.csv", TRANSITION),
];

/// What a run writes, each file complete by its name, and how often it met each of [`classes`].
pub(crate) struct Rows {
    pub(crate) files: BTreeMap<&'static str, String>,
    pub(crate) hits: BTreeMap<&'static str, u64>,
}

/// Admitted for a reason, with the team that paid if one did, or refused for one.
pub(crate) type Answer = Result<(Name, Option<Name>), Name>;

#[derive(Clone)]
pub(crate) struct Pack {
    pub(crate) id: String,
    pub(crate) team: Name,
    pub(crate) bought: i64,
    /// At the instant of its purchase it comes after the holds that are posted then (4).
    arrived: bool,
    pub(crate) expires: i64,
    pub(crate) tokens: i64,
    posted: i64,
    held: i64,
    expired: i64,
    pub(crate) remaining: i64,
}

/// Tokens set aside for a charge that has fallen due (2.5): out of which packs, in draw order, and how many
/// only a debt covers (2.6). One that is late (3.8) has no packs yet, and its team is the first-listed.
#[derive(Clone)]
pub(crate) struct Hold {
    pub(crate) start: i64,
    pub(crate) kind: Name,
    pub(crate) team: Name,
    pub(crate) tokens: i64,
    pub(crate) uncovered: i64,
    pub(crate) parts: Vec<(usize, i64)>,
    pub(crate) late: bool,
}

/// What is known of one user and one product (1.2), both by their place in the lists.
#[derive(Clone, Default)]
pub(crate) struct Key {
    user: usize,
    product: usize,
    /// The open ones, oldest first.
    pub(crate) sessions: Vec<Session>,
    pub(crate) hold: Option<Hold>,
    /// The end of the last paid window, and the team that paid.
    pub(crate) window_end: Option<i64>,
    payer: Option<Name>,
    /// A charge fell due while idle and waits for the next operation (1.8).
    pub(crate) waiting: bool,
    /// The next question of `renewal_when_short = "run-on"` (2.6).
    pub(crate) ask_again: Option<i64>,
    pub(crate) was_covered: bool,
    pub(crate) cover_end: Option<i64>,
    pub(crate) devices: BTreeSet<Name>,
}

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: usize,
    pub(crate) device: Name,
    pub(crate) version: Name,
    pub(crate) signed_in: i64,
    pub(crate) touched: i64,
    pub(crate) idle_aware: bool,
    pub(crate) host: Option<usize>,
}

#[derive(Clone)]
pub(crate) struct World<'a> {
    pub(crate) history: &'a History,
    pub(crate) policy: Policy,
    pub(crate) now: i64,
    instants: BTreeSet<i64>,
    pub(crate) users: Vec<User>,
    products: Vec<Product>,
    /// The products that have been released (3.2).
    pub(crate) catalogue: BTreeSet<Name>,
    pub(crate) packs: Vec<Pack>,
    pub(crate) debts: BTreeMap<Name, i64>,
    /// The last contact of each user's devices that are offline (3.8).
    pub(crate) offline: BTreeMap<(Name, Name), i64>,
    /// The charges that wait for a contact, in the order in which they were posted.
    pub(crate) unrecorded: Vec<Unrecorded>,
    pub(crate) keys: Vec<Key>,
    pub(crate) membership: Membership,
    /// What was drawn from each contract (5.2).
    credits_used: BTreeMap<Name, i64>,
    /// The sessions on seats (6.1), oldest first.
    pub(crate) seats: Vec<Seat>,
    pub(crate) way_out: WayOut,
    opened: usize,
    /// The rows of each file, by its header.
    rows: BTreeMap<Name, Vec<Vec<String>>>,
    pub(crate) hits: BTreeMap<&'static str, u64>,
}

/// Everything the rules make of a history. Purchases, expiries and cover before the start are gone through
/// as well.
pub(crate) fn model(history: &History) -> Rows {
    let mut world = World::new(history);
    while let Some(now) = world.instants.pop_first().filter(|now| *now < history.end) {
        world.now = now;
        world.packs_end(); // 4, phase 1; cover ends by itself, being a half-open span
        world.for_each_key(World::notice_cover);
        world.limits_come();
        world.allowances_end();
        world.for_each_key(World::grace_ends); // 4, phase 2
        world.packs_arrive(); // 4, phase 3
        world.steps(false);
        world.for_each_key(World::notice_cover); // a step may have begun or ended it
        world.for_each_key(World::charge_due); // 4, phase 4
        world.steps(true); // 4, phase 5
        world.check();
    }
    world.finish()
}

impl<'a> World<'a> {
    fn new(history: &'a History) -> Self {
        let (mut users, mut products) = (history.users.clone(), history.products.clone());
        users.sort_by_key(|user| user.name);
        products.sort_by_key(|product| (product.kind == "add-in", product.name));
        let mut instants: BTreeSet<i64> = history.steps.iter().map(|step| step.at).collect();
        let mut keys = Vec::new();
        for (number, user) in users.iter_mut().enumerate() {
            once(&mut user.teams);
            once(&mut user.add_ins);
            let spans = user.subscriptions.iter().chain(&user.trials);
            instants.extend(spans.flat_map(|span| [span.from, span.until]));
            instants.extend(user.windows.iter().map(|paid| paid.until));
            for (product, Product { name, .. }) in products.iter().enumerate() {
                let paid = user.windows.iter().find(|paid| paid.product == *name);
                let (window_end, payer) = (paid.map(|paid| paid.until), paid.map(|paid| paid.team));
                keys.push(Key { user: number, product, window_end, payer, ..Key::default() });
            }
        }
        let pack = |(team, pack): (Name, &history::Pack)| {
            let history::Pack { id, tokens, bought, expires, used: posted } = pack.clone();
            let expires = expires.unwrap_or_else(|| years_later(bought, 1)); // 2.2
            let remaining = tokens - posted;
            let arrived = false;
            Pack { id, team, bought, arrived, expires, tokens, posted, held: 0, expired: 0, remaining }
        };
        let mut packs: Vec<Pack> = history.packs().map(pack).collect();
        packs.sort_by_key(|pack| (pack.expires, pack.tokens, pack.bought, pack.id.clone())); // 2.3
        instants.extend(packs.iter().flat_map(|pack| [pack.bought, pack.expires]));
        let released = |product| history.steps.iter().all(|s| s.action != Action::ReleaseProduct { product });
        let catalogue = products.iter().map(|product| product.name).filter(|name| released(name)).collect();
        Self {
            history,
            policy: history.policy,
            now: history.start,
            instants,
            users,
            products,
            catalogue,
            packs,
            debts: history.teams.iter().map(|team| (team.name, 0)).collect(),
            offline: BTreeMap::new(),
            unrecorded: Vec::new(),
            keys,
            membership: Membership::new(history),
            credits_used: BTreeMap::new(),
            seats: Vec::new(),
            way_out: WayOut::default(),
            opened: 0,
            rows: BTreeMap::new(),
            hits: classes().map(|class| (class, 0)).collect(),
        }
    }

    pub(crate) fn user(&self, key: usize) -> &User {
        &self.users[self.keys[key].user]
    }

    pub(crate) fn product(&self, key: usize) -> &Product {
        &self.products[self.keys[key].product]
    }

    pub(crate) fn key(&self, user: Name, product: Name) -> usize {
        let named = |key: &usize| self.user(*key).name == user && self.product(*key).name == product;
        (0..self.keys.len()).find(named).expect("a user and a product of the history")
    }

    fn for_each_key(&mut self, this: impl Fn(&mut Self, usize)) {
        (0..self.keys.len()).for_each(|key| this(self, key));
    }

    fn user_named(&mut self, name: Name) -> &mut User {
        self.users.iter_mut().find(|user| user.name == name).expect("a user of the history")
    }

    fn row(&mut self, file: Name, fields: &[&str]) {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        self.rows.entry(file).or_default().push(fields);
    }

    /// Whether this has come: a pack its purchase or its end. What falls on the run's end does not happen.
    pub(crate) fn is_past(&self, at: i64) -> bool {
        at <= self.now && at < self.history.end
    }

    // Chapter 2: packs and balances.

    /// 2.2: what is left at the end expires.
    fn packs_end(&mut self) {
        for number in 0..self.packs.len() {
            if self.packs[number].expires == self.now {
                self.expire(number);
            }
        }
    }

    fn expire(&mut self, number: usize) {
        let left = std::mem::take(&mut self.packs[number].remaining);
        self.packs[number].expired += left;
        if left > 0 {
            self.event(number, "expiry", left);
        }
    }

    /// 2.1: packs bought at one instant arrive in the order of their ids; each pays the debt first (2.6).
    fn packs_arrive(&mut self) {
        let numbers = 0..self.packs.len();
        let mut arriving: Vec<usize> = numbers.filter(|n| self.packs[*n].bought == self.now).collect();
        arriving.sort_by_key(|number| self.packs[*number].id.clone());
        for number in arriving {
            self.count_arrival(number);
            let pack = &mut self.packs[number];
            pack.arrived = true;
            let debt = self.debts.entry(pack.team).or_default();
            let paid = pack.remaining.min(*debt);
            pack.posted += paid;
            pack.remaining -= paid;
            *debt -= paid;
            let size = pack.tokens;
            self.event(number, "purchase", size);
        }
    }

    /// 2.7: a token event of a pack, in the team that has it.
    fn event(&mut self, number: usize, event: Name, size: i64) {
        let Pack { id, team, .. } = self.packs[number].clone();
        self.row(TOKEN_EVENTS, &[&instant(self.now), team, event, &id, &thousandths(size)]);
    }

    /// The packs a team can draw on, in draw order.
    pub(crate) fn drawable(&self, team: Name) -> impl Iterator<Item = usize> {
        (0..self.packs.len()).filter(move |number| {
            let pack = &self.packs[*number];
            pack.team == team && pack.remaining > 0 && pack.arrived && !self.is_past(pack.expires)
        })
    }

    /// 2.1: what is left in the unexpired packs, holds being taken out already; less the debt of 2.6.
    pub(crate) fn balance(&self, team: Name) -> i64 {
        self.drawable(team).map(|number| self.packs[number].remaining).sum::<i64>() - self.debts[team]
    }

    pub(crate) fn next_end(&self, team: Name) -> Option<i64> {
        self.drawable(team).map(|number| self.packs[number].expires).min()
    }

    /// 1.1: the rate in force now.
    pub(crate) fn rate(&self, key: usize) -> i64 {
        let in_force = self.product(key).rates.iter().filter(|(from, _)| *from <= Some(self.now));
        in_force.max_by_key(|(from, _)| *from).expect("a first rate").1
    }

    /// 3.9, and 1.1 for a rate of 0: the team that pays, if any can (2.4).
    pub(crate) fn payer(&self, key: usize, tokens: i64) -> Option<Name> {
        let listed = &self.user(key).teams;
        let mut able = listed.iter().copied().filter(|team| self.balance(team) >= tokens);
        match self.policy.team_choice {
            _ if tokens == 0 => able.next().map(|_| listed[0]),
            "first-listed" => able.next(),
            "largest-balance" => able.min_by_key(|team| (Reverse(self.balance(team)), *team)),
            _earliest_expiry => able.min_by_key(|team| (self.next_end(team), *team)),
        }
    }

    /// 2.3: takes tokens out of a team's packs, as far as they go.
    fn draw(&mut self, team: Name, tokens: i64, (start, kind): (i64, Name)) -> Hold {
        self.count_draw(team, tokens);
        let parts = Vec::new();
        let mut hold = Hold { start, kind, team, tokens, uncovered: tokens, parts, late: false };
        for number in self.drawable(team).collect::<Vec<_>>() {
            let pack = &mut self.packs[number];
            let taken = hold.uncovered.min(pack.remaining);
            if taken > 0 {
                pack.remaining -= taken;
                pack.held += taken;
                hold.uncovered -= taken;
                hold.parts.push((number, taken));
            }
        }
        hold
    }

    /// 2.5: holds the rate for what falls due, if a team can pay or else one goes into debt.
    fn hold(&mut self, key: usize, due: (i64, Name), in_debt: Option<Name>) -> Option<Name> {
        let rate = self.rate(key);
        self.count_payer(key, rate);
        let team = self.payer(key, rate).or(in_debt)?;
        self.keys[key].hold = Some(self.draw(team, rate, due));
        Some(team)
    }

    /// 2.5: the hold becomes a charge, and its window opens at the given start (1.3).
    fn post(&mut self, key: usize, start: i64) {
        self.count_post(key);
        let hold = Hold { start, ..self.keys[key].hold.take().expect("a hold to post") };
        let of = &mut self.keys[key];
        (of.window_end, of.payer) = (Some(start + DAY), Some(hold.team));
        (of.waiting, of.ask_again) = (false, None);
        self.instants.insert(start + DAY);
        if hold.late {
            return self.post_late(key, hold); // 3.8
        }
        self.settle(&hold, true);
        *self.debts.entry(hold.team).or_default() += hold.uncovered;
        self.charge(key, &hold, 1);
    }

    fn charge(&mut self, key: usize, hold: &Hold, sign: i64) {
        let part = |(number, part): &(usize, i64)| {
            format!("{}:{}", self.packs[*number].id, thousandths(sign * part))
        };
        let (start, recorded_at) = (instant(hold.start), instant(self.now));
        let (tokens, uncovered) = (thousandths(sign * hold.tokens), thousandths(hold.uncovered));
        let packs = hold.parts.iter().map(part).collect::<Vec<_>>().join(";");
        let (user, product) = (self.user(key).name, self.product(key).name);
        let fields = [&start, user, product, hold.team, &tokens, &uncovered, hold.kind, &recorded_at, &packs];
        self.row(CHARGES, &fields);
    }

    fn void(&mut self, key: usize) {
        self.count_void(key);
        let hold = self.keys[key].hold.take().expect("a hold to void");
        self.settle(&hold, false);
    }

    /// 2.5, 2.8: posted, or back to the packs it came from, wherever they are now; what an ended pack gets back
    /// expires.
    fn settle(&mut self, hold: &Hold, posted: bool) {
        for (number, tokens) in &hold.parts {
            let pack = &mut self.packs[*number];
            pack.held -= tokens;
            *(if posted { &mut pack.posted } else { &mut pack.remaining }) += tokens;
            if self.is_past(self.packs[*number].expires) {
                self.expire(*number);
            }
        }
    }

    // Chapter 1: sessions, and the charges that fall due in them.

    /// 1.5: it may still end free of charge.
    pub(crate) fn in_grace(&self, session: &Session) -> bool {
        self.now < session.signed_in + self.policy.grace
    }

    /// 1.8: 15:00 or more since the last operation, and never inside the grace.
    pub(crate) fn is_idle(&self, session: &Session) -> bool {
        session.idle_aware && !self.in_grace(session) && self.now - session.touched >= IDLE
    }

    /// A session that is neither idle nor inside its grace: what falls due is posted at once for it (2.5).
    pub(crate) fn has_busy(&self, key: usize) -> bool {
        self.keys[key].sessions.iter().any(|session| !self.is_idle(session) && !self.in_grace(session))
    }

    /// 1.3: half-open.
    pub(crate) fn is_paid(&self, key: usize) -> bool {
        self.keys[key].window_end.is_some_and(|end| self.now < end)
    }

    /// 2.5: a hold is posted for the session that outlasts its grace now, with the instant at which that
    /// session was due: its own sign-in, if that came after the hold was made.
    fn grace_ends(&mut self, key: usize) {
        let outlasts = |session: &&Session| session.signed_in + self.policy.grace == self.now;
        let first = self.keys[key].sessions.iter().find(outlasts).map(|session| session.signed_in);
        if let (Some(hold), Some(signed_in)) = (&self.keys[key].hold, first) {
            let start = hold.start.max(signed_in);
            self.count_grace_end(key, start);
            self.post(key, start);
        }
    }

    /// 1.6: at the end of the paid window or of cover; 2.6: a day after a session ran on.
    fn charge_due(&mut self, key: usize) {
        self.count_charge_due(key);
        let Key { window_end, cover_end, ask_again, .. } = self.keys[key];
        let now = Some(self.now);
        let falls = [window_end, cover_end, ask_again].contains(&now);
        if !falls || self.keys[key].sessions.is_empty() || self.is_paid(key) || self.cover(key).is_some() {
            return;
        }
        // 1.8: it waits only if all are idle. Where the idle ones have one in its grace beside them, theirs
        // waits in case that one ends within its grace.
        let idle = self.keys[key].sessions.iter().filter(|session| self.is_idle(session)).count();
        self.keys[key].waiting = idle > 0;
        self.keys[key].ask_again = ask_again.filter(|at| *at > self.now);
        if self.keys[key].hold.is_some() {
            // One hold per key (2.5): it is the charge that falls due, for a session that is busy.
            if self.has_busy(key) {
                self.post(key, self.now);
            }
        } else if idle < self.keys[key].sessions.len() {
            // 4, phase 4: both at once counts as cover.
            self.fall_due(key, self.now, if cover_end == now { "cover-end" } else { "renewal" });
        }
    }

    /// 1.6, 1.8, 3.5: a charge falls due in open sessions, one of which at least is not idle.
    fn fall_due(&mut self, key: usize, start: i64, kind: Name) {
        self.count_fall_due(key, kind);
        if !self.is_assigned(key) {
            return self.end_all(key, "not-assigned"); // 3.5
        }
        if self.is_offline(key, self.keys[key].sessions[0].device) {
            self.hold_late(key, (start, kind)); // 3.8: whatever the balance
        } else if self.hold(key, (start, kind), None).is_none() {
            // 2.6: what the balance can't cover.
            match self.policy.renewal_when_short {
                "stop" => {
                    let (user, product) = (self.user(key).name, self.product(key).name);
                    let device = self.keys[key].sessions[0].device;
                    self.notice(user, "insufficient-tokens", [product, device]);
                    return self.end_all(key, "insufficient-tokens");
                }
                "negative" => {
                    let first_listed = self.user(key).teams[0];
                    self.hold(key, (start, kind), Some(first_listed));
                }
                _run_on => {
                    (self.keys[key].waiting, self.keys[key].ask_again) = (false, Some(self.now + DAY));
                    self.instants.insert(self.now + DAY);
                    return;
                }
            }
        }
        // 1.7 spares a session in its grace by default; 3.5 does so whatever the policy says.
        let at_once = kind == "renewal" && self.policy.grace_at_renewal == "charge";
        self.count_hold(key, at_once);
        if at_once || self.has_busy(key) {
            self.post(key, start);
        }
    }

    fn end_all(&mut self, key: usize, why: Name) {
        while let Some(session) = self.keys[key].sessions.first() {
            self.end(key, session.id, why);
        }
    }

    fn end(&mut self, key: usize, id: usize, why: Name) {
        let sessions = &mut self.keys[key].sessions;
        let place = sessions.iter().position(|session| session.id == id).expect("an open session");
        let session = sessions.remove(place);
        self.count_end(key, &session);
        self.session_row(key, &session, why);
        // 2.5: voided when no session inside its grace is left.
        let fresh = self.keys[key].sessions.iter().any(|session| self.in_grace(session));
        if self.keys[key].hold.is_some() && !fresh {
            self.void(key);
        }
        if self.keys[key].sessions.is_empty() {
            (self.keys[key].waiting, self.keys[key].ask_again) = (false, None);
        }
        self.end_hosted(id, why); // 3.7
    }

    fn session_row(&mut self, key: usize, session: &Session, why: Name) {
        let (signed_in, signed_out) = (instant(session.signed_in), instant(self.now));
        let (user, product) = (self.user(key).name, self.product(key).name);
        let Session { device, version, .. } = *session;
        self.row(SESSIONS, &[&signed_in, user, product, device, version, &signed_out, why]);
    }

    // Chapter 3: cover and assignment.

    /// 3.5: a subscription, then a trial.
    pub(crate) fn cover(&self, key: usize) -> Option<Name> {
        let (user, product) = (self.user(key), self.product(key).name);
        let runs = |span: &Span| span.product == product && (span.from..span.until).contains(&self.now);
        let trial = || user.trials.iter().any(runs).then_some("trial");
        if user.subscriptions.iter().any(runs) { Some("subscription") } else { trial() }
    }

    /// 3.2, 3.3; a product still to be released is in no catalogue.
    pub(crate) fn is_assigned(&self, key: usize) -> bool {
        let (products, name) = (&self.user(key).products, self.product(key).name);
        let own = products.as_ref().is_none_or(|list| list.contains(&name));
        self.catalogue.contains(name) && (own || self.is_default(key))
    }

    /// 3.5: cover that began since the last instant stops what was still to fall due; cover that ended is
    /// remembered. Spans that meet are one cover.
    fn notice_cover(&mut self, key: usize) {
        let covered = self.cover(key).is_some();
        self.count_cover(key, covered);
        let key = &mut self.keys[key];
        if key.was_covered && !covered {
            key.cover_end = Some(self.now);
        }
        if covered {
            key.ask_again = None;
            key.waiting &= key.hold.is_some();
        }
        key.was_covered = covered;
    }

    // The steps.

    /// 4, phases 3 and 5: sign-ins and uses of services come last.
    fn steps(&mut self, last: bool) {
        let (history, now) = (self.history, self.now);
        let is_last = |action: &Action| matches!(action, Action::SignIn(_) | Action::Use { .. });
        for step in history.steps.iter().filter(|step| step.at == now && is_last(&step.action) == last) {
            self.count_step(&step.action);
            match &step.action {
                Action::SignOut(which) => self.sign_out(which),
                Action::Touch(which) => self.touch(which),
                Action::Move { pack, to } => {
                    let number = self.packs.iter().position(|p| p.id == *pack).expect("a pack");
                    self.move_pack(number, to);
                }
                Action::Merge { team, into } => self.merge(team, into),
                Action::Assign { user, products, import } => self.assign(user, products.as_deref(), *import),
                Action::Unassign { user, products } => self.unassign(user, products),
                Action::BeginCover { trial, user, product, until } => {
                    self.instants.insert(*until);
                    spans(self.user_named(user), *trial).push(Span { product, from: now, until: *until });
                    self.notice_cover(self.key(user, product)); // a later step may end it at once
                }
                Action::EndCover { trial, user, product } => {
                    let spans = spans(self.user_named(user), *trial).iter_mut();
                    let running = spans.filter(|span| span.product == *product && span.from <= now);
                    running.for_each(|span| span.until = span.until.min(now));
                }
                Action::ReleaseProduct { product } => _ = self.catalogue.insert(product),
                Action::Uninstall { user, product, device } => {
                    let key = self.key(user, product);
                    self.keys[key].devices.remove(device);
                    self.way_out.drawn.remove(&(*user, *product, *device));
                }
                Action::GoOffline { user, device } => self.go_offline(user, device),
                Action::GoOnline { user, device } => self.go_online(user, device),
                Action::DefaultProducts { team, products, guests } => {
                    self.set_defaults(team, products, *guests);
                }
                Action::Invite { user } => self.invite(user),
                Action::Accept { user } => self.accept(user),
                Action::Transition(transition) => self.transition(transition),
                Action::SignIn(sign_in) => self.open_with_add_ins(sign_in),
                Action::Use { user, product, units, failed } => {
                    let key = self.key(user, product);
                    let answer = self.use_service(key, *units, *failed);
                    self.count_use(answer, *failed);
                    self.answer(key, ["", ""], answer);
                }
                // Packs arrive before any step, and a journey changes no instant (1.3).
                Action::Buy { .. } | Action::Travel { .. } => {}
            }
        }
    }

    /// 3.7: the host, and its add-ins right after it, in the order they are listed.
    fn open_with_add_ins(&mut self, by: &SignIn) {
        let host = self.key(by.user, by.product);
        let id = self.open(host, by, None);
        let add_ins = self.user(host).add_ins.clone();
        for (_, add_in) in add_ins.iter().filter(|(h, _)| id.is_some() && *h == by.product) {
            self.open(self.key(by.user, add_in), by, id);
        }
    }

    fn sign_out(&mut self, which: &Which) {
        if let Some(seat) = self.meant_seat(which, true) {
            return self.end_seat(seat.session.id, "sign-out"); // 6.1
        }
        if let (key, Some(place)) = self.meant(which, true) {
            self.end(key, self.keys[key].sessions[place].id, "sign-out");
        }
    }

    /// The key of a sign-out or touch and the place of the oldest open session it can mean, unless it
    /// means one on a seat; a sign-out passes over add-ins opened by their host.
    pub(crate) fn meant(&self, which: &Which, pass_over: bool) -> (usize, Option<usize>) {
        let key = self.key(which.user, which.product);
        let fits = |s: &Session| which.fits(s.device, s.version) && !(pass_over && s.host.is_some());
        let on_seat = self.meant_seat(which, pass_over).is_some();
        (key, self.keys[key].sessions.iter().position(fits).filter(|_| !on_seat))
    }

    /// 1.8: an operation; it resumes a renewal that waits, or posts the hold of a sign-in meanwhile.
    fn touch(&mut self, which: &Which) {
        let (key, Some(place)) = self.meant(which, false) else { return };
        let was_idle = self.is_idle(&self.keys[key].sessions[place]);
        self.keys[key].sessions[place].touched = self.now;
        if !was_idle || !self.keys[key].waiting {
            return;
        }
        let start = match self.policy.idle_resume {
            "grid" => self.now - (self.now - self.origin(key)) % DAY,
            _reanchor => self.now,
        };
        if let Some(hold) = &mut self.keys[key].hold {
            hold.kind = "resume";
            self.post(key, start);
        } else if self.cover(key).is_none() {
            self.keys[key].waiting = false;
            self.fall_due(key, start, "resume");
        }
    }

    /// 1.8: the later of the last window's end and the end of cover.
    pub(crate) fn origin(&self, key: usize) -> i64 {
        let Key { window_end, cover_end, .. } = self.keys[key];
        window_end.max(cover_end).expect("what waits waits for the end of a window or of cover")
    }

    /// 2.7: with all its row, even if nothing is left of it or it has ended.
    fn move_pack(&mut self, number: usize, to: Name) {
        let Pack { team, remaining, .. } = self.packs[number];
        if team != to {
            self.event(number, "move-out", remaining);
            self.packs[number].team = to;
            self.event(number, "move-in", remaining);
        }
    }

    /// 2.7: packs and members go to the target; windows and holds stay where they are.
    fn merge(&mut self, team: Name, into: Name) {
        for number in 0..self.packs.len() {
            if self.packs[number].team == team && self.is_past(self.packs[number].bought) {
                self.move_pack(number, into);
            }
        }
        for user in &mut self.users {
            let teams = user.teams.iter().map(|listed| if *listed == team { into } else { listed });
            user.teams = teams.collect();
            once(&mut user.teams);
        }
        let debt = self.debts.insert(team, 0).unwrap_or(0);
        *self.debts.entry(into).or_default() += debt;
    }

    /// `unassign` from "all" leaves a list of every other product then in the catalogue; of what is not
    /// assigned it does nothing.
    fn unassign(&mut self, user: Name, products: &[Name]) {
        let catalogue: Vec<Name> = self.catalogue.iter().copied().collect();
        let list = &mut self.user_named(user).products;
        if list.is_none() && products.iter().any(|product| catalogue.contains(product)) {
            *list = Some(catalogue);
        }
        if let Some(list) = list {
            list.retain(|product| !products.contains(product));
        }
    }

    /// One row of `sign_ins.csv`; 3.9: where no team paid, the user's first-listed.
    fn answer(&mut self, key: usize, [device, version]: [Name; 2], answer: Answer) {
        let (outcome, reason, team) = match answer {
            Ok((reason, team)) => ("admitted", reason, team),
            Err(reason) => ("refused", reason, None),
        };
        let (name, product) = (self.user(key).name, self.product(key).name);
        let (at, team) = (instant(self.now), team.unwrap_or(self.user(key).teams[0]));
        self.row(SIGN_INS, &[&at, name, product, device, version, team, outcome, reason]);
    }

    /// A sign-in through Flex, by hand or with its host (3.7); the session's number if it is admitted (1.4).
    fn sign_in(&mut self, key: usize, by: &SignIn, host: Option<usize>) -> Option<usize> {
        let answer = match self.objection(key, by) {
            Some(reason) => Err(reason),
            None if self.is_elsewhere(key, by.device) => self.take_over(key, by.device),
            None => self.admit(key, by.device),
        };
        self.count_sign_in(key, by, (host.is_some(), answer));
        self.count_offline_sign_in(key, by.device, (host.is_some(), answer));
        self.answer(key, [by.device, by.version], answer);
        let (reason, _) = answer.ok()?;
        self.opened += 1;
        let SignIn { device, version, .. } = *by;
        let idle_aware = self.product(key).versions.contains(&(version, true));
        // 1.8: a sign-in is an operation.
        let (id, signed_in, touched) = (self.opened, self.now, self.now);
        let session = Session { id, device, version, signed_in, touched, idle_aware, host };
        self.keys[key].sessions.push(session);
        self.keys[key].devices.insert(device); // 3.6
        if self.policy.grace > 0 {
            self.instants.insert(self.now + self.policy.grace);
        }
        // 2.5: posted at once where a session that is not idle has outlasted its grace, be it the new one
        // (a grace of 0 s) or one that runs on uncharged (2.6).
        if reason == "new-window" && self.has_busy(key) {
            self.post(key, self.now);
        }
        Some(self.opened)
    }

    /// What speaks against a sign-in before tokens are asked for, in the order of chapter 4.
    fn objection(&self, key: usize, by: &SignIn) -> Option<Name> {
        let (devices, covered) = (&self.keys[key].devices, self.cover(key).is_some());
        let full = devices.len() >= 3 && !devices.contains(by.device);
        let elsewhere = self.is_elsewhere(key, by.device) && self.policy.second_device == "refuse";
        let objections = [
            ("not-accepted", !self.is_member(self.user(key).name)), // 3.4, 6.1
            ("not-assigned", !covered && !self.is_assigned(key)),   // 3.1
            ("unsupported-version", !covered && is_unsupported(by)), // 3.11
            ("offline", self.needs_contact(key, by.device)),        // 3.8
            ("device-limit", full),                                 // 3.6
            ("in-use-elsewhere", elsewhere),                        // 3.6
        ];
        objections.into_iter().find(|(_, applies)| *applies).map(|(reason, _)| reason)
    }

    pub(crate) fn is_elsewhere(&self, key: usize, device: Name) -> bool {
        self.keys[key].sessions.iter().any(|session| session.device != device)
    }

    /// 3.6: decided as if the sessions elsewhere had ended already; if it is refused, they go on.
    fn take_over(&mut self, key: usize, device: Name) -> Answer {
        self.count_offline_take_over(key, device);
        let before = self.clone();
        self.end_all(key, "taken-over");
        let answer = self.admit(key, device);
        let held = before.keys[key].hold.is_some();
        if answer.is_err() {
            *self = before;
        }
        self.count_take_over(answer.is_ok(), held);
        answer
    }

    /// 2.4 and the reasons for an admission in the order of chapter 4; holds the rate of a new window.
    fn admit(&mut self, key: usize, device: Name) -> Answer {
        if let Some(kind) = self.cover(key) {
            return Ok((kind, None));
        }
        let waiting = self.keys[key].hold.as_ref().map(|hold| hold.team);
        let payer = if self.is_paid(key) { self.keys[key].payer } else { waiting };
        if payer.is_some() {
            return Ok(("paid-window", payer));
        }
        let due = (self.now, "sign-in");
        if self.is_offline(key, device) {
            return Ok(("new-window", Some(self.hold_late(key, due)))); // 3.8: whatever the balance
        }
        let team = self.hold(key, due, None).ok_or("insufficient-tokens")?;
        Ok(("new-window", Some(team)))
    }

    /// 1.9: charged when used, without window or grace; a failed result is refunded.
    fn use_service(&mut self, key: usize, units: i64, failed: bool) -> Answer {
        if !self.is_member(self.user(key).name) {
            return Err("not-accepted"); // 3.4, 6.1
        }
        if let Some(kind) = self.cover(key) {
            return Ok((kind, None));
        }
        if !self.is_assigned(key) {
            return Err("not-assigned");
        }
        if self.pay_with_credits(key, units, failed) {
            return Ok(("credits", None)); // 5.2
        }
        let tokens = self.rate(key) * units / 1000;
        self.count_payer(key, tokens);
        let team = self.payer(key, tokens).ok_or("insufficient-tokens")?;
        let hold = self.draw(team, tokens, (self.now, "result"));
        self.settle(&hold, !failed);
        self.charge(key, &hold, 1);
        if failed {
            self.charge(key, &Hold { kind: "refund", ..hold }, -1);
        }
        Ok(("result", Some(team)))
    }

    // The end, and what must hold at any time.

    /// 2.8, for every pack.
    fn check(&self) {
        self.check_seats();
        let mut held = vec![0; self.packs.len()];
        for hold in self.keys.iter().filter_map(|key| key.hold.as_ref()) {
            hold.parts.iter().for_each(|(number, tokens)| held[*number] += tokens);
        }
        for (pack, held) in self.packs.iter().zip(held) {
            let sum = pack.posted + pack.held + pack.expired + pack.remaining;
            assert_eq!((pack.tokens, pack.held), (sum, held), "conservation of {}", pack.id);
            let lives = !self.is_past(pack.expires) || pack.remaining == 0;
            assert!(pack.remaining >= 0 && lives, "remains of {}", pack.id);
        }
    }

    /// The run's end: waiting holds go back (2.5), open sessions are cut.
    fn finish(mut self) -> Rows {
        self.now = self.history.end;
        for key in 0..self.keys.len() {
            if self.keys[key].hold.is_some() {
                self.void(key);
            }
            self.end_all(key, "run-end");
        }
        while let Some(seat) = self.seats.first() {
            self.end_seat(seat.session.id, "run-end");
        }
        self.check();
        let mut packs = self.packs.clone();
        packs.retain(|pack| self.is_past(pack.bought));
        for pack in packs {
            let [bought, expires] = [pack.bought, pack.expires].map(instant);
            let amounts = [pack.tokens, pack.posted, pack.held, pack.expired, pack.remaining];
            let [tokens, posted, held, expired, remaining] = amounts.map(thousandths);
            let fields = [&pack.id, &bought, &expires, &tokens, &posted, &held, &expired, &remaining];
            self.row(PACKS, &[&[pack.team][..], &fields.map(String::as_str)].concat());
        }
        let files = FILES.into_iter().filter(|(name, _)| match *name {
            "credits.csv" => !self.history.contracts.is_empty(),
            "transition.csv" => !self.history.servers.is_empty(),
            _ => true,
        });
        let mut csv = |header| csv(header, self.rows.remove(header).unwrap_or_default());
        Rows { files: files.map(|(name, header)| (name, csv(header))).collect(), hits: self.hits }
    }
}

fn spans(user: &mut User, trial: bool) -> &mut Vec<Span> {
    if trial { &mut user.trials } else { &mut user.subscriptions }
}

/// 3.11; versions are years as text.
pub(crate) fn is_unsupported(by: &SignIn) -> bool {
    by.linux && by.version.parse::<i64>().expect("a year") < 2020
}

/// Doubles in a list count once.
fn once<T: PartialEq>(list: &mut Vec<T>) {
    for place in (0..list.len()).rev() {
        if list[..place].contains(&list[place]) {
            list.remove(place);
        }
    }
}

/// Rows sorted byte by byte, column after column, quoted as RFC 4180 asks.
fn csv(header: &str, mut rows: Vec<Vec<String>>) -> String {
    rows.sort();
    let quoted = |field: &String| {
        let special = field.contains([',', '"', '\n', '\r']);
        if special { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.clone() }
    };
    rows.iter().fold(format!("{header}\n"), |text, row| {
        text + &row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
    })
}
