//! `Rhythm`: when packs can be bought.

use chrono::{Datelike, Months};

use crate::meter::instant::Instant;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, utc};

/// When packs can be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Once, at the run's start.
    Start,
    /// At the start, and at the beginning of each month (UTC).
    Monthly,
    /// At the start, and at the beginning of each quarter (UTC).
    Quarterly,
    /// At these instants.
    On(Vec<Instant>),
}

impl Rhythm {
    /// The instants within a scenario's run, ascending.
    pub fn dates(&self, scenario: &Scenario) -> Vec<Instant> {
        let firsts = |months| std::iter::once(scenario.start).chain(firsts(scenario, months)).collect();
        let mut dates: Vec<Instant> = match self {
            Rhythm::Start => vec![scenario.start],
            Rhythm::Monthly => firsts(1),
            Rhythm::Quarterly => firsts(3),
            Rhythm::On(dates) => dates.clone(),
        };
        dates.retain(|at| *at >= scenario.start && *at < scenario.end);
        dates.sort_unstable();
        dates.dedup();
        dates
    }
}

/// The beginnings of every so many months of the calendar year, from the start on.
fn firsts(scenario: &Scenario, months: u32) -> impl Iterator<Item = Instant> {
    let start = utc(scenario.start).date_naive();
    let year = start.with_ordinal(1).expect("every year has a first day");
    let first = move |number: u32| {
        let day = year.checked_add_months(Months::new(number * months)).expect("within the calendar");
        Day::from(day).midnight()
    };
    let end = scenario.end;
    (0..).map(first).take_while(move |at| *at < end)
}
