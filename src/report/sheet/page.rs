//! A sheet as one HTML page without script, in the look of the page of a run.

use askama::Template;

use crate::report::page::filters;
use crate::report::page::{LOOK, ROWS_MAX};
use crate::report::sheet::picture::{Picture, grouped};
use crate::report::sheet::{Column, Section, Sheet, SheetTable};

/// The page of a sheet.
pub(crate) fn html(sheet: &Sheet) -> String {
    let parts = sheet
        .sections
        .iter()
        .map(|section| Part { section, picture: section.chart.as_ref().map(Picture::of) });
    PageTemplate { sheet, parts: parts.collect() }.render().expect("a string takes it")
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct PageTemplate<'a> {
    sheet: &'a Sheet,
    parts: Vec<Part<'a>>,
}

/// A section with its chart drawn.
struct Part<'a> {
    section: &'a Section,
    picture: Option<Picture>,
}

impl PageTemplate<'_> {
    const LOOK: &'static str = LOOK;
    const STYLE: &'static str = include_str!("sheet.css");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
}

/// A cell as it is read: numbers have spaces between thousands.
pub(crate) fn read(cell: &str, column: &Column) -> String {
    if column.numeric { grouped(cell) } else { cell.to_owned() }
}

/// Rows that the page leaves out.
pub(crate) fn left_out(table: &SheetTable) -> usize {
    table.rows.len().saturating_sub(ROWS_MAX)
}
