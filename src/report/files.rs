//! The result files of a run: their columns, their rows as text, their order, their digest.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::meter::answer::{Admission, Refusal};
use crate::meter::pack::Pack;
use crate::meter::record::{ChargeRecord, SessionRecord, SignInRecord, TokenEvent};
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::directory::Directory;
use crate::simulation::run::Run;
use crate::simulation::verdict::packs_text;

/// One file of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    /// Its name within the run's folder.
    pub name: &'static str,
    /// All of its text.
    pub text: String,
}

/// The name of the file that holds counts, totals and the digest.
pub const SUMMARY: &str = "summary.json";

/// The names of the tables a run writes, in the order in which the digest takes them.
pub const TABLES: [&str; 5] =
    ["charges.csv", "sign_ins.csv", "sessions.csv", "packs.csv", "token_events.csv"];

/// The tables of a run, rows sorted as text, column after column.
pub fn tables(scenario: &Scenario, run: &Run) -> [ResultFile; 5] {
    let directory = &scenario.directory;
    let text = [
        charges(directory, run),
        sign_ins(directory, run),
        sessions(directory, run),
        packs(directory, run),
        token_events(directory, run),
    ];
    let mut texts = text.into_iter();
    TABLES.map(|name| ResultFile { name, text: texts.next().expect("a text for each table") })
}

/// The SHA-256 over the tables, one after another: what `cat` of them into `sha256sum` gives.
pub fn digest(tables: &[ResultFile]) -> String {
    let mut hasher = Sha256::new();
    for file in tables {
        hasher.update(file.text.as_bytes());
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        write!(text, "{byte:02x}").expect("memory takes every text");
    }
    text
}

fn charges(directory: &Directory, run: &Run) -> String {
    let header =
        ["window_start", "user", "product", "team", "tokens", "uncovered", "kind", "recorded_at", "packs"];
    let leading = |charge: &ChargeRecord| (charge.window_start, charge.user, charge.product);
    let row = |charge: &ChargeRecord| {
        [
            iso(charge.window_start),
            directory.users.get(charge.user.0).to_owned(),
            directory.products.get(charge.product.0).to_owned(),
            directory.teams.get(charge.team.0).to_owned(),
            charge.tokens.to_string(),
            charge.uncovered.to_string(),
            charge.kind.name().to_owned(),
            iso(charge.recorded_at),
            packs_text(directory, &charge.packs),
        ]
    };
    csv(header, &run.charges, leading, row)
}

fn sign_ins(directory: &Directory, run: &Run) -> String {
    let header = ["at", "user", "product", "device", "version", "team", "outcome", "reason"];
    let leading = |sign_in: &SignInRecord| (sign_in.at, sign_in.user, sign_in.product);
    let row = |sign_in: &SignInRecord| {
        let (device, version) = sign_in.opening.map_or(("", ""), |(device, version)| {
            (directory.device_name(device), directory.version_name(version))
        });
        let (outcome, reason) = answer_text(sign_in.answer);
        [
            iso(sign_in.at),
            directory.users.get(sign_in.user.0).to_owned(),
            directory.products.get(sign_in.product.0).to_owned(),
            device.to_owned(),
            version.to_owned(),
            directory.teams.get(sign_in.team.0).to_owned(),
            outcome.to_owned(),
            reason.to_owned(),
        ]
    };
    csv(header, &run.sign_ins, leading, row)
}

fn answer_text(answer: Result<Admission, Refusal>) -> (&'static str, &'static str) {
    match answer {
        Ok(admission) => ("admitted", admission.name()),
        Err(refusal) => ("refused", refusal.name()),
    }
}

fn sessions(directory: &Directory, run: &Run) -> String {
    let header = ["signed_in", "user", "product", "device", "version", "signed_out", "end"];
    let leading = |session: &SessionRecord| (session.signed_in, session.user, session.product);
    let row = |session: &SessionRecord| {
        [
            iso(session.signed_in),
            directory.users.get(session.user.0).to_owned(),
            directory.products.get(session.product.0).to_owned(),
            directory.device_name(session.device).to_owned(),
            directory.version_name(session.version).to_owned(),
            iso(session.signed_out),
            session.end.name().to_owned(),
        ]
    };
    csv(header, &run.sessions, leading, row)
}

fn packs(directory: &Directory, run: &Run) -> String {
    let header = ["team", "pack", "bought", "expires", "tokens", "posted", "held", "expired", "remaining"];
    let leading = |pack: &Pack| (pack.team, pack.id);
    let row = |pack: &Pack| {
        [
            directory.teams.get(pack.team.0).to_owned(),
            directory.packs.get(pack.id.0).to_owned(),
            iso(pack.bought),
            iso(pack.expires),
            pack.tokens.to_string(),
            pack.posted.to_string(),
            pack.held.to_string(),
            pack.expired.to_string(),
            pack.remaining.to_string(),
        ]
    };
    csv(header, &run.packs, leading, row)
}

fn token_events(directory: &Directory, run: &Run) -> String {
    let header = ["at", "team", "event", "pack", "tokens"];
    let leading = |event: &TokenEvent| (event.at, event.team);
    let row = |event: &TokenEvent| {
        [
            iso(event.at),
            directory.teams.get(event.team.0).to_owned(),
            event.kind.name().to_owned(),
            directory.packs.get(event.pack.0).to_owned(),
            event.tokens.to_string(),
        ]
    };
    csv(header, &run.token_events, leading, row)
}

/// The text of a table. Records are put in order by `leading`, their first columns as numbers, which stand
/// in the order of their texts; rows alike in those are compared as text, column after column.
fn csv<T, K: Ord, const N: usize>(
    header: [&str; N],
    records: &[T],
    leading: impl Fn(&T) -> K,
    row: impl Fn(&T) -> [String; N],
) -> String {
    let mut order: Vec<&T> = records.iter().collect();
    order.sort_by_key(|record| leading(record));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).expect("memory takes every row");
    for alike in order.chunk_by(|a, b| leading(a) == leading(b)) {
        let mut rows: Vec<[String; N]> = alike.iter().map(|record| row(record)).collect();
        rows.sort_unstable();
        for row in &rows {
            writer.write_record(row).expect("memory takes every row");
        }
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("made of texts")
}
