//! The same figures as the terminal shows, as JSON.

use serde_json::{Value, json};

use crate::report::files::{ResultFile, TABLES};
use crate::report::summary::Summary;
use crate::scenario::catalogue::{CATALOGUE, ListedProduct};
use crate::simulation::verdict::{Checked, Verdict};

/// A run: its summary, and the rows of each table by column name.
pub fn run(summary: &Summary, tables: &[ResultFile]) -> String {
    let mut value = json!({ "summary": summary });
    for (name, table) in TABLES.iter().zip(tables) {
        value[name.trim_end_matches(".csv")] = rows(&table.text);
    }
    text(&value)
}

/// Checked files with every verdict.
pub fn check(checked: &[Checked]) -> String {
    let file = |file: &Checked| match &file.verdicts {
        Err(problem) => json!({ "file": file.file, "error": problem }),
        Ok(verdicts) => {
            let verdict = |verdict: &Verdict| {
                json!({
                    "line": verdict.line,
                    "subject": verdict.subject,
                    "passed": verdict.passed(),
                    "expected": verdict.expected,
                    "actual": verdict.actual,
                })
            };
            json!({ "file": file.file, "verdicts": verdicts.iter().map(verdict).collect::<Vec<_>>() })
        }
    };
    text(&Value::Array(checked.iter().map(file).collect()))
}

/// The built-in catalogue.
pub fn catalogue() -> String {
    let row = |row: &ListedProduct| {
        json!({
            "product": row.name,
            "tokens": row.rate.to_string(),
            "per": row.unit,
            "standing": row.standing.name(),
            "as_of": row.as_of,
            "source": row.source,
        })
    };
    text(&Value::Array(CATALOGUE.iter().map(row).collect()))
}

fn rows(csv_text: &str) -> Value {
    let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
    let header = reader.headers().expect("our own table").clone();
    let rows = reader.records().map(|row| {
        let row = row.expect("our own table");
        let cells = header.iter().zip(row.iter());
        Value::Object(cells.map(|(column, cell)| (column.to_owned(), cell.into())).collect())
    });
    Value::Array(rows.collect())
}

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain data") + "\n"
}
