//! What a session at the clock shows, as text. Instants are those of the clock's zone.

mod event;

use crate::audit::clock::command::View;
use crate::audit::clock::notation::{actions, usage};
use crate::audit::clock::{Clock, State};
use crate::audit::journal::Entry;
use crate::meter::instant::Instant;
use crate::meter::record::{ChargeRecord, Record};
use crate::report::clock::event::event;
use crate::report::standing::{holds, part, sessions, windows};
use crate::report::terminal::{HEADING, right, stock, styled, table};
use crate::scenario::calendar::Zone;
use crate::simulation::verdict::packs_text;

/// Where the session is: what a line is typed after.
pub fn prompt(clock: &Clock) -> String {
    format!("{} {}> ", clock.zone().written(clock.state().now()), clock.zone())
}

/// What happened, a line each.
pub fn events(state: &State, happened: &[Entry], zone: &Zone) -> String {
    let line = |entry: &Entry| {
        let at = zone.written(entry.record.at());
        format!(" {at}  {}\n", event((state, zone), &entry.record))
    };
    match happened {
        [] => " nothing to tell\n".to_owned(),
        happened => happened.iter().map(line).collect(),
    }
}

/// What was asked to be seen. Lines are fitted to `width` columns, or stay whole.
pub fn view(clock: &Clock, view: View, width: Option<u16>) -> String {
    let (state, zone) = (clock.state(), clock.zone());
    let scenario = state.scenario();
    let shown = match view {
        View::Balances => stock(scenario, ("Available", &state.standing().tally), width),
        View::Windows => {
            let standing = state.standing();
            windows((scenario, zone), &standing, width) + &holds((scenario, zone), &standing, width)
        }
        View::Sessions => sessions((scenario, zone), &state.standing(), width),
        View::Packs => packs(state, zone, width),
        View::Charges => charges(state, zone, width),
        View::Events => events(state, state.events(), zone),
        View::Steps => steps(state, zone),
    };
    shown.trim_start_matches('\n').to_owned()
}

fn packs(state: &State, zone: &Zone, width: Option<u16>) -> String {
    let names = &state.scenario().directory;
    let ends = format!("ends ({zone})");
    let columns = ["team", "pack", "tokens", "posted", "held", "expired", "remaining", &ends];
    let mut table = table(&columns, width);
    right(&mut table, &[2, 3, 4, 5, 6]);
    let packs = state.standing().packs;
    for pack in &packs {
        let amounts = [pack.tokens, pack.posted, pack.held, pack.expired, pack.remaining];
        let named = [names.teams.get(pack.team.0).to_owned(), names.packs.get(pack.id.0).to_owned()];
        let amounts = amounts.map(|tokens| tokens.to_string());
        table.add_row(named.into_iter().chain(amounts).chain([zone.written(pack.expires)]));
    }
    part("Packs", &table, packs.len())
}

fn charges(state: &State, zone: &Zone, width: Option<u16>) -> String {
    let names = &state.scenario().directory;
    let starts = format!("window start ({zone})");
    let mut table = table(&[&starts, "user", "product", "tokens", "kind", "packs"], width);
    right(&mut table, &[3]);
    let charge = |entry: &Entry| match &entry.record {
        Record::Charge(charge) => Some(charge.clone()),
        _ => None,
    };
    let charges: Vec<ChargeRecord> = state.events().iter().filter_map(charge).collect();
    for charge in &charges {
        table.add_row([
            zone.written(charge.window_start),
            names.users.get(charge.user.0).to_owned(),
            names.products.get(charge.product.0).to_owned(),
            charge.tokens.to_string(),
            charge.kind.name().to_owned(),
            packs_text(names, &charge.packs),
        ]);
    }
    part("Charges", &table, charges.len())
}

fn steps(state: &State, zone: &Zone) -> String {
    let line = |at: Instant, line: &str| format!(" {}  {line}\n", zone.written(at));
    match state.typed() {
        [] => " nothing was typed yet\n".to_owned(),
        typed => typed.iter().map(|step| line(step.at, &step.line)).collect(),
    }
}

/// Everything that can be typed.
pub fn help() -> String {
    let time = [
        ("to INSTANT", "go there; what lies before it happens: 2026-03-03T08:00, 2026-03-03, 08:00"),
        ("+ 2h", "go on for so long: 1d, 2h, 30m, 15s"),
        ("next", "let the next thing happen, and all that falls on its instant"),
        ("back, back 3", "take back the last command, or three"),
        ("back to INSTANT", "take back what was typed after it"),
    ];
    let views = [
        ("balances", "what each team has"),
        ("windows", "paid windows that run, and holds"),
        ("sessions", "what is open"),
        ("packs", "every pack"),
        ("charges", "charges so far"),
        ("events", "everything so far"),
        ("steps", "what was typed so far"),
        ("explain USER PRODUCT [AT]", "why the last charge or refusal, or the one at an instant"),
    ];
    let files = [
        ("save FILE", "write the scenario, and expectations that it meets"),
        ("quit", "end; so does Ctrl-D"),
    ];
    let list = |title: &str, rows: &[(&str, &str)]| {
        let row = |(what, about): &(&str, &str)| format!(" {what:<26} {about}\n");
        format!("{}\n{}", styled(HEADING, title), rows.iter().map(row).collect::<String>())
    };
    let steps = actions().fold(String::new(), |text, action| text + " " + &usage(action) + "\n");
    list("Time", &time)
        + &list("Steps, done now", &[])
        + &steps
        + " More keys of a step as key=value: device=laptop version=2027 until=+30d\n"
        + " Names may be cut where no other begins like that; \"names with blanks\" go in quotes\n"
        + &list("Views", &views)
        + &list("Files", &files)
}
