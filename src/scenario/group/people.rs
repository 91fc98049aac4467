//! `GroupPeople`: the members of a group that have names of their own, and perhaps chances.

use crate::meter::id::ProductId;
use crate::scenario::chance::Chance;
use crate::scenario::directory::{Directory, MEMBERS_MAX};
use crate::scenario::group::{GroupPerson, GroupProduct};
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::reader::{Problems, Value};

/// Reads `users`: a list of names, or a table of their chances.
pub(crate) struct GroupPeople<'s> {
    pub(crate) directory: &'s Directory,
    /// What the group opens.
    pub(crate) products: &'s [GroupProduct],
    pub(crate) problems: &'s mut Problems,
}

impl GroupPeople<'_> {
    /// The people in the order of their names.
    pub(crate) fn read(mut self, users: Value<'_>) -> Option<Vec<GroupPerson>> {
        let before = self.problems.len();
        let mut people = if users.is_table() { self.with_chances(users)? } else { self.listed(users)? };
        people.sort_by(|one, other| one.name.cmp(&other.name));
        if people.is_empty() || people.len() as u64 > MEMBERS_MAX {
            let label = "must be from 1 to 1,000,000";
            self.problems.push(Problem::new(users.place(), "the people of a group", label));
        }
        (self.problems.len() == before).then_some(people)
    }

    fn listed(&mut self, users: Value<'_>) -> Option<Vec<GroupPerson>> {
        let mut people: Vec<GroupPerson> = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        for value in users.list(self.problems)? {
            let Some(name) = value.name(self.problems) else { continue };
            if !names.insert(name) {
                let title = format!("`{name}` is a member of the group twice");
                self.problems.push(Problem::new(value.place(), title, "again here"));
            }
            people.push(GroupPerson { name: name.to_owned(), uses: None });
        }
        Some(people)
    }

    fn with_chances(&mut self, users: Value<'_>) -> Option<Vec<GroupPerson>> {
        let table = users.table("`users`", self.problems)?;
        let mut people = Vec::new();
        for (name, value) in table.every("users") {
            if name.trim().is_empty() || name.contains(char::is_control) {
                let place = table.key_place(name).unwrap_or(value.place());
                self.problems.push(Problem::new(place, "a user has a name", "not a name"));
            }
            let chances = value.table("a user's chances of use", self.problems)?;
            let mut uses = Vec::new();
            for (product, chance) in chances.every("use") {
                let place = chances.key_place(product).unwrap_or(chance.place());
                let id = self.directory.product_named(product, place.clone(), self.problems);
                uses.extend(id.zip(Chance::read(chance, self.problems)));
                self.check_opened(id, (product, place));
            }
            people.push(GroupPerson { name: name.to_owned(), uses: Some(uses) });
        }
        Some(people)
    }

    /// A chance is one of a product that the group opens.
    fn check_opened(&mut self, id: Option<ProductId>, (name, place): (&str, std::ops::Range<usize>)) {
        if id.is_some_and(|id| self.products.iter().all(|product| product.id != id)) {
            let title = format!("the group does not open `{name}`");
            let help = nearest(name, self.products.iter().map(|product| product.name.as_str()));
            let problem = Problem::new(place, title, "a chance of use that nobody has");
            self.problems.push(problem.help(format!("{help}; or add it to the group's `products`")));
        }
    }
}
