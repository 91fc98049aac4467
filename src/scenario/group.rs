//! `[[group]]` and `[habit]`: people described once and simulated many times.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::meter::id::{DeviceId, ProductId, TeamId, UserId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::product::{Product, ProductKind};
use crate::meter::user::{Assignment, User};
use crate::scenario::calendar::{Day, Zone};
use crate::scenario::directory::{Directory, MEMBERS_MAX, member_name};
use crate::scenario::habit::Habit;
use crate::scenario::membership::{read_add_ins, read_teams, refuse_token_limit};
use crate::scenario::people::People;
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::reader::{Problems, Table, Value};

/// People with one habit.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its members are called after it: `name-1`, `name-2`, …
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// Their teams.
    pub teams: Vec<TeamId>,
    /// Where they are, unless they travel; default their first team's zone.
    pub zone: Zone,
    /// What they open.
    pub products: Vec<GroupProduct>,
    /// The name of their habit.
    pub habit_name: String,
    /// Their habit.
    pub habit: Habit,
    /// The share who join on some day of the run, any as likely as the other; default none.
    pub joiners: f64,
    /// The share who leave on some day of the run, any as likely as the other; default none.
    pub leavers: f64,
    /// The devices of each of them.
    pub(crate) places: Places,
    /// The version opened where the habit names none.
    pub(crate) version: VersionId,
    /// The run's first instant.
    pub(crate) start: Instant,
    /// The run's end.
    pub(crate) end: Instant,
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

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The member as a user.
    pub user: UserId,
    /// The place of the group among the scenario's.
    pub group: u32,
}

/// Reads the habits by their names.
pub(crate) fn read_habits(
    table: Option<Table<'_>>,
    directory: &mut Directory,
    problems: &mut Problems,
) -> BTreeMap<String, Option<Habit>> {
    let mut habits = BTreeMap::new();
    let Some(table) = table else { return habits };
    for (name, value) in table.every("habit") {
        let habit = value.table(&format!("[habit.{name}]"), problems);
        habits.insert(name.to_owned(), habit.and_then(|table| Habit::read(table, directory, problems)));
    }
    habits
}

/// Reads the groups: their members become users of the scenario.
pub(crate) struct Groups<'s> {
    pub(crate) directory: &'s mut Directory,
    pub(crate) products: &'s [Product],
    pub(crate) habits: BTreeMap<String, Option<Habit>>,
    pub(crate) people: &'s mut People,
    pub(crate) run: (Instant, Instant),
    pub(crate) problems: &'s mut Problems,
}

impl Groups<'_> {
    /// The groups, and their members by the numbers of their users.
    pub(crate) fn read(mut self, tables: Vec<Table<'_>>) -> (Vec<Arc<Group>>, Vec<Member>) {
        let (mut groups, mut members) = (Vec::new(), Vec::new());
        for table in tables {
            if let Some(group) = self.read_group(table, &mut members, groups.len()) {
                groups.push(Arc::new(group));
            }
        }
        members.sort_unstable();
        for pair in members.windows(2).filter(|pair| pair[0].user == pair[1].user) {
            let name = self.directory.users.get(pair[0].user.0);
            let title = format!("two groups have a member called `{name}`");
            self.problems.push(Problem::new(0..0, title, "give the groups different names"));
        }
        (groups, members)
    }

    fn read_group(
        &mut self,
        mut table: Table<'_>,
        members: &mut Vec<Member>,
        number: usize,
    ) -> Option<Group> {
        refuse_token_limit(&mut table, self.problems);
        let name = table.need("name", self.problems).and_then(|value| value.name(self.problems));
        let teams = self.read_teams(&mut table);
        let count = table.need("count", self.problems).and_then(|value| self.read_count(value));
        let products = table.need("products", self.problems).and_then(|value| self.read_products(value));
        let habit = table.need("habit", self.problems).and_then(|value| self.find_habit(value));
        let add_ins =
            read_add_ins(table.get("add_ins"), (self.directory, self.products), self.problems);
        let own_zone = table.get("time_zone").and_then(|value| value.zone(self.problems));
        let mut share = |key| {
            let value = table.get(key);
            value.and_then(|value| value.decimal((0.0, 1.0), self.problems)).unwrap_or(0.0)
        };
        let (joiners, leavers) = (share("joiners"), share("leavers"));
        let place = table.place.clone();
        table.finish(self.problems);
        let (name, teams, count, products) = (name?, teams?, count?, products?);
        let (habit_name, habit) = habit?;
        let zone = own_zone.unwrap_or_else(|| self.people.team_zones[teams[0].index()].clone());
        let assigned = products.iter().map(|product| product.id);
        let assignment = assigned.chain(add_ins.iter().map(|add_in| add_in.add_in)).collect();
        let member = User::new(teams.clone(), Assignment::Listed(assignment), add_ins);
        for number_in_group in 1..=count {
            let member_name = member_name(name, number_in_group);
            let user = self.directory.user_number(&member_name).expect("the scan named every member");
            if self.people.named.contains(&user) {
                let title = format!("`{member_name}` is a [[user]] and a member of a group");
                self.problems.push(Problem::new(place.clone(), title, "give one of them another name"));
                return None;
            }
            self.people.users[user.index()] = member.clone();
            self.people.user_zones[user.index()] = zone.clone();
            let group = u32::try_from(number).expect("fewer groups than bytes in a file");
            members.push(Member { user, group });
        }
        let (places, version) = (Places::named(self.directory), self.directory.version("2026"));
        let (start, end) = self.run;
        Some(Group {
            name: name.to_owned(),
            count,
            teams,
            zone,
            products,
            habit_name,
            habit,
            joiners,
            leavers,
            places,
            version,
            start,
            end,
        })
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
            products.push(product);
        }
        products.sort_unstable();
        products.dedup();
        let of_group = |id: ProductId| GroupProduct {
            id,
            name: self.directory.products.get(id.0).to_owned(),
            idle_aware: self.products[id.index()].idle_aware.clone(),
        };
        Some(products.into_iter().map(of_group).collect())
    }

    fn find_habit(&mut self, value: Value<'_>) -> Option<(String, Habit)> {
        let name = value.name(self.problems)?;
        if let Some(habit) = self.habits.get(name) {
            return habit.clone().map(|habit| (name.to_owned(), habit));
        }
        let help = nearest(name, self.habits.keys().map(String::as_str));
        let problem = Problem::new(value.place(), format!("unknown habit `{name}`"), "not defined anywhere");
        self.problems.push(problem.help(format!("{help}; a habit is a table [habit.{name}]")));
        None
    }
}
