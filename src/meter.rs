//! The metering core: a synchronous state machine that decides who may sign in, and what it costs.
//!
//! Time comes in as an argument. [`Meter::apply`] answers a request at an instant, after everything
//! that falls due by itself before it; [`Meter::next_due`] says when something next does, and
//! [`Meter::advance`] lets it happen. What happened is left as [`Record`]s for whoever drives it.
//! There is no clock, no chance, no file, no task and no floating point in here.

pub mod id;
pub mod instant;
pub mod tokens;
pub mod policy;
pub mod product;
pub mod cover;
pub mod answer;
pub mod pack;
pub mod stock;
pub mod key;
pub mod session;
pub mod team;
pub mod contract;
pub mod invitation;
pub mod licence_server;
pub mod transition;
pub mod user;
pub mod request;
pub mod record;
pub mod view;
mod due;
mod charging;
mod admission;
mod service;
mod administration;
mod offline;

use crate::meter::answer::Answer;
use crate::meter::contract::Contract;
use crate::meter::due::{Due, Dues};
use crate::meter::id::{KeyId, ProductId, SessionId, TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::key::Key;
use crate::meter::licence_server::LicenceServer;
use crate::meter::pack::Pack;
use crate::meter::policy::Policy;
use crate::meter::product::{Product, ProductKind};
use crate::meter::record::{NoticeKind, NoticeRecord, Record, TokenEvent, TokenEventKind};
use crate::meter::request::{OpenSession, Phase, Request};
use crate::meter::session::{Session, SessionEnd};
use crate::meter::stock::{Draw, Stock};
use crate::meter::team::Team;
use crate::meter::tokens::Tokens;
use crate::meter::user::User;

/// Who and what there is when the meter starts.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The policies in force.
    pub policy: Policy,
    /// The products, by number.
    pub products: Vec<Product>,
    /// The teams, by number.
    pub teams: Vec<Team>,
    /// The users, by number.
    pub users: Vec<User>,
    /// The contracts of shared cloud credits, by number.
    pub contracts: Vec<Contract>,
    /// The licence servers, by number.
    pub servers: Vec<LicenceServer>,
}

/// The state machine.
#[derive(Debug)]
pub struct Meter {
    policy: Policy,
    products: Vec<Product>,
    teams: Vec<Team>,
    users: Vec<User>,
    contracts: Vec<Contract>,
    servers: Vec<LicenceServer>,
    stock: Stock,
    keys: Vec<Key>,
    /// Open sessions by number; the numbers of ended ones are used again.
    sessions: Vec<Option<Session>>,
    free_sessions: Vec<SessionId>,
    dues: Dues,
    records: Vec<Record>,
    now: Instant,
    phase: Phase,
}

impl Meter {
    /// A meter on which nothing has happened, before all time.
    pub fn new(setup: Setup) -> Self {
        let grace = setup.policy.grace;
        assert!(Span::ZERO <= grace && grace < Span::WINDOW, "a grace period is shorter than a window");
        Meter {
            policy: setup.policy,
            products: setup.products,
            users: setup.users,
            contracts: setup.contracts,
            servers: setup.servers,
            stock: Stock::new(setup.teams.len()),
            teams: setup.teams,
            keys: Vec::new(),
            sessions: Vec::new(),
            free_sessions: Vec::new(),
            dues: Dues::default(),
            records: Vec::new(),
            now: Instant::MIN,
            phase: Phase::Ends,
        }
    }

    /// Answers a request at `at`, after everything due before it in the order of RULES 4.
    ///
    /// # Panics
    /// If an earlier request lies later, by instant and then by [`Request::phase`].
    pub fn apply(&mut self, request: Request, at: Instant) -> Answer {
        self.catch_up(at, request.phase());
        self.decide(request)
    }

    /// Answers a request that arrives in real time, of which an instant is only the whole second: what falls on one
    /// instant is taken in the order in which it arrives, in place of the order of RULES 4, and what arrives with an
    /// earlier instant than another before it is taken as if it came with that one's. Returns the answer with the
    /// instant at which it was given: the same requests at those instants give the same answers again.
    pub fn arrive(&mut self, request: Request, at: Instant) -> (Answer, Instant) {
        let (at, phase) = (self.now, self.phase).max((at.max(self.now), request.phase()));
        self.catch_up(at, phase);
        (self.decide(request), at)
    }

    fn decide(&mut self, request: Request) -> Answer {
        match request {
            Request::SignIn(sign_in) => return self.sign_in(sign_in),
            Request::Use(service_use) => return self.use_service(service_use),
            Request::SignOut(which) => self.sign_out(which),
            Request::Touch(which) => self.touch(which),
            Request::Buy(purchase) => self.buy(&purchase),
            Request::Move { pack, to } => self.move_pack(pack, to),
            Request::Merge { team, into } => self.merge(team, into),
            Request::Assign { user, products, notifies } => self.assign(user, products, notifies),
            Request::Unassign { user, products } => self.unassign(user, &products),
            Request::Cover { user, product, cover } => {
                self.for_members(product, |meter, member| meter.cover((user, member), product, cover));
            }
            Request::EndCover { user, product, kind } => {
                self.for_members(product, |meter, member| meter.end_cover((user, member), product, kind));
            }
            Request::PaidBefore { user, product, team, until } => {
                self.paid_before((user, product), team, until);
            }
            Request::Release { product } => self.products[product.index()].released = true,
            Request::Uninstall { user, product, device } => self.uninstall((user, product), device),
            Request::SetDefaults { team, products, guests } => self.set_defaults(team, products, guests),
            Request::Invite { user } => self.invite(user),
            Request::Accept { user } => self.accept(user),
            Request::Transition { step, by } => return self.transition(step, by),
            Request::GoOffline { user, device } => self.go_offline(user, device),
            Request::GoOnline { user, device } => self.go_online(user, device),
        }
        Answer::Done
    }

    /// The next instant at which something may happen by itself.
    pub fn next_due(&self) -> Option<Instant> {
        self.dues.next()
    }

    /// Lets everything happen that falls due before `to`.
    ///
    /// # Panics
    /// If a request was applied at `to` or later.
    pub fn advance(&mut self, to: Instant) {
        self.catch_up(to, Phase::Ends);
    }

    /// Ends the run at `end`, exclusive: open sessions are cut, waiting holds voided, and every token
    /// is counted once more.
    pub fn close(&mut self, end: Instant) {
        self.advance(end);
        for key in (0..self.keys.len()).map(|key| KeyId(number(key))) {
            self.end_sessions(key, SessionEnd::RunEnd);
            while let Some(&session) = self.key(key).seats.first() {
                self.end_session(session, SessionEnd::RunEnd);
            }
        }
        self.stock.assert_conserved();
    }

    /// A team's balance now: what is left in its unexpired packs, less holds and debt (RULES 2.1).
    pub fn available(&self, team: TeamId) -> Tokens {
        self.stock.balance(team)
    }

    /// Whether a session that fits is open.
    pub fn is_open(&self, which: OpenSession) -> bool {
        let keys = &self.users[which.user.index()].keys;
        let key = keys.iter().find(|(product, _)| *product == which.product);
        key.is_some_and(|&(_, id)| self.oldest(id, which, |_| true).is_some())
    }

    /// Every user and product that the meter was asked about.
    pub fn keys(&self) -> impl Iterator<Item = (UserId, ProductId)> {
        self.keys.iter().map(|key| (key.user, key.product))
    }

    /// Every pack that has arrived, by number.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.stock.packs()
    }

    /// Takes the records written since the last call.
    pub fn drain_records(&mut self) -> impl Iterator<Item = Record> + '_ {
        self.records.drain(..)
    }

    /// Lets everything happen that falls due by itself before that phase of `at` (RULES 4).
    pub(crate) fn catch_up(&mut self, at: Instant, phase: Phase) {
        assert!((self.now, self.phase) <= (at, phase), "time only moves forward: {:?} to {at:?}", self.now);
        while let Some((due_at, due)) = self.dues.take_before(at, phase) {
            self.now = due_at;
            match due {
                Due::Pack(pack) => {
                    let tokens = self.stock.end(pack);
                    self.record_expiry(Draw { pack, tokens });
                }
                Due::Allowance(user) => self.allowance_ends(user),
                Due::Grace(key) => self.grace_ends(key),
                Due::Window(key) | Due::Cover(key) => self.window_or_cover_ends(key),
            }
        }
        (self.now, self.phase) = (at, phase);
    }

    fn record_expiry(&mut self, expired: Draw) {
        if expired.tokens > Tokens::ZERO {
            let team = self.stock.pack(expired.pack).expect("an expired pack had arrived").team;
            self.record_token_event(team, TokenEventKind::Expiry, expired);
        }
    }

    fn record_token_event(&mut self, team: TeamId, kind: TokenEventKind, what: Draw) {
        let event = TokenEvent { at: self.now, team, kind, pack: what.pack, tokens: what.tokens };
        self.records.push(Record::TokenEvent(event));
    }

    fn notify(&mut self, user: UserId, kind: NoticeKind) {
        self.records.push(Record::Notice(NoticeRecord { at: self.now, user, kind }));
    }

    fn key(&self, id: KeyId) -> &Key {
        &self.keys[id.0 as usize]
    }

    fn key_mut(&mut self, id: KeyId) -> &mut Key {
        &mut self.keys[id.0 as usize]
    }

    /// The key of a user and product; it begins to exist when it is first asked for.
    fn key_of(&mut self, (user, product): (UserId, ProductId)) -> KeyId {
        let keys = &mut self.users[user.index()].keys;
        if let Some(&(_, id)) = keys.iter().find(|(of, _)| *of == product) {
            return id;
        }
        let id = KeyId(number(self.keys.len()));
        keys.push((product, id));
        self.keys.push(Key::new(user, product));
        id
    }

    fn session(&self, id: SessionId) -> &Session {
        self.sessions[id.0 as usize].as_ref().expect("an open session")
    }

    fn session_mut(&mut self, id: SessionId) -> &mut Session {
        self.sessions[id.0 as usize].as_mut().expect("an open session")
    }

    /// Makes an appointment; at one instant keys come by user, products before add-ins, then product
    /// (RULES 4).
    fn make_due(&mut self, at: Instant, due: Due) {
        let order = match due {
            Due::Pack(pack) => u64::from(pack.0),
            Due::Allowance(user) => u64::from(user.0),
            Due::Grace(key) | Due::Window(key) | Due::Cover(key) => {
                let Key { user, product, .. } = self.key(key);
                let add_in = self.products[product.index()].kind == ProductKind::AddIn;
                (u64::from(user.0) << 32) | (u64::from(add_in) << 31) | u64::from(product.0)
            }
        };
        self.dues.add(at, due, order);
    }
}

/// A table's length as a number for its next row.
fn number(length: usize) -> u32 {
    u32::try_from(length).ok().filter(|n| *n < 1 << 31).expect("at most 2³¹ rows in a table")
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::number;

    #[test]
    fn a_table_has_at_most_two_to_the_31st_rows() {
        assert_eq!(number((1 << 31) - 1), (1 << 31) - 1, "the last row");
        assert!(catch_unwind(|| number(1 << 31)).is_err(), "one more would reach the bit of add-ins");
    }
}
