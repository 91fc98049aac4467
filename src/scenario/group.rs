//! `[[group]]` and `[habit]`: people described once and simulated many times.

use std::collections::BTreeMap;

use crate::meter::id::{ProductId, UserId};
use crate::meter::product::{Product, ProductKind};
use crate::meter::user::{Assignment, User};
use crate::scenario::directory::{Directory, MEMBERS_MAX, member_name};
use crate::scenario::habit::{Habit, Person};
use crate::scenario::people::{People, refuse_token_limit};
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::reader::{Problems, Table, Value};

/// Reads the habits by their names.
pub(crate) fn read_habits(
    table: Option<Table<'_>>,
    problems: &mut Problems,
) -> BTreeMap<String, Option<Habit>> {
    let mut habits = BTreeMap::new();
    let Some(table) = table else { return habits };
    for (name, value) in table.every() {
        let habit = value.table(&format!("[habit.{name}]"), problems);
        habits.insert(name.to_owned(), habit.and_then(|table| Habit::read(table, problems)));
    }
    habits
}

/// Reads the groups: their members become users of the scenario, and people with a habit.
pub(crate) struct Groups<'s> {
    pub(crate) directory: &'s Directory,
    pub(crate) products: &'s [Product],
    pub(crate) habits: BTreeMap<String, Option<Habit>>,
    pub(crate) people: &'s mut People,
    pub(crate) problems: &'s mut Problems,
}

impl Groups<'_> {
    /// The simulated people, by the numbers of their users.
    pub(crate) fn read(mut self, tables: Vec<Table<'_>>) -> Vec<Person> {
        let mut simulated: Vec<(UserId, Person)> = Vec::new();
        for table in tables {
            simulated.extend(self.read_group(table).unwrap_or_default());
        }
        simulated.sort_by_key(|(user, _)| *user);
        for pair in simulated.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let name = self.directory.users.get(pair[0].0.0);
            let title = format!("two groups have a member called `{name}`");
            self.problems.push(Problem::new(0..0, title, "give the groups different names"));
        }
        simulated.into_iter().map(|(_, person)| person).collect()
    }

    fn read_group(&mut self, mut table: Table<'_>) -> Option<Vec<(UserId, Person)>> {
        refuse_token_limit(&mut table, self.problems);
        let name = table.need("name", self.problems).and_then(|value| value.name(self.problems));
        let team = table.need("team", self.problems);
        let team = team.and_then(|value| self.directory.team(value, self.problems));
        let count = table.need("count", self.problems).and_then(|value| self.read_count(value));
        let products = table.need("products", self.problems).and_then(|value| self.read_products(value));
        let habit = table.need("habit", self.problems).and_then(|value| self.find_habit(value));
        let place = table.place.clone();
        table.finish(self.problems);
        let (name, team, count, products, habit) = (name?, team?, count?, products?, habit?);
        let assignment = Assignment::Listed(products.iter().copied().collect());
        let named: Vec<(ProductId, &str)> =
            products.iter().map(|&product| (product, self.directory.products.get(product.0))).collect();
        let mut members = Vec::new();
        for member in 1..=count {
            let member = member_name(name, member);
            let user = self.directory.user_number(&member).expect("the scan named every member");
            if self.people.named.contains(&user) {
                let title = format!("`{member}` is a [[user]] and a member of a group");
                self.problems.push(Problem::new(place.clone(), title, "give one of them another name"));
                return None;
            }
            self.people.users[user.index()] = User::new(vec![team], assignment.clone(), Vec::new());
            self.people.user_zones[user.index()] = self.people.team_zones[team.index()].clone();
            members.push((user, Person::new(user, &member, &named, habit.clone())));
        }
        Some(members)
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

    fn read_products(&mut self, value: Value<'_>) -> Option<Vec<ProductId>> {
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
        Some(products)
    }

    fn find_habit(&mut self, value: Value<'_>) -> Option<Habit> {
        let name = value.name(self.problems)?;
        if let Some(habit) = self.habits.get(name) {
            return habit.clone();
        }
        let help = nearest(name, self.habits.keys().map(String::as_str));
        let problem = Problem::new(value.place(), format!("unknown habit `{name}`"), "not defined anywhere");
        self.problems.push(problem.help(format!("{help}; a habit is a table [habit.{name}]")));
        None
    }
}
