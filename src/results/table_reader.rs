//! `TableReader`: a table of a run that is over, read back row by row; what is no such table is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use csv::{Reader, ReaderBuilder, StringRecord};

use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::meter::record::{
    ChargeRecord, CreditRecord, NoticeRecord, SessionRecord, SignInRecord, TokenEvent, TransitionRecord,
};
use crate::meter::tokens::Tokens;
use crate::results::rows::Row;
use crate::scenario::calendar::from_iso;

/// The tables of a run that is over, handed out by name: files of a folder, or bytes in memory.
pub trait WrittenTables {
    /// A table from its beginning; `None` where the run did not write it.
    ///
    /// # Errors
    /// Where it is there and can't be opened.
    fn open(&self, table: &'static str) -> io::Result<Option<Box<dyn Read + '_>>>;
}

impl WrittenTables for BTreeMap<&'static str, Vec<u8>> {
    fn open(&self, table: &'static str) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(self.get(table).map(|bytes| Box::new(bytes.as_slice()) as Box<dyn Read>))
    }
}

/// The columns of a table.
pub fn columns(table: &str) -> &'static [&'static str] {
    match table {
        "charges.csv" => ChargeRecord::HEADER,
        "sign_ins.csv" => SignInRecord::HEADER,
        "sessions.csv" => SessionRecord::HEADER,
        "packs.csv" => Pack::HEADER,
        "token_events.csv" => TokenEvent::HEADER,
        "notices.csv" => NoticeRecord::HEADER,
        "credits.csv" => CreditRecord::HEADER,
        "transition.csv" => TransitionRecord::HEADER,
        _ => panic!("`{table}` is a table of a run"),
    }
}

/// What a row of a table has in a column.
pub fn cell<'r>(table: &str, row: &'r StringRecord, column: &str) -> &'r str {
    &row[place(table, column).expect("a column of the table")]
}

/// Where a table has a column.
pub fn place(table: &str, column: &str) -> Option<usize> {
    columns(table).iter().position(|known| *known == column)
}

/// The column that says when what a row tells of happened: a charge when it is recorded, a session when it
/// ends. A pack's row tells of the end of the run.
fn instant_column(table: &str) -> Option<&'static str> {
    match table {
        "packs.csv" => None,
        "charges.csv" => Some("recorded_at"),
        "sessions.csv" => Some("signed_out"),
        _ => Some("at"),
    }
}

/// A table that stands at one of its rows.
pub struct TableReader<'s> {
    table: &'static str,
    reader: Reader<Watched<'s>>,
    row: StringRecord,
    /// The row before, which no row may precede in order.
    before: StringRecord,
    /// Whether there is a row.
    stands: bool,
}

impl<'s> TableReader<'s> {
    /// A table at its first row, once its header has been read.
    ///
    /// # Errors
    /// Where it can't be read or is no table of that name.
    pub fn open(table: &'static str, source: Box<dyn Read + 's>) -> Result<Self, TableError> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).buffer_capacity(1 << 16);
        let reader = builder.from_reader(Watched { source, last: b'\n' });
        let (row, before) = (StringRecord::new(), StringRecord::new());
        let mut opened = TableReader { table, reader, row, before, stands: false };
        let header = opened.read()?;
        if !header || !opened.row.iter().eq(columns(table).iter().copied()) {
            return Err(opened.flaw(TableFlaw::Header));
        }
        opened.row.clear();
        opened.advance()?;
        Ok(opened)
    }

    /// Whose rows these are.
    pub fn table(&self) -> &'static str {
        self.table
    }

    /// The row; `None` behind the last one.
    pub fn row(&self) -> Option<&StringRecord> {
        self.stands.then_some(&self.row)
    }

    /// Goes on to the next row.
    ///
    /// # Errors
    /// Where it can't be read, has other columns, or stands out of order.
    pub fn advance(&mut self) -> Result<(), TableError> {
        std::mem::swap(&mut self.row, &mut self.before);
        self.stands = self.read()?;
        if !self.stands {
            let whole = self.reader.get_ref().last == b'\n';
            return if whole { Ok(()) } else { Err(self.flaw(TableFlaw::CutOff)) };
        }
        if self.row.len() != columns(self.table).len() {
            return Err(self.flaw(TableFlaw::Columns(self.row.len())));
        }
        if self.row.iter().lt(self.before.iter()) {
            return Err(self.flaw(TableFlaw::Order));
        }
        Ok(())
    }

    /// What the row has in a column.
    pub fn cell(&self, column: &str) -> &str {
        cell(self.table, &self.row, column)
    }

    /// When what the row tells of happened; `None` for the end of the run.
    ///
    /// # Errors
    /// Where the row does not say.
    pub fn instant(&self) -> Result<Option<Instant>, TableError> {
        instant_column(self.table).map(|column| self.instant_in(column)).transpose()
    }

    /// The instant that the row has in a column.
    ///
    /// # Errors
    /// Where it is none.
    pub fn instant_in(&self, column: &'static str) -> Result<Instant, TableError> {
        let at = from_iso(self.cell(column));
        at.ok_or_else(|| self.wrong_cell(column, "an instant such as 2026-03-02T08:00:00Z"))
    }

    /// The tokens that the row has in a column.
    ///
    /// # Errors
    /// Where they are none.
    pub fn tokens(&self, column: &'static str) -> Result<Tokens, TableError> {
        self.cell(column).parse().map_err(|_| self.wrong_cell(column, "tokens such as 7 or 0.5"))
    }

    fn read(&mut self) -> Result<bool, TableError> {
        let read = self.reader.read_record(&mut self.row);
        read.map_err(|error| {
            let line = error.position().map_or(self.line(), csv::Position::line);
            let flaw = match error.into_kind() {
                csv::ErrorKind::Io(error) => TableFlaw::Unreadable(error),
                _ => TableFlaw::NotText,
            };
            TableError { table: self.table, line, flaw }
        })
    }

    fn wrong_cell(&self, column: &'static str, meant: &'static str) -> TableError {
        self.flaw(TableFlaw::Cell { column, text: self.cell(column).to_owned(), meant })
    }

    fn flaw(&self, flaw: TableFlaw) -> TableError {
        TableError { table: self.table, line: self.line(), flaw }
    }

    /// Where the row begins; behind the last one, where that began.
    fn line(&self) -> u64 {
        let last = if self.stands || self.before.is_empty() { &self.row } else { &self.before };
        last.position().map_or(1, csv::Position::line)
    }
}

/// A source that remembers the last byte it gave: a table that was written whole ends its last line.
struct Watched<'s> {
    source: Box<dyn Read + 's>,
    last: u8,
}

impl Read for Watched<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(bytes)?;
        self.last = bytes[..read].last().copied().unwrap_or(self.last);
        Ok(read)
    }
}

/// Why a table can't be read, and where.
#[derive(Debug)]
pub struct TableError {
    /// Its name.
    pub table: &'static str,
    /// The line.
    pub line: u64,
    /// What is wrong there.
    pub flaw: TableFlaw,
}

/// What is wrong with a table.
#[derive(Debug)]
pub enum TableFlaw {
    /// It can't be read.
    Unreadable(io::Error),
    /// It is not UTF-8.
    NotText,
    /// It has not the columns of its name.
    Header,
    /// A row has so many columns.
    Columns(usize),
    /// A row stands behind one that it precedes.
    Order,
    /// The last line has no end.
    CutOff,
    /// A cell is not what its column says.
    Cell {
        /// The column.
        column: &'static str,
        /// What it has.
        text: String,
        /// What it should have.
        meant: &'static str,
    },
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TableError { table, line, flaw } = self;
        write!(f, "{table}, line {line}: ")?;
        let known = columns(table);
        match flaw {
            TableFlaw::Unreadable(error) => error.fmt(f),
            TableFlaw::NotText => write!(f, "not UTF-8"),
            TableFlaw::Header => write!(f, "not the header of this table, `{}`", known.join(",")),
            TableFlaw::Columns(count) => {
                write!(f, "{count} columns where {} belong; the file may be cut off here", known.len())
            }
            TableFlaw::Order => write!(f, "out of order: rows are sorted as text, column after column"),
            TableFlaw::CutOff => write!(f, "cut off: the last line has no end"),
            TableFlaw::Cell { column, text, meant } => write!(f, "`{column}` is `{text}`, not {meant}"),
        }
    }
}

impl std::error::Error for TableError {}

#[cfg(test)]
mod tests {
    use crate::results::table_reader::TableReader;

    const EVENTS: &str = "at,team,event,pack,tokens\n2026-03-02T08:00:00Z,T,purchase,p,5\n";

    /// How many rows there are, or what is wrong with them.
    fn read(text: &[u8]) -> Result<usize, String> {
        let told = |error| format!("{error}");
        let mut reader = TableReader::open("token_events.csv", Box::new(text)).map_err(told)?;
        let mut rows = 0;
        while reader.row().is_some() {
            reader.instant().map_err(told)?;
            reader.tokens("tokens").map_err(told)?;
            rows += 1;
            reader.advance().map_err(told)?;
        }
        Ok(rows)
    }

    #[test]
    fn whole_tables_are_read() {
        assert_eq!(read(EVENTS.as_bytes()), Ok(1));
        assert_eq!(read(b"at,team,event,pack,tokens\n"), Ok(0));
        let twice = EVENTS.to_owned() + "2026-03-02T08:00:00Z,T,purchase,p,5\n";
        assert_eq!(read(twice.as_bytes()), Ok(2), "rows alike are rows");
        let names = EVENTS.to_owned() + "2026-03-02T08:00:00Z,\"T, \"\"the\nteam\"\"\",purchase,p,5\n";
        assert_eq!(read(names.as_bytes()), Ok(2), "quotes, commas and line feeds in a name");
    }

    #[test]
    fn what_is_no_table_is_refused_at_its_line() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "line 1: not the header of this table, `at,team,event,pack,tokens`"),
            (b"at,team,event,pack", "line 1: not the header"),
            (b"at,user,notice,product,device\n", "line 1: not the header"),
            (b"2026-03-02T08:00:00Z,T,purchase,p\n", "line 2: 4 columns where 5 belong"),
            (b"2026-03-02T08:00:00Z,T,purchase,p,5", "line 2: cut off"),
            (
                b"2026-03-02T08:00:00Z,T,purchase,p,5\n2026-03-01T08:00:00Z,T,purchase,p,5\n",
                "line 3: out of order",
            ),
            (b"2026-03-02,T,purchase,p,5\n", "line 2: `at` is `2026-03-02`, not an instant"),
            (b"2026-03-02T08:00:00Z,T,purchase,p,many\n", "line 2: `tokens` is `many`, not tokens"),
            (b"2026-03-02T08:00:00Z,\xff,purchase,p,5\n", "line 2: not UTF-8"),
        ];
        for (place, (rows, expected)) in cases.into_iter().enumerate() {
            let header: &[u8] = if place < 3 { b"" } else { b"at,team,event,pack,tokens\n" };
            let told = read(&[header, rows].concat()).expect_err(expected);
            assert!(told.starts_with(&format!("token_events.csv, {expected}")), "{told}");
        }
    }
}
