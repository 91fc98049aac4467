//! `Days`: tokens per day of a team, which do not depend on the range (RULES 5.3).

use askama::Template;

use crate::report::page::filters;
use crate::usage::figures::DayTokens;

/// A year of a team, or of all of them.
#[derive(Template)]
#[template(path = "days.html")]
pub(crate) struct Days<'a> {
    /// Empty for all teams.
    pub(crate) team: &'a str,
    /// The days.
    pub(crate) days: &'a [DayTokens],
}

impl Days<'_> {
    /// The main thing to see.
    fn message(&self) -> String {
        let tokens = |day: &DayTokens| day.active_packs.max(day.expired_packs);
        match self.days.iter().max_by_key(|day| tokens(day)).zip(self.days.last()) {
            Some((most, last)) => {
                let days = self.days.len();
                format!(
                    "Tokens per day, {days} days up to {}. Most: {}, {}.",
                    last.day,
                    most.day,
                    tokens(most)
                )
            }
            None => "No days.".to_owned(),
        }
    }
}
