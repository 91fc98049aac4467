//! `[[step]]`: what happens, one plain table each.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::meter::cover::{Cover, CoverKind};
use crate::meter::id::{PackId, ProductId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::product::{Product, ProductKind};
use crate::meter::request::{OpenSession, Outcome, Request, ServiceUse, SignIn};
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::directory::Directory;
use crate::scenario::membership::read_assignment;
use crate::scenario::openings::Openings;
use crate::scenario::people::{PackOf, People};
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// What a step can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    SignIn,
    SignOut,
    Touch,
    Use,
    Buy,
    Move,
    Merge,
    Assign,
    Unassign,
    Cover(CoverKind),
    EndCover(CoverKind),
    Release,
    Travel,
    Uninstall,
    /// A word of the format that this version does not act on.
    NotYet,
}

const ACTIONS: [(&str, Action); 21] = [
    ("sign-in", Action::SignIn),
    ("sign-out", Action::SignOut),
    ("touch", Action::Touch),
    ("use", Action::Use),
    ("buy", Action::Buy),
    ("move", Action::Move),
    ("merge", Action::Merge),
    ("assign", Action::Assign),
    ("unassign", Action::Unassign),
    ("subscribe", Action::Cover(CoverKind::Subscription)),
    ("unsubscribe", Action::EndCover(CoverKind::Subscription)),
    ("start-trial", Action::Cover(CoverKind::Trial)),
    ("end-trial", Action::EndCover(CoverKind::Trial)),
    ("release-product", Action::Release),
    ("travel", Action::Travel),
    ("uninstall", Action::Uninstall),
    ("default-products", Action::NotYet),
    ("invite", Action::NotYet),
    ("accept", Action::NotYet),
    ("go-offline", Action::NotYet),
    ("go-online", Action::NotYet),
];

const PLATFORMS: [(&str, bool); 3] = [("windows", false), ("mac", false), ("linux", true)];
const OUTCOMES: [(&str, Outcome); 2] = [("ok", Outcome::Succeeded), ("failed", Outcome::Failed)];

/// The first version that Flex serves on Linux (RULES 3.11).
const FIRST_LINUX_VERSION: u32 = 2020;

/// Reads the steps in file order.
pub(crate) struct Steps<'s> {
    pub(crate) directory: &'s mut Directory,
    pub(crate) people: &'s mut People,
    pub(crate) products: &'s mut [Product],
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    /// Where each user is while the file is read: `travel` changes it.
    zones: Vec<Zone>,
    openings: Openings,
    /// The packs that are moved, checked when all purchases are known.
    moves: Vec<(PackId, Instant, Range<usize>)>,
    covered: BTreeSet<(UserId, ProductId, CoverKind)>,
    requests: Vec<(Instant, Request)>,
}

impl<'s> Steps<'s> {
    pub(crate) fn new(
        directory: &'s mut Directory,
        people: &'s mut People,
        products: &'s mut [Product],
        (start, end): (Instant, Instant),
    ) -> Self {
        let covers = people.beginnings.iter().filter_map(|(_, request)| match request {
            Request::Cover { user, product, cover } => Some((*user, *product, cover.kind)),
            _ => None,
        });
        Steps {
            covered: covers.collect(),
            zones: people.user_zones.clone(),
            directory,
            people,
            products,
            start,
            end,
            openings: Openings::default(),
            moves: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Reads all steps; the requests of those that are right, in file order.
    pub(crate) fn read(mut self, tables: Vec<Table<'_>>, problems: &mut Problems) -> Vec<(Instant, Request)> {
        let before = problems.len();
        for table in tables {
            self.read_step(table, problems);
        }
        if problems.len() == before {
            // With a step unread, what the others name may well be right.
            self.openings.check(problems);
        }
        for (pack, at, place) in self.moves {
            let arrival = self.people.arrivals.get(&pack);
            if let Some(late) = arrival.filter(|arrival| arrival.at > at) {
                let label = format!("it is bought at {}", iso(late.at));
                let title = "a pack is moved before it is bought";
                problems.push(Problem::new(place, title, label));
            }
        }
        self.requests
    }

    fn read_step(&mut self, mut table: Table<'_>, problems: &mut Problems) {
        let action = table.need("do", problems).and_then(|value| value.one_of(&ACTIONS, problems));
        let Some(action) = action else { return };
        table.what = format!("a step that does \"{}\"", word(action));
        if action == Action::NotYet {
            let title = "this version of flexmeter does not know this step yet";
            problems.push(Problem::new(table.place, title, "not simulated yet: nothing is run"));
            return;
        }
        let of_team = matches!(action, Action::Buy | Action::Move | Action::Merge | Action::Release);
        let user = if of_team { None } else { self.read_user(&mut table, problems) };
        let team = match action {
            Action::Buy | Action::Merge => table.need("team", problems),
            Action::Move => table.need("to", problems),
            _ => None,
        };
        let team = team.and_then(|value| self.directory.team(value, problems));
        let zone = match (user, team) {
            (Some(user), _) => self.zones[user.index()].clone(),
            (None, Some(team)) => self.people.team_zones[team.index()].clone(),
            (None, None) => Zone::utc(),
        };
        let at = table.need("at", problems).and_then(|value| self.read_at(value, &zone, problems));
        let mut step = Step { table, at: at.unwrap_or(self.start), zone, problems };
        let request = match (of_team, user) {
            (true, _) => self.read_team_step(&mut step, action, team),
            (false, Some(user)) => self.read_user_step(&mut step, action, user),
            // Nobody is defined, and that is said already.
            (false, None) => return,
        };
        let Step { table, problems, .. } = step;
        table.finish(problems);
        if let (Some(at), Some(request)) = (at, request) {
            self.requests.push((at, request));
        }
    }

    /// The user of a step. In place of one that is unknown the first stands in, so that the rest of the
    /// step is still read; the file is in error either way.
    fn read_user(&mut self, table: &mut Table<'_>, problems: &mut Problems) -> Option<UserId> {
        let user = table.need("user", problems).and_then(|value| self.directory.user(value, problems));
        user.or((!self.zones.is_empty()).then_some(UserId(0)))
    }

    fn read_team_step(
        &mut self,
        step: &mut Step<'_, '_>,
        action: Action,
        team: Option<TeamId>,
    ) -> Option<Request> {
        match action {
            Action::Buy => self.buy(step, team),
            Action::Move => {
                let value = step.need("pack")?;
                let pack = self.directory.pack(value, None, step.problems)?;
                self.moves.push((pack, step.at, value.place()));
                Some(Request::Move { pack, to: team? })
            }
            Action::Merge => {
                let into = step.need("into")?;
                Some(Request::Merge { into: self.directory.team(into, step.problems)?, team: team? })
            }
            _ => self.release(step),
        }
    }

    fn read_at(&self, value: Value<'_>, zone: &Zone, problems: &mut Problems) -> Option<Instant> {
        let at = value.instant(zone, problems)?;
        if at < self.start || at >= self.end {
            let label = format!("must lie from {} on and before {}", iso(self.start), iso(self.end));
            problems.push(Problem::new(value.place(), "a step outside the run", label));
            return None;
        }
        Some(at)
    }

    fn read_user_step(&mut self, step: &mut Step<'_, '_>, action: Action, user: UserId) -> Option<Request> {
        match action {
            Action::SignIn => self.sign_in(step, user),
            Action::SignOut => self.open_session(step, user).map(Request::SignOut),
            Action::Touch => self.open_session(step, user).map(Request::Touch),
            Action::Use => self.service_use(step, user),
            Action::Assign => {
                let products = read_assignment(step.need("products")?, self.directory, step.problems)?;
                Some(Request::Assign { user, products })
            }
            Action::Unassign => {
                let products = read_assignment(step.need("products")?, self.directory, step.problems)?;
                Some(Request::Unassign { user, products })
            }
            Action::Cover(kind) => self.cover(step, user, kind),
            Action::EndCover(kind) => self.end_cover(step, user, kind),
            Action::Travel => {
                self.zones[user.index()] = step.need("time_zone")?.zone(step.problems)?;
                self.people.travel(user, (step.table.get("user")?, self.directory), step.problems);
                None
            }
            Action::Uninstall => {
                let product = self.product(step)?;
                let device = step.need("device")?.name(step.problems)?;
                Some(Request::Uninstall { user, product, device: self.directory.device(device) })
            }
            Action::Buy | Action::Move | Action::Merge | Action::Release | Action::NotYet => None,
        }
    }

    fn product(&self, step: &mut Step<'_, '_>) -> Option<ProductId> {
        let value = step.need("product")?;
        self.directory.product(value, step.problems)
    }

    /// The product of a step, which must be of a kind that is opened (or, for `use`, is not).
    fn product_of(&self, step: &mut Step<'_, '_>, service: Service) -> Option<ProductId> {
        let value = step.need("product")?;
        let product = self.directory.product(value, step.problems)?;
        let (label, help) = match (self.products[product.index()].kind, service) {
            (ProductKind::Service, Service::Yes)
            | (ProductKind::Desktop | ProductKind::AddIn, Service::No) => return Some(product),
            (ProductKind::Service, Service::No) => {
                ("this is a service, which is used and not opened (RULES 1.9)", "write do = \"use\"")
            }
            (ProductKind::Collection, _) => {
                ("this is a collection, which only covers others (RULES 3.5)", "name one of its members")
            }
            (_, Service::Yes) => ("this is opened in sessions", "write do = \"sign-in\""),
        };
        step.problems.push(Problem::new(value.place(), "a product of another kind", label).help(help));
        None
    }

    fn sign_in(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<Request> {
        let product = self.product_of(step, Service::No);
        let device = step.text_or("device", "desktop");
        let given = step.table.get("version");
        let version = step.text_or("version", "2026");
        let platform = step.table.get("platform");
        let linux = platform.map_or(Some(false), |value| value.one_of(&PLATFORMS, step.problems));
        let (product, device, version, linux) = (product?, device?, version?, linux?);
        let year = version.parse::<u32>();
        if linux && year.is_err() {
            let place = given.or(platform)?.place();
            let title = "on Linux the version must be a year (RULES 3.11)";
            step.problems.push(Problem::new(place, title, "can't tell whether it is from 2020 on"));
        }
        let unsupported = linux && year.is_ok_and(|year| year < FIRST_LINUX_VERSION);
        let device = self.directory.device(device);
        let version = self.directory.version(version);
        let sign_in = SignIn { user, product, device, version, unsupported };
        self.openings.open(sign_in, step.at);
        for hosted in &self.people.users[user.index()].add_ins {
            if hosted.host == product {
                self.openings.open(SignIn { product: hosted.add_in, ..sign_in }, step.at);
            }
        }
        Some(Request::SignIn(sign_in))
    }

    fn open_session(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<OpenSession> {
        let product = self.product_of(step, Service::No);
        let device = step.table.get("device").map(|value| value.name(step.problems));
        let version = step.table.get("version").map(|value| value.name(step.problems));
        let session = OpenSession {
            user,
            product: product?,
            device: device.map_or(Some(None), |name| Some(Some(self.directory.device(name?))))?,
            version: version.map_or(Some(None), |name| Some(Some(self.directory.version(name?))))?,
        };
        self.openings.name(session, step.at, step.table.place.clone());
        Some(session)
    }

    fn service_use(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<Request> {
        let product = self.product_of(step, Service::Yes);
        let given = step.table.get("units");
        let units = given.map_or(Some(1000), |value| value.amount(step.problems).map(Tokens::thousandths));
        let outcome = step.table.get("outcome");
        let outcome =
            outcome.map_or(Some(Outcome::Succeeded), |value| value.one_of(&OUTCOMES, step.problems));
        let (product, units, outcome) = (product?, units?, outcome?);
        let rate = self.products[product.index()].rate(step.at);
        if rate.times_thousandths(units).is_none() {
            let title = "rate times units is not an amount (RULES 1.1)";
            let label = format!("times {rate} it is not a whole number of thousandths, or too large");
            step.problems.push(Problem::new(given?.place(), title, label));
            return None;
        }
        Some(Request::Use(ServiceUse { user, product, units, outcome }))
    }

    fn cover(&mut self, step: &mut Step<'_, '_>, user: UserId, kind: CoverKind) -> Option<Request> {
        let product = self.product(step);
        let given = step.table.get("until");
        let until = given.map_or(Some(None), |value| value.instant(&step.zone, step.problems).map(Some));
        let (product, until) = (product?, until?);
        if until.is_some_and(|until| until <= step.at) {
            let title = "cover ends before it begins";
            step.problems.push(Problem::new(given?.place(), title, "`until` must lie after `at`"));
            return None;
        }
        self.covered.insert((user, product, kind));
        Some(Request::Cover { user, product, cover: Cover { kind, from: step.at, until } })
    }

    fn end_cover(&mut self, step: &mut Step<'_, '_>, user: UserId, kind: CoverKind) -> Option<Request> {
        let product = self.product(step)?;
        if !self.covered.contains(&(user, product, kind)) {
            let (title, help) = match kind {
                CoverKind::Subscription => ("there is no subscription to end", "`subscribe` begins one"),
                CoverKind::Trial => ("there is no trial to end", "`start-trial` begins one"),
            };
            let place = step.table.place.clone();
            step.problems.push(Problem::new(place, title, "none for this user and product").help(help));
        }
        Some(Request::EndCover { user, product, kind })
    }

    fn release(&mut self, step: &mut Step<'_, '_>) -> Option<Request> {
        let product = self.product(step)?;
        self.products[product.index()].released = false;
        Some(Request::Release { product })
    }

    fn buy(&mut self, step: &mut Step<'_, '_>, team: Option<TeamId>) -> Option<Request> {
        let pack = step.need("pack")?.table("the pack of a purchase", step.problems)?;
        let purchase = PackOf {
            copy: None,
            team: team?,
            bought: Some(step.at),
            start: Some(self.start),
            zone: &step.zone,
            directory: self.directory,
        };
        let read = purchase.read(pack, step.problems);
        self.people.arrive(read, step.problems);
        None
    }
}

/// Whether a step is about services.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Yes,
    No,
}

/// One step while it is read.
struct Step<'a, 'p> {
    table: Table<'a>,
    /// When; the run's start where that could not be read.
    at: Instant,
    zone: Zone,
    problems: &'p mut Problems,
}

impl<'a> Step<'a, '_> {
    fn need(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.table.need(key, self.problems)
    }

    fn text_or(&mut self, key: &'static str, default: &'a str) -> Option<&'a str> {
        self.table.get(key).map_or(Some(default), |value| value.name(self.problems))
    }
}

fn word(action: Action) -> &'static str {
    ACTIONS.iter().find(|(_, of)| *of == action).map_or("", |(word, _)| word)
}
