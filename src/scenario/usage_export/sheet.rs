//! `Sheet`: lines of cells, whatever the format of the file they come from.

use crate::scenario::calendar::Day;

/// A table as a file holds it, header included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name, where the file has several.
    pub name: Option<String>,
    /// What its lines are called: `line`, `row` or `item`.
    pub unit: &'static str,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1, as the file counts.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, never blank.
    Text(String),
    /// A number as a plain decimal.
    Number(String),
    /// A date of a spreadsheet.
    Day(Day),
}

impl Sheet {
    /// Where a line is, in words.
    pub fn place(&self, line: &Line) -> String {
        let place = format!("{} {}", self.unit, line.number);
        self.name.as_ref().map_or(place.clone(), |name| format!("{place} of \"{name}\""))
    }
}

impl Line {
    /// Whether it holds nothing at all.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(Cell::is_empty)
    }
}

impl Cell {
    /// A cell of a text, without the blanks around it.
    pub fn of(text: &str) -> Cell {
        let text = text.trim();
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        *self == Cell::Empty
    }

    /// What it holds, as text.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Number(text) => text.clone(),
            Cell::Day(day) => day.date().to_string(),
        }
    }
}
