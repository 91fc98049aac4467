//! `Sheet`: a result as headed figures, tables and charts, from which text for a terminal, CSV and a page are made.
//! Whoever answers a planner's question fills one in; how it looks is decided here, once.

mod page;
mod picture;
mod plot;

use comfy_table::Table;
use csv::Writer;

use crate::report::difference::printable;
use crate::report::terminal::{HEADING, QUIET, right, styled, table};

/// Rows of a table that a terminal shows.
pub const TERMINAL_ROWS_MAX: usize = 25;

/// A result, ready to be shown.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// What it is about.
    pub title: String,
    /// What was asked of what, and what is assumed, line by line.
    pub lines: Vec<String>,
    /// The parts of the answer, most important first.
    pub sections: Vec<Section>,
    /// What CSV holds where that is more than the first table.
    pub data: Option<SheetTable>,
}

/// A part of an answer.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What it says in sentences, line by line.
    pub lines: Vec<String>,
    /// Its figures in rows.
    pub table: Option<SheetTable>,
    /// Its picture; a terminal shows none.
    pub chart: Option<Chart>,
    /// What is to be known about the figures, smaller.
    pub notes: Vec<String>,
}

/// Figures in rows. The first table of a sheet is what CSV holds.
#[derive(Clone, Debug, Default)]
pub struct SheetTable {
    /// The columns, from the left.
    pub columns: Vec<Column>,
    /// Cells as they are read, one for each column; numbers without thousands' separators.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in CSV: `tokens_p50`.
    pub key: &'static str,
    /// Its heading for a person: `P50`.
    pub heading: String,
    /// Whether it holds numbers: they are aligned at the right.
    pub numeric: bool,
}

impl Column {
    /// A column of words.
    pub fn text(key: &'static str, heading: &str) -> Self {
        Column { key, heading: heading.to_owned(), numeric: false }
    }

    /// A column of numbers.
    pub fn number(key: &'static str, heading: &str) -> Self {
        Column { key, heading: heading.to_owned(), numeric: true }
    }
}

/// A picture.
#[derive(Clone, Debug)]
pub enum Chart {
    /// Bands around a middle line, over days: the widest band first.
    Fan(Fan),
    /// Lines over one axis of numbers.
    Lines(Lines),
    /// Bars that lie, the first at the top: a name, a length, and the length as it is read.
    Bars(Vec<(String, f64, String)>),
    /// How often what happened on which day: instants at midnight, in seconds since 1970, and a count or share.
    Days(Vec<(i64, f64)>),
}

/// Bands over days.
#[derive(Clone, Debug, Default)]
pub struct Fan {
    /// What is shown, with its unit: "tokens left".
    pub unit: String,
    /// Midnights, in seconds since 1970.
    pub days: Vec<i64>,
    /// Name ("P5–P95"), lower and upper edge for each day; the widest first.
    pub bands: Vec<(String, Vec<f64>, Vec<f64>)>,
    /// Name and value for each day, drawn as lines on top.
    pub lines: Vec<(String, Vec<f64>)>,
}

/// Lines over an axis of numbers.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// What lies along the bottom, with its unit.
    pub x: String,
    /// What goes up, with its unit.
    pub y: String,
    /// Each line's name and points, by x.
    pub series: Vec<(String, Vec<(f64, f64)>)>,
    /// A point to be marked, with its name.
    pub marks: Vec<(String, f64, f64)>,
}

/// The sheet for a person at a terminal. Tables are fitted to `width` columns, or stay whole; charts are left out.
pub fn text(sheet: &Sheet, width: Option<u16>) -> String {
    let mut text = styled(HEADING, &printable(&sheet.title)) + "\n";
    text.extend(sheet.lines.iter().map(|line| fitted(line, width) + "\n"));
    for (place, section) in sheet.sections.iter().enumerate() {
        text.push('\n');
        if !section.heading.is_empty() {
            text += &(styled(HEADING, &printable(&section.heading)) + "\n");
        }
        text.extend(section.lines.iter().map(|line| fitted(line, width) + "\n"));
        if let Some(table) = &section.table {
            let is_in_csv = sheet.sections[..place].iter().all(|before| before.table.is_none());
            text += &rows(table, width);
            text += &rest(table.rows.len(), if is_in_csv { "; --format csv has them all" } else { "" });
        }
        text.extend(section.notes.iter().map(|note| styled(QUIET, &fitted(note, width)) + "\n"));
    }
    text
}

/// A line as it is shown: broken between words where it is wider than the terminal.
fn fitted(line: &str, width: Option<u16>) -> String {
    let width = width.map_or(usize::MAX, usize::from);
    let line = printable(line);
    let mut text = String::new();
    let mut column = 0;
    for word in line.split_inclusive(' ') {
        let long = word.trim_end().chars().count();
        if column > 0 && column + long > width {
            text.truncate(text.trim_end().len());
            text.push('\n');
            column = 0;
        }
        text += word;
        column += word.chars().count();
    }
    text
}

/// What a sheet has for CSV, else its first table; without one, nothing.
pub fn csv(sheet: &Sheet) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let first = || sheet.sections.iter().find_map(|section| section.table.as_ref());
    if let Some(table) = sheet.data.as_ref().or_else(first) {
        writer.write_record(table.columns.iter().map(|column| column.key)).expect("memory takes it");
        for row in &table.rows {
            writer.write_record(row).expect("memory takes it");
        }
    }
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("text")
}

/// The sheet as one HTML page that needs nothing beside it: the same bytes for the same sheet.
pub fn html(sheet: &Sheet) -> String {
    page::html(sheet)
}

/// A table with its first rows.
fn rows(of: &SheetTable, width: Option<u16>) -> String {
    let headings: Vec<String> = of.columns.iter().map(|column| printable(&column.heading)).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table: Table = table(&headings, width);
    let numeric = of.columns.iter().enumerate().filter(|(_, column)| column.numeric);
    right(&mut table, &numeric.map(|(place, _)| place).collect::<Vec<_>>());
    for row in of.rows.iter().take(TERMINAL_ROWS_MAX) {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    format!("{table}\n")
}

/// How many rows a terminal does not show, and where they are.
fn rest(rows: usize, elsewhere: &str) -> String {
    match rows.checked_sub(TERMINAL_ROWS_MAX) {
        None | Some(0) => String::new(),
        Some(more) => styled(QUIET, &format!(" … and {more} more{elsewhere}")) + "\n",
    }
}
