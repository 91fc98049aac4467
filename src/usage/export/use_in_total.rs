//! `UseInTotal`: the older usage report, a row per user, product, version and team.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::usage::balances::DaysShown;
use crate::usage::export::fact::UsageFact;
use crate::usage::export::{Cell, People, TakeRow};
use crate::usage::range::months_between;

pub(crate) const COLUMNS: [&str; 19] = [
    "hashed_autodesk_id",
    "first_name",
    "last_name",
    "email",
    "autodesk_id",
    "team_alias",
    "group",
    "offering_name",
    "version",
    "seat_assignment",
    "assigned_date",
    "unassigned_date",
    "user_activity",
    "days_inactive",
    "access_option",
    "days_used",
    "monthly_average",
    "tokens_used",
    "last_accessed",
];

/// Sums by user, product, version and team.
#[derive(Default)]
pub(crate) struct UseInTotal(BTreeMap<[String; 4], Total>);

#[derive(Default)]
struct Total {
    tokens: Tokens,
    days: BTreeSet<Day>,
}

impl UseInTotal {
    /// Adds a fact.
    pub(crate) fn add(&mut self, fact: UsageFact) {
        let total = self.0.entry([fact.user, fact.product, fact.version, fact.team]).or_default();
        total.tokens += fact.tokens;
        total.days.insert(fact.day);
    }

    /// Hands out the rows. The monthly average is days used per calendar month that the range touches, over or
    /// not, to one digit; what is used with tokens is `Flex`: both are ours, the vendor does not say.
    pub(crate) fn rows(self, (days, people): (DaysShown, &People), take: TakeRow<'_>) -> io::Result<()> {
        let months = i64::from(months_between(days.from, days.to));
        for ([user, product, version, team], total) in self.0 {
            let count = total.days.len() as u64;
            let tenths = (i64::try_from(count).expect("days of a range") * 20 + months) / (2 * months);
            let last = total.days.last().expect("a day of every fact");
            let text = |text: &str| Cell::Text(text.to_owned());
            take(&[
                people.hashed(&user),
                people.personal(),
                people.personal(),
                Cell::Text(user),
                Cell::Blank,
                Cell::Text(team),
                Cell::Blank,
                Cell::Text(product),
                if version.is_empty() { Cell::Blank } else { Cell::Text(version) },
                Cell::Blank,
                Cell::Blank,
                Cell::Blank,
                text("active"),
                Cell::Blank,
                text("Flex"),
                Cell::Count(count),
                Cell::Amount(Tokens::from_thousandths(tenths * 100)),
                Cell::Amount(total.tokens),
                Cell::Day(last.date()),
            ])?;
        }
        Ok(())
    }
}
