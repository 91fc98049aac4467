//! The export that a correct bill would come with, written by other means than the code under test reads it with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use flexmeter::meter::answer::Admission;
use flexmeter::meter::instant::Instant;
use flexmeter::meter::session::SessionEnd;
use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::Scenario;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};

use crate::support::Rows;

/// What an export has one row of: day, user, product, team.
pub(crate) type RowKey = (String, String, String, String);

/// A row of token usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportRow {
    pub(crate) key: RowKey,
    pub(crate) tokens: Tokens,
}

/// The rows of a correct export: what was charged, and the free openings of days without charge (RULES 1.5).
pub(crate) fn rows_of(scenario: &Scenario, rows: &Rows) -> Vec<ExportRow> {
    let names = &scenario.directory;
    let day = |at: Instant| scenario.policies.report_zone.local(at).date().to_string();
    let mut sums: BTreeMap<RowKey, Tokens> = BTreeMap::new();
    for charge in &rows.charges {
        let (user, product) = (names.users.get(charge.user.0), names.products.get(charge.product.0));
        let key = (day(charge.window_start), user.to_owned(), product.to_owned());
        let key = (key.0, key.1, key.2, names.teams.get(charge.team.0).to_owned());
        *sums.entry(key).or_default() += charge.tokens;
    }
    let charged: BTreeSet<_> =
        sums.keys().map(|(day, user, product, _)| (day.clone(), user.clone(), product.clone())).collect();
    let mut beginnings = BTreeMap::new();
    for row in rows.sign_ins.iter().filter(|row| row.answer == Ok(Admission::NewWindow)) {
        beginnings.insert((row.at, row.user, row.product, row.opening), row.team);
    }
    for session in &rows.sessions {
        let opening = Some((session.device, session.version));
        let begun = beginnings.get(&(session.signed_in, session.user, session.product, opening));
        let length = session.signed_out - session.signed_in;
        let free = length < scenario.policies.meter.grace && session.end != SessionEnd::RunEnd;
        if let Some(team) = begun.filter(|_| free) {
            let (user, product) = (names.users.get(session.user.0), names.products.get(session.product.0));
            let key = (day(session.signed_in), user.to_owned(), product.to_owned());
            if !charged.contains(&key) {
                sums.insert((key.0, key.1, key.2, names.teams.get(team.0).to_owned()), Tokens::ZERO);
            }
        }
    }
    sums.into_iter().map(|(key, tokens)| ExportRow { key, tokens }).collect()
}

/// Token usage of 2026 as CSV.
pub(crate) fn csv(rows: &[ExportRow]) -> Vec<u8> {
    let mut text = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used\n".to_owned();
    for ExportRow { key: (day, user, product, team), tokens } in rows {
        writeln!(text, "{day},{user},,,,\"{product}\",\"{team}\",{tokens}").expect("a text grows");
    }
    text.into_bytes()
}

/// The same as JSON, with amounts as numbers.
pub(crate) fn json(rows: &[ExportRow]) -> Vec<u8> {
    let row = |ExportRow { key: (day, user, product, team), tokens }: &ExportRow| {
        let tokens: Value = serde_json::from_str(&tokens.to_string()).expect("a number");
        json!({ "Day used": day, "Email": user, "Product": product, "Team": team, "Tokens used": tokens })
    };
    let rows: Vec<Value> = rows.iter().map(row).collect();
    json!({ "exported": "2026-11-22", "usage": rows }).to_string().into_bytes()
}

/// The same as a workbook: filters on the first sheet, dates as dates and amounts as numbers on the second.
pub(crate) fn xlsx(rows: &[ExportRow]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let filters = workbook.add_worksheet();
    filters.write_string(0, 0, "Filters").expect("a cell");
    filters.write_string(1, 0, "Team").expect("a cell");
    filters.write_string(1, 1, "All teams").expect("a cell");
    let sheet = workbook.add_worksheet();
    let header =
        ["Day used", "Email", "Feature", "First name", "Last name", "Product", "Team", "Tokens used"];
    for (name, column) in header.into_iter().zip(0..) {
        sheet.write_string(0, column, name).expect("a cell");
    }
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for (ExportRow { key: (day, user, product, team), tokens }, line) in rows.iter().zip(1..) {
        let day = ExcelDateTime::parse_from_str(day).expect("a date");
        sheet.write_datetime_with_format(line, 0, &day, &date).expect("a cell");
        for (column, text) in [(1, user), (5, product), (6, team)] {
            sheet.write_string(line, column, text).expect("a cell");
        }
        let tokens: f64 = tokens.to_string().parse().expect("a number");
        sheet.write_number(line, 7, tokens).expect("a cell");
    }
    workbook.save_to_buffer().expect("memory takes it")
}
