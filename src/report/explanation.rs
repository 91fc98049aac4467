//! Why something was charged, refused or not charged, as text and as data.

use csv::StringRecord;
use serde_json::{Value, json};

use crate::audit::alternative::Alternative;
use crate::audit::difference::{Difference, Side};
use crate::audit::explanation::{Explanation, Subject};
use crate::audit::inquiry::Whose;
use crate::meter::answer::Refusal;
use crate::meter::tokens::Tokens;
use crate::report::terminal::{HEADING, QUIET, counted, right, styled, table};
use crate::results::table_reader::{cell, columns};
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, from_iso, iso};
use crate::simulation::verdict::packs_text;

const CHARGES: &str = "charges.csv";
const SIGN_INS: &str = "sign_ins.csv";

/// Changed charges shown of each alternative; all are in the data.
const CHANGES_MAX: usize = 6;

/// An explanation, and what would have avoided what it explains.
pub struct Answer<'a> {
    /// The scenario of both.
    pub scenario: &'a Scenario,
    /// Why.
    pub explanation: &'a Explanation,
    /// What would have avoided it.
    pub alternatives: &'a [Alternative],
}

impl Answer<'_> {
    /// The zone of every instant in the answer.
    fn zone(&self) -> Zone {
        Zone::named(&self.explanation.zone).unwrap_or_else(Zone::utc)
    }
}

/// The answer for a person; lines are fitted to `width` columns, or stay whole.
pub fn text(answer: &Answer<'_>, width: Option<u16>) -> String {
    reasons(answer, width) + &avoidances(answer, width)
}

/// Why, without what would have avoided it.
pub fn reasons(answer: &Answer<'_>, width: Option<u16>) -> String {
    let Explanation { zone, headline, reasons, session, .. } = answer.explanation;
    let mut text = styled(HEADING, headline) + "\n";
    text += &(styled(QUIET, &format!("Times in {zone}")) + "\n\n");
    let mut rules = table(&["rule", "because"], width);
    for reason in reasons {
        rules.add_row([reason.rule, &reason.text]);
    }
    text += &format!("{rules}\n");
    if let Some(session) = session {
        let directory = &answer.scenario.directory;
        let absent = matches!(answer.explanation.subject, Subject::Absence(_));
        let title = if absent { "The session that was open" } else { "The session that caused it" };
        let local = |at| answer.zone().written(at);
        let (device, version) =
            (directory.device_name(session.device), directory.version_name(session.version));
        let (from, to, end) = (local(session.signed_in), local(session.signed_out), session.end.name());
        text += &format!("\n{}\n", styled(HEADING, title));
        text += &format!(" {from} to {to} on {device}, version {version}; ended by {end}\n");
    }
    text
}

fn avoidances(answer: &Answer<'_>, width: Option<u16>) -> String {
    if matches!(answer.explanation.subject, Subject::Absence(_)) {
        return String::new();
    }
    let mut text = format!("\n{}\n", styled(HEADING, "What would have avoided it"));
    if answer.alternatives.is_empty() {
        return text + " nothing that was tried\n";
    }
    let mut tried = table(&["", "instead", "rule", "tokens", "what else becomes different"], width);
    right(&mut tried, &[3]);
    for (alternative, number) in answer.alternatives.iter().zip(1..) {
        let more = alternative.difference.charged().more();
        let sign = if more > Tokens::ZERO { "+" } else { "" };
        tried.add_row([
            format!("{number}"),
            alternative.text.clone(),
            alternative.rule.to_owned(),
            format!("{sign}{more}"),
            changes(answer, alternative),
        ]);
    }
    text += &format!("{tried}\n");
    let note = "Each was run. --apply N --out FILE writes the changed file; `flexmeter diff` shows all rows.";
    text + &styled(QUIET, &format!(" {note}")) + "\n"
}

/// What else becomes different in the bill and in the answers, in a few words.
fn changes(answer: &Answer<'_>, alternative: &Alternative) -> String {
    let local = |at: &str| {
        let at = from_iso(at).expect("an instant of a table");
        answer.zone().written(at)
    };
    let charge = |row: &StringRecord| {
        let (at, user, product, tokens) = (
            cell(CHARGES, row, "window_start"),
            cell(CHARGES, row, "user"),
            cell(CHARGES, row, "product"),
            cell(CHARGES, row, "tokens"),
        );
        let own = match &answer.explanation.subject {
            Subject::Charge(of) => answer.scenario.directory.users.get(of.user.0),
            Subject::Refusal(of) => answer.scenario.directory.users.get(of.user.0),
            Subject::Absence(_) => "",
        };
        let user_text = if user == own { String::new() } else { format!(" of {user}") };
        format!("{tokens} for {product}{user_text} {}", local(at))
    };
    let [gone, new] = [Side::A, Side::B].map(|side| {
        let others = rows_of(&alternative.difference, CHARGES, side).iter();
        others.filter(|row| !is_subject(answer, row)).map(charge).collect::<Vec<String>>()
    });
    let (both, gone): (Vec<String>, Vec<String>) = gone.into_iter().partition(|text| new.contains(text));
    let new = new.into_iter().filter(|text| !both.contains(text));
    let worded = |word: &'static str| move |text: String| format!("{word}: {text}");
    let mut lines: Vec<String> = gone.into_iter().map(worded("not charged")).collect();
    lines.extend(new.map(worded("charged")));
    // The same charge, but from other packs, by another team, or recorded at another instant.
    lines.extend(both.iter().cloned().map(worded("paid otherwise")));
    if lines.len() > CHANGES_MAX {
        let rest = lines.len() - CHANGES_MAX;
        lines.truncate(CHANGES_MAX);
        lines.push(format!("and {rest} more charges"));
    }
    let refused = |side| {
        let refused = |row: &&StringRecord| cell(SIGN_INS, row, "outcome") == "refused";
        rows_of(&alternative.difference, SIGN_INS, side).iter().filter(refused).count() as u64
    };
    for (side, word) in [(Side::A, "fewer"), (Side::B, "more")] {
        let count = refused(side);
        if count > 0 {
            lines.push(format!("{} {word}", counted(count, "refusal")));
        }
    }
    if lines.is_empty() { "nothing else is charged or refused".to_owned() } else { lines.join("\n") }
}

/// Whether a row is the charge that is explained.
fn is_subject(answer: &Answer<'_>, row: &StringRecord) -> bool {
    let Subject::Charge(charge) = &answer.explanation.subject else { return false };
    let directory = &answer.scenario.directory;
    cell(CHARGES, row, "window_start") == iso(charge.window_start)
        && cell(CHARGES, row, "user") == directory.users.get(charge.user.0)
        && cell(CHARGES, row, "product") == directory.products.get(charge.product.0)
        && cell(CHARGES, row, "kind") == charge.kind.name()
}

/// The rows of a table that only one side has.
fn rows_of<'d>(difference: &'d Difference, table: &str, side: Side) -> &'d [StringRecord] {
    let of = difference.tables.iter().find(|of| of.table == table);
    of.map_or(&[][..], |of| &of.only.of(side).rows)
}

/// The answer as JSON text.
pub fn json(answer: &Answer<'_>) -> String {
    let Explanation { subject, zone, headline, reasons, session } = answer.explanation;
    let directory = &answer.scenario.directory;
    let session = session.map(|session| {
        json!({
            "signed_in": iso(session.signed_in),
            "signed_out": iso(session.signed_out),
            "device": directory.device_name(session.device),
            "version": directory.version_name(session.version),
            "end": session.end.name(),
        })
    });
    let reasons: Vec<Value> = reasons.iter().map(|of| json!({ "rule": of.rule, "text": of.text })).collect();
    let alternatives: Vec<Value> = answer.alternatives.iter().map(alternative_json).collect();
    let value = json!({
        "subject": subject_json(answer.scenario, subject),
        "headline": headline,
        "time_zone": zone,
        "reasons": reasons,
        "session": session,
        "alternatives": alternatives,
    });
    pretty(&value)
}

fn alternative_json(alternative: &Alternative) -> Value {
    let mut only = serde_json::Map::new();
    for of in alternative.difference.tables.iter().filter(|of| of.differs()) {
        let rows = |side| -> Vec<Value> {
            let row = |row: &StringRecord| {
                let cells = columns(of.table).iter().zip(row);
                Value::Object(cells.map(|(column, cell)| ((*column).to_owned(), cell.into())).collect())
            };
            of.only.of(side).rows.iter().map(row).collect()
        };
        only.insert(of.table.to_owned(), json!({ "gone": rows(Side::A), "new": rows(Side::B) }));
    }
    json!({
        "text": alternative.text,
        "rule": alternative.rule,
        "tokens": alternative.difference.charged().more().to_string(),
        "changes": only,
    })
}

fn subject_json(scenario: &Scenario, subject: &Subject) -> Value {
    let directory = &scenario.directory;
    match subject {
        Subject::Charge(charge) => json!({
            "charge": {
                "window_start": iso(charge.window_start),
                "tokens": charge.tokens.to_string(),
                "uncovered": charge.uncovered.to_string(),
                "kind": charge.kind.name(),
                "team": directory.teams.get(charge.team.0),
                "recorded_at": iso(charge.recorded_at),
                "packs": packs_text(directory, &charge.packs),
            }
        }),
        Subject::Refusal(sign_in) => {
            let reason = sign_in.answer.err().map(Refusal::name);
            json!({ "refusal": { "at": iso(sign_in.at), "reason": reason } })
        }
        Subject::Absence(at) => json!({ "absence": { "at": iso(*at) } }),
    }
}

/// What there is to ask about, for a person.
pub fn subjects_text(
    (scenario, whose): (&Scenario, Whose),
    subjects: &[Subject],
    width: Option<u16>,
) -> String {
    let directory = &scenario.directory;
    let (user, product) = (directory.users.get(whose.user.0), directory.products.get(whose.product.0));
    let title = format!("Charged or refused to {user} for {product}: {}", subjects.len());
    let mut text = styled(HEADING, &title) + "\n";
    // Who travels is told in UTC, so that what stands here can be asked about as it stands.
    let travels = scenario.journeys.iter().any(|(who, ..)| *who == whose.user);
    let zone = if travels { Zone::utc() } else { scenario.zone_of(whose.user, scenario.start).clone() };
    if !subjects.is_empty() {
        let mut table = table(&["at", "tokens", "what"], width);
        right(&mut table, &[1]);
        for subject in subjects {
            let local = zone.local(subject.at()).format("%Y-%m-%dT%H:%M:%S");
            let at = if travels { format!("{local}Z") } else { local.to_string() };
            let (tokens, what) = match subject {
                Subject::Charge(charge) => (charge.tokens.to_string(), charge.kind.name()),
                Subject::Refusal(sign_in) => {
                    (String::new(), sign_in.answer.map_or_else(Refusal::name, |_| ""))
                }
                Subject::Absence(_) => (String::new(), ""),
            };
            table.add_row([at, tokens, what.to_owned()]);
        }
        text += &format!("{table}\n");
    }
    let note = format!("Times in {}. Ask about one, or about any other instant, with --at.", zone.name());
    text + &styled(QUIET, &note) + "\n"
}

/// What there is to ask about, as JSON text.
pub fn subjects_json((scenario, whose): (&Scenario, Whose), subjects: &[Subject]) -> String {
    let subjects: Vec<Value> = subjects.iter().map(|subject| subject_json(scenario, subject)).collect();
    pretty(&json!({
        "user": scenario.directory.users.get(whose.user.0),
        "product": scenario.directory.products.get(whose.product.0),
        "subjects": subjects,
    }))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain data") + "\n"
}
