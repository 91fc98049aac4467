//! `expected`: the expectations that a scenario meets, taken from what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Array, InlineTable, Table};

use crate::audit::journal::Journal;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::record::{ChargeRecord, Record};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::document::{Document, Entry, amount, instant};
use crate::simulation::run::Run;
use crate::simulation::verdict::{notice_texts, packs_text, who_text};

/// What is expected of one user and product, a row each.
#[derive(Default)]
struct Rows {
    charges: Array,
    refusals: Array,
    admissions: Array,
    sessions: Array,
}

/// Adds the expectations that a journal of the document meets: every user and product's charges, refusals,
/// admissions and sessions, every user's notices, and what is left at the end. Columns that tell nothing are left
/// out: the team where there is one, the packs where there is one. What the document expects already stays as it
/// is, and nothing is expected beside it of the same.
pub fn expect_all(document: &mut Document, journal: &Journal) {
    let known = document.tables("expect").count();
    let mut keys: BTreeMap<(UserId, ProductId), Rows> = BTreeMap::new();
    let mut notices: BTreeMap<UserId, Array> = BTreeMap::new();
    let mut hindrances = Array::new();
    for entry in &journal.entries {
        match &entry.record {
            Record::Charge(row) => {
                keys.entry((row.user, row.product)).or_default().charges.push(charge(journal, row));
            }
            Record::SignIn(row) => {
                let rows = keys.entry((row.user, row.product)).or_default();
                let (list, reason) = match row.answer {
                    Ok(admission) => (&mut rows.admissions, admission.name()),
                    Err(refusal) => (&mut rows.refusals, refusal.name()),
                };
                list.push(InlineTable::from_iter([("at", instant(row.at)), ("reason", reason.into())]));
            }
            Record::Session(row) => {
                let cells = [
                    ("at", instant(row.signed_in)),
                    ("until", instant(row.signed_out)),
                    ("end", row.end.name().into()),
                ];
                let rows = keys.entry((row.user, row.product)).or_default();
                rows.sessions.push(InlineTable::from_iter(cells));
            }
            Record::Notice(row) => {
                let columns = notice_texts(&journal.scenario.directory, row.kind);
                let cells = row_of(row.at, ["notice", "product", "device"].into_iter().zip(columns));
                notices.entry(row.user).or_default().push(cells);
            }
            Record::Transition(row) if row.hindrance.is_some() => {
                let directory = &journal.scenario.directory;
                let user = row.step.user().map_or("", |user| directory.users.own(user.0));
                let reason = row.hindrance.as_ref().map_or("", |hindrance| hindrance.name());
                let who = who_text(directory, row.hindrance.as_ref());
                let columns = [("step", row.step.name()), ("user", user), ("reason", reason), ("who", &who)];
                hindrances.push(row_of(row.at, columns));
            }
            _ => {}
        }
    }
    let directory = &journal.scenario.directory;
    for ((user, product), rows) in keys {
        let names = (directory.users.own(user.0), directory.products.get(product.0));
        document.push("expect", rows.table(names));
    }
    for (user, list) in notices {
        let entry = Entry::default().with("user", directory.users.own(user.0));
        document.push("expect", entry.with("notices", lines(list)).table());
    }
    if !hindrances.is_empty() {
        document.push("expect", Entry::default().with("transition", lines(hindrances)).table());
    }
    expect_stock(document, journal);
    say_nothing_twice(document, known);
}

/// The keys that tell what is expected of whom; the others tell what is expected.
const OF_WHOM: [&str; 7] = ["user", "product", "team", "pack", "contract", "licence_server", "at"];

/// Takes from later expectations what one of the first so many says of the same.
fn say_nothing_twice(document: &mut Document, known: usize) {
    let first: Vec<Table> = document.tables("expect").take(known).cloned().collect();
    let mut emptied = BTreeSet::new();
    for place in known..document.tables("expect").count() {
        let table = document.table_mut("expect", place).expect("just counted");
        let of = of_whom(table);
        for said in first.iter().filter(|said| of_whom(said) == of) {
            table.retain(|key, _| OF_WHOM.contains(&key) || !said.contains_key(key));
        }
        if table.iter().all(|(key, _)| OF_WHOM.contains(&key)) {
            emptied.insert(place);
        }
    }
    document.remove_all("expect", &emptied);
}

/// What tells of whom a table expects something; a pack's team is expected of the pack.
fn of_whom(table: &Table) -> [Option<String>; OF_WHOM.len()] {
    OF_WHOM.map(|key| {
        let item = table.get(key).filter(|_| key != "team" || !table.contains_key("pack"));
        item.map(|item| item.to_string().trim().to_owned())
    })
}

/// What is left of teams and packs at the end, of credits too, and the seats that were taken.
fn expect_stock(document: &mut Document, journal: &Journal) {
    let scenario: &Scenario = &journal.scenario;
    let directory = &scenario.directory;
    for (team, available) in directory.teams.iter().zip(&journal.available) {
        let entry = Entry::default().with("team", team);
        document.push("expect", entry.with("available", amount(*available)).table());
    }
    // Of one pack that lasts the balance says all there is to say.
    let says_more = journal.packs.len() > 1 || journal.packs.iter().any(|pack| pack.expired > Tokens::ZERO);
    for pack in journal.packs.iter().filter(|_| says_more) {
        let mut entry = Entry::default().with("pack", directory.packs.get(pack.id.0));
        if directory.teams.len() > 1 {
            entry = entry.with("team", directory.teams.get(pack.team.0));
        }
        let columns = [("posted", pack.posted), ("expired", pack.expired), ("remaining", pack.remaining)];
        let with = |entry: Entry, (column, tokens): (&str, Tokens)| entry.with(column, amount(tokens));
        document.push("expect", columns.into_iter().fold(entry, with).table());
    }
    if scenario.setup.contracts.is_empty() && scenario.setup.servers.is_empty() {
        return;
    }
    let tally = Run::replay(&journal.scenario).tally;
    for (contract, credits) in tally.contracts {
        let entry = Entry::default().with("contract", directory.contracts.get(contract.0));
        let available = amount(credits.available(scenario.end));
        document.push("expect", entry.with("available", available).table());
    }
    for (server, of_server) in tally.servers {
        for seats in &of_server.seats {
            let entry = Entry::default().with("licence_server", directory.servers.get(server.0));
            let entry = entry.with("product", directory.products.get(seats.product.0));
            document.push("expect", entry.with("peak", i64::from(seats.peak)).table());
        }
    }
}

/// A charge by the columns that tell something.
fn charge(journal: &Journal, row: &ChargeRecord) -> InlineTable {
    let scenario = &journal.scenario;
    let mut cells = vec![
        ("at", instant(row.window_start)),
        ("tokens", amount(row.tokens)),
        ("kind", row.kind.name().into()),
    ];
    if scenario.directory.teams.len() > 1 {
        cells.push(("team", scenario.directory.teams.get(row.team.0).into()));
    }
    if row.recorded_at != row.window_start {
        cells.push(("recorded_at", instant(row.recorded_at)));
    }
    if row.uncovered > Tokens::ZERO {
        cells.push(("uncovered", amount(row.uncovered)));
    }
    if journal.packs.len() > 1 && !row.packs.is_empty() {
        cells.push(("packs", packs_text(&scenario.directory, &row.packs).into()));
    }
    InlineTable::from_iter(cells)
}

/// A row with its instant and those columns that are not empty.
fn row_of(when: Instant, columns: impl IntoIterator<Item = (&'static str, impl AsRef<str>)>) -> InlineTable {
    let mut row = InlineTable::from_iter([("at", instant(when))]);
    for (column, text) in columns {
        if !text.as_ref().is_empty() {
            row.insert(column, text.as_ref().into());
        }
    }
    row
}

impl Rows {
    fn table(self, (user, product): (&str, &str)) -> Table {
        let mut entry =
            Entry::default().with("user", user).with("product", product).with("charges", lines(self.charges));
        let lists =
            [("refusals", self.refusals), ("admissions", self.admissions), ("sessions", self.sessions)];
        for (key, list) in lists {
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
