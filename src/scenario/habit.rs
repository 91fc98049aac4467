//! `Habit`: how the people of a group behave.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::meter::id::ProductId;
use crate::meter::instant::Instant;
use crate::scenario::directory::Directory;
use crate::scenario::group::Group;
use crate::scenario::office::Office;
use crate::scenario::poisson::Poisson;
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::reader::{Problems, Table, Value};

/// How the people of a group behave.
#[derive(Clone, Debug)]
pub enum Habit {
    /// For theory: sign-ins are a Poisson process, day and night.
    Poisson(Poisson),
    /// For practice: working days in the user's own zone.
    Office(Box<Office>),
}

impl Habit {
    /// Reads a `[habit.NAME]` table.
    pub(crate) fn read(
        mut table: Table<'_>,
        directory: &mut Directory,
        run: (Instant, Instant),
        problems: &mut Problems,
    ) -> Option<Self> {
        let kind = table.need("kind", problems);
        let poisson =
            kind.and_then(|value| value.one_of(&[("poisson", true), ("office", false)], problems))?;
        let habit = if poisson {
            Poisson::read(&mut table, problems).map(Habit::Poisson)
        } else {
            Office::read(&mut table, directory, run, problems).map(|office| Habit::Office(Box::new(office)))
        };
        table.finish(problems);
        habit
    }
}

/// The habits of a file, by their names.
#[derive(Default)]
pub(crate) struct Habits {
    /// `None` where one could not be read, which was reported.
    habits: BTreeMap<String, Option<Habit>>,
    own_uses: Vec<OwnUse>,
}

/// Where a habit gives a product a chance of use of its own.
struct OwnUse {
    habit: String,
    product: String,
    place: Range<usize>,
}

impl Habits {
    /// Reads `[habit]`.
    pub(crate) fn read(
        table: Option<Table<'_>>,
        directory: &mut Directory,
        run: (Instant, Instant),
        problems: &mut Problems,
    ) -> Self {
        let mut read = Habits::default();
        let Some(table) = table else { return read };
        for (name, value) in table.every("habit") {
            let habit = value.table(&format!("[habit.{name}]"), problems);
            let habit = habit.and_then(|table| Habit::read(table, directory, run, problems));
            if matches!(habit, Some(Habit::Office(_))) {
                read.own_uses.extend(own_uses(name, value));
            }
            read.habits.insert(name.to_owned(), habit);
        }
        read
    }

    /// The habit a value names, and its name.
    pub(crate) fn find(&self, value: Value<'_>, problems: &mut Problems) -> Option<(String, Habit)> {
        let name = value.name(problems)?;
        if let Some(habit) = self.habits.get(name) {
            return habit.clone().map(|habit| (name.to_owned(), habit));
        }
        let help = nearest(name, self.habits.keys().map(String::as_str));
        let problem = Problem::new(value.place(), format!("unknown habit `{name}`"), "not defined anywhere");
        problems.push(problem.help(format!("{help}; a habit is a table [habit.{name}]")));
        None
    }

    /// Nobody may have a chance to use what they never open. A habit that no group has is left alone.
    pub(crate) fn check_uses(&self, groups: &[Arc<Group>], directory: &Directory, problems: &mut Problems) {
        let mut opened: BTreeMap<&str, BTreeSet<ProductId>> = BTreeMap::new();
        // The copies of a group open the same.
        for group in groups.iter().filter(|group| group.copy.is_none_or(|copy| copy == 1)) {
            let products = group.products.iter().map(|product| product.id);
            opened.entry(&group.habit_name).or_default().extend(products);
        }
        for OwnUse { habit, product, place } in &self.own_uses {
            // A product that is unknown was reported.
            let id = directory.product_named(product, place.clone(), &mut Vec::new());
            let (Some(id), Some(opened)) = (id, opened.get(habit.as_str())) else { continue };
            if !opened.contains(&id) {
                let title = format!("no group with this habit opens `{product}`");
                let problem = Problem::new(place.clone(), title, "a chance of use that nobody has");
                problems.push(problem.help("add it to the `products` of a group, or leave it out here"));
            }
        }
    }
}

fn own_uses(habit: &str, value: Value<'_>) -> Vec<OwnUse> {
    let Some(uses) = table(value).and_then(|mut habit| habit.get("use")).and_then(table) else {
        return Vec::new();
    };
    let own_use = |(product, value): (&str, Value<'_>)| OwnUse {
        habit: habit.to_owned(),
        product: product.to_owned(),
        place: uses.key_place(product).unwrap_or(value.place()),
    };
    uses.every("use").map(own_use).collect()
}

/// A value that is a table; what is none was reported when the habit was read.
fn table(value: Value<'_>) -> Option<Table<'_>> {
    value.table("", &mut Vec::new())
}
