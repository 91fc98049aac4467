//! Excel workbooks, read cell by cell: a sheet that claims to be huge takes no more memory than it fills.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};
use chrono::NaiveDate;

use crate::scenario::calendar::Day;
use crate::scenario::usage_export::Flaw;
use crate::scenario::usage_export::sheet::{Cell, Line, Sheet};

/// Columns of a sheet that are read; no export has nearly as many.
const COLUMNS_MAX: usize = 200;

/// The sheets of a workbook.
pub(crate) fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Flaw> {
    let broken = |error: XlsxError| {
        let help = "open it in Excel and save it again, or export the report as CSV";
        Flaw::of_file(format!("not a workbook that can be read: {error}"), help)
    };
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let names = workbook.sheet_names();
    names.into_iter().map(|name| sheet(&mut workbook, name).map_err(broken)).collect()
}

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: String) -> Result<Sheet, XlsxError> {
    let mut lines: Vec<Line> = Vec::new();
    let mut cells = workbook.worksheet_cells_reader(&name)?;
    let mut width = 0;
    while let Some(read) = cells.next_cell()? {
        let (row, column) = read.get_position();
        let number = u64::from(row) + 1;
        let column = column as usize;
        let cell = cell(read.get_value());
        if cell.is_empty() || column >= COLUMNS_MAX {
            continue;
        }
        if lines.last().is_none_or(|line| line.number != number) {
            lines.push(Line { number, cells: Vec::new() });
        }
        let line = lines.last_mut().expect("just added");
        line.cells.resize(line.cells.len().max(column + 1), Cell::Empty);
        line.cells[column] = cell;
        width = width.max(column + 1);
    }
    for line in &mut lines {
        line.cells.resize(width, Cell::Empty);
    }
    Ok(Sheet { name: Some(name), unit: "row", lines })
}

fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(number.to_string()),
        // The shortest decimal that is the same number: what was typed into the cell.
        DataRef::Float(number) => Cell::Number(number.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::of(text),
        DataRef::SharedString(text) => Cell::of(text),
        DataRef::Bool(yes) => Cell::Text(yes.to_string()),
        DataRef::DateTime(date) => day(date),
        DataRef::Error(error) => Cell::Text(error.to_string()),
    }
}

/// A date of a workbook, whichever year it counts from.
fn day(date: &ExcelDateTime) -> Cell {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    let day = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
    day.filter(|_| date.is_datetime())
        .map_or_else(|| Cell::Number(date.as_f64().to_string()), |day| Cell::Day(Day::from(day)))
}
