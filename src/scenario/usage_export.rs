//! Usage exports: what the vendor's own reports say was used and charged, as plain rows.
//!
//! The files change their columns and their formats; what reads the bytes ([`crate::results`] does) hands
//! over [`Sheet`]s, and here they get their meaning. Nothing is left out: forecasts learn from the same rows.

pub mod sheet;
pub mod column;
pub mod date;

use crate::meter::tokens::{Tokens, TokensError};
use crate::scenario::calendar::Day;
use crate::scenario::usage_export::column::{Column, Generation, Header};
use crate::scenario::usage_export::date::{DateOrder, Dates};
use crate::scenario::usage_export::sheet::{Cell, Line, Sheet};

/// A usage export that was read.
#[derive(Clone, Debug)]
pub struct UsageExport {
    /// Which of the vendor's files it is.
    pub generation: Generation,
    /// What its lines are called: `line`, `row` or `item`.
    pub unit: &'static str,
    /// The columns it has.
    pub columns: Vec<Column>,
    /// The headers of columns that no generation has.
    pub ignored: Vec<String>,
    /// Its rows, in the order of the file.
    pub rows: Vec<UsageRow>,
}

/// A row of a usage export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// Its number, from 1, as the file counts.
    pub line: u64,
    /// The day of use; the older usage report has none.
    pub day: Option<Day>,
    /// The product or service.
    pub product: String,
    /// Tokens used; a cell that is empty is not 0.
    pub tokens: Option<Tokens>,
    /// Days used, in the older usage report.
    pub days_used: Option<u32>,
    /// When it was used last, in the older usage report.
    pub last_accessed: Option<Day>,
    /// Every other cell that holds something, as it stands there; personal ones that are hidden are left out.
    texts: Vec<(Column, String)>,
}

/// One thing wrong with a usage export; all of a file's are reported together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where: `line 12, column Tokens used`; empty where it is about the whole file.
    pub place: String,
    /// What is wrong.
    pub title: String,
    /// The way out.
    pub help: String,
}

impl Flaw {
    /// Something wrong with the whole file.
    pub fn of_file(title: impl Into<String>, help: impl Into<String>) -> Self {
        Flaw { place: String::new(), title: title.into(), help: help.into() }
    }

    /// Something wrong at a place.
    pub fn at(place: impl Into<String>, title: impl Into<String>, help: impl Into<String>) -> Self {
        Flaw { place: place.into(), title: title.into(), help: help.into() }
    }
}

impl UsageExport {
    /// Reads the sheet that has the columns of an export; `order` is how it writes dates such as `3/2/2026`.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn read(sheets: &[Sheet], order: Option<DateOrder>) -> Result<UsageExport, Vec<Flaw>> {
        let (sheet, header) = Header::find(sheets).map_err(|flaw| vec![flaw])?;
        let lines = &sheet.lines[header.place + 1..];
        let dates = Dates::of(lines, &header.dates(), order);
        let mut flaws = Vec::new();
        let mut rows = Vec::new();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let reader = RowReader { sheet, header: &header, dates: &dates, line };
            rows.extend(reader.read(&mut flaws));
        }
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let mut columns: Vec<Column> = header.columns.iter().map(|found| found.column).collect();
        columns.dedup();
        let (generation, ignored) = (header.generation, header.ignored.clone());
        Ok(UsageExport { generation, unit: sheet.unit, columns, ignored, rows })
    }

    /// Whether it has a column.
    pub fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }
}

impl UsageRow {
    /// What it says in a column that is neither a day, an amount, a number of days nor the product.
    pub fn text(&self, column: Column) -> Option<&str> {
        self.texts.iter().find(|(known, _)| *known == column).map(|(_, text)| text.as_str())
    }

    /// Its team.
    pub fn team(&self) -> Option<&str> {
        self.text(Column::Team)
    }

    /// What it says of who used the product, the surest first: e-mail address, ids, name.
    pub fn names(&self) -> Vec<String> {
        let ids = [Column::Email, Column::AutodeskId, Column::HashedAutodeskId];
        let mut names: Vec<String> =
            ids.iter().filter_map(|column| self.text(*column)).map(str::to_owned).collect();
        let name = [Column::FirstName, Column::LastName];
        let name: Vec<&str> = name.iter().filter_map(|column| self.text(*column)).collect();
        if !name.is_empty() {
            names.push(name.join(" "));
        }
        names
    }
}

/// A row while it is read.
struct RowReader<'s> {
    sheet: &'s Sheet,
    header: &'s Header,
    dates: &'s Dates,
    line: &'s Line,
}

impl RowReader<'_> {
    fn read(&self, flaws: &mut Vec<Flaw>) -> Option<UsageRow> {
        self.check_width(flaws)?;
        let before = flaws.len();
        let mut row = UsageRow {
            line: self.line.number,
            day: None,
            product: String::new(),
            tokens: None,
            days_used: None,
            last_accessed: None,
            texts: Vec::new(),
        };
        for found in &self.header.columns {
            let cell = &self.line.cells[found.place];
            let done = match found.column {
                _ if cell.is_empty() => Ok(()),
                Column::DayUsed | Column::UsageDate => self.dates.read(cell).map(|day| row.day = Some(day)),
                Column::LastAccessed => self.dates.read(cell).map(|day| row.last_accessed = Some(day)),
                Column::TokensUsed | Column::TokensConsumed => {
                    amount(cell).map(|tokens| row.tokens = Some(tokens))
                }
                Column::DaysUsed => days(cell).map(|days| row.days_used = Some(days)),
                Column::Product | Column::ProductName => {
                    // Of several columns for the product the first that holds something is meant.
                    if row.product.is_empty() {
                        row.product = cell.text();
                    }
                    Ok(())
                }
                column => {
                    let text = cell.text();
                    let hidden = column.is_personal() && text.bytes().all(|byte| byte == b'*');
                    if !hidden && row.text(column).is_none() {
                        row.texts.push((column, text));
                    }
                    Ok(())
                }
            };
            if let Err((title, help)) = done {
                flaws.push(Flaw::at(self.place(&found.name), title, help));
            }
        }
        self.check_needed(&row, flaws);
        (flaws.len() == before).then_some(row)
    }

    /// What every row has to say.
    fn check_needed(&self, row: &UsageRow, flaws: &mut Vec<Flaw>) {
        let dated = self.header.generation != Generation::UsageReport;
        for found in &self.header.columns {
            let lacks = match found.column {
                Column::DayUsed | Column::UsageDate => dated && self.line.cells[found.place].is_empty(),
                Column::Product | Column::ProductName => row.product.is_empty(),
                _ => false,
            };
            if lacks {
                let help = "every row of this report has one; export it again, or remove the row";
                flaws.push(Flaw::at(self.place(&found.name), "the cell is empty", help));
                return;
            }
        }
    }

    /// A row cut short is no row, and cells without a header have no meaning.
    fn check_width(&self, flaws: &mut Vec<Flaw>) -> Option<()> {
        let (cells, width) = (&self.line.cells, self.header.width);
        let more = cells.iter().skip(width).any(|cell| !cell.is_empty());
        if cells.len() >= width && !more {
            return Some(());
        }
        let title = format!("{} cells, but the header has {width}", cells.len());
        let help = "was the file cut, or has a cell with a separator lost its quotes?";
        flaws.push(Flaw::at(self.sheet.place(self.line), title, help));
        None
    }

    fn place(&self, column: &str) -> String {
        format!("{}, column {column}", self.sheet.place(self.line))
    }
}

/// What is wrong with a cell, and the way out.
pub(crate) type Misread = (String, String);

fn amount(cell: &Cell) -> Result<Tokens, Misread> {
    let text = cell.text();
    let wrong = match cell {
        Cell::Day(_) => "a date is no amount of tokens",
        _ => match text.parse() {
            Ok(tokens) => return Ok(tokens),
            Err(TokensError::NotANumber) => "not an amount of tokens",
            Err(TokensError::TooFine) => "finer than a thousandth of a token (RULES 1.1)",
            Err(TokensError::TooLarge) => "more tokens than there are",
        },
    };
    let help = "an amount is a plain number with a point, such as 7, 45.0 or 0.5";
    Err((format!("`{text}`: {wrong}"), help.to_owned()))
}

fn days(cell: &Cell) -> Result<u32, Misread> {
    let text = cell.text();
    let whole = text.parse::<Tokens>().ok().filter(|days| days.thousandths() % 1000 == 0);
    let days = whole.and_then(|days| u32::try_from(days.thousandths() / 1000).ok());
    days.ok_or_else(|| {
        (format!("`{text}` is no number of days"), "it is a whole number, such as 12".to_owned())
    })
}
