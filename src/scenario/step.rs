//! `[[step]]`: what happens, one plain table each.

mod cover;
mod session;
mod team;
mod transition;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::meter::cover::CoverKind;
use crate::meter::id::{DeviceId, PackId, ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::invitation::Membership;
use crate::meter::product::Product;
use crate::meter::request::Request;
use crate::scenario::Appended;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::directory::Directory;
use crate::scenario::membership::read_assignment;
use crate::scenario::openings::Openings;
use crate::scenario::people::People;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};
use crate::scenario::step::transition::Fifth;

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
    GoOffline,
    GoOnline,
    DefaultProducts,
    Invite,
    Accept,
    Transition(Fifth),
}

const ACTIONS: [(&str, Action); 26] = [
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
    ("default-products", Action::DefaultProducts),
    ("invite", Action::Invite),
    ("accept", Action::Accept),
    ("go-offline", Action::GoOffline),
    ("go-online", Action::GoOnline),
    ("create-users", Action::Transition(Fifth::Create)),
    ("assign-products", Action::Transition(Fifth::Assign)),
    ("switch", Action::Transition(Fifth::Switch)),
    ("inform-users", Action::Transition(Fifth::Inform)),
    ("retire-server", Action::Transition(Fifth::Retire)),
];

/// Reads the steps in file order.
pub(crate) struct Steps<'s> {
    pub(crate) directory: &'s mut Directory,
    pub(crate) people: &'s mut People,
    pub(crate) products: &'s mut [Product],
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    /// Steps from some place of the file on must not lie before an instant.
    appended: Option<Appended>,
    /// Where each user is while the file is read: `travel` changes it.
    zones: Vec<Zone>,
    openings: Openings,
    /// The packs that are moved, checked when all purchases are known.
    moves: Vec<(PackId, Instant, Range<usize>)>,
    covered: BTreeSet<(UserId, ProductId, CoverKind)>,
    /// The users whom an earlier step invited.
    invited: BTreeSet<UserId>,
    /// The devices that an earlier step took offline.
    offline: BTreeSet<(UserId, DeviceId)>,
    /// Each with the number of its step.
    requests: Vec<(Instant, Request, usize)>,
    journeys: Vec<(UserId, Instant, Zone)>,
}

/// What steps ask of the meter, each with its number, and who goes where.
type Asked = (Vec<(Instant, Request, usize)>, Vec<(UserId, Instant, Zone)>);

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
            offline: BTreeSet::new(),
            invited: BTreeSet::new(),
            zones: people.user_zones.clone(),
            journeys: Vec::new(),
            directory,
            people,
            products,
            start,
            end,
            appended: None,
            openings: Openings::default(),
            moves: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// With steps at the end that were appended.
    pub(crate) fn appended(self, appended: Option<Appended>) -> Self {
        Steps { appended, ..self }
    }

    /// Reads all steps; the requests of those that are right, in file order.
    pub(crate) fn read(mut self, tables: Vec<Table<'_>>, problems: &mut Problems) -> Asked {
        let before = problems.len();
        for (number, table) in tables.into_iter().enumerate() {
            self.read_step((number, table), problems);
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
        (self.requests, self.journeys)
    }

    fn read_step(&mut self, (number, mut table): (usize, Table<'_>), problems: &mut Problems) {
        let action = table.need("do", problems).and_then(|value| value.one_of(&ACTIONS, problems));
        let Some(action) = action else { return };
        table.what = format!("a step that does \"{}\"", word(action));
        let of_team = matches!(
            action,
            Action::Buy | Action::Move | Action::Merge | Action::DefaultProducts | Action::Release
        );
        let of_many = matches!(action, Action::Transition(_));
        let user = if of_team || of_many { None } else { self.read_user(&mut table, problems) };
        let team = match action {
            Action::Buy | Action::Merge | Action::DefaultProducts => table.need("team", problems),
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
        let requests = match (action, user) {
            (Action::Transition(which), _) => self.transition(&mut step, which),
            (_, Some(user)) => self.read_user_step(&mut step, action, user).map(|request| vec![request]),
            _ if of_team => self.read_team_step(&mut step, action, team).map(|request| vec![request]),
            // Nobody is defined, and that is said already.
            _ => return,
        };
        let Step { table, problems, .. } = step;
        table.finish(problems);
        if let (Some(at), Some(requests)) = (at, requests) {
            self.requests.extend(requests.into_iter().map(|request| (at, request, number)));
        }
    }

    /// The user of a step. In place of one that is unknown the first stands in, so that the rest of the
    /// step is still read; the file is in error either way.
    fn read_user(&mut self, table: &mut Table<'_>, problems: &mut Problems) -> Option<UserId> {
        let user = table.need("user", problems).and_then(|value| self.directory.user(value, problems));
        user.or((!self.zones.is_empty()).then_some(UserId(0)))
    }

    fn read_at(&self, value: Value<'_>, zone: &Zone, problems: &mut Problems) -> Option<Instant> {
        let at = value.instant(zone, problems)?;
        if at < self.start || at >= self.end {
            let label = format!("must lie from {} on and before {}", iso(self.start), iso(self.end));
            problems.push(Problem::new(value.place(), "a step outside the run", label));
            return None;
        }
        let place = value.place();
        if let Some(Appended { happened, .. }) =
            self.appended.filter(|part| place.start >= part.from && at < part.happened)
        {
            let title = "a step in the past of the checkpoint";
            problems.push(Problem::new(place, title, format!("must lie from {} on", iso(happened))));
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
                Some(Request::Assign { user, products, notifies: step.notifies() })
            }
            Action::Unassign => {
                let products = read_assignment(step.need("products")?, self.directory, step.problems)?;
                Some(Request::Unassign { user, products })
            }
            Action::Cover(kind) => self.cover(step, user, kind),
            Action::EndCover(kind) => self.end_cover(step, user, kind),
            Action::Travel => {
                let zone = step.need("time_zone")?.zone(step.problems)?;
                self.journeys.push((user, step.at, zone.clone()));
                self.zones[user.index()] = zone;
                self.people.travel(user, (step.table.get("user")?, self.directory), step.problems);
                None
            }
            Action::Uninstall => {
                let (product, device) = (self.product(step), self.device(step));
                Some(Request::Uninstall { user, product: product?, device: device? })
            }
            Action::GoOffline => {
                let device = self.device(step)?;
                self.offline.insert((user, device));
                Some(Request::GoOffline { user, device })
            }
            Action::GoOnline => self.go_online(step, user),
            Action::Invite => {
                self.people.users[user.index()].membership = Membership::Awaited(None);
                self.invited.insert(user);
                Some(Request::Invite { user })
            }
            Action::Accept => Some(self.accept(step, user)),
            Action::Buy
            | Action::Move
            | Action::Merge
            | Action::DefaultProducts
            | Action::Release
            | Action::Transition(_) => None,
        }
    }

    fn device(&mut self, step: &mut Step<'_, '_>) -> Option<DeviceId> {
        let name = step.need("device")?.name(step.problems)?;
        Some(self.directory.device(name))
    }

    fn accept(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Request {
        if !self.invited.contains(&user) {
            let title = "nobody was invited who could accept (RULES 3.4)";
            let place = step.table.place.clone();
            let problem = Problem::new(place, title, "no earlier step invites this user");
            step.problems.push(problem.help("`invite` does; users without such a step have accepted"));
        }
        Request::Accept { user }
    }

    fn go_online(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<Request> {
        let device = self.device(step)?;
        if !self.offline.contains(&(user, device)) {
            let (title, label) = ("the device is not offline", "no earlier step takes it there");
            let place = step.table.place.clone();
            step.problems.push(Problem::new(place, title, label).help("`go-offline` does"));
        }
        Some(Request::GoOnline { user, device })
    }

    fn product(&self, step: &mut Step<'_, '_>) -> Option<ProductId> {
        let value = step.need("product")?;
        self.directory.product(value, step.problems)
    }
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
