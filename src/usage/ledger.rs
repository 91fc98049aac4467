//! `Ledger`: the charges of a run that is over, by day and account, read back from columns.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use indexmap::IndexSet;
use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::statistics::Statistics;

use crate::meter::tokens::Tokens;
use crate::results::ledger::{ACCOUNTS, TEXTS, USAGE};
use crate::scenario::calendar::Day;

/// The charges of a run: the bytes of a file, and the accounts.
pub struct Ledger {
    texts: [TextColumn; TEXTS],
    accounts: usize,
    usage: SerializedFileReader<Bytes>,
}

/// A column of the accounts, each text kept once.
#[derive(Debug, Default)]
struct TextColumn {
    texts: Vec<String>,
    of_account: Vec<u32>,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Who used it.
    User,
    /// What was used.
    Product,
    /// `desktop`, `add-in` or `service`.
    ProductKind,
    /// The version of the session; empty for a service.
    Version,
    /// Who paid.
    Team,
    /// What made the charge: `sign-in`, `renewal`, …; `free` for an opening that was not charged.
    ChargeKind,
    /// The pack it was drawn from; empty for what no pack covered.
    Pack,
}

/// A charge, or the part of it that was drawn from one pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The day of the window's start in the report's zone (RULES 5.4).
    pub day: Day,
    /// The place of its account.
    pub account: usize,
    /// 1; 0 for the further packs of a charge, for a refund, and for an opening that was free.
    pub charges: u32,
    /// The tokens; negative for a refund.
    pub tokens: Tokens,
}

impl Ledger {
    /// Opens the two files of a run; users are shown as `show` says.
    ///
    /// # Errors
    /// Where they are no ledger.
    pub fn open(accounts: Bytes, usage: Bytes, show: &dyn Fn(&str) -> String) -> Result<Self, LedgerError> {
        let (accounts, texts) = read_accounts(accounts, show).map_err(LedgerError::in_file(ACCOUNTS))?;
        let usage = SerializedFileReader::new(usage).map_err(LedgerError::in_file(USAGE))?;
        Ok(Ledger { texts, accounts, usage })
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.accounts
    }

    /// The number of what is known of an account, as [`Ledger::text`] takes it.
    pub fn number(&self, known: Known, account: usize) -> u32 {
        self.texts[known as usize].of_account[account]
    }

    /// The text with a number.
    pub fn text(&self, known: Known, number: u32) -> &str {
        &self.texts[known as usize].texts[number as usize]
    }

    /// What is known of an account, as text.
    pub fn text_of(&self, known: Known, account: usize) -> &str {
        self.text(known, self.number(known, account))
    }

    /// `desktop`, `add-in` or `service`.
    pub(crate) fn kind_of_product(&self, product: u32) -> &str {
        let of_account = &self.texts[Known::Product as usize].of_account;
        let account = of_account.iter().position(|known| *known == product).expect("a product of an account");
        self.text_of(Known::ProductKind, account)
    }

    /// In how many groups the postings lie, each of which can be gone through by itself.
    pub(crate) fn groups(&self) -> usize {
        self.usage.num_row_groups()
    }

    /// Goes through the postings of some days in some groups, in the order of the file.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub(crate) fn scan(
        &self,
        (groups, days): (impl Iterator<Item = usize>, &Range<Day>),
        take: &mut impl FnMut(Posting),
    ) -> Result<(), LedgerError> {
        self.scan_groups((groups, days), take).map_err(LedgerError::in_file(USAGE))
    }

    fn scan_groups(
        &self,
        (groups, days): (impl Iterator<Item = usize>, &Range<Day>),
        take: &mut impl FnMut(Posting),
    ) -> Result<(), ParquetError> {
        for group in groups {
            let group = self.usage.get_row_group(group)?;
            if !may_hold(&*group, days) {
                continue;
            }
            let mut columns = (
                Column::<Int32Type>::open(&*group, 0)?,
                Column::<Int32Type>::open(&*group, 1)?,
                Column::<Int32Type>::open(&*group, 2)?,
                Column::<Int64Type>::open(&*group, 3)?,
            );
            while columns.0.read()? > 0 {
                let rows = columns.0.values.len();
                if [columns.1.read()?, columns.2.read()?, columns.3.read()?] != [rows; 3] {
                    return Err(damaged());
                }
                for row in 0..rows {
                    let day = Day(columns.0.values[row]);
                    let account = usize::try_from(columns.1.values[row]).map_err(|_| damaged())?;
                    let charges = u32::try_from(columns.2.values[row]).map_err(|_| damaged())?;
                    if account >= self.accounts {
                        return Err(damaged());
                    }
                    if days.contains(&day) {
                        let tokens = Tokens::from_thousandths(columns.3.values[row]);
                        take(Posting { day, account, charges, tokens });
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether a group of rows may hold some of these days.
fn may_hold(group: &dyn RowGroupReader, days: &Range<Day>) -> bool {
    match group.metadata().column(0).statistics() {
        Some(Statistics::Int32(held)) => {
            let before = held.max_opt().is_some_and(|last| Day(*last) < days.start);
            let after = held.min_opt().is_some_and(|first| Day(*first) >= days.end);
            !before && !after
        }
        _ => true,
    }
}

fn read_accounts(
    file: Bytes,
    show: &dyn Fn(&str) -> String,
) -> Result<(usize, [TextColumn; TEXTS]), ParquetError> {
    let file = SerializedFileReader::new(file)?;
    let mut texts: [TextColumn; TEXTS] = Default::default();
    for (place, column) in texts.iter_mut().enumerate() {
        let mut known: IndexSet<Vec<u8>> = IndexSet::new();
        for group in 0..file.num_row_groups() {
            let mut read = Column::<ByteArrayType>::open(&*file.get_row_group(group)?, place + 1)?;
            while read.read()? > 0 {
                for text in &read.values {
                    let number = known.get_index_of(text.data());
                    let number = number.unwrap_or_else(|| known.insert_full(text.data().to_vec()).0);
                    column.of_account.push(u32::try_from(number).map_err(|_| damaged())?);
                }
            }
        }
        let texts = known.into_iter().map(|text| String::from_utf8(text).map_err(|_| damaged()));
        column.texts = texts.collect::<Result<_, _>>()?;
    }
    for name in &mut texts[Known::User as usize].texts {
        *name = show(name);
    }
    let accounts = texts[0].of_account.len();
    if texts.iter().any(|column| column.of_account.len() != accounts) {
        return Err(damaged());
    }
    Ok((accounts, texts))
}

/// A column of a group of rows, read some rows at a time.
struct Column<T: DataType> {
    reader: ColumnReaderImpl<T>,
    values: Vec<T::T>,
}

/// Rows read at a time.
const ROWS_AT_A_TIME: usize = 1 << 13;

impl<T: DataType> Column<T> {
    fn open(group: &dyn RowGroupReader, place: usize) -> Result<Self, ParquetError> {
        if place >= group.num_columns()
            || group.metadata().column(place).column_type() != T::get_physical_type()
        {
            return Err(damaged());
        }
        let reader = get_typed_column_reader::<T>(group.get_column_reader(place)?);
        Ok(Column { reader, values: Vec::new() })
    }

    /// Reads the next rows; returns how many they are.
    fn read(&mut self) -> Result<usize, ParquetError> {
        self.values.clear();
        let (rows, _, _) = self.reader.read_records(ROWS_AT_A_TIME, None, None, &mut self.values)?;
        Ok(rows)
    }
}

fn damaged() -> ParquetError {
    ParquetError::General("not as flexmeter writes it; run the scenario again".to_owned())
}

/// Why a ledger can't be read.
#[derive(Debug)]
pub struct LedgerError {
    file: &'static str,
    error: ParquetError,
}

impl LedgerError {
    fn in_file(file: &'static str) -> impl Fn(ParquetError) -> LedgerError {
        move |error| LedgerError { file, error }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.error)
    }
}

impl std::error::Error for LedgerError {}
