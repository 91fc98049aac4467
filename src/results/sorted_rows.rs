//! `SortedRows`: any number of rows in order, with few of them in memory.
//!
//! Rows that have come are sorted and put aside in pieces; in the end the pieces are merged. A piece is CSV
//! without a header, so merging compares what the file will hold.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Writer, WriterBuilder};

use crate::results::rows::Row;
use crate::scenario::Scenario;

/// Rows kept in memory before they are put aside.
const ROWS_IN_MEMORY: usize = 1 << 18;

/// Pieces merged at a time.
const PIECES_MAX: usize = 64;

/// Shares merged at a time: as many files are open, which systems allow a thousand of.
const SHARES_MAX: usize = 512;

/// A place to put sorted rows aside: a file without a name, say.
pub trait Piece: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Piece for T {}

/// Sorted rows to be read from their beginning.
pub type Rows = Box<dyn Read + Send>;

/// Takes a row in its order.
pub type RowTaker<'t> = dyn FnMut(&ByteRecord) -> io::Result<()> + 't;

/// Makes empty pieces.
pub type Spool = Arc<dyn Fn() -> io::Result<Box<dyn Piece>> + Send + Sync>;

/// The rows of one table.
pub struct SortedRows<R> {
    scenario: Arc<Scenario>,
    spool: Spool,
    rows: Vec<R>,
    /// Pieces by how often their rows have been merged; one level's pieces are about as large.
    pieces: Vec<Vec<Rows>>,
    rows_in_memory: usize,
}

/// A table, whatever its rows are.
pub trait Table {
    /// Takes in rows that were written elsewhere by [`Table::write_rows`], of the same table.
    ///
    /// # Errors
    /// Where a piece can't be read or written.
    fn take_in(&mut self, rows: Rows) -> io::Result<()>;

    /// Writes all rows with what their table does not show, and no header, to be taken in elsewhere; no row is left.
    ///
    /// # Errors
    /// Where a piece can't be read or the rows can't be written.
    fn write_rows(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes the whole table, header first; no row is left.
    ///
    /// # Errors
    /// Where a piece can't be read or the table can't be written.
    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.write_and(out, &mut |_| Ok(()))
    }

    /// Writes the whole table, and shows each row as it goes, with what its table does not.
    ///
    /// # Errors
    /// Where a piece can't be read, the table can't be written, or who is shown a row fails.
    fn write_and(&mut self, out: &mut dyn Write, show: &mut RowTaker<'_>) -> io::Result<()>;
}

impl<R: Row> Table for SortedRows<R> {
    fn take_in(&mut self, rows: Rows) -> io::Result<()> {
        self.put(rows, 0, SHARES_MAX)
    }

    fn write_rows(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv_writer(out);
        self.merge_all(&mut |row| Ok(writer.write_byte_record(row)?))?;
        writer.flush()
    }

    fn write_and(&mut self, out: &mut dyn Write, show: &mut RowTaker<'_>) -> io::Result<()> {
        let mut writer = csv_writer(out);
        writer.write_record(R::HEADER)?;
        self.merge_all(&mut |row| {
            if row.len() == R::HEADER.len() {
                writer.write_byte_record(row)?;
            } else {
                writer.write_record(row.iter().take(R::HEADER.len()))?;
            }
            show(row)
        })?;
        writer.flush()
    }
}

impl<R: Row> SortedRows<R> {
    /// No rows yet.
    pub fn new(scenario: &Arc<Scenario>, spool: &Spool) -> Self {
        let (scenario, spool) = (scenario.clone(), spool.clone());
        SortedRows { scenario, spool, rows: Vec::new(), pieces: Vec::new(), rows_in_memory: ROWS_IN_MEMORY }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Where a piece can't be written.
    pub fn push(&mut self, row: R) -> io::Result<()> {
        self.rows.push(row);
        if self.rows.len() < self.rows_in_memory {
            return Ok(());
        }
        let piece = piece(&self.spool, |take| self.each_row(take))?;
        self.rows.clear();
        self.put(piece, 0, PIECES_MAX)
    }

    /// Goes through all rows in order; none is left.
    fn merge_all(&mut self, take: &mut RowTaker<'_>) -> io::Result<()> {
        if self.pieces.is_empty() {
            self.each_row(take)?;
        } else {
            let last = piece(&self.spool, |take| self.each_row(take))?;
            let pieces = std::mem::take(&mut self.pieces).into_iter().flatten();
            merge(pieces.chain([last]).collect(), take)?;
        }
        self.rows = Vec::new();
        Ok(())
    }

    fn put(&mut self, piece: Rows, level: usize, merged_at: usize) -> io::Result<()> {
        if self.pieces.len() == level {
            self.pieces.push(Vec::new());
        }
        self.pieces[level].push(piece);
        if self.pieces[level].len() < merged_at {
            return Ok(());
        }
        let full = std::mem::take(&mut self.pieces[level]);
        let merged = self::piece(&self.spool, |take| merge(full, take))?;
        self.put(merged, level + 1, merged_at)
    }

    /// The rows in memory in order: by their first columns as numbers, and rows alike in those as text.
    fn each_row(&self, take: &mut RowTaker<'_>) -> io::Result<()> {
        let mut order: Vec<&R> = self.rows.iter().collect();
        let names = &self.scenario.directory;
        order.sort_by_key(|row| row.leading(names));
        let mut cells = StringRecord::new();
        for alike in order.chunk_by(|a, b| a.leading(names) == b.leading(names)) {
            if let [row] = alike {
                cells.clear();
                row.cells(names, &mut cells);
                take(cells.as_byte_record())?;
                continue;
            }
            let mut records: Vec<StringRecord> = alike
                .iter()
                .map(|row| {
                    let mut cells = StringRecord::new();
                    row.cells(names, &mut cells);
                    cells
                })
                .collect();
            records.sort_by(|a, b| a.iter().cmp(b.iter()));
            for record in &records {
                take(record.as_byte_record())?;
            }
        }
        Ok(())
    }
}

fn csv_writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().buffer_capacity(1 << 16).from_writer(out)
}

/// A piece with what is written to it, to be read from its beginning.
fn piece(spool: &Spool, write: impl FnOnce(&mut RowTaker<'_>) -> io::Result<()>) -> io::Result<Rows> {
    let mut piece = spool()?;
    let mut writer = csv_writer(&mut piece);
    write(&mut |row| Ok(writer.write_byte_record(row)?))?;
    writer.flush()?;
    drop(writer);
    piece.rewind()?;
    Ok(Box::new(piece))
}

/// The next row of a piece; the heap's greatest is the first in order.
struct Head {
    row: ByteRecord,
    rest: Reader<Rows>,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        other.row.iter().cmp(self.row.iter())
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

/// Goes through the rows of sorted pieces in order.
fn merge(pieces: Vec<Rows>, take: &mut RowTaker<'_>) -> io::Result<()> {
    let mut heads = BinaryHeap::new();
    for piece in pieces {
        let mut rest = ReaderBuilder::new().has_headers(false).buffer_capacity(1 << 16).from_reader(piece);
        let mut row = ByteRecord::new();
        if rest.read_byte_record(&mut row)? {
            heads.push(Head { row, rest });
        }
    }
    while let Some(mut first) = heads.peek_mut() {
        take(&first.row)?;
        let Head { row, rest } = &mut *first;
        if !rest.read_byte_record(row)? {
            PeekMut::pop(first);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use crate::meter::id::{PackId, TeamId};
    use crate::meter::instant::Instant;
    use crate::meter::record::{TokenEvent, TokenEventKind};
    use crate::meter::tokens::Tokens;
    use crate::results::sorted_rows::{SortedRows, Spool, Table};
    use crate::scenario::Scenario;

    /// Three thousand rows put aside a few at a time, over two levels of merging, against all at once.
    #[test]
    fn pieces_merge_to_the_same_table() {
        let text = r#"
            start = 2026-01-01T00:00:00Z
            end = 2026-01-02T00:00:00Z
            [[team]]
            name = "quotes, \"and\" commas"
            packs = [{ id = "p1", tokens = 1, bought = 2026-01-01T00:00:00Z }, { id = "p10", tokens = 1, bought = 2026-01-01T00:00:00Z }]
        "#;
        let scenario = Arc::new(Scenario::read(text).expect("a scenario"));
        let table = |rows_in_memory: usize| {
            let spool: Spool = Arc::new(|| Ok(Box::new(Cursor::new(Vec::new()))));
            let mut table = SortedRows { rows_in_memory, ..SortedRows::new(&scenario, &spool) };
            let mut number: i64 = 1;
            for _ in 0..3000 {
                number = number * 48_271 % 2_147_483_647;
                let event = TokenEvent {
                    at: Instant::from_seconds(number % 50),
                    team: TeamId(0),
                    kind: if number % 3 == 0 { TokenEventKind::Expiry } else { TokenEventKind::MoveIn },
                    pack: PackId(u32::from(number % 2 == 0)),
                    tokens: Tokens::from_thousandths(number % 7),
                };
                table.push(event).expect("memory takes it");
            }
            let mut out = Vec::new();
            table.write(&mut out).expect("memory takes it");
            String::from_utf8(out).expect("text")
        };
        let straight = table(1 << 18);
        assert_eq!(straight.lines().count(), 3001);
        assert_eq!(table(1), straight);
        assert_eq!(table(7), straight);
    }
}
