//! `Sheet`: a result as headed figures, tables and charts, from which text for a terminal, CSV and a page are made.
//! Whoever answers a planner's question fills one in; how it looks is decided here, once.

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
