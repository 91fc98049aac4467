//! An export as an Excel workbook: a sheet for each report, dates as dates, amounts as numbers, the header in sight
//! and with filters.

use std::io::{self, Write};

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::usage::export::{Cell, Export, Report, Unexported};

/// Rows of a sheet below its header.
const ROWS_MAX: u32 = 1_048_575;

/// Writes reports; returns how many rows each has. The same export is the same bytes: nothing in it says when it
/// was made.
///
/// # Errors
/// Where a table can't be read, a sheet can't hold what it should, or the file can't be written.
pub fn write(export: &Export<'_>, reports: &[Report], out: &mut dyn Write) -> Result<Vec<u64>, Unexported> {
    let mut workbook = Workbook::new();
    let epoch = ExcelDateTime::from_ymd(2000, 1, 1).expect("a date");
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    let mut counts = Vec::new();
    for report in reports {
        let sheet = workbook.add_worksheet();
        counts.push(fill(sheet, export, *report)?);
    }
    let bytes = workbook.save_to_buffer().map_err(|error| failed(&error))?;
    out.write_all(&bytes)?;
    Ok(counts)
}

fn fill(sheet: &mut Worksheet, export: &Export<'_>, report: Report) -> Result<u64, Unexported> {
    let columns = report.columns(export.columns);
    let last_column = u16::try_from(columns.len() - 1).expect("few columns");
    let (bold, date) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    let mut begun = || -> Result<(), XlsxError> {
        sheet.set_name(report.title())?;
        for (name, column) in columns.iter().zip(0..) {
            sheet.write_string_with_format(0, column, *name, &bold)?;
        }
        sheet.set_column_range_width(0, last_column, 18)?;
        sheet.set_freeze_panes(1, 0)?;
        Ok(())
    };
    begun().map_err(|error| failed(&error))?;
    let mut row = 0;
    export.rows(report, &mut |cells| {
        if row == ROWS_MAX {
            return Err(io::Error::other(format!(
                "the report of {} has more than {ROWS_MAX} rows, which is all that a sheet of Excel holds; \
                 --format csv holds any number, and --from and --to make fewer",
                report.name()
            )));
        }
        row += 1;
        for (cell, column) in cells.iter().zip(0..) {
            put(sheet, ((row, column), cell), &date)?;
        }
        Ok(())
    })?;
    sheet.autofilter(0, 0, row, last_column).map_err(|error| failed(&error))?;
    Ok(row.into())
}

fn put(sheet: &mut Worksheet, ((row, column), cell): ((u32, u16), &Cell), date: &Format) -> io::Result<()> {
    let written = match cell {
        Cell::Blank => return Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, text),
        Cell::Day(day) => sheet.write_datetime_with_format(row, column, &excel_date(*day)?, date),
        Cell::Amount(tokens) => {
            let nearest: f64 = tokens.to_string().parse().expect("a decimal");
            sheet.write_number(row, column, nearest)
        }
        Cell::Count(count) => {
            let count = u32::try_from(*count).expect("days of a range");
            sheet.write_number(row, column, count)
        }
    };
    written.map(drop).map_err(|error| failed(&error))
}

fn excel_date(day: NaiveDate) -> io::Result<ExcelDateTime> {
    let part = |number: u32| u8::try_from(number).expect("a month or a day");
    let year = u16::try_from(day.year()).ok();
    let date = year.and_then(|year| ExcelDateTime::from_ymd(year, part(day.month()), part(day.day())).ok());
    date.ok_or_else(|| io::Error::other(format!("Excel knows no date such as {day}; use --format csv")))
}

fn failed(error: &XlsxError) -> io::Error {
    io::Error::other(format!("the workbook can't be made: {error}"))
}
