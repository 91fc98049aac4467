//! `Habit`: how the people of a group behave.

use crate::meter::instant::Instant;
use crate::scenario::directory::Directory;
use crate::scenario::office::Office;
use crate::scenario::poisson::Poisson;
use crate::scenario::reader::{Problems, Table};

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
