//! `Months`: the calendar months of a run.

use chrono::{Datelike, NaiveDate};

use crate::meter::instant::{Instant, Span};
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, Zone};

/// The calendar months that a run touches, in the zone in which usage is reported (RULES 5.4).
#[derive(Clone, Debug)]
pub struct Months {
    /// The first day of each.
    first_days: Vec<NaiveDate>,
    /// When each of them but the first begins.
    later: Vec<Instant>,
}

impl Months {
    /// Those of a scenario's run.
    pub fn of_run(scenario: &Scenario) -> Self {
        Months::between((scenario.start, scenario.end), &scenario.policies.report_zone)
    }

    /// Those from an instant to another, exclusive.
    pub fn between((start, end): (Instant, Instant), zone: &Zone) -> Self {
        let first = zone.local(start).date().with_day(1).expect("every month has a first");
        let last = zone.local(end + Span::from_seconds(-1)).date();
        let next = |month: &NaiveDate| month.checked_add_months(chrono::Months::new(1));
        let first_days: Vec<_> =
            std::iter::successors(Some(first), next).take_while(|month| *month <= last).collect();
        let begins = |first: &NaiveDate| zone.moment(Day::from(*first), Span::from_seconds(0));
        let later = first_days.iter().skip(1).map(begins).collect();
        Months { first_days, later }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.first_days.len()
    }

    /// The place of the month in which an instant lies, from 0.
    pub fn of(&self, at: Instant) -> usize {
        self.later.partition_point(|begins| *begins <= at)
    }

    /// When each begins and ends as a whole, whatever part of it the run touches.
    pub fn whole(&self, zone: &Zone) -> Vec<(Instant, Instant)> {
        let begins = |first: NaiveDate| zone.moment(Day::from(first), Span::from_seconds(0));
        let next =
            |first: NaiveDate| first.checked_add_months(chrono::Months::new(1)).expect("within the calendar");
        self.first_days.iter().map(|first| (begins(*first), begins(next(*first)))).collect()
    }

    /// What each is called: `2026-03`.
    pub fn names(&self) -> Vec<String> {
        self.first_days.iter().map(|first| first.format("%Y-%m").to_string()).collect()
    }
}
