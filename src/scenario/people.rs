//! `[[team]]` and `[[user]]`: who there is, what they have bought, and what they may use.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::meter::cover::Cover;
use crate::meter::id::{PackId, ProductId, TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::product::Product;
use crate::meter::request::Request;
use crate::meter::stock::Purchase;
use crate::meter::team::{Plan, Team};
use crate::meter::tokens::Tokens;
use crate::meter::user::{Assignment, User};
use crate::scenario::calendar::{Zone, iso, year_later};
use crate::scenario::directory::{Directory, MEMBERS_MAX, group_copies, numbered};
use crate::scenario::membership::{
    read_add_ins, read_assignment, read_covers, read_network_user, read_products, read_teams,
    refuse_token_limit,
};
use crate::scenario::price_list::Money;
use crate::scenario::price_list::offer::read_money;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// What is read of the people, by number.
pub(crate) struct People {
    /// Each team as the meter knows it.
    pub(crate) teams: Vec<Team>,
    /// Each team's zone.
    pub(crate) team_zones: Vec<Zone>,
    /// Each user's zone: their own, else their first team's.
    pub(crate) user_zones: Vec<Zone>,
    /// Each user as the meter knows them.
    pub(crate) users: Vec<User>,
    /// What is so from the beginning: packs bought, cover, windows paid before.
    pub(crate) beginnings: Vec<(Instant, Request)>,
    /// The users that some step lets travel.
    pub(crate) travellers: BTreeSet<UserId>,
    /// The members of each group, its copies taken together.
    pub(crate) members: BTreeMap<String, Vec<UserId>>,
    /// The users that have a table of their own.
    pub(crate) named: BTreeSet<UserId>,
    /// When each pack arrives.
    pub(crate) arrivals: BTreeMap<PackId, Arrival>,
    /// What is paid for a pack, where the file says so.
    pub(crate) paid: BTreeMap<PackId, Money>,
}

/// When a pack arrives, and where the file says so.
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) place: Range<usize>,
    /// What is paid for it, where the file says so.
    pub(crate) price: Option<Money>,
}

impl People {
    /// Nobody yet, with a place for every name.
    pub(crate) fn new(directory: &Directory) -> Self {
        let nobody = User::new(vec![TeamId(0)], Assignment::All, Vec::new());
        People {
            teams: vec![Team::default(); directory.teams.len()],
            team_zones: vec![Zone::utc(); directory.teams.len()],
            user_zones: vec![Zone::utc(); directory.users.len()],
            users: vec![nobody; directory.users.len()],
            beginnings: Vec::new(),
            travellers: BTreeSet::new(),
            members: BTreeMap::new(),
            named: BTreeSet::new(),
            arrivals: BTreeMap::new(),
            paid: BTreeMap::new(),
        }
    }

    /// Notes what covers a user from the beginning, or later.
    pub(crate) fn cover(&mut self, user: UserId, covers: &[(ProductId, Cover)]) {
        for (product, cover) in covers {
            let request = Request::Cover { user, product: *product, cover: *cover };
            self.beginnings.push((Instant::MIN, request));
        }
    }

    /// Notes that a step lets a user travel. Members of a group live by its habit, which asks no step.
    pub(crate) fn travel(
        &mut self,
        user: UserId,
        (named, directory): (Value<'_>, &Directory),
        problems: &mut Problems,
    ) {
        self.travellers.insert(user);
        // A user that is unknown was reported, and another stands in.
        let meant = directory.user(named, &mut Vec::new()) == Some(user);
        if meant && !self.named.contains(&user) {
            let title = "a step does not change the hours of a group's member";
            let help = "give the group's habit journeys: `trips` of the kind \"office\", such as \
                        trips = { per_year = 6, zones = [\"Asia/Tokyo\"] }";
            let problem =
                Problem::new(named.place(), title, "a member of a [[group]], who lives by its habit");
            problems.push(problem.help(help));
        }
    }

    /// Notes a pack that was read, unless its id was taken before.
    pub(crate) fn arrive(&mut self, read: Option<(Purchase, Arrival)>, problems: &mut Problems) {
        let Some((purchase, arrival)) = read else { return };
        if let Some(first) = self.arrivals.get(&purchase.pack) {
            let problem = Problem::new(arrival.place, "two packs have the same id", "again here");
            problems.push(problem.context(first.place.clone(), "first here"));
            return;
        }
        let pack = purchase.pack;
        self.beginnings.push((arrival.at, Request::Buy(purchase)));
        self.paid.extend(arrival.price.map(|price| (pack, price)));
        self.arrivals.insert(pack, arrival);
    }
}

/// Reads the tables of teams and users.
pub(crate) struct PeopleReader<'s> {
    pub(crate) directory: &'s Directory,
    pub(crate) products: &'s [Product],
    /// When the run starts, where the file says so.
    pub(crate) start: Option<Instant>,
    pub(crate) people: People,
    pub(crate) problems: &'s mut Problems,
}

/// A user while their table is read: whom a fact is about, and the zone of their local times.
struct Whose {
    user: UserId,
    zone: Zone,
}

impl PeopleReader<'_> {
    pub(crate) fn read(mut self, teams: Vec<Table<'_>>, users: Vec<Table<'_>>) -> People {
        let mut seen = Seen::default();
        for table in teams {
            self.read_team(table, &mut seen);
        }
        let mut seen = Seen::default();
        for table in users {
            self.read_user(table, &mut seen);
        }
        self.people
    }

    fn read_team(&mut self, mut table: Table<'_>, seen: &mut Seen) {
        let name = table.need("name", self.problems);
        let copies = self.read_copies(&mut table);
        let plain = name.and_then(|value| value.name(self.problems));
        let zone = table.get("time_zone").and_then(|value| value.zone(self.problems));
        let zone = zone.unwrap_or_else(Zone::utc);
        let packs = table.get("packs").and_then(|value| value.list(self.problems)).unwrap_or_default();
        let of_team = self.read_inheritance(&mut table);
        let table_place = name.map_or(table.place.clone(), Value::place);
        table.finish(self.problems);
        let Some(name) = plain else { return };
        for copy in group_copies(copies) {
            let of_copy = copy.map_or_else(|| name.to_owned(), |copy| numbered(name, copy));
            let Some(team) = self.directory.team_number(&of_copy) else { return };
            seen.once_named(&of_copy, table_place.clone(), ("team", self.problems));
            self.people.team_zones[team.index()] = zone.clone();
            self.people.teams[team.index()] = of_team.clone();
            let before = self.problems.len();
            for pack in &packs {
                let Some(mut table) = pack.table("a pack", self.problems) else { continue };
                let bought = table.need("bought", self.problems);
                let bought = bought.and_then(|value| value.instant(&zone, self.problems));
                let (start, directory) = (self.start, self.directory);
                let purchase = PackOf { team, copy, bought, start, zone: &zone, directory };
                let read = purchase.read(table, self.problems);
                self.people.arrive(read, self.problems);
            }
            if self.problems.len() > before {
                // What is wrong with one copy is wrong with each.
                return;
            }
        }
    }

    /// What members inherit from a team (RULES 3.3, 3.12).
    fn read_inheritance(&mut self, table: &mut Table<'_>) -> Team {
        let plans = Plan::ALL.map(|plan| (plan.name(), plan));
        let products = table.get("default_products");
        let guests = table.get("default_for_guests");
        let plan = table.get("plan");
        Team {
            default_products: products
                .and_then(|value| read_products(value, self.directory, self.problems))
                .unwrap_or_default(),
            default_for_guests: guests.and_then(|value| value.yes(self.problems)).unwrap_or_default(),
            plan: plan.and_then(|value| value.one_of(&plans, self.problems)).unwrap_or_default(),
        }
    }

    fn read_copies(&mut self, table: &mut Table<'_>) -> Option<u64> {
        let value = table.get("copies")?;
        let copies = value.whole(self.problems)?;
        if copies == 0 || copies > MEMBERS_MAX {
            let label = "must be from 1 to 1,000,000";
            self.problems.push(Problem::new(value.place(), "the copies of a team", label));
            return None;
        }
        Some(copies)
    }

    fn read_user(&mut self, mut table: Table<'_>, seen: &mut Seen) {
        refuse_token_limit(&mut table, self.problems);
        let name = table.need("name", self.problems);
        let user = name.and_then(|value| self.directory.user(value, self.problems));
        seen.once(name, "user", self.problems);
        let teams = table.need("teams", self.problems);
        let teams = teams.map_or_else(Vec::new, |value| read_teams(value, self.directory, self.problems));
        let assignment = match table.get("products") {
            Some(value) => read_assignment(value, self.directory, self.problems),
            None => Some(Assignment::Listed([].into())),
        };
        let guest = table.get("guest").and_then(|value| value.yes(self.problems)).unwrap_or_default();
        let network = read_network_user(table.get("licence_server"), self.directory, self.problems);
        let own_zone = table.get("time_zone").and_then(|value| value.zone(self.problems));
        let team_zone = || Some(self.people.team_zones[teams.first()?.index()].clone());
        let zone = own_zone.or_else(team_zone).unwrap_or_else(Zone::utc);
        let add_ins = read_add_ins(table.get("add_ins"), (self.directory, self.products), self.problems);
        if let Some(user) = user {
            self.people.named.insert(user);
            self.people.user_zones[user.index()] = zone.clone();
            if let (false, Some(assignment)) = (teams.is_empty(), assignment) {
                let read = User::new(teams, assignment, add_ins);
                self.people.users[user.index()] = User { guest, network, ..read };
            }
            let whose = Whose { user, zone };
            let covers = read_covers(&mut table, (self.directory, &whose.zone), self.problems);
            self.people.cover(user, &covers);
            self.read_windows(table.get("windows"), &whose);
        }
        table.finish(self.problems);
    }

    fn read_windows(&mut self, list: Option<Value<'_>>, whose: &Whose) {
        let mut paid = BTreeSet::new();
        for value in list.and_then(|list| list.list(self.problems)).unwrap_or_default() {
            let Some(mut table) = value.table("a window", self.problems) else { continue };
            let product = table.need("product", self.problems);
            let product = product.and_then(|value| self.directory.product(value, self.problems));
            let team = table.need("team", self.problems);
            let team = team.and_then(|value| self.directory.team(value, self.problems));
            let given = table.need("until", self.problems);
            let until = given.and_then(|value| value.instant(&whose.zone, self.problems));
            table.finish(self.problems);
            let (Some(product), Some(team), Some(until)) = (product, team, until) else { continue };
            let run = self.start.map(|start| (start, start + Span::WINDOW));
            if let Some((start, last)) = run.filter(|(start, last)| until <= *start || until > *last) {
                let label = format!("must lie after {} and no later than {}", iso(start), iso(last));
                let title = "a window paid before the start must run at the start (RULES 1.3)";
                let place = given.map_or(value.place(), Value::place);
                self.problems.push(Problem::new(place, title, label));
                continue;
            }
            if !paid.insert(product) {
                let title = "two windows of one user and product (RULES 1.2)";
                self.problems.push(Problem::new(value.place(), title, "again here"));
            }
            let request = Request::PaidBefore { user: whose.user, product, team, until };
            self.people.beginnings.push((Instant::MIN, request));
        }
    }
}

/// Names already defined, with their places.
#[derive(Default)]
pub(crate) struct Seen(BTreeMap<String, Range<usize>>);

impl Seen {
    /// Reports a name that was defined before.
    pub(crate) fn once(&mut self, name: Option<Value<'_>>, noun: &str, problems: &mut Problems) {
        let Some(value) = name else { return };
        // A name that is no text was reported when it was looked up.
        let Some(name) = value.text(&mut Vec::new()) else { return };
        self.once_named(name, value.place(), (noun, problems));
    }

    fn once_named(&mut self, name: &str, place: Range<usize>, (noun, problems): (&str, &mut Problems)) {
        if let Some(first) = self.0.insert(name.to_owned(), place.clone()) {
            let title = format!("two {noun}s are called `{name}`");
            problems.push(Problem::new(place, title, "again here").context(first, "first here"));
        }
    }
}

/// A pack's table, and what its surroundings say of it.
pub(crate) struct PackOf<'s> {
    pub(crate) team: TeamId,
    /// The copy of the team, where its table stands for several.
    pub(crate) copy: Option<u64>,
    pub(crate) bought: Option<Instant>,
    /// When the run starts, where the file says so.
    pub(crate) start: Option<Instant>,
    pub(crate) zone: &'s Zone,
    pub(crate) directory: &'s Directory,
}

impl PackOf<'_> {
    /// Reads the rest of the pack.
    pub(crate) fn read(&self, mut table: Table<'_>, problems: &mut Problems) -> Option<(Purchase, Arrival)> {
        let id = table.need("id", problems);
        let pack = id.and_then(|value| self.directory.pack(value, self.copy, problems));
        let size = table.need("tokens", problems);
        let tokens = size.and_then(|value| value.amount(problems));
        let given_used = table.get("used");
        let used = given_used.map_or(Some(Tokens::ZERO), |value| value.amount(problems));
        let ends = table.get("expires");
        let expires = ends.map(|value| value.instant(self.zone, problems));
        let price = table.get("price").and_then(|value| read_money(value, problems));
        let place = id.map_or(table.place.clone(), Value::place);
        table.finish(problems);
        let (pack, tokens, used, at) = (pack?, tokens?, used?, self.bought?);
        let expires = match expires {
            Some(given) => given?,
            None => year_later(at),
        };
        if self.directory.packs.get(pack.0).contains([':', ';']) {
            let title = "`:` and `;` separate packs in charges.csv";
            problems.push(Problem::new(id?.place(), title, "a pack's id can't hold them"));
            return None;
        }
        if used > Tokens::ZERO && self.start.is_some_and(|start| at >= start) {
            let title = "`used` is what was spent before the start";
            let label = format!("this pack is bought later, at {}", iso(at));
            problems.push(Problem::new(given_used?.place(), title, label));
            return None;
        }
        if tokens == Tokens::ZERO {
            problems.push(Problem::new(size?.place(), "a pack holds tokens", "must be more than 0"));
            return None;
        }
        if used > tokens {
            let title = "more is used than the pack holds";
            let label = format!("must be {tokens} or less");
            problems.push(Problem::new(given_used?.place(), title, label));
            return None;
        }
        if expires <= at {
            let label = format!("must lie after the purchase, {}", iso(at));
            problems.push(Problem::new(ends?.place(), "a pack ends after it is bought (RULES 2.2)", label));
            return None;
        }
        let purchase = Purchase { team: self.team, pack, tokens, expires, used };
        Some((purchase, Arrival { at, place, price }))
    }
}
