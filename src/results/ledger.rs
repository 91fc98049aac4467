//! The ledger: every charge of a run by day and account in columns, for questions over millions of them.
//!
//! Two Parquet files that other tools can query too. `accounts.parquet` names what recurs, once: who used
//! what, in which version, who paid from which pack, and what made the charge. `usage.parquet` holds for each charge, in the
//! order of `charges.csv`, its day, its account and its tokens; a charge drawn from several packs has a row for each.
//! Openings that were free follow as uses of 0 tokens, no charges (RULES 1.5).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use csv::ByteRecord;
use indexmap::IndexSet;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use sha2::{Digest, Sha256};

use crate::meter::answer::ChargeKind;
use crate::meter::tokens::Tokens;
use crate::results::files::{Hashed, hex};
use crate::results::rows::FreeOpening;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, from_iso};
use crate::scenario::terms::PRODUCT_KINDS;

/// The name of the file of days and tokens.
pub const USAGE: &str = "usage.parquet";

/// The name of the file of what recurs.
pub const ACCOUNTS: &str = "accounts.parquet";

/// Rows that are put into the file together.
const ROWS_OF_GROUP: usize = 1 << 20;

const USAGE_SCHEMA: &str = "message usage {
    REQUIRED INT32 day (DATE);
    REQUIRED INT32 account;
    REQUIRED INT32 charges;
    REQUIRED INT64 tokens (DECIMAL(18, 3));
}";

const ACCOUNTS_SCHEMA: &str = "message accounts {
    REQUIRED INT32 account;
    REQUIRED BYTE_ARRAY user (UTF8);
    REQUIRED BYTE_ARRAY product (UTF8);
    REQUIRED BYTE_ARRAY product_kind (UTF8);
    REQUIRED BYTE_ARRAY version (UTF8);
    REQUIRED BYTE_ARRAY team (UTF8);
    REQUIRED BYTE_ARRAY charge_kind (UTF8);
    REQUIRED BYTE_ARRAY pack (UTF8);
}";

/// The columns of text that an account has.
pub(crate) const TEXTS: usize = 7;

/// Writes a ledger while the table of charges is written.
pub struct LedgerWriter<W: Write + Send> {
    scenario: Arc<Scenario>,
    usage: SerializedFileWriter<Hashed<W, Sha256>>,
    /// The accounts in the order of their numbers, each its texts put together.
    accounts: IndexSet<Box<[u8]>>,
    /// The word for the kind of each product, by its name.
    product_kinds: BTreeMap<Vec<u8>, &'static str>,
    rows: Columns,
    /// The text of the day before, and its number: most rows are of the same.
    last_day: (Vec<u8>, i32),
    /// The texts of an account, put together.
    key: Vec<u8>,
}

/// Rows before they are put into the file.
#[derive(Default)]
struct Columns {
    days: Vec<i32>,
    accounts: Vec<i32>,
    charges: Vec<i32>,
    tokens: Vec<i64>,
}

impl<W: Write + Send> LedgerWriter<W> {
    /// A ledger without rows.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn new(scenario: &Arc<Scenario>, usage: W) -> io::Result<Self> {
        let usage = file(USAGE_SCHEMA, usage)?;
        Ok(LedgerWriter {
            scenario: scenario.clone(),
            usage,
            accounts: IndexSet::new(),
            product_kinds: product_kinds(scenario),
            rows: Columns::default(),
            last_day: (Vec::new(), 0),
            key: Vec::new(),
        })
    }

    /// Adds a charge or a free opening: the cells of its row, and the version behind them.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn add(&mut self, charge: &ByteRecord) -> io::Result<()> {
        let [window_start, user, product, team, _, uncovered, kind, _, packs, version] =
            std::array::from_fn(|place| &charge[place]);
        let day = self.day(window_start);
        let product_kind = self.product_kinds[product].as_bytes();
        let account = |pack| [user, product, product_kind, version, team, kind, pack];
        let free = kind == FreeOpening::KIND.as_bytes();
        let mut charges = i32::from(!free && kind != ChargeKind::Refund.name().as_bytes());
        for draw in packs.split(|byte| *byte == b';').filter(|draw| !draw.is_empty()) {
            let colon = draw.iter().rposition(|byte| *byte == b':').expect("a pack and its tokens");
            let row = (day, std::mem::take(&mut charges), thousandths(&draw[colon + 1..]));
            self.push(account(&draw[..colon]), row);
        }
        let uncovered = thousandths(uncovered);
        if uncovered != 0 || charges > 0 || free {
            self.push(account(b""), (day, charges, uncovered));
        }
        if self.rows.days.len() < ROWS_OF_GROUP { Ok(()) } else { self.put_rows() }
    }

    /// Writes the rest; returns the SHA-256 of both files.
    ///
    /// # Errors
    /// Where a file can't be written.
    pub fn finish(mut self, accounts: W) -> io::Result<[(&'static str, String); 2]> {
        self.put_rows()?;
        let mut file = file(ACCOUNTS_SCHEMA, accounts)?;
        let (keys, mut first) = (self.accounts.iter().collect::<Vec<_>>(), 0);
        for group in keys.chunks(ROWS_OF_GROUP) {
            let mut columns = file.next_row_group().map_err(io_error)?;
            let numbers: Vec<i32> = (first..).take(group.len()).collect();
            first += i32::try_from(group.len()).expect("rows of a group");
            put::<Int32Type, _>(&mut columns, &numbers)?;
            for place in 0..TEXTS {
                let text = |key| ByteArray::from(texts(key).nth(place).expect("a text").to_vec());
                put::<ByteArrayType, _>(
                    &mut columns,
                    &group.iter().map(|key| text(key)).collect::<Vec<_>>(),
                )?;
            }
            columns.close().map_err(io_error)?;
        }
        let digest = |file: SerializedFileWriter<Hashed<W, Sha256>>| {
            let hashed = file.into_inner().map_err(io_error)?;
            io::Result::Ok(hex(hashed.1))
        };
        Ok([(USAGE, digest(self.usage)?), (ACCOUNTS, digest(file)?)])
    }

    fn put_rows(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.days.is_empty() {
            return Ok(());
        }
        let mut columns = self.usage.next_row_group().map_err(io_error)?;
        put::<Int32Type, _>(&mut columns, &rows.days)?;
        put::<Int32Type, _>(&mut columns, &rows.accounts)?;
        put::<Int32Type, _>(&mut columns, &rows.charges)?;
        put::<Int64Type, _>(&mut columns, &rows.tokens)?;
        columns.close().map(|_| ()).map_err(io_error)
    }

    /// The day of an instant's text in the zone of reports, in days from 1970-01-01.
    fn day(&mut self, instant: &[u8]) -> i32 {
        let zone = &self.scenario.policies.report_zone;
        // In UTC the date alone says it.
        let text = if zone.name() == "UTC" { &instant[..10] } else { instant };
        if self.last_day.0 != text {
            let at = from_iso(std::str::from_utf8(instant).expect("text")).expect("an instant of a row");
            self.last_day = (text.to_vec(), Day::from(zone.local(at).date()).0);
        }
        self.last_day.1
    }

    fn push(&mut self, account: [&[u8]; TEXTS], (day, charges, tokens): (i32, i32, i64)) {
        self.key.clear();
        for text in account {
            let length = u32::try_from(text.len()).expect("a name");
            self.key.extend_from_slice(&length.to_le_bytes());
            self.key.extend_from_slice(text);
        }
        let known = self.accounts.get_index_of(self.key.as_slice());
        let place = known.unwrap_or_else(|| self.accounts.insert_full(self.key.clone().into()).0);
        let account = i32::try_from(place).expect("fewer accounts than rows of a table");
        self.rows.days.push(day);
        self.rows.accounts.push(account);
        self.rows.charges.push(charges);
        self.rows.tokens.push(tokens);
    }
}

/// The texts that were put together as the key of an account.
fn texts(mut key: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = key.split_first_chunk()?;
        let (text, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        key = rest;
        Some(text)
    })
}

fn thousandths(text: &[u8]) -> i64 {
    let text = std::str::from_utf8(text).expect("text");
    text.parse::<Tokens>().expect("an amount of a row").thousandths()
}

fn product_kinds(scenario: &Scenario) -> BTreeMap<Vec<u8>, &'static str> {
    let names = scenario.directory.products.iter();
    let kind =
        |kind| PRODUCT_KINDS.iter().find(|(_, known)| *known == kind).expect("every kind has a word").0;
    let kinds = scenario.setup.products.iter().map(|product| kind(product.kind));
    names.map(|name| name.as_bytes().to_vec()).zip(kinds).collect()
}

fn file<W: Write + Send>(schema: &str, out: W) -> io::Result<SerializedFileWriter<Hashed<W, Sha256>>> {
    let schema = parse_message_type(schema).expect("a schema");
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_page_size_limit(1 << 24)
        .build();
    SerializedFileWriter::new(Hashed(out, Sha256::new()), Arc::new(schema), Arc::new(properties))
        .map_err(io_error)
}

/// Puts a column into a group of rows.
fn put<T: DataType, W: Write + Send>(
    columns: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> io::Result<()> {
    let mut column = columns.next_column().map_err(io_error)?.expect("a column of the schema");
    column.typed::<T>().write_batch(values, None, None).map_err(io_error)?;
    column.close().map_err(io_error)
}

pub(crate) fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
