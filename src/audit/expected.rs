//! `expected`: the expectations that a scenario meets, taken from what comes of it.

use std::collections::BTreeMap;

use toml_edit::{Array, InlineTable, Item, Table, Value};

use crate::audit::journal::Journal;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::record::Record;
use crate::scenario::document::{Document, Entry, instant};

/// What is expected of one user and product, a row each.
#[derive(Default)]
struct Rows {
    charges: Array,
    refusals: Array,
    admissions: Array,
}

/// Adds the expectations that a journal of the document meets: every user and product's charges, refusals and
/// admissions, and what each team has left at the end.
pub fn expect_all(document: &mut Document, journal: &Journal) {
    let mut keys: BTreeMap<(UserId, ProductId), Rows> = BTreeMap::new();
    for entry in &journal.entries {
        match &entry.record {
            Record::Charge(row) => {
                let rows = keys.entry((row.user, row.product)).or_default();
                let cells = [
                    ("at", at(row.window_start)),
                    ("tokens", amount(&row.tokens.to_string())),
                    ("kind", row.kind.name().into()),
                ];
                rows.charges.push(InlineTable::from_iter(cells));
            }
            Record::SignIn(row) => {
                let rows = keys.entry((row.user, row.product)).or_default();
                let (list, reason) = match row.answer {
                    Ok(admission) => (&mut rows.admissions, admission.name()),
                    Err(refusal) => (&mut rows.refusals, refusal.name()),
                };
                list.push(InlineTable::from_iter([("at", at(row.at)), ("reason", reason.into())]));
            }
            _ => {}
        }
    }
    let directory = &journal.scenario.directory;
    for ((user, product), rows) in keys {
        let names = (directory.users.get(user.0), directory.products.get(product.0));
        document.push("expect", rows.table(names));
    }
    for (team, available) in directory.teams.iter().zip(&journal.available) {
        let entry = Entry::default().with("team", team);
        document.push("expect", entry.with("available", amount(&available.to_string())).table());
    }
}

impl Rows {
    fn table(self, (user, product): (&str, &str)) -> Table {
        let mut entry =
            Entry::default().with("user", user).with("product", product).with("charges", lines(self.charges));
        for (key, list) in [("refusals", self.refusals), ("admissions", self.admissions)] {
            if !list.is_empty() {
                entry = entry.with(key, lines(list));
            }
        }
        entry.table()
    }
}

/// A list with a line for each of its rows.
fn lines(mut list: Array) -> Array {
    if !list.is_empty() {
        list.iter_mut().for_each(|row| row.decor_mut().set_prefix("\n  "));
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
    list
}

fn at(at: Instant) -> Value {
    match instant(at) {
        Item::Value(value) => value,
        _ => unreachable!("an instant is a value"),
    }
}

/// An amount as files write it, exactly.
pub fn amount(text: &str) -> Value {
    text.parse().expect("an amount is a number")
}
