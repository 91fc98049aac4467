//! `[[group]]` and `[habit]`: people described once and simulated many times.

mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::meter::cover::Cover;
use crate::meter::id::{DeviceId, ProductId, TeamId, UserId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::licence_server::NetworkUser;
use crate::meter::product::{Product, ProductKind};
use crate::meter::user::{Assignment, HostedAddIn, User};
use crate::scenario::calendar::{Day, Zone};
use crate::scenario::chance::{Chance, Likelihood};
use crate::scenario::directory::{Directory, MEMBERS_MAX, group_copies, member_name, numbered};
use crate::scenario::group::people::GroupPeople;
use crate::scenario::habit::{Habit, Habits};
use crate::scenario::membership::{
    read_add_ins, read_covers, read_network_user, read_teams, refuse_token_limit,
};
use crate::scenario::people::People;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// People with one habit.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its members are called after it: `name-1`, `name-2`, …
    pub name: String,
    /// The copy of the team they belong to, where its table stands for several: then `name-copy-1`, …
    pub copy: Option<u64>,
    /// How many there are.
    pub count: u64,
    /// Those who are listed by their own names, in the order of these; empty where they are only counted.
    pub people: Arc<[GroupPerson]>,
    /// Their teams.
    pub teams: Vec<TeamId>,
    /// Where they are, unless they travel; default their first team's zone.
    pub zone: Zone,
    /// What they open, in the order of the file; who is refused one may take the next.
    pub products: Vec<GroupProduct>,
    /// The name of their habit.
    pub habit_name: String,
    /// Their habit.
    pub habit: Habit,
    /// The share who join on some day of the run, any as likely as the other; default none.
    pub joiners: f64,
    /// The share who leave on some day of the run, any as likely as the other; default none.
    /// As it was seen, it is drawn once for a seed.
    pub leavers: Likelihood,
    /// The share who come at all; default all. As it was seen, it is drawn once for a seed.
    pub come: Likelihood,
    /// The devices of each of them.
    pub(crate) places: Places,
    /// The version opened where the habit names none.
    pub(crate) version: VersionId,
    /// The run's first instant.
    pub(crate) start: Instant,
    /// The run's end.
    pub(crate) end: Instant,
}

/// A member with a name of their own.
#[derive(Clone, Debug)]
pub struct GroupPerson {
    /// It.
    pub name: String,
    /// Their own chances of use: of other products they have none. `None` where the habit's hold.
    pub uses: Option<Vec<(ProductId, Chance)>>,
}

/// A product that a group opens.
#[derive(Clone, Debug)]
pub struct GroupProduct {
    /// Its number.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Versions of it that go idle (RULES 1.8).
    pub idle_aware: Vec<VersionId>,
}

/// The devices of a simulated user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) desktop: DeviceId,
    pub(crate) laptop: DeviceId,
    pub(crate) home: DeviceId,
}

impl Places {
    /// The devices by their names.
    pub(crate) fn named(directory: &mut Directory) -> Self {
        let [desktop, laptop, home] = ["desktop", "laptop", "home"].map(|name| directory.device(name));
        Places { desktop, laptop, home }
    }
}

impl Group {
    /// The name of a member, from 1.
    pub fn member_name(&self, member: u64) -> String {
        match usize::try_from(member - 1).ok().and_then(|place| self.people.get(place)) {
            Some(person) => person.name.clone(),
            None => member_name((&self.name, self.copy), member),
        }
    }

    /// The day that lies a share of the run after its start.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a run has few seconds, and a share lies between 0 and 1"
    )]
    pub(crate) fn day_at(&self, share: f64) -> Day {
        let into = share * (self.end - self.start).seconds() as f64;
        Day::of(self.start + Span::from_seconds(into as i64))
    }
}

/// On what terms the members of a group are users.
struct Terms {
    add_ins: Vec<HostedAddIn>,
    network: Option<Box<NetworkUser>>,
    covers: Vec<(ProductId, Cover)>,
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The member as a user.
    pub user: UserId,
    /// The place of the group among the scenario's.
    pub group: u32,
}

/// Reads the groups: their members become users of the scenario.
pub(crate) struct Groups<'s> {
    pub(crate) directory: &'s mut Directory,
    pub(crate) products: &'s [Product],
    pub(crate) habits: Habits,
    pub(crate) people: &'s mut People,
    pub(crate) run: (Instant, Instant),
    pub(crate) problems: &'s mut Problems,
    pub(crate) read: Vec<Arc<Group>>,
    /// Where the name of each group stands.
    pub(crate) named: Vec<Range<usize>>,
    pub(crate) members: Vec<Member>,
    pub(crate) zones: BTreeMap<String, Zone>,
}

impl Groups<'_> {
    /// The groups, and their members by the numbers of their users.
    pub(crate) fn read(mut self, tables: Vec<Table<'_>>) -> (Vec<Arc<Group>>, Vec<Member>) {
        let before = self.problems.len();
        for table in tables {
            // What is wrong with a group was reported.
            let _ = self.read_group(table);
        }
        if self.problems.len() == before {
            // With a group unread, what a habit says of its products may well be right.
            self.habits.check_uses(&self.read, self.directory, self.problems);
        }
        self.members.sort_unstable();
        self.check_names();
        (self.read, self.members)
    }

    /// No two members have one name; what two groups share is one error, at the later.
    fn check_names(&mut self) {
        let named = |member: &Member| self.named[member.group as usize].clone();
        let mut clashes = BTreeMap::new();
        for of_user in self.members.chunk_by(|one, other| one.user == other.user) {
            let [first, later @ ..] = of_user else { continue };
            for later in later {
                // The copies of a group stand in one place.
                let places = (named(later).start, named(first).start);
                clashes.entry(places).or_insert((*later, *first));
            }
        }
        for (later, first) in clashes.into_values() {
            let [name, of_first] = [later, first].map(|member| &self.read[member.group as usize].name);
            let title = if name == of_first {
                format!("two groups are called `{name}`")
            } else {
                format!("two groups have a member called `{}`", self.directory.users.get(later.user.0))
            };
            let problem =
                Problem::new(named(&later), title, "again here").context(named(&first), "first here");
            self.problems.push(problem.help("give one of them another name"));
        }
    }

    fn read_group(&mut self, mut table: Table<'_>) -> Option<()> {
        refuse_token_limit(&mut table, self.problems);
        let named = table.need("name", self.problems);
        let name = named.and_then(|value| value.name(self.problems));
        let copies = self.read_copies(&mut table);
        let teams = if copies.is_none() { self.read_teams(&mut table) } else { Some(Vec::new()) };
        let products = table.need("products", self.problems).and_then(|value| self.read_products(value));
        let members = self.read_members(&mut table, (products.as_deref(), copies.is_some()));
        let habit = table.need("habit", self.problems);
        let habit = habit.and_then(|value| self.habits.find(value, self.problems));
        let own_zone = table.get("time_zone").and_then(|value| value.zone(self.problems));
        let first = teams.as_ref().and_then(|teams| teams.first());
        let zone = own_zone.clone().or(first.map(|team| self.people.team_zones[team.index()].clone()));
        let terms = self.read_terms(&mut table, &zone.unwrap_or_else(Zone::utc));
        let (joiners, leavers, come) = self.read_turnover(&mut table);
        let place = table.place.clone();
        table.finish(self.problems);
        let (named, name, teams, products) = (named?.place(), name?, teams?, products?);
        let (count, people) = members?;
        let (habit_name, habit) = habit?;
        if count * copies.as_ref().map_or(1, |(_, copies)| *copies) > MEMBERS_MAX {
            let label = "with the copies of the team more than 1,000,000 people";
            self.problems.push(Problem::new(place, "the people of a group", label));
            return None;
        }
        let (places, version) = (Places::named(self.directory), self.directory.version("2026"));
        let (start, end) = self.run;
        let own_zone = own_zone.map(|zone| self.prepared(zone));
        for copy in group_copies(copies.as_ref().map(|(_, copies)| *copies)) {
            let of_copy = copies.as_ref().zip(copy).map(|((team, _), copy)| {
                let team = self.directory.team_number(&numbered(team, copy));
                vec![team.expect("the scan named every copy")]
            });
            let teams = of_copy.unwrap_or_else(|| teams.clone());
            let zone = own_zone.clone().unwrap_or_else(|| {
                let of_team = self.people.team_zones[teams[0].index()].clone();
                self.prepared(of_team)
            });
            let group = Group {
                name: name.to_owned(),
                copy,
                count,
                people: people.clone(),
                zone,
                teams,
                products: products.clone(),
                habit_name: habit_name.clone(),
                habit: habit.clone(),
                joiners,
                leavers,
                come,
                places,
                version,
                start,
                end,
            };
            self.add(group, &terms, &place)?;
            self.named.push(named.clone());
        }
        Some(())
    }

    /// The shares who join, who leave, and who come at all.
    fn read_turnover(&mut self, table: &mut Table<'_>) -> (f64, Likelihood, Likelihood) {
        let joiners = table.get("joiners").and_then(|value| value.decimal((0.0, 1.0), self.problems));
        let mut seen = |key, default| {
            let read = table.get(key).and_then(|value| Likelihood::read(value, self.problems));
            read.unwrap_or(Likelihood::Stated(default))
        };
        (joiners.unwrap_or(0.0), seen("leavers", 0.0), seen("come", 1.0))
    }

    fn read_terms(&mut self, table: &mut Table<'_>, zone: &Zone) -> Terms {
        let add_ins = table.get("add_ins");
        let network = table.get("licence_server");
        Terms {
            add_ins: read_add_ins(add_ins, (self.directory, self.products), self.problems),
            network: read_network_user(network, self.directory, self.problems),
            covers: read_covers(table, (self.directory, zone), self.problems),
        }
    }

    /// A zone that is asked for every working day of the run; each is prepared once.
    fn prepared(&mut self, zone: Zone) -> Zone {
        let (start, end) = self.run;
        let name = zone.name().to_owned();
        self.zones.entry(name).or_insert_with(|| zone.prepared(start, end)).clone()
    }

    /// Adds a group, and its members to the users.
    fn add(&mut self, group: Group, terms: &Terms, place: &Range<usize>) -> Option<()> {
        let Terms { add_ins, network, covers } = terms;
        let opened = group.products.iter().map(|product| product.id);
        let opened = opened.chain(add_ins.iter().map(|add_in| add_in.add_in));
        // Who signs in through a licence server is assigned products on the way out of it (RULES 6.2).
        let assigned = if network.is_some() { BTreeSet::new() } else { opened.collect() };
        let user = User::new(group.teams.clone(), Assignment::Listed(assigned), add_ins.clone());
        let user = User { network: network.clone(), ..user };
        let mut members = Vec::new();
        let number = u32::try_from(self.read.len()).expect("fewer groups than people");
        let before = self.members.len();
        for member in 1..=group.count {
            let name = group.member_name(member);
            let member = self.directory.user_number(&name).expect("the scan named every member");
            if self.people.named.contains(&member) {
                let title = format!("`{name}` is a [[user]] and a member of a group");
                self.problems.push(Problem::new(place.clone(), title, "give one of them another name"));
                self.members.truncate(before);
                return None;
            }
            self.people.users[member.index()] = user.clone();
            self.people.user_zones[member.index()] = group.zone.clone();
            self.people.cover(member, covers);
            self.members.push(Member { user: member, group: number });
            members.push(member);
        }
        self.people.members.entry(group.name.clone()).or_default().append(&mut members);
        self.read.push(Arc::new(group));
        Some(())
    }

    /// The team of many copies that `team` names, and how many there are: each gets a group of its own.
    fn read_copies(&mut self, table: &mut Table<'_>) -> Option<(String, u64)> {
        let name = table.get("team")?.text(&mut Vec::new())?;
        self.directory.copies(name).map(|copies| (name.to_owned(), copies))
    }

    /// `team`, or `teams` for people who belong to several.
    fn read_teams(&mut self, table: &mut Table<'_>) -> Option<Vec<TeamId>> {
        let Some(value) = table.get("teams") else {
            let team = table.need("team", self.problems)?;
            return self.directory.team(team, self.problems).map(|team| vec![team]);
        };
        if let Some(place) = table.key_place("team") {
            table.get("team");
            let problem = Problem::new(place, "`team` beside `teams`", "write one of the two");
            self.problems.push(problem);
        }
        Some(read_teams(value, self.directory, self.problems)).filter(|teams| !teams.is_empty())
    }

    /// `count`, or `users` who have names of their own.
    fn read_members(
        &mut self,
        table: &mut Table<'_>,
        (products, of_copies): (Option<&[GroupProduct]>, bool),
    ) -> Option<(u64, Arc<[GroupPerson]>)> {
        let Some(users) = table.get("users") else {
            let count = table.need("count", self.problems).and_then(|value| self.read_count(value))?;
            return Some((count, Arc::default()));
        };
        if let Some(place) = table.key_place("count").or(of_copies.then(|| users.place())) {
            table.get("count");
            let title = "the `users` of a group are those who are named";
            let label =
                if of_copies { "a team of many copies has a `count`" } else { "write `count` or `users`" };
            self.problems.push(Problem::new(place, title, label));
        }
        let reader = GroupPeople { directory: self.directory, products: products?, problems: self.problems };
        let people = reader.read(users)?;
        Some((people.len() as u64, people.into()))
    }

    fn read_count(&mut self, value: Value<'_>) -> Option<u64> {
        let count = value.whole(self.problems)?;
        if count == 0 || count > MEMBERS_MAX {
            let label = "must be from 1 to 1,000,000";
            self.problems.push(Problem::new(value.place(), "the people of a group", label));
            return None;
        }
        Some(count)
    }

    fn read_products(&mut self, value: Value<'_>) -> Option<Vec<GroupProduct>> {
        let mut products: Vec<ProductId> = Vec::new();
        for item in value.list(self.problems)? {
            let product = self.directory.product(item, self.problems)?;
            if !matches!(self.products[product.index()].kind, ProductKind::Desktop | ProductKind::AddIn) {
                let title = "a group opens products in sessions (RULES 1.4)";
                self.problems.push(Problem::new(item.place(), title, "this is not opened"));
                return None;
            }
            if !products.contains(&product) {
                products.push(product);
            }
        }
        if products.is_empty() {
            let title = "a group opens products (RULES 1.4)";
            self.problems.push(Problem::new(value.place(), title, "none is listed"));
            return None;
        }
        let of_group = |id: ProductId| GroupProduct {
            id,
            name: self.directory.products.get(id.0).to_owned(),
            idle_aware: self.products[id.index()].idle_aware.clone(),
        };
        Some(products.into_iter().map(of_group).collect())
    }
}
