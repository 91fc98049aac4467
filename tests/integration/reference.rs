//! A second opinion on the rulebook: every rule in its plainest form, to hold against the metering core.
//!
//! The model steps through all instants at which anything can happen and looks at every user and every
//! product again at each of them, phase by phase (chapter 4). It keeps users sorted by name and products
//! sorted "products before add-ins, then by name", so that counting upwards is the order of rule 4; packs
//! lie sorted in draw order (2.3).

use crate::history::{
    Action, DAY, GraceAtRenewal, History, IdleResume, Policy, ProductKind, RenewalWhenShort, SecondDevice,
    SignIn, TeamChoice, Which, instant, thousandths, year_later,
};
use std::collections::{BTreeMap, BTreeSet};

/// Without an operation for this long an idle-aware session is idle (1.8).
const IDLE: i64 = 15 * 60;

/// What a run writes, each file complete, and how often it met each of [`CLASSES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) charges: String,
    pub(crate) sign_ins: String,
    pub(crate) sessions: String,
    pub(crate) packs: String,
    pub(crate) token_events: String,
    pub(crate) hits: BTreeMap<&'static str, u64>,
}

/// The corners a set of histories should visit, counted where the model meets them.
pub(crate) const CLASSES: &[&str] = &[
    "grace: ended 1 s before",
    "grace: ended exactly then",
    "grace: ended 1 s after",
    "window end: sign-in 1 s before",
    "window end: sign-in exactly then",
    "window end: sign-in 1 s after",
    "window end: sign-out 1 s before",
    "window end: sign-out exactly then",
    "window end: sign-out 1 s after",
    "pack end: charge 1 s before",
    "pack end: charge exactly then",
    "pack end: charge 1 s after",
    "balance = rate - 0.001",
    "balance = rate",
    "balance = rate + 0.001",
    "idle 14:59 at window end",
    "idle 15:00 at window end",
    "idle 15:01 at window end",
    "touched exactly at window end",
    "one idle and one busy at window end",
    "one idle and one in grace at window end",
    "hold waits for second session",
    "hold posted for second session",
    "hold voided",
    "hold voided into ended pack",
    "hold voided into moved pack",
    "hold voided at the end",
    "hold voided at the end into ended pack",
    "hold posted from ended pack",
    "hold posted from moved pack",
    "merge with hold",
    "cover begins while hold waits",
    "covered session keeps hold waiting",
    "sign-in while renewal waits: new window",
    "sign-in while renewal waits: refused",
    "touch posts waiting hold",
    "touch posts waiting hold under cover",
    "touch posts waiting hold of a renewal",
    "hold voided, renewal waits again",
    "resume reanchor",
    "resume grid",
    "resume grid after more than a day",
    "resume after cover end",
    "renewal in grace: voided",
    "renewal in grace: posted",
    "renewal in grace: charged at once",
    "renewal short: stop",
    "renewal short: run-on",
    "renewal short: negative",
    "resume short",
    "run-on: asks again",
    "run-on: sign-in charged at once",
    "run-on: cover begins",
    "negative: debt paid by purchase",
    "negative: debt merged",
    "negative: hold in grace",
    "negative: not payable for the debt",
    "cover end: charge",
    "cover end = window end",
    "cover end in grace",
    "cover end in grace: voided",
    "cover end in paid window",
    "cover end while idle",
    "cover begins exactly at window end",
    "cover without assignment",
    "not-assigned at renewal",
    "not-assigned at resume",
    "not-assigned at cover end",
    "charge spans packs",
    "equal end: smaller pack first",
    "equal end and size: earlier purchase first",
    "equal end, size and purchase: pack id",
    "rate 0",
    "rate changed while open",
    "two packs arrive at one instant",
    "team choice: earliest-expiry not first-listed",
    "team choice: largest-balance not first-listed",
    "team choice: first-listed can't pay",
    "team choice: tie by name",
    "take-over admitted",
    "take-over returns hold",
    "take-over refused for tokens",
    "in-use-elsewhere",
    "device-limit",
    "not-assigned",
    "unsupported-version",
    "unsupported-version but covered",
    "not released yet",
    "unassign from all",
    "uninstall frees a device",
    "hosted add-in charged",
    "hosted add-in refused, host opens",
    "hosted add-in ends with its host",
    "sign-out passes over hosted add-in",
    "service charged",
    "service refused",
    "service covered",
    "refund",
    "paid before the start: sign-in",
    "move of an ended pack",
    "move to its own team",
];

const GRACE_END: [&str; 3] =
    ["grace: ended 1 s before", "grace: ended exactly then", "grace: ended 1 s after"];
const WINDOW_END_SIGN_IN: [&str; 3] =
    ["window end: sign-in 1 s before", "window end: sign-in exactly then", "window end: sign-in 1 s after"];
const WINDOW_END_SIGN_OUT: [&str; 3] = [
    "window end: sign-out 1 s before",
    "window end: sign-out exactly then",
    "window end: sign-out 1 s after",
];
const IDLE_AT_WINDOW_END: [&str; 3] =
    ["idle 14:59 at window end", "idle 15:00 at window end", "idle 15:01 at window end"];
const PACK_END: [&str; 3] =
    ["pack end: charge 1 s before", "pack end: charge exactly then", "pack end: charge 1 s after"];

/// Admitted for a reason, with the team that paid if one did, or refused for one.
type Answer = Result<(&'static str, Option<usize>), &'static str>;

#[derive(Clone)]
struct Pack {
    id: String,
    team: usize,
    bought: i64,
    expires: i64,
    tokens: i64,
    posted: i64,
    held: i64,
    expired: i64,
    remaining: i64,
    arrived: bool,
    ended: bool,
}

/// Tokens set aside for a charge that has fallen due (2.5); `parts` are pack numbers and tokens, in draw
/// order, and `uncovered` is what only a debt covers (2.6).
#[derive(Clone)]
struct Hold {
    start: i64,
    kind: &'static str,
    team: usize,
    tokens: i64,
    uncovered: i64,
    parts: Vec<(usize, i64)>,
}

/// What is known of one user and one product, the key of 1.2.
#[derive(Clone, Default)]
struct Key {
    window: Option<Window>,
    hold: Option<Hold>,
    /// A charge fell due while idle and waits for the next operation (1.8).
    waiting: bool,
    /// The next question of `renewal_when_short = "run-on"` (2.6).
    ask_again: Option<i64>,
    was_covered: bool,
    cover_end: Option<i64>,
    devices: BTreeSet<String>,
}

#[derive(Clone, Copy)]
struct Window {
    end: i64,
    team: usize,
}

#[derive(Clone)]
struct Session {
    id: usize,
    user: usize,
    product: usize,
    device: String,
    version: String,
    signed_in: i64,
    touched: i64,
    idle_aware: bool,
    host: Option<usize>,
}

#[derive(Clone)]
struct Member {
    name: String,
    teams: Vec<usize>,
    /// `None` is "all" (3.2).
    products: Option<BTreeSet<String>>,
    covers: Vec<Cover>,
    add_ins: Vec<(usize, usize)>,
}

#[derive(Clone)]
struct Cover {
    product: usize,
    kind: &'static str,
    from: i64,
    until: i64,
}

#[derive(Clone)]
struct Product {
    name: String,
    kind: ProductKind,
    rates: Vec<(i64, i64)>,
    idle_aware: BTreeSet<String>,
    released: bool,
}

/// A sign-in under way, by hand or with its host.
#[derive(Clone, Copy)]
struct Opening<'a> {
    user: usize,
    product: usize,
    by: &'a SignIn,
    host: Option<usize>,
}

/// A key and what falls due for it.
#[derive(Clone, Copy)]
struct Due {
    user: usize,
    product: usize,
    start: i64,
    kind: &'static str,
}

#[derive(Clone)]
struct World<'a> {
    history: &'a History,
    now: i64,
    instants: BTreeSet<i64>,
    products: Vec<Product>,
    teams: Vec<String>,
    debts: Vec<i64>,
    members: Vec<Member>,
    packs: Vec<Pack>,
    keys: Vec<Vec<Key>>,
    /// The open ones, oldest first.
    sessions: Vec<Session>,
    opened: usize,
    charges: Vec<Vec<String>>,
    sign_ins: Vec<Vec<String>>,
    ended: Vec<Vec<String>>,
    events: Vec<Vec<String>>,
    hits: BTreeMap<&'static str, u64>,
}

/// Everything the rules make of a history.
pub(crate) fn model(history: &History) -> Rows {
    let mut world = World::new(history);
    while let Some(now) = world.instants.pop_first().filter(|now| *now < history.end) {
        world.now = now;
        world.packs_end(); // 4, phase 1; cover ends by itself, being a half-open span
        world.notice_cover();
        world.graces_end(); // 4, phase 2
        world.packs_arrive(); // 4, phase 3
        world.other_steps();
        world.notice_cover(); // a step may have ended it
        world.charges_due(); // 4, phase 4
        world.sign_ins_and_uses(); // 4, phase 5
        world.check();
    }
    world.finish()
}

impl<'a> World<'a> {
    fn new(history: &'a History) -> Self {
        let mut products: Vec<Product> = Vec::new();
        for product in &history.products {
            let idle_aware = product.versions.iter().filter(|v| v.idle_aware).map(|v| v.name.clone());
            products.push(Product {
                name: product.name.clone(),
                kind: product.kind,
                rates: product.rates.iter().map(|r| (r.from.unwrap_or(i64::MIN), r.tokens)).collect(),
                idle_aware: idle_aware.collect(),
                released: !history.steps.iter().any(
                    |step| matches!(&step.action, Action::ReleaseProduct { product: p } if *p == product.name),
                ),
            });
        }
        products.sort_by_key(|p| (p.kind == ProductKind::AddIn, p.name.clone()));
        let mut teams: Vec<String> = history.teams.iter().map(|t| t.name.clone()).collect();
        teams.sort();
        let mut world = Self {
            history,
            now: history.start,
            instants: BTreeSet::new(),
            products,
            debts: vec![0; teams.len()],
            teams,
            members: Vec::new(),
            packs: Vec::new(),
            keys: Vec::new(),
            sessions: Vec::new(),
            opened: 0,
            charges: Vec::new(),
            sign_ins: Vec::new(),
            ended: Vec::new(),
            events: Vec::new(),
            hits: CLASSES.iter().map(|class| (*class, 0)).collect(),
        };
        world.add_members();
        world.add_packs();
        world.instants.extend(history.steps.iter().map(|step| step.at));
        world.instants.retain(|at| *at >= history.start);
        world
    }

    fn add_members(&mut self) {
        for user in &self.history.users {
            let mut member = Member {
                name: user.name.clone(),
                teams: Vec::new(),
                products: user.products.as_ref().map(|list| list.iter().cloned().collect()),
                covers: Vec::new(),
                add_ins: Vec::new(),
            };
            for team in user.teams.iter().map(|name| self.team(name)) {
                if !member.teams.contains(&team) {
                    member.teams.push(team);
                }
            }
            for add_in in &user.add_ins {
                let pair = (self.product(&add_in.host), self.product(&add_in.add_in));
                if !member.add_ins.contains(&pair) {
                    member.add_ins.push(pair);
                }
            }
            let subscriptions = user.subscriptions.iter().map(|span| ("subscription", span));
            for (kind, span) in subscriptions.chain(user.trials.iter().map(|span| ("trial", span))) {
                let product = self.product(&span.product);
                member.covers.push(Cover { product, kind, from: span.from, until: span.until });
                self.instants.extend([span.from, span.until]);
            }
            self.members.push(member);
        }
        self.members.sort_by_key(|member| member.name.clone());
        self.keys = vec![vec![Key::default(); self.products.len()]; self.members.len()];
        for user in &self.history.users {
            for paid in &user.windows {
                let (member, product) = (self.member(&user.name), self.product(&paid.product));
                let window = Window { end: paid.until, team: self.team(&paid.team) };
                self.keys[member][product].window = Some(window);
                self.instants.insert(paid.until);
            }
        }
        for user in 0..self.members.len() {
            for product in 0..self.products.len() {
                self.keys[user][product].was_covered = self.cover(user, product).is_some();
            }
        }
    }

    /// Packs of the file and packs of `buy` steps alike; those bought before the start have arrived, those
    /// ended before the start have expired then.
    fn add_packs(&mut self) {
        let bought_by_step = self.history.steps.iter().filter_map(|step| match &step.action {
            Action::Buy { team, pack } => Some((team, pack)),
            _ => None,
        });
        let of_file = self.history.teams.iter().flat_map(|t| t.packs.iter().map(|pack| (&t.name, pack)));
        let all: Vec<_> = of_file.chain(bought_by_step).collect();
        for (team, pack) in all {
            self.packs.push(Pack {
                id: pack.id.clone(),
                team: self.team(team),
                bought: pack.bought,
                expires: pack.expires.unwrap_or_else(|| year_later(pack.bought)), // 2.2
                tokens: pack.tokens,
                posted: pack.used,
                held: 0,
                expired: 0,
                remaining: pack.tokens - pack.used,
                arrived: false,
                ended: false,
            });
        }
        // 2.3: the draw order.
        self.packs.sort_by_key(|p| (p.expires, p.tokens, p.bought, p.id.clone()));
        for number in 0..self.packs.len() {
            let Pack { bought, expires, .. } = self.packs[number];
            self.instants.extend([bought, expires]);
            if bought < self.history.start {
                self.now = bought;
                self.arrive(number);
            }
            if expires < self.history.start {
                self.now = expires;
                self.expire(number);
            }
        }
        self.now = self.history.start;
    }

    fn team(&self, name: &str) -> usize {
        self.teams.iter().position(|team| team == name).expect("a team of the history")
    }

    fn member(&self, name: &str) -> usize {
        self.members.iter().position(|member| member.name == name).expect("a user of the history")
    }

    fn product(&self, name: &str) -> usize {
        self.products.iter().position(|product| product.name == name).expect("a product of the history")
    }

    fn policy(&self) -> Policy {
        self.history.policy
    }

    fn hit(&mut self, class: &'static str) {
        *self.hits.get_mut(class).unwrap_or_else(|| panic!("{class} is not one of CLASSES")) += 1;
    }

    fn hit_if(&mut self, condition: bool, class: &'static str) {
        if condition {
            self.hit(class);
        }
    }

    /// Counts a distance of one second or none to a boundary.
    fn hit_near(&mut self, boundary: i64, [before, exactly, after]: [&'static str; 3]) {
        match self.now - boundary {
            -1 => self.hit(before),
            0 => self.hit(exactly),
            1 => self.hit(after),
            _ => {}
        }
    }

    fn arrive(&mut self, number: usize) {
        let team = self.packs[number].team;
        let pack = &mut self.packs[number];
        pack.arrived = true;
        // 2.6: a purchase pays the debt first.
        let debt = self.debts[team].min(pack.remaining);
        pack.posted += debt;
        pack.remaining -= debt;
        self.debts[team] -= debt;
        let size = pack.tokens;
        self.event(number, "purchase", size);
        self.hit_if(debt > 0, "negative: debt paid by purchase");
    }

    /// A token event of a pack, in the team that has it.
    fn event(&mut self, number: usize, event: &str, size: i64) {
        let Pack { id, team, .. } = &self.packs[number];
        let team = &self.teams[*team];
        self.events.push(row(&[&instant(self.now), team, event, id, &thousandths(size)]));
    }

    /// 2.2: what is left at the end expires.
    fn expire(&mut self, number: usize) {
        let pack = &mut self.packs[number];
        let left = std::mem::take(&mut pack.remaining);
        pack.expired += left;
        pack.ended = true;
        if left > 0 {
            self.event(number, "expiry", left);
        }
    }

    fn packs_end(&mut self) {
        for number in 0..self.packs.len() {
            let pack = &self.packs[number];
            if pack.arrived && !pack.ended && pack.expires <= self.now {
                self.expire(number);
            }
        }
    }

    /// All packs bought at one instant arrive in the order of their ids.
    fn packs_arrive(&mut self) {
        let due = |pack: &Pack| !pack.arrived && pack.bought == self.now;
        let mut arriving: Vec<usize> = (0..self.packs.len()).filter(|n| due(&self.packs[*n])).collect();
        arriving.sort_by_key(|number| self.packs[*number].id.clone());
        self.hit_if(arriving.len() > 1, "two packs arrive at one instant");
        for number in arriving {
            self.arrive(number);
        }
    }

    /// 2.5: a hold is posted for the session that outlasts its grace now, with the instant at which that
    /// session was due: its own sign-in, if that came after the hold was made.
    fn graces_end(&mut self) {
        for user in 0..self.members.len() {
            for product in 0..self.products.len() {
                let Some(hold) = &self.keys[user][product].hold else { continue };
                let (made, kind) = (hold.start, hold.kind);
                let outlasts = |s: &&Session| s.signed_in + self.policy().grace == self.now;
                let Some(first) = self.open(user, product).find(outlasts) else { continue };
                let start = made.max(first.signed_in);
                self.hit_if(start > made, "hold posted for second session");
                self.hit_if(kind == "renewal", "renewal in grace: posted");
                self.post(Due { user, product, start, kind });
            }
        }
    }

    fn open(&self, user: usize, product: usize) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(move |s| s.user == user && s.product == product)
    }

    fn in_grace(&self, session: &Session) -> bool {
        self.now < session.signed_in + self.policy().grace
    }

    /// 1.8: 15:00 or more since the last operation, and never inside the grace.
    fn is_idle(&self, session: &Session) -> bool {
        session.idle_aware && !self.in_grace(session) && self.now - session.touched >= IDLE
    }

    /// Neither idle nor inside its grace: what falls due is charged at once for it (2.5).
    fn is_busy(&self, session: &Session) -> bool {
        !self.is_idle(session) && !self.in_grace(session)
    }

    fn cover(&self, user: usize, product: usize) -> Option<&'static str> {
        let running =
            |c: &&Cover| c.product == product && c.from <= self.now && self.now < c.until && c.from < c.until;
        // 3.5: a subscription, then a trial; the words sort that way.
        self.members[user].covers.iter().filter(running).map(|c| c.kind).min()
    }

    /// 3.2; a product that is still to be released is in nobody's catalogue.
    fn is_assigned(&self, user: usize, product: usize) -> bool {
        let Product { name, released, .. } = &self.products[product];
        *released && self.members[user].products.as_ref().is_none_or(|list| list.contains(name))
    }

    fn paid_window(&self, user: usize, product: usize) -> Option<Window> {
        self.keys[user][product].window.filter(|window| self.now < window.end)
    }

    /// 1.1: the rate in force now.
    fn rate(&self, product: usize) -> i64 {
        let in_force = self.products[product].rates.iter().filter(|(from, _)| *from <= self.now);
        in_force.max_by_key(|(from, _)| *from).expect("a first rate").1
    }

    fn drawable(&self, team: usize) -> impl Iterator<Item = usize> {
        (0..self.packs.len()).filter(move |number| {
            let pack = &self.packs[*number];
            pack.team == team && pack.arrived && !pack.ended && pack.remaining > 0
        })
    }

    /// 2.1: what is left in the unexpired packs, holds being taken out already; less the debt of 2.6.
    fn balance(&self, team: usize) -> i64 {
        self.drawable(team).map(|number| self.packs[number].remaining).sum::<i64>() - self.debts[team]
    }

    /// 3.9, and 1.1 for a rate of 0: the team that pays, if any can.
    fn payer(&mut self, user: usize, amount: i64) -> Option<usize> {
        let listed = self.members[user].teams.clone();
        for team in &listed {
            let margin = self.balance(*team) - amount;
            self.hit_if(margin == -1, "balance = rate - 0.001");
            self.hit_if(margin == 0, "balance = rate");
            self.hit_if(margin == 1, "balance = rate + 0.001");
            self.hit_if(margin < 0 && margin + self.debts[*team] >= 0, "negative: not payable for the debt");
            let ends = self.packs.iter().filter(|pack| pack.team == *team).map(|pack| pack.expires);
            let nearest = ends.min_by_key(|end| (end - self.now).abs()).unwrap_or(i64::MIN / 2);
            self.hit_near(nearest, PACK_END);
        }
        let able: Vec<usize> = listed.iter().copied().filter(|team| self.balance(*team) >= amount).collect();
        let first = *able.first()?;
        if amount == 0 {
            self.hit("rate 0");
            return Some(listed[0]);
        }
        self.hit_if(first != listed[0], "team choice: first-listed can't pay");
        // Teams are numbered by name, so that a number breaks the tie.
        let next_end = |team: usize| self.drawable(team).map(|number| self.packs[number].expires).min();
        let (chosen, tie) = match self.policy().team_choice {
            TeamChoice::FirstListed => return Some(first),
            TeamChoice::EarliestExpiry => {
                let chosen = *able.iter().min_by_key(|t| (next_end(**t), **t))?;
                (chosen, able.iter().filter(|t| next_end(**t) == next_end(chosen)).count() > 1)
            }
            TeamChoice::LargestBalance => {
                let chosen = *able.iter().min_by_key(|t| (-self.balance(**t), **t))?;
                (chosen, able.iter().filter(|t| self.balance(**t) == self.balance(chosen)).count() > 1)
            }
        };
        self.hit_if(tie, "team choice: tie by name");
        let class = match self.policy().team_choice {
            TeamChoice::EarliestExpiry => "team choice: earliest-expiry not first-listed",
            _ => "team choice: largest-balance not first-listed",
        };
        self.hit_if(chosen != first, class);
        Some(chosen)
    }

    /// Takes up to `amount` out of a team's packs (2.3) and says from which, and what is missing.
    fn draw(&mut self, team: usize, amount: i64) -> (Vec<(usize, i64)>, i64) {
        let (mut parts, mut missing) = (Vec::new(), amount);
        let usable: Vec<usize> = self.drawable(team).collect();
        for number in usable.iter().copied().filter(|_| amount > 0) {
            let taken = missing.min(self.packs[number].remaining);
            if taken > 0 {
                self.packs[number].remaining -= taken;
                self.packs[number].held += taken;
                missing -= taken;
                parts.push((number, taken));
            }
        }
        self.hit_if(parts.len() > 1, "charge spans packs");
        if let (Some((used, _)), [_, other, ..]) = (parts.first(), &usable[..]) {
            let (a, b) = (&self.packs[*used], &self.packs[*other]);
            let (end, size) = (a.expires == b.expires, a.tokens == b.tokens);
            let bought = a.bought == b.bought;
            self.hit_if(end && !size, "equal end: smaller pack first");
            self.hit_if(end && size && !bought, "equal end and size: earlier purchase first");
            self.hit_if(end && size && bought, "equal end, size and purchase: pack id");
        }
        (parts, missing)
    }

    /// 2.5: holds the rate for what falls due, from the team that can pay or else from `in_debt`.
    fn hold(&mut self, due: Due, in_debt: Option<usize>) -> bool {
        let Due { user, product, start, kind } = due;
        let amount = self.rate(product);
        let Some(team) = self.payer(user, amount).or(in_debt) else { return false };
        let (parts, uncovered) = self.draw(team, amount);
        self.keys[user][product].hold = Some(Hold { start, kind, team, tokens: amount, uncovered, parts });
        true
    }

    /// The hold becomes a charge, and its window opens at the given start.
    fn post(&mut self, due: Due) {
        let Due { user, product, start, kind } = due;
        let hold = self.keys[user][product].hold.take().expect("a hold to post");
        let (mut ended, mut moved) = (false, false);
        for (number, amount) in &hold.parts {
            let pack = &mut self.packs[*number];
            pack.held -= amount;
            pack.posted += amount;
            ended |= pack.ended;
            moved |= pack.team != hold.team;
        }
        self.hit_if(ended, "hold posted from ended pack");
        self.hit_if(moved, "hold posted from moved pack");
        self.debts[hold.team] += hold.uncovered;
        self.charge(Due { user, product, start, kind }, &hold, 1);
        let key = &mut self.keys[user][product];
        key.window = Some(Window { end: start + DAY, team: hold.team });
        key.waiting = false;
        key.ask_again = None;
        self.instants.insert(start + DAY);
    }

    fn charge(&mut self, due: Due, hold: &Hold, sign: i64) {
        let part = |(number, amount): &(usize, i64)| {
            format!("{}:{}", self.packs[*number].id, thousandths(sign * amount))
        };
        let parts: Vec<String> = hold.parts.iter().map(part).collect();
        self.charges.push(row(&[
            &instant(due.start),
            &self.members[due.user].name,
            &self.products[due.product].name,
            &self.teams[hold.team],
            &thousandths(sign * hold.tokens),
            &thousandths(hold.uncovered),
            due.kind,
            &instant(self.now),
            &parts.join(";"),
        ]));
    }

    /// 2.5: back to the packs it came from, wherever they are now; what an ended pack gets back expires.
    fn void(&mut self, user: usize, product: usize) {
        let hold = self.keys[user][product].hold.take().expect("a hold to void");
        for (number, amount) in hold.parts {
            self.packs[number].held -= amount;
            self.packs[number].remaining += amount;
            self.hit_if(self.packs[number].team != hold.team, "hold voided into moved pack");
            if self.packs[number].ended {
                self.hit("hold voided into ended pack");
                self.hit_if(self.now == self.history.end, "hold voided at the end into ended pack");
                self.expire(number);
            }
        }
        self.hit("hold voided");
        self.hit_if(self.now == self.history.end, "hold voided at the end");
        self.hit_if(hold.kind == "renewal", "renewal in grace: voided");
        self.hit_if(hold.kind == "cover-end", "cover end in grace: voided");
        let waits_again = self.keys[user][product].waiting && self.open(user, product).count() > 0;
        self.hit_if(waits_again, "hold voided, renewal waits again");
    }

    /// 1.6, 2.6, 3.5: a charge falls due in open sessions, one of which at least is not idle.
    fn fall_due(&mut self, due: Due) {
        let Due { user, product, kind, .. } = due;
        if !self.is_assigned(user, product) {
            self.hit(match kind {
                "resume" => "not-assigned at resume",
                "cover-end" => "not-assigned at cover end",
                _ => "not-assigned at renewal",
            });
            return self.end_all(user, product, "not-assigned");
        }
        let signed_in = self.open(user, product).map(|s| s.signed_in).min();
        let changed = |(from, _): &(i64, i64)| signed_in.is_some_and(|at| at < *from) && *from <= self.now;
        self.hit_if(self.products[product].rates.iter().any(changed), "rate changed while open");
        if !self.hold(due, None) {
            self.hit_if(kind == "resume", "resume short");
            match self.policy().renewal_when_short {
                RenewalWhenShort::Stop => {
                    self.hit("renewal short: stop");
                    return self.end_all(user, product, "insufficient-tokens");
                }
                RenewalWhenShort::RunOn => {
                    self.hit("renewal short: run-on");
                    let key = &mut self.keys[user][product];
                    key.waiting = false;
                    key.ask_again = Some(self.now + DAY);
                    self.instants.insert(self.now + DAY);
                    return;
                }
                RenewalWhenShort::Negative => {
                    self.hit("renewal short: negative");
                    let first_listed = self.members[user].teams[0];
                    self.hold(due, Some(first_listed));
                }
            }
        }
        let busy = self.open(user, product).any(|s| self.is_busy(s));
        // 1.7 spares a session in its grace by default; 3.5 does so whatever the policy says.
        let at_once = kind == "renewal" && self.policy().grace_at_renewal == GraceAtRenewal::Charge;
        if busy || at_once {
            self.hit_if(!busy, "renewal in grace: charged at once");
            self.post(due);
        } else {
            self.hit_if(kind == "cover-end", "cover end in grace");
            let owes = self.keys[user][product].hold.as_ref().is_some_and(|hold| hold.uncovered > 0);
            self.hit_if(owes, "negative: hold in grace");
        }
    }

    /// Cover that began since the last instant stops what was still to fall due (3.5); cover that ended is
    /// remembered. Spans that meet are one cover.
    fn notice_cover(&mut self) {
        for user in 0..self.members.len() {
            for product in 0..self.products.len() {
                let covered = self.cover(user, product).is_some();
                let is_open = self.open(user, product).count() > 0;
                let key = &mut self.keys[user][product];
                let began = covered && !key.was_covered;
                if key.was_covered && !covered {
                    key.cover_end = Some(self.now);
                }
                key.was_covered = covered;
                let ran_on = covered && key.ask_again.is_some();
                if covered {
                    key.ask_again = None;
                    key.waiting &= key.hold.is_some();
                }
                let holds = key.hold.is_some();
                let window_ends = key.window.is_some_and(|window| window.end == self.now);
                self.hit_if(began && holds, "cover begins while hold waits");
                self.hit_if(began && is_open && window_ends, "cover begins exactly at window end");
                self.hit_if(ran_on, "run-on: cover begins");
            }
        }
    }

    fn charges_due(&mut self) {
        for user in 0..self.members.len() {
            for product in 0..self.products.len() {
                self.charge_due(user, product);
            }
        }
    }

    fn charge_due(&mut self, user: usize, product: usize) {
        let sessions: Vec<Session> = self.open(user, product).cloned().collect();
        if sessions.is_empty() || self.cover(user, product).is_some() {
            return;
        }
        let key = &self.keys[user][product];
        let cover_ends = key.cover_end == Some(self.now);
        let window_ends = key.window.is_some_and(|window| window.end == self.now);
        let asks = key.ask_again.is_some_and(|at| at <= self.now);
        if self.paid_window(user, product).is_some() {
            self.hit_if(cover_ends, "cover end in paid window");
            return;
        }
        if !cover_ends && !window_ends && !asks {
            return;
        }
        self.count_window_end(&sessions, window_ends, cover_ends);
        let idle = sessions.iter().filter(|s| self.is_idle(s)).count();
        let holds = self.keys[user][product].hold.is_some();
        let key = &mut self.keys[user][product];
        // 1.8: it waits only if all are idle. Where the idle ones have one in its grace beside them, theirs
        // waits in case that one ends within its grace.
        key.waiting = idle > 0;
        key.ask_again = key.ask_again.filter(|at| *at > self.now);
        if holds {
            // One hold per key (2.5): it is the charge that falls due, for a session that is busy.
            if sessions.iter().any(|s| self.is_busy(s)) {
                let kind = self.keys[user][product].hold.as_ref().map_or("renewal", |hold| hold.kind);
                self.post(Due { user, product, start: self.now, kind });
            }
            return;
        }
        if idle == sessions.len() {
            return;
        }
        self.hit_if(asks, "run-on: asks again");
        self.hit_if(cover_ends, "cover end: charge");
        // 4, phase 4: both at once counts as cover.
        let kind = if cover_ends { "cover-end" } else { "renewal" };
        self.fall_due(Due { user, product, start: self.now, kind });
    }

    fn count_window_end(&mut self, sessions: &[Session], window_ends: bool, cover_ends: bool) {
        let idle = sessions.iter().filter(|s| self.is_idle(s)).count();
        let fresh = sessions.iter().filter(|s| self.in_grace(s)).count();
        self.hit_if(cover_ends && window_ends, "cover end = window end");
        self.hit_if(cover_ends && idle > 0, "cover end while idle");
        self.hit_if(idle > 0 && fresh > 0, "one idle and one in grace at window end");
        self.hit_if(idle > 0 && idle + fresh < sessions.len(), "one idle and one busy at window end");
        for session in sessions {
            let aware = session.idle_aware && !self.in_grace(session);
            self.hit_if(aware && self.now == session.touched, "touched exactly at window end");
            if aware {
                self.hit_near(session.touched + IDLE, IDLE_AT_WINDOW_END);
            }
        }
    }

    fn end_all(&mut self, user: usize, product: usize, why: &str) {
        let ids: Vec<usize> = self.open(user, product).map(|s| s.id).collect();
        for id in ids {
            self.end(id, why);
        }
    }

    fn end(&mut self, id: usize, why: &str) {
        let Some(index) = self.sessions.iter().position(|s| s.id == id) else { return };
        let session = self.sessions.remove(index);
        let Session { user, product, .. } = session;
        self.ended.push(row(&[
            &instant(session.signed_in),
            &self.members[user].name,
            &self.products[product].name,
            &session.device,
            &session.version,
            &instant(self.now),
            why,
        ]));
        self.hit_near(session.signed_in + self.policy().grace, GRACE_END);
        // 2.5: voided when no session inside its grace is left.
        let holds = self.keys[user][product].hold.is_some();
        let fresh = self.open(user, product).any(|s| self.in_grace(s));
        if holds && !fresh {
            self.void(user, product);
        }
        self.hit_if(holds && fresh, "hold waits for second session");
        if self.open(user, product).count() == 0 {
            let key = &mut self.keys[user][product];
            key.waiting = false;
            key.ask_again = None;
        }
        // 3.7: the add-in's session ends with its host's, for the same reason.
        let hosted: Vec<usize> = self.sessions.iter().filter(|s| s.host == Some(id)).map(|s| s.id).collect();
        self.hit_if(!hosted.is_empty(), "hosted add-in ends with its host");
        for add_in in hosted {
            self.end(add_in, why);
        }
    }

    fn other_steps(&mut self) {
        let (history, now) = (self.history, self.now);
        for step in history.steps.iter().filter(|step| step.at == now) {
            match &step.action {
                Action::SignOut(which) => self.sign_out(which),
                Action::Touch(which) => self.touch(which),
                Action::Move { pack, to } => {
                    let number = self.packs.iter().position(|p| p.id == *pack).expect("a pack");
                    let to = self.team(to);
                    self.move_pack(number, to);
                }
                Action::Merge { team, into } => {
                    let (team, into) = (self.team(team), self.team(into));
                    self.merge(team, into);
                }
                Action::Assign { user, products } => {
                    let user = self.member(user);
                    if let Some(list) = &mut self.members[user].products {
                        list.extend(products.iter().cloned());
                    }
                }
                Action::Unassign { user, products } => {
                    let user = self.member(user);
                    self.unassign(user, products);
                }
                Action::Subscribe { user, product, until } => {
                    self.begin_cover("subscription", (user, product), *until);
                }
                Action::StartTrial { user, product, until } => {
                    self.begin_cover("trial", (user, product), *until);
                }
                Action::Unsubscribe { user, product } => self.end_cover("subscription", user, product),
                Action::EndTrial { user, product } => self.end_cover("trial", user, product),
                Action::ReleaseProduct { product } => {
                    let product = self.product(product);
                    self.products[product].released = true;
                }
                Action::Uninstall { user, product, device } => {
                    let (user, product) = (self.member(user), self.product(product));
                    let devices = &mut self.keys[user][product].devices;
                    let full = devices.len() >= 3;
                    let removed = devices.remove(device);
                    self.hit_if(full && removed, "uninstall frees a device");
                }
                // Packs arrive before any step; sign-ins and uses come after the charges; a journey changes
                // no instant (1.3).
                Action::Buy { .. } | Action::SignIn(_) | Action::Use { .. } | Action::Travel { .. } => {}
            }
        }
    }

    /// The open sessions a sign-out or touch can mean, the oldest first.
    fn meant(&self, which: &Which) -> impl Iterator<Item = &Session> {
        let (user, product) = (self.member(&which.user), self.product(&which.product));
        self.open(user, product).filter(|s| {
            which.device.as_ref().is_none_or(|device| *device == s.device)
                && which.version.as_ref().is_none_or(|version| *version == s.version)
        })
    }

    fn sign_out(&mut self, which: &Which) {
        let oldest = self.meant(which).next().map(|s| s.id);
        let own = self.meant(which).find(|s| s.host.is_none()).map(|s| s.id);
        self.hit_if(oldest != own, "sign-out passes over hosted add-in");
        let Some(id) = own else { return };
        let (user, product) = (self.member(&which.user), self.product(&which.product));
        if let Some(window) = self.keys[user][product].window {
            // A renewal has moved the end one day on; the hour of the day stays.
            let boundary = if window.end > self.now + 1 { window.end - DAY } else { window.end };
            self.hit_near(boundary, WINDOW_END_SIGN_OUT);
        }
        self.end(id, "sign-out");
    }

    /// 1.8: an operation; it resumes a renewal that waits, or posts the hold of a sign-in meanwhile.
    fn touch(&mut self, which: &Which) {
        let Some(session) = self.meant(which).next() else { return };
        let (id, user, product) = (session.id, session.user, session.product);
        let was_idle = self.is_idle(session);
        for session in self.sessions.iter_mut().filter(|s| s.id == id) {
            session.touched = self.now;
        }
        if !was_idle || !self.keys[user][product].waiting {
            return;
        }
        let start = self.resumed_start(user, product);
        let due = Due { user, product, start, kind: "resume" };
        if self.keys[user][product].hold.is_some() {
            let kind = self.keys[user][product].hold.as_ref().map(|hold| hold.kind);
            self.hit("touch posts waiting hold");
            self.hit_if(self.cover(user, product).is_some(), "touch posts waiting hold under cover");
            self.hit_if(kind != Some("sign-in"), "touch posts waiting hold of a renewal");
            self.post(due);
        } else if self.cover(user, product).is_none() {
            self.keys[user][product].waiting = false;
            self.fall_due(due);
        }
    }

    fn resumed_start(&mut self, user: usize, product: usize) -> i64 {
        let key = &self.keys[user][product];
        let (window, cover) = (key.window.map(|window| window.end), key.cover_end);
        self.hit_if(cover > window, "resume after cover end");
        let origin = window.max(cover).expect("what waits waits for the end of a window or of cover");
        match self.policy().idle_resume {
            IdleResume::Reanchor => {
                self.hit("resume reanchor");
                self.now
            }
            IdleResume::Grid => {
                let days = (self.now - origin).div_euclid(DAY);
                self.hit("resume grid");
                self.hit_if(days > 0, "resume grid after more than a day");
                origin + days * DAY
            }
        }
    }

    /// 2.7: with all its row, even if nothing is left of it or it has ended.
    fn move_pack(&mut self, number: usize, to: usize) {
        let Pack { team, remaining, ended, .. } = self.packs[number];
        self.hit_if(team == to, "move to its own team");
        if team != to {
            self.hit_if(ended, "move of an ended pack");
            self.event(number, "move-out", remaining);
            self.packs[number].team = to;
            self.event(number, "move-in", remaining);
        }
    }

    /// 2.7: packs and members go to the target; windows and holds stay where they are.
    fn merge(&mut self, team: usize, into: usize) {
        let holds = self.keys.iter().flatten().filter_map(|key| key.hold.as_ref());
        let held = holds.filter(|hold| hold.team == team).count() > 0;
        self.hit_if(held, "merge with hold");
        for number in 0..self.packs.len() {
            if self.packs[number].arrived && self.packs[number].team == team {
                self.move_pack(number, into);
            }
        }
        for member in &mut self.members {
            let mut teams = Vec::new();
            for listed in member.teams.drain(..).map(|t| if t == team { into } else { t }) {
                if !teams.contains(&listed) {
                    teams.push(listed);
                }
            }
            member.teams = teams;
        }
        let debt = std::mem::take(&mut self.debts[team]);
        self.debts[into] += debt;
        self.hit_if(debt > 0, "negative: debt merged");
    }

    /// `unassign` from "all" leaves a list of every other product then in the catalogue; of what is not
    /// assigned it does nothing.
    fn unassign(&mut self, user: usize, products: &[String]) {
        let catalogue = self.products.iter().filter(|p| p.released).map(|p| p.name.clone());
        let catalogue: BTreeSet<String> = catalogue.collect();
        let from_all = self.members[user].products.is_none();
        if from_all && products.iter().any(|product| catalogue.contains(product)) {
            self.hit("unassign from all");
            self.members[user].products = Some(catalogue);
        }
        if let Some(list) = &mut self.members[user].products {
            list.retain(|product| !products.contains(product));
        }
    }

    fn begin_cover(&mut self, kind: &'static str, of: (&str, &str), until: i64) {
        let (user, product) = (self.member(of.0), self.product(of.1));
        self.members[user].covers.push(Cover { product, kind, from: self.now, until });
        self.instants.insert(until);
    }

    fn end_cover(&mut self, kind: &'static str, user: &str, product: &str) {
        let (user, product, now) = (self.member(user), self.product(product), self.now);
        let running = |c: &&mut Cover| c.product == product && c.kind == kind && c.from <= now;
        for cover in self.members[user].covers.iter_mut().filter(running) {
            cover.until = cover.until.min(now);
        }
    }

    fn sign_ins_and_uses(&mut self) {
        let (history, now) = (self.history, self.now);
        for step in history.steps.iter().filter(|step| step.at == now) {
            match &step.action {
                Action::SignIn(sign_in) => {
                    let (user, host) = (self.member(&sign_in.user), self.product(&sign_in.product));
                    let opening = Opening { user, product: host, by: sign_in, host: None };
                    let id = self.sign_in(opening);
                    // 3.7: the add-ins right after it, in the order they are listed.
                    let add_ins = self.members[user].add_ins.clone();
                    for (_, add_in) in add_ins.iter().filter(|(h, _)| id.is_some() && *h == host) {
                        let opened = self.sign_in(Opening { product: *add_in, host: id, ..opening });
                        self.hit_if(opened.is_none(), "hosted add-in refused, host opens");
                    }
                }
                Action::Use { user, product, units, failed } => {
                    let key = (self.member(user), self.product(product));
                    self.use_service(key, *units, *failed);
                }
                _ => {}
            }
        }
    }

    /// One row of `sign_ins.csv`: admitted for a reason, with the team that paid, or refused for one.
    fn answer(&mut self, key: (usize, usize), on: (&str, &str), answer: Answer) {
        let (outcome, reason, team) = match answer {
            Ok((reason, team)) => ("admitted", reason, team),
            Err(reason) => ("refused", reason, None),
        };
        let team = team.unwrap_or(self.members[key.0].teams[0]); // 3.9
        self.sign_ins.push(row(&[
            &instant(self.now),
            &self.members[key.0].name,
            &self.products[key.1].name,
            on.0,
            on.1,
            &self.teams[team],
            outcome,
            reason,
        ]));
    }

    /// What speaks against a sign-in before tokens are asked for, in the order of chapter 4.
    fn objection(&self, opening: &Opening) -> Option<&'static str> {
        let Opening { user, product, by, .. } = *opening;
        let key = &self.keys[user][product];
        let covered = self.cover(user, product).is_some();
        if !covered && !self.is_assigned(user, product) {
            Some("not-assigned")
        } else if !covered && by.linux && before_2020(&by.version) {
            Some("unsupported-version")
        } else if key.devices.len() >= 3 && !key.devices.contains(&by.device) {
            Some("device-limit")
        } else if self.is_elsewhere(opening) && self.policy().second_device == SecondDevice::Refuse {
            Some("in-use-elsewhere")
        } else {
            None
        }
    }

    fn is_elsewhere(&self, opening: &Opening) -> bool {
        self.open(opening.user, opening.product).any(|s| s.device != opening.by.device)
    }

    /// A sign-in of chapter 3; the session's number if it is admitted.
    fn sign_in(&mut self, opening: Opening) -> Option<usize> {
        let Opening { user, product, by, .. } = opening;
        self.count_sign_in(user, product);
        let elsewhere = self.is_elsewhere(&opening);
        let answer = if let Some(reason) = self.objection(&opening) {
            self.count_objection(product, reason);
            Err(reason)
        } else if elsewhere {
            // 3.6: decided as if the sessions elsewhere had ended already; if it is refused, they go on.
            let before = self.clone();
            self.hit_if(self.keys[user][product].hold.is_some(), "take-over returns hold");
            self.end_all(user, product, "taken-over");
            let answer = self.admit(&opening);
            if answer.is_err() {
                *self = before;
                self.hit("take-over refused for tokens");
            }
            self.hit_if(answer.is_ok(), "take-over admitted");
            answer
        } else {
            self.admit(&opening)
        };
        self.answer((user, product), (&by.device, &by.version), answer);
        let id = answer.is_ok().then(|| self.open_session(&opening))?;
        // 2.5: posted at once where a session that is not idle has outlasted its grace, be it the new one
        // (a grace of 0 s) or one that runs on uncharged (2.6).
        let charged = answer.is_ok_and(|(reason, _)| reason == "new-window");
        if charged && self.open(user, product).any(|s| self.is_busy(s)) {
            self.hit_if(self.keys[user][product].ask_again.is_some(), "run-on: sign-in charged at once");
            self.post(Due { user, product, start: self.now, kind: "sign-in" });
        }
        Some(id)
    }

    /// 2.4 and the reasons for an admission in the order of chapter 4; holds the rate of a new window.
    fn admit(&mut self, opening: &Opening) -> Answer {
        let Opening { user, product, by, host } = *opening;
        let key = &self.keys[user][product];
        let waits = key.waiting;
        let held = key.hold.as_ref().map(|hold| hold.team);
        if let Some(kind) = self.cover(user, product) {
            self.hit_if(held.is_some(), "covered session keeps hold waiting");
            self.hit_if(!self.is_assigned(user, product), "cover without assignment");
            self.hit_if(by.linux && before_2020(&by.version), "unsupported-version but covered");
            return Ok((kind, None));
        }
        let paid = self.paid_window(user, product).map(|window| window.team).or(held);
        if paid.is_some() {
            return Ok(("paid-window", paid));
        }
        if !self.hold(Due { user, product, start: self.now, kind: "sign-in" }, None) {
            self.hit_if(waits, "sign-in while renewal waits: refused");
            return Err("insufficient-tokens");
        }
        self.hit_if(waits, "sign-in while renewal waits: new window");
        self.hit_if(host.is_some(), "hosted add-in charged");
        Ok(("new-window", self.keys[user][product].hold.as_ref().map(|hold| hold.team)))
    }

    fn open_session(&mut self, opening: &Opening) -> usize {
        let Opening { user, product, by, host } = *opening;
        self.opened += 1;
        self.sessions.push(Session {
            id: self.opened,
            user,
            product,
            device: by.device.clone(),
            version: by.version.clone(),
            signed_in: self.now,
            touched: self.now, // 1.8: a sign-in is an operation
            idle_aware: self.products[product].idle_aware.contains(&by.version),
            host,
        });
        self.keys[user][product].devices.insert(by.device.clone()); // 3.6
        if self.policy().grace > 0 {
            self.instants.insert(self.now + self.policy().grace);
        }
        self.opened
    }

    fn count_sign_in(&mut self, user: usize, product: usize) {
        let Some(window) = self.keys[user][product].window else { return };
        self.hit_near(window.end, WINDOW_END_SIGN_IN);
        let before = window.end - DAY < self.history.start && self.now < window.end;
        self.hit_if(before, "paid before the start: sign-in");
    }

    fn count_objection(&mut self, product: usize, reason: &'static str) {
        self.hit_if(!self.products[product].released, "not released yet");
        self.hit(reason);
    }

    /// 1.9: charged when used, without window or grace; a failed result is refunded.
    fn use_service(&mut self, key: (usize, usize), units: i64, failed: bool) {
        let (user, product) = key;
        if let Some(kind) = self.cover(user, product) {
            self.hit("service covered");
            return self.answer(key, ("", ""), Ok((kind, None)));
        }
        if !self.is_assigned(user, product) {
            return self.answer(key, ("", ""), Err("not-assigned"));
        }
        let amount = self.rate(product) * units / 1000;
        let Some(team) = self.payer(user, amount) else {
            self.hit("service refused");
            return self.answer(key, ("", ""), Err("insufficient-tokens"));
        };
        let (parts, uncovered) = self.draw(team, amount);
        let hold = Hold { start: self.now, kind: "result", team, tokens: amount, uncovered, parts };
        for (number, amount) in &hold.parts {
            let pack = &mut self.packs[*number];
            pack.held -= amount;
            *(if failed { &mut pack.remaining } else { &mut pack.posted }) += amount;
        }
        self.hit("service charged");
        self.answer(key, ("", ""), Ok(("result", Some(team))));
        self.charge(Due { user, product, start: self.now, kind: "result" }, &hold, 1);
        if failed {
            self.hit("refund");
            self.charge(Due { user, product, start: self.now, kind: "refund" }, &hold, -1);
        }
    }

    /// 2.8 for every pack, and what must hold of every key between two instants.
    fn check(&self) {
        let mut held = vec![0; self.packs.len()];
        for hold in self.keys.iter().flatten().filter_map(|key| key.hold.as_ref()) {
            let drawn: i64 = hold.parts.iter().map(|part| part.1).sum();
            assert_eq!(drawn + hold.uncovered, hold.tokens, "a hold covers its charge");
            for (number, amount) in &hold.parts {
                held[*number] += amount;
            }
        }
        for (pack, held) in self.packs.iter().zip(held) {
            let sum = pack.posted + pack.held + pack.expired + pack.remaining;
            assert_eq!(pack.tokens, sum, "conservation of {}", pack.id);
            assert_eq!(pack.held, held, "holds on {}", pack.id);
            assert!(pack.remaining >= 0 && (pack.remaining == 0 || !pack.ended), "remains of {}", pack.id);
        }
        for (user, keys) in self.keys.iter().enumerate() {
            for (product, key) in keys.iter().enumerate() {
                let sessions = self.open(user, product).count();
                let paid = self.paid_window(user, product).is_some();
                let accounted = self.cover(user, product).is_some()
                    || paid
                    || key.hold.is_some()
                    || key.waiting
                    || key.ask_again.is_some();
                assert!(sessions == 0 || accounted, "an open session is paid for or asked about later");
                assert!(sessions > 0 || key.hold.is_none(), "a hold has an open session");
                assert!(!paid || key.hold.is_none(), "no hold inside a paid window");
            }
        }
    }

    /// The run's end: waiting holds go back, open sessions are cut.
    fn finish(mut self) -> Rows {
        self.now = self.history.end;
        for user in 0..self.members.len() {
            for product in 0..self.products.len() {
                if self.keys[user][product].hold.is_some() {
                    self.void(user, product);
                }
                self.end_all(user, product, "run-end");
            }
        }
        self.check();
        let pack_row = |pack: &Pack| {
            let times = [instant(pack.bought), instant(pack.expires)];
            let amounts = [pack.tokens, pack.posted, pack.held, pack.expired, pack.remaining];
            let names = [self.teams[pack.team].clone(), pack.id.clone()];
            names.into_iter().chain(times).chain(amounts.map(thousandths)).collect()
        };
        let packs = self.packs.iter().filter(|pack| pack.arrived).map(pack_row).collect();
        Rows {
            charges: csv(
                "window_start,user,product,team,tokens,uncovered,kind,recorded_at,packs",
                self.charges,
            ),
            sign_ins: csv("at,user,product,device,version,team,outcome,reason", self.sign_ins),
            sessions: csv("signed_in,user,product,device,version,signed_out,end", self.ended),
            packs: csv("team,pack,bought,expires,tokens,posted,held,expired,remaining", packs),
            token_events: csv("at,team,event,pack,tokens", self.events),
            hits: self.hits,
        }
    }
}

/// 3.11; versions are years as text.
fn before_2020(version: &str) -> bool {
    version.parse::<i64>().expect("a year") < 2020
}

fn row(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

/// Rows sorted byte by byte, column after column, quoted as RFC 4180 asks.
fn csv(header: &str, mut rows: Vec<Vec<String>>) -> String {
    rows.sort();
    let quoted = |field: &String| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.clone()
        }
    };
    let mut text = format!("{header}\n");
    for row in rows {
        text += &row.iter().map(quoted).collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    text
}
