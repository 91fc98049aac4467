//! `Untold`: why the tables of a run do not tell what they are asked.

use std::fmt;

use crate::results::table_reader::{TableError, TableFlaw, TableReader, WrittenTables};
use crate::usage::ledger::LedgerError;

/// Why the tables of a run do not tell what they are asked.
#[derive(Debug)]
pub enum Untold {
    /// The run did not write that table.
    Missing(&'static str),
    /// A table can't be read.
    Table(TableError),
    /// The ledger can't be read.
    Ledger(LedgerError),
}

impl From<LedgerError> for Untold {
    fn from(error: LedgerError) -> Self {
        Untold::Ledger(error)
    }
}

impl From<TableError> for Untold {
    fn from(error: TableError) -> Self {
        Untold::Table(error)
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Untold::Missing(table) => {
                let detail = match *table {
                    "sign_ins.csv" | "sessions.csv" => "full",
                    _ => "charges, or full",
                };
                write!(
                    f,
                    "{table} is missing, from which this is counted; run the scenario again with --detail {detail}"
                )
            }
            Untold::Table(error) => error.fmt(f),
            Untold::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Untold {}

/// A table at its first row; `None` where the run did not write it.
pub(crate) fn open_if_written<'t>(
    tables: &'t dyn WrittenTables,
    table: &'static str,
) -> Result<Option<TableReader<'t>>, Untold> {
    let unreadable = |error| TableError { table, line: 1, flaw: TableFlaw::Unreadable(error) };
    let source = tables.open(table).map_err(unreadable)?;
    Ok(source.map(|source| TableReader::open(table, source)).transpose()?)
}

/// A table at its first row, which has to be there.
pub(crate) fn open<'t>(
    tables: &'t dyn WrittenTables,
    table: &'static str,
) -> Result<TableReader<'t>, Untold> {
    open_if_written(tables, table)?.ok_or(Untold::Missing(table))
}
