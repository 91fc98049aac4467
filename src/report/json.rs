//! The same figures as the terminal shows, as JSON.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::ser::{Error, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::report::summary::Summary;
use crate::scenario::catalogue::{CATALOGUE, ListedProduct};
use crate::simulation::verdict::{Checked, Verdict};

/// A run: its summary, and the rows of each table by column name, read from the tables as they were written.
///
/// # Errors
/// Where a table can't be read or the text can't be written.
pub fn run<R: Read>(
    summary: &Summary,
    tables: Vec<(&'static str, R)>,
    mut out: impl Write,
) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::pretty(&mut out);
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("summary", summary)?;
    for (name, table) in tables {
        let rows = Rows(RefCell::new(csv::Reader::from_reader(table)));
        map.serialize_entry(name.trim_end_matches(".csv"), &rows)?;
    }
    SerializeMap::end(map)?;
    writeln!(out)
}

/// The rows of a table, passed on one by one.
struct Rows<R>(RefCell<csv::Reader<R>>);

impl<R: Read> Serialize for Rows<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reader = self.0.borrow_mut();
        let header = reader.headers().map_err(S::Error::custom)?.clone();
        let mut rows = serializer.serialize_seq(None)?;
        for row in reader.records() {
            let row = row.map_err(S::Error::custom)?;
            let cells = header.iter().zip(row.iter());
            rows.serialize_element(&cells.collect::<BTreeMap<_, _>>())?;
        }
        rows.end()
    }
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

fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("plain data") + "\n"
}
