//! Results as text for a person at a terminal; colour codes are for the caller to strip.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use crate::meter::answer::{ChargeKind, Refusal};
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::request::Request;
use crate::meter::session::SessionEnd;
use crate::meter::stock::Draw;
use crate::meter::tokens::Tokens;
use crate::report::seats::seats_and_credits;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, utc};
use crate::scenario::catalogue::CATALOGUE;
use crate::scenario::directory::Directory;
use crate::simulation::run::{FIRST_ROWS, FirstRows, Run};
use crate::simulation::tally::{Charged, Tally, TeamTally};
use crate::simulation::verdict::{Checked, Verdict, packs_text};
use crate::usage::balances;

/// Packs of one charge shown before the rest is left to the result files.
const PACKS_MAX: usize = 3;

pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// A text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A run and what was made of it.
pub struct Outcome<'r> {
    /// What was run.
    pub scenario: &'r Scenario,
    /// What came of it.
    pub run: &'r Run,
    /// Its expectations, judged.
    pub verdicts: &'r [Verdict],
}

/// What a run came to: the charges, the refusals, what was ended by a rule, what is left and when it
/// expires. Lines are fitted to `width` columns, or stay whole.
pub fn run(outcome: &Outcome<'_>, width: Option<u16>) -> String {
    let Outcome { scenario, run, verdicts } = outcome;
    let tally = &run.tally;
    let mut text = heading(scenario);
    text += &charges(scenario, run, tally, width);
    text += &refusals(scenario, run, width);
    text += &ended_by_a_rule(scenario, run, width);
    text += &stock(scenario, ("Left at the end", tally), width);
    text += &seats_and_credits(scenario, tally, width);
    text += &expectations(verdicts, width);
    text
}

/// What a scenario is called.
pub(crate) fn titled(title: &str) -> &str {
    if title.is_empty() { "Untitled scenario" } else { title }
}

/// A scenario's title, span and policies.
pub(crate) fn heading(scenario: &Scenario) -> String {
    let mut text = styled(HEADING, titled(&scenario.title)) + "\n";
    text += &format!("{} to {} UTC, seed {}\n", day(scenario.start), day(scenario.end), scenario.seed);
    let changed: Vec<String> = scenario
        .policies
        .rows()
        .into_iter()
        .filter(|row| !row.default)
        .map(|row| format!("{} = {}", row.key, row.value))
        .collect();
    text += &match changed.as_slice() {
        [] => "Policies: all at their defaults\n".to_owned(),
        changed => format!("Policies not at their default: {}\n", changed.join(", ")),
    };
    text
}

fn charges(scenario: &Scenario, run: &Run, tally: &Tally, width: Option<u16>) -> String {
    let by_kind = tally.charges();
    let refunds = by_kind.get(ChargeKind::Refund.name()).copied().unwrap_or_default();
    let rows = by_kind.values().sum::<u64>();
    let title = match (rows - refunds, refunds) {
        (0, _) => "Charged: nothing".to_owned(),
        (count, 0) => format!("Charged: {} tokens in {}", tally.tokens, counted(count, "charge")),
        (count, refunds) => {
            let counts = format!("{}, {}", counted(count, "charge"), counted(refunds, "refund"));
            format!("Charged: {} tokens in {counts}", tally.tokens)
        }
    };
    let directory = &scenario.directory;
    let mut table = table(&["window start (UTC)", "user", "product", "tokens", "kind", "packs"], width);
    right(&mut table, &[3]);
    for charge in &run.first.charges {
        table.add_row([
            moment(charge.window_start),
            directory.users.get(charge.user.0).to_owned(),
            directory.products.get(charge.product.0).to_owned(),
            charge.tokens.to_string(),
            charge.kind.name().to_owned(),
            payment(directory, &charge.packs, charge.uncovered),
        ]);
    }
    let mut text = section(&title, &table, rows, "charges.csv");
    text += &by_user_and_product(scenario, tally, width);
    text
}

fn by_user_and_product(scenario: &Scenario, tally: &Tally, width: Option<u16>) -> String {
    let mut keys: BTreeMap<(UserId, ProductId), Charged> = BTreeMap::new();
    for ((user, product, _), charged) in &tally.accounts {
        let key = keys.entry((*user, *product)).or_default();
        key.charges += charged.charges;
        key.tokens += charged.tokens;
    }
    if keys.len() < 2 {
        return String::new();
    }
    let mut table = table(&["user", "product", "charges", "tokens"], width);
    right(&mut table, &[2, 3]);
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_by_key(|(key, charged)| (-charged.tokens, *key));
    for ((user, product), charged) in keys.iter().take(FIRST_ROWS) {
        table.add_row([
            scenario.directory.users.get(user.0).to_owned(),
            scenario.directory.products.get(product.0).to_owned(),
            charged.charges.to_string(),
            charged.tokens.to_string(),
        ]);
    }
    section("By user and product", &table, keys.len() as u64, "charges.csv")
}

/// The packs of a charge, a few of them, and the part that none covered.
fn payment(directory: &Directory, draws: &[Draw], uncovered: Tokens) -> String {
    let mut text = packs_text(directory, &draws[..draws.len().min(PACKS_MAX)]);
    if draws.len() > PACKS_MAX {
        text += &format!("; and {} more", draws.len() - PACKS_MAX);
    }
    if uncovered > Tokens::ZERO {
        text += &format!("{}{uncovered} uncovered", if text.is_empty() { "" } else { "; " });
    }
    text
}

fn refusals(scenario: &Scenario, run: &Run, width: Option<u16>) -> String {
    let count = run.tally.refused().values().sum::<u64>();
    if count == 0 {
        return format!("\n{}\n", styled(HEADING, "Refused: nothing"));
    }
    let directory = &scenario.directory;
    let mut table = table(&["at (UTC)", "user", "product", "reason", "meaning"], width);
    for sign_in in &run.first.refusals {
        let refusal = sign_in.answer.expect_err("a refusal");
        table.add_row([
            moment(sign_in.at),
            directory.users.get(sign_in.user.0).to_owned(),
            directory.products.get(sign_in.product.0).to_owned(),
            refusal.name().to_owned(),
            meaning(refusal).to_owned(),
        ]);
    }
    section(&format!("Refused: {count}"), &table, count, "sign_ins.csv")
}

/// Sessions that no one closed: the users are told why (RULES 2.6, 3.5, 3.6).
fn ended_by_a_rule(scenario: &Scenario, run: &Run, width: Option<u16>) -> String {
    let told = |end: SessionEnd| match end {
        SessionEnd::SignOut | SessionEnd::RunEnd => "not by a rule",
        SessionEnd::InsufficientTokens => "a charge fell due that no team could pay (RULES 2.6)",
        SessionEnd::NotAssigned => "a charge fell due without the assignment (RULES 3.5)",
        SessionEnd::OfflineLimit => "24 hours without connection (RULES 3.8)",
        SessionEnd::TakenOver => "another device took over (RULES 3.6)",
    };
    let by_end = run.tally.sessions().into_iter();
    let by_a_rule = by_end.filter(|(end, _)| !FirstRows::NOT_BY_A_RULE.map(SessionEnd::name).contains(end));
    let count: u64 = by_a_rule.map(|(_, count)| count).sum();
    if count == 0 {
        return String::new();
    }
    let directory = &scenario.directory;
    let mut table = table(&["at (UTC)", "user", "product", "reason", "meaning"], width);
    for session in &run.first.ended {
        table.add_row([
            moment(session.signed_out),
            directory.users.get(session.user.0).to_owned(),
            directory.products.get(session.product.0).to_owned(),
            session.end.name().to_owned(),
            told(session.end).to_owned(),
        ]);
    }
    let title = format!("Ended by a rule: {}", counted(count, "session"));
    section(&title, &table, count, "sessions.csv")
}

fn meaning(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotAccepted => "not invited, or not accepted, or no named user yet (RULES 3.4, 6.2)",
        Refusal::NotAssigned => "not assigned, and nothing covers it (RULES 3.1)",
        Refusal::UnsupportedVersion => "on Linux only versions from 2020 on (RULES 3.11)",
        Refusal::Offline => "no connection at a first sign-in, or for 24 hours (RULES 3.8)",
        Refusal::DeviceLimit => "installed on three other devices (RULES 3.6)",
        Refusal::InUseElsewhere => "open on another device (RULES 3.6)",
        Refusal::NoSeat => "no seat is free, or the licence server is retired (RULES 6.1)",
        Refusal::InsufficientTokens => "no team of the user has enough left (RULES 2.4)",
    }
}

/// What each team has.
pub(crate) fn stock(scenario: &Scenario, (title, tally): (&str, &Tally), width: Option<u16>) -> String {
    let columns = ["team", "available", "bought", "posted", "expired", "debt", "next expiry (UTC)"];
    let mut table = table(&columns, width);
    right(&mut table, &[1, 2, 3, 4, 5]);
    for (id, team) in tally.teams.iter().take(FIRST_ROWS) {
        table.add_row([
            Cell::new(scenario.directory.teams.get(id.0)),
            Cell::new(team.available).fg(band(team)),
            Cell::new(team.tokens),
            Cell::new(team.posted),
            Cell::new(team.expired),
            Cell::new(team.debt()),
            Cell::new(
                team.next_expiry.map_or("-".to_owned(), |(at, tokens)| format!("{tokens} on {}", moment(at))),
            ),
        ]);
    }
    let mut text = section(title, &table, tally.teams.len() as u64, "packs.csv");
    if tally.unrecorded.0 > 0 {
        let (count, tokens) = tally.unrecorded;
        let late = format!(
            " not recorded: {count} charges of {tokens} tokens that fell due on devices still offline (RULES 3.8)"
        );
        text += &(styled(BAD, &late) + "\n");
    }
    if run_before(scenario) {
        text += &(styled(QUIET, " posted includes what was used before the start") + "\n");
    }
    text
}

/// Whether some pack was used before the run.
fn run_before(scenario: &Scenario) -> bool {
    scenario
        .timeline
        .iter()
        .any(|(_, request)| matches!(request, Request::Buy(purchase) if purchase.used > Tokens::ZERO))
}

/// Green above 20 % of what was bought, red at or below (RULES 5.1).
fn band(team: &TeamTally) -> comfy_table::Color {
    match balances::band(team.available, team.tokens) {
        "green" => comfy_table::Color::Green,
        _ => comfy_table::Color::Red,
    }
}

fn expectations(verdicts: &[Verdict], width: Option<u16>) -> String {
    let failed: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.passed()).collect();
    match (verdicts.len(), failed.len()) {
        (0, _) => String::new(),
        (all, 0) => format!("\n{}\n", styled(GOOD, &format!("Expectations: all {all} met"))),
        (all, unmet) => {
            let text = format!("Expectations: {unmet} of {all} not met");
            let details: Vec<String> = failed
                .iter()
                .map(|verdict| difference(&format!("line {}", verdict.line), verdict, width))
                .collect();
            format!("\n{}\n{}", styled(BAD, &text), details.concat())
        }
    }
}

/// What checking files came to: a line per file, then each difference with both sides.
pub fn check(checked: &[Checked], width: Option<u16>) -> String {
    let mut table = table(&["file", "passed", "failed", ""], width);
    right(&mut table, &[1, 2]);
    let mut details = String::new();
    for file in checked {
        let failed: Vec<&Verdict> =
            file.verdicts.iter().flatten().filter(|verdict| !verdict.passed()).collect();
        let note = match &file.verdicts {
            Err(_) => "could not be read",
            Ok(verdicts) if verdicts.is_empty() => "expects nothing",
            Ok(_) if failed.is_empty() => "ok",
            Ok(_) => "differs",
        };
        let good = note == "ok";
        let colour = if good { comfy_table::Color::Green } else { comfy_table::Color::Red };
        let passed = file.verdicts.iter().flatten().count() - failed.len();
        let cells = [Cell::new(&file.file), Cell::new(passed), Cell::new(failed.len())];
        table.add_row(cells.into_iter().chain([Cell::new(note).fg(colour)]));
        for verdict in failed {
            details += &difference(&format!("{}:{}", file.file, verdict.line), verdict, width);
        }
    }
    format!("{table}\n{details}\n{}\n", check_total(checked))
}

fn check_total(checked: &[Checked]) -> String {
    let verdicts = || checked.iter().flat_map(|file| file.verdicts.iter().flatten());
    let failed = verdicts().filter(|verdict| !verdict.passed()).count();
    let unread = checked.iter().filter(|file| file.verdicts.is_err()).count();
    let passed = verdicts().count() - failed;
    let mut text = format!("{}: {passed} passed, {failed} failed", counted(checked.len() as u64, "file"));
    if unread > 0 {
        text += &format!(", {} could not be read", counted(unread as u64, "file"));
    }
    styled(if failed + unread == 0 { GOOD } else { BAD }, &text)
}

fn difference(place: &str, verdict: &Verdict, width: Option<u16>) -> String {
    let mut table = table(&["", "expected", "actual"], width);
    for place in 0..verdict.expected.len().max(verdict.actual.len()).max(1) {
        let side = |rows: &[String]| rows.get(place).cloned().unwrap_or_else(|| "-".to_owned());
        let (expected, actual) = (side(&verdict.expected), side(&verdict.actual));
        let mark = if expected == actual { " " } else { "≠" };
        table.add_row([mark.to_owned(), expected, actual]);
    }
    let title = format!("{place}: {}", verdict.subject);
    format!("\n{}\n{table}\n", styled(BAD, &title))
}

/// The built-in catalogue, a row per product.
pub fn catalogue(width: Option<u16>) -> String {
    let mut table = table(&["product", "tokens", "per", "standing", "as of", "source"], width);
    right(&mut table, &[1]);
    for row in &CATALOGUE {
        table.add_row([
            row.name.to_owned(),
            row.rate.to_string(),
            row.unit.to_owned(),
            row.standing.name().to_owned(),
            row.as_of.unwrap_or("undated").to_owned(),
            row.source.to_owned(),
        ]);
    }
    let note = "Published: on Autodesk's own pages. Reported: by resellers and users. A product that is not \
                here is yours to add: [[product]] with `name` and `rate`.";
    format!("{table}\n\n{}\n", styled(QUIET, note))
}

/// An empty table with a header.
pub(crate) fn table(header: &[&str], width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).enforce_styling();
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(header.iter().map(|name| Cell::new(name).add_attribute(comfy_table::Attribute::Dim)));
    table
}

/// Aligns columns of figures.
pub(crate) fn right(table: &mut Table, columns: &[usize]) {
    for &column in columns {
        let column = table.column_mut(column).expect("a column of the header");
        column.set_cell_alignment(CellAlignment::Right);
    }
}

pub(crate) fn section(title: &str, table: &Table, rows: u64, file: &str) -> String {
    if rows == 0 {
        return format!("\n{}\n", styled(HEADING, title));
    }
    let mut text = format!("\n{}\n{table}\n", styled(HEADING, title));
    let rest = rows.saturating_sub(FIRST_ROWS as u64);
    if rest > 0 {
        let rest = format!(" … and {rest} more in {file}");
        text += &(styled(QUIET, &rest) + "\n");
    }
    text
}

fn day(at: Instant) -> String {
    let time = utc(at);
    let midnight = at.seconds().rem_euclid(86_400) == 0;
    time.format(if midnight { "%a %Y-%m-%d" } else { "%a %Y-%m-%d %H:%M:%S" }).to_string()
}

pub(crate) fn moment(at: Instant) -> String {
    Zone::utc().written(at)
}

pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
