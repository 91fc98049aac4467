//! An export as CSV: a header, commas, quotes where they are needed (RFC 4180); lines end in LF as in every file of
//! a run.

use std::io::{self, Write};

use csv::Writer;

use crate::usage::export::{Cell, Export, Report, Unexported};

/// Writes a report; returns how many rows it has.
///
/// # Errors
/// Where a table can't be read or the text not be written.
pub fn write(export: &Export<'_>, report: Report, out: &mut dyn Write) -> Result<u64, Unexported> {
    let mut writer = Writer::from_writer(out);
    writer.write_record(report.columns(export.columns)).map_err(io::Error::from)?;
    let mut count = 0;
    export.rows(report, &mut |cells| {
        count += 1;
        writer.write_record(cells.iter().map(text))?;
        Ok(())
    })?;
    writer.flush()?;
    Ok(count)
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Blank => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Day(day) => day.to_string(),
        Cell::Amount(tokens) => tokens.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}
