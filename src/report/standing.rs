//! Where a run stands at an instant, as text and as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::meter::id::TeamId;
use crate::meter::instant::Instant;
use crate::meter::view::SessionView;
use crate::report::terminal::{HEADING, QUIET, counted, heading, moment, right, stock, styled, table};
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, iso};
use crate::simulation::course::standing::{KeyStanding, Standing};
use crate::simulation::run::FIRST_ROWS;

/// What has come of a run so far, and where it stands. Lines are fitted to `width` columns, or stay whole.
pub fn text(scenario: &Scenario, standing: &Standing, width: Option<u16>) -> String {
    let Standing { tally, .. } = standing;
    let sum = |counts: BTreeMap<&'static str, u64>| counts.values().sum::<u64>();
    let mut text = heading(scenario);
    let so_far = format!("Everything before {} UTC", moment(standing.at));
    let (admitted, refused) = (sum(tally.admitted()), sum(tally.refused()));
    text += &format!("\n{}\n", styled(HEADING, &so_far));
    text += &format!(" {} admitted, {refused} refused\n", counted(admitted, "sign-in"));
    text += &format!(" {} ended\n", counted(sum(tally.sessions()), "session"));
    text += &format!(" {} tokens in {}\n", tally.tokens, counted(sum(tally.charges()), "charge"));
    text += &stock(scenario, ("Available", tally), width);
    let place = (scenario, &Zone::utc());
    text + &sessions(place, standing, width)
        + &holds(place, standing, width)
        + &windows(place, standing, width)
}

/// Open sessions, oldest first.
pub(crate) fn sessions(
    (scenario, zone): (&Scenario, &Zone),
    standing: &Standing,
    width: Option<u16>,
) -> String {
    let directory = &scenario.directory;
    let mut rows: Vec<_> = standing
        .keys
        .iter()
        .flat_map(|key| key.view.sessions.iter().map(move |session| (key, session)))
        .collect();
    rows.sort_by_key(|(key, session)| (session.signed_in, key.user, key.product));
    let mut table = table(&[&format!("signed in ({zone})"), "user", "product", "device", "version"], width);
    for (key, session) in rows.iter().take(FIRST_ROWS) {
        table.add_row([
            zone.written(session.signed_in),
            directory.users.get(key.user.0).to_owned(),
            directory.products.get(key.product.0).to_owned(),
            directory.device_name(session.device).to_owned(),
            directory.version_name(session.version).to_owned(),
        ]);
    }
    part("Open sessions", &table, rows.len())
}

/// What has fallen due and waits for the end of a grace period (RULES 2.5), by when it fell due.
pub(crate) fn holds((scenario, zone): (&Scenario, &Zone), standing: &Standing, width: Option<u16>) -> String {
    let directory = &scenario.directory;
    let mut rows: Vec<_> = standing.keys.iter().filter_map(|key| Some((key.view.hold?, key))).collect();
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|(hold, key)| (hold.due, key.user, key.product));
    let mut table = table(&[&format!("due ({zone})"), "user", "product", "tokens", "team"], width);
    right(&mut table, &[3]);
    for (hold, key) in rows.iter().take(FIRST_ROWS) {
        table.add_row([
            zone.written(hold.due),
            directory.users.get(key.user.0).to_owned(),
            directory.products.get(key.product.0).to_owned(),
            hold.tokens.to_string(),
            directory.teams.get(hold.team.0).to_owned(),
        ]);
    }
    part("Holds that wait", &table, rows.len())
}

/// Paid windows that run, by their ends.
pub(crate) fn windows(
    (scenario, zone): (&Scenario, &Zone),
    standing: &Standing,
    width: Option<u16>,
) -> String {
    let directory = &scenario.directory;
    let mut table = table(&[&format!("until ({zone})"), "user", "product", "team"], width);
    let rows = running(standing);
    for (until, team, key) in rows.iter().take(FIRST_ROWS) {
        table.add_row([
            zone.written(*until),
            directory.users.get(key.user.0).to_owned(),
            directory.products.get(key.product.0).to_owned(),
            directory.teams.get(team.0).to_owned(),
        ]);
    }
    part("Paid windows running", &table, rows.len())
}

/// The paid windows that run, by their ends, with who paid.
fn running(standing: &Standing) -> Vec<(Instant, TeamId, &KeyStanding)> {
    let window = |key| KeyStanding::window(key, standing.at).map(|(until, team)| (until, team, key));
    let mut rows: Vec<_> = standing.keys.iter().filter_map(window).collect();
    rows.sort_by_key(|(until, _, key)| (*until, key.user, key.product));
    rows
}

pub(crate) fn part(title: &str, table: &comfy_table::Table, rows: usize) -> String {
    if rows == 0 {
        return format!("\n{}\n", styled(HEADING, &format!("{title}: none")));
    }
    let mut text = format!("\n{}\n{table}\n", styled(HEADING, &format!("{title}: {rows}")));
    if rows > FIRST_ROWS {
        text += &(styled(QUIET, &format!(" … and {} more", rows - FIRST_ROWS)) + "\n");
    }
    text
}

/// The same as data, with every session and window.
pub fn json(scenario: &Scenario, standing: &Standing) -> String {
    let (directory, tally) = (&scenario.directory, &standing.tally);
    let teams = tally.teams.iter().map(
        |(id, team)| json!({ "team": directory.teams.get(id.0), "available": team.available.to_string() }),
    );
    let sessions =
        standing.keys.iter().flat_map(|key| key.view.sessions.iter().map(move |session| (key, session)));
    let session = |(key, session): (&KeyStanding, &SessionView)| {
        json!({
            "signed_in": iso(session.signed_in),
            "user": directory.users.get(key.user.0),
            "product": directory.products.get(key.product.0),
            "device": directory.device_name(session.device),
            "version": directory.version_name(session.version),
        })
    };
    let window = |(until, team, key): &(Instant, TeamId, &KeyStanding)| {
        json!({
            "until": iso(*until),
            "user": directory.users.get(key.user.0),
            "product": directory.products.get(key.product.0),
            "team": directory.teams.get(team.0),
        })
    };
    let value = json!({
        "at": iso(standing.at),
        "admitted": tally.admitted(),
        "refused": tally.refused(),
        "sessions_ended": tally.sessions(),
        "charges": tally.charges(),
        "tokens": tally.tokens.to_string(),
        "teams": teams.collect::<Vec<_>>(),
        "sessions": sessions.map(session).collect::<Vec<Value>>(),
        "windows": running(standing).iter().map(window).collect::<Vec<Value>>(),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}
