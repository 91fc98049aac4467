//! Balances as sections for a person, as JSON and as CSV (RULES 5.1, 5.2).

use csv::Writer;

use crate::report::difference::printable;
use crate::report::standing::part;
use crate::report::terminal::{BAD, GOOD, HEADING, counted, right, styled, table, titled};
use crate::simulation::run::FIRST_ROWS;
use crate::usage::balances::{Balance, Balances, CreditBalance, Event, Share};

/// The columns of teams as CSV.
const COLUMNS: [&str; 14] = [
    "team",
    "as_of",
    "available",
    "used",
    "held",
    "expired",
    "debt",
    "total",
    "band",
    "next_expiry",
    "days_to_next_expiry",
    "tokens_at_next_expiry",
    "expiring_in_90_days",
    "events_in_90_days",
];

/// A section per team, then one per contract. Lines are fitted to `width` columns, or stay whole.
pub fn text(balances: &Balances, width: Option<u16>) -> String {
    let mut text = styled(HEADING, &printable(titled(&balances.title))) + "\n";
    let (days, zone) = (&balances.days, &balances.zone);
    text += &format!("Balances as of {}; days {} to {} of {zone}\n", balances.as_of, days.from, days.to);
    for balance in &balances.teams {
        text += &team(balance, width);
    }
    for balance in &balances.contracts {
        let days = &balances.credit_days;
        text += &contract(balance, (&format!("{} to {}", days.from, days.to), width));
    }
    text
}

/// All of it.
pub fn json(balances: &Balances) -> String {
    serde_json::to_string_pretty(balances).expect("plain data") + "\n"
}

/// A row per team.
pub fn csv(balances: &Balances) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).expect("memory takes it");
    for of in &balances.teams {
        let amounts = [of.available, of.used, of.held, of.expired, of.debt, of.total];
        let next = of.next_expiry.as_ref();
        let mut row = vec![of.team.clone(), of.as_of.clone()];
        row.extend(amounts.map(|tokens| tokens.to_string()));
        row.push(of.band.to_owned());
        row.push(next.map_or(String::new(), |next| next.at.clone()));
        row.push(next.map_or(String::new(), |next| next.days.to_string()));
        row.push(next.map_or(String::new(), |next| next.tokens.to_string()));
        row.push(of.expiring_in_90_days.to_string());
        row.push(of.events.len().to_string());
        writer.write_record(row).expect("memory takes it");
    }
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("text")
}

fn team(balance: &Balance, width: Option<u16>) -> String {
    let Balance { team, available, total, used, .. } = balance;
    let mut text =
        format!("\n{}: {available} of {total} tokens available, ", styled(HEADING, &printable(team)));
    text += &format!("{}\n used {used}", banded(balance.band));
    let parts = [("held", balance.held), ("expired", balance.expired), ("debt", balance.debt)];
    for (name, tokens) in parts.into_iter().filter(|(_, tokens)| tokens.thousandths() != 0) {
        text += &format!(", {name} {tokens}");
    }
    text += &match &balance.next_expiry {
        Some(next) => {
            let days = counted(next.days.unsigned_abs(), "day");
            format!("; next expiry: {} tokens in {days}, {}\n", next.tokens, next.at)
        }
        None => "; nothing left that could expire\n".to_owned(),
    };
    if balance.expiring_in_90_days.thousandths() > 0 {
        let alert = format!(" Alert: {} tokens expire within 90 days", balance.expiring_in_90_days);
        text += &(styled(BAD, &alert) + "\n");
    }
    text += &events(&balance.events, width);
    text += &shares(("Products", "product", "tokens"), &balance.products, width);
    text + &shares(("Users", "user", "tokens"), &balance.users, width)
}

fn contract(balance: &CreditBalance, (days, width): (&str, Option<u16>)) -> String {
    let CreditBalance { contract, available, total, used, band, .. } = balance;
    let title = styled(HEADING, &printable(contract));
    let band = banded(band);
    let mut text = format!("\n{title}: {available} of {total} credits available, {band}\n");
    text += &format!(" used {used}; use from {days}\n");
    text += &shares(("Services", "service", "credits"), &balance.services, width);
    text + &shares(("Users", "user", "credits"), &balance.users, width)
}

fn events(events: &[Event], width: Option<u16>) -> String {
    let mut table = table(&["at (UTC)", "event", "pack", "tokens"], width);
    right(&mut table, &[3]);
    for event in events.iter().take(FIRST_ROWS) {
        table.add_row([&event.at, &event.event, &printable(&event.pack), &event.tokens.to_string()]);
    }
    part("Token events", &table, events.len())
}

fn shares((title, noun, unit): (&str, &str, &str), shares: &[Share], width: Option<u16>) -> String {
    let mut table = table(&[noun, unit], width);
    right(&mut table, &[1]);
    for share in shares.iter().take(FIRST_ROWS) {
        table.add_row([&printable(&share.name), &share.tokens.to_string()]);
    }
    part(title, &table, shares.len())
}

fn banded(band: &str) -> String {
    styled(if band == "green" { GOOD } else { BAD }, band)
}
