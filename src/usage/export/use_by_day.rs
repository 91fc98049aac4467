//! `UseByDay`: the token usage of 2026, a row per day, user, product and team.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::usage::export::fact::UsageFact;
use crate::usage::export::{Cell, People, TakeRow};

pub(crate) const COLUMNS: [&str; 8] =
    ["Day used", "Email", "Feature", "First name", "Last name", "Product", "Team", "Tokens used"];

/// One day at a time: facts come in the order of days.
#[derive(Default)]
pub(crate) struct UseByDay {
    day: Option<Day>,
    /// Tokens and charges by user, product and team.
    rows: BTreeMap<[String; 3], (Tokens, u64)>,
}

impl UseByDay {
    /// Adds a fact; the rows of a day are handed out when the next one begins.
    pub(crate) fn add(&mut self, fact: UsageFact, (people, take): (&People, TakeRow<'_>)) -> io::Result<()> {
        assert!(self.day.is_none_or(|day| day <= fact.day), "facts come in the order of days");
        if self.day != Some(fact.day) {
            self.hand_out((people, take))?;
            self.day = Some(fact.day);
        }
        let row = self.rows.entry([fact.user, fact.product, fact.team]).or_default();
        row.0 += fact.tokens;
        row.1 += fact.charges;
        Ok(())
    }

    /// Hands out the last rows.
    pub(crate) fn finish(mut self, to: (&People, TakeRow<'_>)) -> io::Result<()> {
        self.hand_out(to)
    }

    /// Free openings have a row of 0 tokens, where the user and product were not charged on the same day.
    fn hand_out(&mut self, (people, take): (&People, TakeRow<'_>)) -> io::Result<()> {
        let Some(day) = self.day else { return Ok(()) };
        let rows = std::mem::take(&mut self.rows);
        let charged = rows.iter().filter(|(_, (_, charges))| *charges > 0);
        let charged: BTreeSet<[String; 2]> =
            charged.map(|([user, product, _], _)| [user.clone(), product.clone()]).collect();
        for ([user, product, team], (tokens, charges)) in rows {
            let key = [user, product];
            if charges == 0 && charged.contains(&key) {
                continue;
            }
            let [user, product, team] = [&key[0], &key[1], &team].map(|text| Cell::Text(text.clone()));
            let (first, last) = (people.personal(), people.personal());
            let day = Cell::Day(day.date());
            take(&[day, user, Cell::Blank, first, last, product, team, Cell::Amount(tokens)])?;
        }
        Ok(())
    }
}
