//! Where two runs part, what differs in the bill, and which rows only one of them has.

use std::collections::BTreeMap;

use comfy_table::Table;
use csv::StringRecord;
use serde::Serialize;
use serde_json::{Value, json};

use crate::audit::difference::{
    AccountDifference, Difference, OneSided, Parting, Side, Sides, TableDifference, Uncompared,
};
use crate::meter::tokens::Tokens;
use crate::report::terminal::{BAD, GOOD, HEADING, QUIET, counted, moment, right, section, styled, table};
use crate::results::files::WHERE_THERE_ARE_SOME;
use crate::results::table_reader::columns;
use crate::scenario::calendar::iso;
use crate::simulation::run::FIRST_ROWS;
use crate::simulation::tally::Charged;

/// What of a summary says under which terms its run was made, beside its policies.
const TERMS: [&str; 7] = ["title", "start", "end", "seed", "detail", "version", "zone_data"];

/// Two runs that were compared.
pub struct Comparison<'c> {
    /// What they are called.
    pub names: &'c Sides<String>,
    /// Their summaries.
    pub summaries: &'c Sides<Value>,
    /// What they differ in.
    pub difference: &'c Difference,
}

/// A term on which the runs differ.
#[derive(Serialize)]
struct Term {
    name: String,
    a: String,
    b: String,
}

/// The comparison for a person: the first event, the tokens, the rows. Lines are fitted to `width` columns, or
/// stay whole.
pub fn text(comparison: &Comparison<'_>, width: Option<u16>) -> String {
    let Comparison { names, difference, .. } = comparison;
    let mut text = format!("A: {}\nB: {}\n", printable(&names.a), printable(&names.b));
    text += &different_terms(&terms(comparison), width);
    text += &match &difference.first {
        None => format!("\n{}\n", styled(GOOD, &the_same(difference))),
        Some(parting) => first(parting, width),
    };
    text += &not_compared(&difference.uncompared);
    if difference.is_none() {
        return text;
    }
    text += &tokens(difference, width);
    text += &counts(difference, width);
    for of in difference.tables.iter().filter(|of| of.differs()) {
        text += &rows(of, width);
    }
    text
}

/// Seeds, spans, policies and what else was not the same from the beginning.
fn terms(comparison: &Comparison<'_>) -> Vec<Term> {
    let Sides { a, b } = comparison.summaries;
    let plain = TERMS.map(|term| (term.to_owned(), Sides { a: a.get(term), b: b.get(term) }));
    let policies = |summary: &Value| summary.get("policy").and_then(Value::as_object).cloned();
    let (of_a, of_b) = (policies(a).unwrap_or_default(), policies(b).unwrap_or_default());
    let mut keys: Vec<&String> = of_a.keys().chain(of_b.keys()).collect();
    keys.sort();
    keys.dedup();
    let policies = keys.into_iter().map(|key| (key.clone(), Sides { a: of_a.get(key), b: of_b.get(key) }));
    let value = |value: Option<&Value>| match value {
        None => "-".to_owned(),
        Some(Value::String(text)) => printable(text),
        Some(other) => other.to_string(),
    };
    let term =
        |(name, sides): (String, Sides<Option<&Value>>)| Term { name, a: value(sides.a), b: value(sides.b) };
    plain.into_iter().chain(policies).map(term).filter(|term| term.a != term.b).collect()
}

fn different_terms(terms: &[Term], width: Option<u16>) -> String {
    if terms.is_empty() {
        return String::new();
    }
    let mut table = table(&["not the same from the beginning", "A", "B"], width);
    for term in terms {
        table.add_row([&term.name, &term.a, &term.b]);
    }
    format!("\n{table}\n")
}

fn the_same(difference: &Difference) -> String {
    let rows = difference.tables.iter().map(|of| of.rows.a).sum();
    let tables = counted(difference.tables.len() as u64, "table");
    let limit = if difference.uncompared.is_empty() { "" } else { ", as far as they can be compared" };
    format!("The same: {} in {tables}{limit}", counted(rows, "row"))
}

fn first(parting: &Parting, width: Option<u16>) -> String {
    let title = match parting.at {
        Some(at) => format!("They part on {} UTC, in {}", moment(at), parting.table),
        None => format!("Only what is left at the end differs, in {}", parting.table),
    };
    let mut table = sided(parting.table, width);
    for side in [Side::A, Side::B] {
        let only = parting.only.of(side);
        for row in only.rows.iter().take(FIRST_ROWS) {
            table.add_row(cells(side, row));
        }
        match only.count.saturating_sub(FIRST_ROWS as u64) {
            0 if only.count == 0 => drop(table.add_row([name(side), "-"])),
            0 => {}
            more => drop(table.add_row([name(side), &format!("… and {more} more")])),
        }
    }
    format!("\n{}\n{table}\n", styled(BAD, &title))
}

fn not_compared(uncompared: &[Uncompared]) -> String {
    if uncompared.is_empty() {
        return String::new();
    }
    let which = |of: &Uncompared| match (of.written.a, of.written.b) {
        (true, _) => format!("{} (only A has it)", of.table),
        (_, true) => format!("{} (only B has it)", of.table),
        _ => format!("{} (neither has it)", of.table),
    };
    let list = uncompared.iter().map(which).collect::<Vec<_>>().join(", ");
    let mut text = format!("\n{} {list}\n", styled(HEADING, "Not compared:"));
    if uncompared.iter().any(|of| !WHERE_THERE_ARE_SOME.contains(&of.table)) {
        text += &(styled(QUIET, " `flexmeter run --detail full` writes every table") + "\n");
    }
    text
}

fn tokens(difference: &Difference, width: Option<u16>) -> String {
    if difference.uncompared.iter().any(|of| of.table == "charges.csv") {
        return String::new();
    }
    let total = difference.charged();
    let mut accounts: Vec<&AccountDifference> =
        difference.accounts.iter().filter(|account| account.differs()).collect();
    let title = match accounts.len() as u64 {
        0 => format!("Tokens: {} in both, for each user and product", total.a.tokens),
        _ => format!("Tokens: {} in A, {} in B, {}", total.a.tokens, total.b.tokens, signed(total.more())),
    };
    accounts.sort_by_key(|account| -account.charged.more().thousandths().abs());
    let columns = ["user", "product", "tokens in A", "tokens in B", "B - A", "charges in A", "charges in B"];
    let mut table = table(&columns, width);
    right(&mut table, &[2, 3, 4, 5, 6]);
    for account in accounts.iter().take(FIRST_ROWS) {
        table.add_row(bill([&account.user, &account.product], &account.charged));
    }
    table.add_row(bill(["all", ""], &total));
    section(&title, &table, accounts.len() as u64, "--format json")
}

fn bill([user, product]: [&str; 2], charged: &Sides<Charged>) -> [String; 7] {
    let Sides { a, b } = charged;
    [
        printable(user),
        printable(product),
        a.tokens.to_string(),
        b.tokens.to_string(),
        signed(charged.more()),
        a.charges.to_string(),
        b.charges.to_string(),
    ]
}

fn signed(tokens: Tokens) -> String {
    if tokens > Tokens::ZERO { format!("+{tokens}") } else { tokens.to_string() }
}

fn counts(difference: &Difference, width: Option<u16>) -> String {
    let mut table = table(&["table", "rows in A", "rows in B", "only in A", "only in B"], width);
    right(&mut table, &[1, 2, 3, 4]);
    for of in &difference.tables {
        let counts = [of.rows.a, of.rows.b, of.only.a.count, of.only.b.count].map(|count| count.to_string());
        table.add_row([of.table.to_owned()].into_iter().chain(counts));
    }
    section("Rows", &table, 1, "")
}

/// The first rows that only one side has, those of both sides in the order of the table.
fn rows(of: &TableDifference, width: Option<u16>) -> String {
    let shown = |side: Side| of.only.of(side).rows.iter().take(FIRST_ROWS).map(move |row| (row, side));
    let mut rows: Vec<(&StringRecord, Side)> = shown(Side::A).chain(shown(Side::B)).collect();
    rows.sort_by(|(a, _), (b, _)| a.iter().cmp(b.iter()));
    let mut table = sided(of.table, width);
    for (row, side) in &rows {
        table.add_row(cells(*side, row));
    }
    let (a, b) = (of.only.a.count, of.only.b.count);
    let title = format!("{}: {} only in A, {b} only in B", of.table, counted(a, "row"));
    let rest = a + b - rows.len() as u64;
    let rest = if rest == 0 { 0 } else { rest + FIRST_ROWS as u64 };
    section(&title, &table, rest.max(1), "--format json")
}

/// An empty table of rows with their side.
fn sided(of: &str, width: Option<u16>) -> Table {
    let header: Vec<&str> = ["in"].into_iter().chain(columns(of).iter().copied()).collect();
    table(&header, width)
}

fn cells(side: Side, row: &StringRecord) -> Vec<String> {
    [name(side).to_owned()].into_iter().chain(row.iter().map(printable)).collect()
}

fn name(side: Side) -> &'static str {
    match side {
        Side::A => "A",
        Side::B => "B",
    }
}

/// A text of somebody's file: what would steer a terminal is replaced.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// The comparison as data, with every row that was kept.
pub fn json(comparison: &Comparison<'_>) -> String {
    let Comparison { names, difference, .. } = comparison;
    let has_charges = difference.uncompared.iter().all(|of| of.table != "charges.csv");
    let value = json!({
        "a": names.a,
        "b": names.b,
        "terms": terms(comparison),
        "same": difference.is_none(),
        "first": difference.first.as_ref().map(|parting| json!({
            "at": parting.at.map(iso),
            "table": parting.table,
            "only_in_a": one_sided(parting.table, &parting.only.a),
            "only_in_b": one_sided(parting.table, &parting.only.b),
        })),
        "tokens": has_charges.then(|| tokens_as_data(difference)),
        "tables": difference.tables.iter().map(table_as_data).collect::<Vec<_>>(),
        "not_compared": difference.uncompared.iter().map(|of| json!({
            "table": of.table,
            "in_a": of.written.a,
            "in_b": of.written.b,
        })).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

fn tokens_as_data(difference: &Difference) -> Value {
    let charged = |charged: &Sides<Charged>| {
        json!({
            "tokens_in_a": charged.a.tokens.to_string(),
            "tokens_in_b": charged.b.tokens.to_string(),
            "difference": charged.more().to_string(),
            "charges_in_a": charged.a.charges,
            "charges_in_b": charged.b.charges,
        })
    };
    let account = |account: &AccountDifference| {
        let mut value = charged(&account.charged);
        value["user"] = json!(account.user);
        value["product"] = json!(account.product);
        value
    };
    let accounts = difference.accounts.iter().filter(|account| account.differs());
    let mut value = charged(&difference.charged());
    value["by_user_and_product"] = accounts.map(account).collect();
    value
}

fn table_as_data(of: &TableDifference) -> Value {
    json!({
        "table": of.table,
        "rows_in_a": of.rows.a,
        "rows_in_b": of.rows.b,
        "only_in_a": one_sided(of.table, &of.only.a),
        "only_in_b": one_sided(of.table, &of.only.b),
    })
}

/// Rows by column name, and how many there are: more than the rows, where not all were kept.
fn one_sided(table: &str, only: &OneSided) -> Value {
    let by_column = |row: &StringRecord| {
        let cells = columns(table).iter().zip(row.iter());
        json!(cells.collect::<BTreeMap<_, _>>())
    };
    json!({ "count": only.count, "rows": only.rows.iter().map(by_column).collect::<Vec<_>>() })
}
