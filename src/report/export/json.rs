//! An export as JSON: of one report an array of rows, of several an object with an array for each. Amounts are
//! numbers, exactly as decimals; what is not known is null.

use std::io::{self, Write};

use crate::usage::export::{Cell, Export, Report, Unexported};

/// Writes reports; returns how many rows each has.
///
/// # Errors
/// Where a table can't be read or the text not be written.
pub fn write(export: &Export<'_>, reports: &[Report], out: &mut dyn Write) -> Result<Vec<u64>, Unexported> {
    if let [report] = reports {
        let count = rows(export, *report, out)?;
        writeln!(out)?;
        return Ok(vec![count]);
    }
    let mut counts = Vec::new();
    write!(out, "{{")?;
    for (place, report) in reports.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(out, "{comma}\n{}: ", quoted(report.name()))?;
        counts.push(rows(export, *report, out)?);
    }
    writeln!(out, "\n}}")?;
    Ok(counts)
}

/// An array with a row on each line.
fn rows(export: &Export<'_>, report: Report, out: &mut dyn Write) -> Result<u64, Unexported> {
    let columns: Vec<String> = report.columns(export.columns).iter().map(|column| quoted(column)).collect();
    let mut count = 0;
    write!(out, "[")?;
    export.rows(report, &mut |cells| {
        write!(out, "{}\n  ", if count == 0 { "" } else { "," })?;
        count += 1;
        row(&columns, cells, out)
    })?;
    write!(out, "{}]", if count == 0 { "" } else { "\n" })?;
    Ok(count)
}

fn row(columns: &[String], cells: &[Cell], out: &mut dyn Write) -> io::Result<()> {
    for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let value = match cell {
            Cell::Blank => "null".to_owned(),
            Cell::Text(text) => quoted(text),
            Cell::Day(day) => quoted(&day.to_string()),
            // A plain decimal is a number of JSON as it stands.
            Cell::Amount(tokens) => tokens.to_string(),
            Cell::Count(count) => count.to_string(),
        };
        write!(out, "{} {column}: {value}", if place == 0 { "{" } else { "," })?;
    }
    write!(out, " }}")
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}
