//! What a run says of licence servers and of shared cloud credits, where there are some.

use comfy_table::Cell;

use crate::meter::instant::Instant;
use crate::report::terminal::{moment, right, section, table};
use crate::scenario::Scenario;
use crate::simulation::run::FIRST_ROWS;
use crate::simulation::tally::Tally;

/// Both, as far as the scenario has them.
pub(crate) fn seats_and_credits(scenario: &Scenario, tally: &Tally, width: Option<u16>) -> String {
    let mut text = String::new();
    if !tally.servers.is_empty() {
        text += &seats(scenario, tally, width);
    }
    if !tally.contracts.is_empty() {
        text += &credits(scenario, tally, width);
    }
    text
}

fn seats(scenario: &Scenario, tally: &Tally, width: Option<u16>) -> String {
    let header = ["licence server", "product", "seats", "most taken", "refused a week", "first switch (UTC)"];
    let mut table = table(&[&header[..], &["refused a week since", "retired (UTC)"]].concat(), width);
    right(&mut table, &[2, 3, 4, 6]);
    let mut rows = 0;
    for (id, server) in &tally.servers {
        let end = server.retired.unwrap_or(scenario.end);
        let when = |at: Option<Instant>| at.map_or("-".to_owned(), moment);
        for seats in &server.seats {
            let switched = seats.switched.unwrap_or(end);
            rows += 1;
            table.add_row([
                Cell::new(scenario.directory.servers.get(id.0)),
                Cell::new(scenario.directory.products.get(seats.product.0)),
                Cell::new(seats.total),
                Cell::new(seats.peak),
                Cell::new(a_week(seats.refused_before, (scenario.start, switched))),
                Cell::new(when(seats.switched)),
                Cell::new(a_week(seats.refused_since, (switched, end))),
                Cell::new(when(server.retired)),
            ]);
        }
    }
    section("Seats", &table, rows, "summary.json")
}

/// How often a week something happened that was counted for a time.
#[expect(clippy::cast_precision_loss, reason = "counts of a run have fewer than 53 bits")]
fn a_week(count: u64, (from, until): (Instant, Instant)) -> String {
    let weeks = (until - from).seconds() as f64 / (7.0 * 86_400.0);
    if weeks > 0.0 { format!("{:.1}", count as f64 / weeks) } else { "-".to_owned() }
}

fn credits(scenario: &Scenario, tally: &Tally, width: Option<u16>) -> String {
    let mut table = table(&["contract", "available", "used", "total"], width);
    right(&mut table, &[1, 2, 3]);
    for (id, contract) in &tally.contracts {
        table.add_row([
            Cell::new(scenario.directory.contracts.get(id.0)),
            Cell::new(contract.available(scenario.end)),
            Cell::new(contract.used),
            Cell::new(contract.total),
        ]);
    }
    let mut text =
        section("Shared cloud credits at the end", &table, tally.contracts.len() as u64, "summary.json");
    if !tally.credits.is_empty() {
        text += &credits_used(scenario, tally, width);
    }
    text
}

/// Who used most, for which service (RULES 5.2).
fn credits_used(scenario: &Scenario, tally: &Tally, width: Option<u16>) -> String {
    let names = &scenario.directory;
    let mut table = table(&["contract", "user", "service", "credits"], width);
    right(&mut table, &[3]);
    let mut used: Vec<_> = tally.credits.iter().collect();
    used.sort_by_key(|(account, credits)| (-**credits, **account));
    for ((contract, user, product), credits) in used.into_iter().take(FIRST_ROWS) {
        table.add_row([
            Cell::new(names.contracts.get(contract.0)),
            Cell::new(names.users.get(user.0)),
            Cell::new(names.products.get(product.0)),
            Cell::new(credits),
        ]);
    }
    section("Credits by user and service", &table, tally.credits.len() as u64, "summary.json")
}
