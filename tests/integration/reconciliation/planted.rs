//! Errors planted in exports of simulated scenarios: precision and recall of every class are 1.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use flexmeter::audit::KnownUse;
use flexmeter::audit::reconciliation::{Class, Days, Finding, Reconciliation};
use flexmeter::meter::tokens::Tokens;
use flexmeter::results::export_file;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::usage_export::UsageExport;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::reconciliation::correct_export::{ExportRow, RowKey, csv, json, rows_of, xlsx};
use crate::support::{project, run_with_rows, scenario, scenario_files, text_of};

/// Errors of each class that are planted in one export.
const PLANTED: usize = 30;

/// The seeds by which they are.
const SEEDS: u64 = 5;

/// Writes an export.
type Format = fn(&[ExportRow]) -> Vec<u8>;

const STUDIO: &str = "an-architecture-studio-for-a-year.toml";
const STUDIO_END: &str = "end = 2026-05-04T00:00:00Z";

/// A scenario's first months.
fn cut(text: &str, end: &str) -> Arc<Scenario> {
    let lines = text.lines().map(|line| if line.starts_with("end ") { end } else { line });
    scenario(&lines.collect::<Vec<_>>().join("\n"))
}

/// Those of a file, without its steps and what it expects.
fn first_months(name: &str, end: &str) -> Arc<Scenario> {
    let text = fs::read_to_string(project().join("scenarios").join(name)).expect("a scenario file");
    let end_of_people = ["[[step]]", "[[expect]]"].iter().filter_map(|table| text.find(table)).min();
    cut(&text[..end_of_people.expect("it expects something")], end)
}

fn studios() -> [Arc<Scenario>; 2] {
    let games = "a-game-studio-with-forgotten-weekends.toml";
    [first_months(STUDIO, STUDIO_END), first_months(games, "end = 2026-08-31T00:00:00Z")]
}

fn compare(scenario: &Scenario, known: &KnownUse, bytes: &[u8]) -> Reconciliation {
    let sheets = export_file::sheets(bytes).expect("a format");
    let export = UsageExport::read(&sheets, None).expect("an export");
    Reconciliation::of(scenario, known, (&export, Days::of(scenario))).expect("it can be compared")
}

fn key(finding: &Finding) -> RowKey {
    let day = finding.day.map_or(String::new(), |day| day.date().to_string());
    (day, finding.user.clone(), finding.product.clone(), finding.team.clone())
}

#[test]
fn a_correct_export_of_every_scenario_agrees_in_every_format() {
    let mut compared = 0;
    for path in scenario_files() {
        let scenario = scenario(&text_of(&path));
        let (_, rows) = run_with_rows(&scenario);
        let (known, export) = (KnownUse::of(&scenario, &()).expect("it runs"), rows_of(&scenario, &rows));
        // An array of nothing has no columns either.
        let formats: [Format; 3] = [csv, xlsx, json];
        for format in formats.iter().take(if export.is_empty() { 2 } else { 3 }) {
            let bytes = format(&export);
            let found = compare(&scenario, &known, &bytes);
            let differ: Vec<_> = found.findings.iter().filter(|finding| finding.class.differs()).collect();
            assert!(differ.is_empty(), "{}: {differ:#?}", path.display());
            assert_eq!(found.rows, export.len());
            compared += found.rows;
        }
    }
    assert!(compared > 60_000, "{compared} rows");
}

#[test]
fn every_planted_error_is_found_and_nothing_else() {
    for scenario in studios() {
        let (_, rows) = run_with_rows(&scenario);
        let known = KnownUse::of(&scenario, &()).expect("it runs");
        let correct = rows_of(&scenario, &rows);
        assert!(correct.len() >= 1000, "{} rows", correct.len());
        for seed in 1..=SEEDS {
            let (export, planted) = plant(&scenario, &correct, seed);
            for (format, bytes) in [("CSV", csv(&export)), ("JSON", json(&export)), ("XLSX", xlsx(&export))] {
                let found = compare(&scenario, &known, &bytes);
                let place = format!("{}, {} rows of {format}, seed {seed}", scenario.title, export.len());
                judge(&found, &planted, &place);
            }
        }
    }
}

#[test]
fn days_are_those_of_the_report_zone() {
    let [utc, _] = studios();
    let text = fs::read_to_string(project().join("scenarios").join(STUDIO)).expect("a scenario file");
    let policy = "\n[policy]\nreport_zone = \"Pacific/Auckland\"\n";
    let far = cut(&(text[..text.find("[[expect]]").expect("it expects")].to_owned() + policy), STUDIO_END);
    let (_, rows) = run_with_rows(&far);
    let known = KnownUse::of(&far, &()).expect("it runs");
    let found = compare(&far, &known, &csv(&rows_of(&far, &rows)));
    assert!(found.agrees() && found.notes.is_empty(), "{:#?}", found.notes);
    let found = compare(&far, &known, &csv(&rows_of(&utc, &rows)));
    assert!(!found.agrees(), "days of UTC are others");
    assert!(
        found.notes.iter().any(|note| note.contains("another zone than Pacific/Auckland")),
        "{:#?}",
        found.notes
    );
}

/// Precision and recall of each class.
fn judge(found: &Reconciliation, planted: &BTreeMap<RowKey, Class>, place: &str) {
    for class in [Class::ChargedTwice, Class::WrongAmount, Class::NotDue, Class::Missing] {
        let meant: BTreeSet<RowKey> =
            planted.iter().filter(|(_, of)| **of == class).map(|(key, _)| key.clone()).collect();
        let said: BTreeSet<RowKey> = found.of_class(class).map(key).collect();
        let right = meant.intersection(&said).count();
        println!("{place}: {}: {right} of {} planted, {} found", class.name(), meant.len(), said.len());
        assert_eq!(meant, said, "{place}: {}", class.name());
        assert!(right >= 8, "{place}: {} of {right} only", class.name());
    }
    let differ = found.findings.iter().filter(|finding| finding.class.differs());
    assert_eq!(differ.count(), planted.len(), "{place}: one finding for each");
    for finding in found.findings.iter().filter(|finding| finding.class.differs()) {
        assert!(finding.why.contains("RULES"), "{place}: {}", finding.why);
    }
}

/// An export with errors in it, and what is wrong where.
fn plant(scenario: &Scenario, correct: &[ExportRow], seed: u64) -> (Vec<ExportRow>, BTreeMap<RowKey, Class>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut charged, mut free): (Vec<_>, Vec<_>) =
        correct.iter().cloned().partition(|row| row.tokens > Tokens::ZERO);
    charged.shuffle(&mut rng);
    free.shuffle(&mut rng);
    let mut planted = BTreeMap::new();
    let mut export = Vec::new();
    for (place, row) in charged.into_iter().enumerate() {
        let key = row.key.clone();
        let class = match place / PLANTED {
            0 => {
                export.push(row.clone());
                export.push(row);
                Class::ChargedTwice
            }
            1 => {
                let times = rng.random_range(2..5);
                let tokens = Tokens::from_thousandths(row.tokens.thousandths() * times);
                export.push(ExportRow { tokens, ..row });
                Class::ChargedTwice
            }
            2 => {
                let tokens = other_rate(scenario, row.tokens, &mut rng);
                export.push(ExportRow { tokens, ..row });
                Class::WrongAmount
            }
            3 => Class::Missing,
            _ => {
                export.push(row);
                continue;
            }
        };
        planted.insert(key, class);
    }
    for (place, row) in free.into_iter().enumerate() {
        // Lost grace, and a use of nothing that is not reported.
        match place {
            0..PLANTED if place % 4 == 3 => drop(planted.insert(row.key, Class::Missing)),
            0..PLANTED => {
                planted.insert(row.key.clone(), Class::NotDue);
                export.push(ExportRow { tokens: rate(scenario, &row.key.2), ..row });
            }
            _ => export.push(row),
        }
    }
    export.extend(phantoms(scenario, correct, &mut planted));
    export.shuffle(&mut rng);
    (export, planted)
}

fn rate(scenario: &Scenario, product: &str) -> Tokens {
    let place = scenario.directory.products.iter().position(|name| name == product).expect("a product");
    scenario.setup.products[place].rate(scenario.start)
}

/// A rate of something else, or the same with an error in it: never a whole multiple of what is due.
fn other_rate(scenario: &Scenario, due: Tokens, rng: &mut ChaCha8Rng) -> Tokens {
    let products = scenario.setup.products.iter().map(|product| product.rate(scenario.start));
    let (half, less) = (due.thousandths() / 2, due.thousandths() - 1);
    let mut others: Vec<i64> = products.map(Tokens::thousandths).collect();
    others.extend([half, less, due.thousandths() + half, due.thousandths() * 10 + 1]);
    others.retain(|tokens| tokens % due.thousandths() != 0);
    others.shuffle(rng);
    Tokens::from_thousandths(others[0])
}

/// Charges on days on which a user opened nothing at all that day or the day before: Sundays of drafters at rest.
fn phantoms(
    scenario: &Scenario,
    correct: &[ExportRow],
    planted: &mut BTreeMap<RowKey, Class>,
) -> Vec<ExportRow> {
    let used: BTreeSet<RowKey> = correct.iter().map(|row| row.key.clone()).collect();
    let first = Days::of(scenario).first;
    let keys = correct.iter().map(|row| (&row.key.1, &row.key.2, &row.key.3)).collect::<BTreeSet<_>>();
    let mut phantoms = Vec::new();
    for ((user, product, team), week) in keys.into_iter().zip(1..10) {
        let sunday = first.plus(7 * week - 1);
        let key = |day: String| (day, user.clone(), product.clone(), team.clone());
        let key = key(sunday.date().to_string());
        if !used.contains(&key) && !planted.contains_key(&key) {
            planted.insert(key.clone(), Class::NotDue);
            phantoms.push(ExportRow { tokens: rate(scenario, product), key });
        }
    }
    phantoms
}
