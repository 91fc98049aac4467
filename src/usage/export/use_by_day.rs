//! The token usage of 2026, a row per day, user, product and team.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::usage::export::fact::UsageFact;
use crate::usage::export::{Cell, People, TakeRow};

pub(crate) const COLUMNS: [&str; 8] =
    ["Day used", "Email", "Feature", "First name", "Last name", "Product", "Team", "Tokens used"];

/// Hands out the rows of a day. Free openings have a row of 0 tokens, where the user and product were not charged on
/// the same day.
pub(crate) fn rows(
    (day, facts): (Day, &mut dyn Iterator<Item = UsageFact>),
    people: &People,
    take: TakeRow<'_>,
) -> io::Result<()> {
    let mut rows: BTreeMap<[String; 3], (Tokens, u64)> = BTreeMap::new();
    for fact in facts {
        let row = rows.entry([fact.user, fact.product, fact.team]).or_default();
        row.0 += fact.tokens;
        row.1 += fact.charges;
    }
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
