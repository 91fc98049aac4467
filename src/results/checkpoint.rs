//! `Checkpoint`: a run left at an instant, as a file. It holds what the run is made from, and a digest over what was
//! written down so far: whoever goes on replays the requests and compares. No state is in it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use csv::StringRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::meter::instant::Instant;
use crate::meter::record::Record;
use crate::meter::tokens::Tokens;
use crate::results::files::hex;
use crate::results::rows::Row;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, iso, zone_data_release};
use crate::scenario::directory::Directory;
use crate::scenario::moment;
use crate::simulation::recorder::{Detail, Recorder};

/// What the file says it is.
const FORMAT: &str = "flexmeter checkpoint";
/// Which form of it.
const NUMBER: u64 = 1;

/// A run left at an instant. The fields stand in the file in this order, the long text last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    format: String,
    number: u64,
    version: String,
    zone_data: String,
    /// The name of the scenario's file.
    pub file: String,
    /// The seed of its simulated users.
    pub seed: u64,
    at: String,
    records: u64,
    charges: u64,
    tokens: String,
    /// The digest of [`Past`].
    pub records_sha256: String,
    scenario_sha256: String,
    /// Over all other fields.
    seal: String,
    /// The whole text of the scenario's file.
    pub scenario: String,
}

/// Why a text is no checkpoint that this version can go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is not whole JSON: cut off, or something else.
    Unreadable(String),
    /// JSON of another kind.
    Foreign,
    /// A form that this version does not know.
    Number(String),
    /// Written by another version.
    Version(String),
    /// Written with other zone data.
    ZoneData(String),
    /// A field is missing, unknown or of another type.
    Field(String),
    /// The scenario in it was changed.
    ScenarioEdited,
    /// Something else in it was changed.
    Edited,
}

impl Checkpoint {
    /// A run of a scenario's text, left at an instant.
    pub fn new((file, text): (&str, &str), scenario: &Scenario, (at, past): (Instant, &Past)) -> Self {
        let checkpoint = Checkpoint {
            format: FORMAT.to_owned(),
            number: NUMBER,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            zone_data: zone_data_release().to_owned(),
            file: file.to_owned(),
            seed: scenario.seed,
            at: iso(at),
            records: past.records,
            charges: past.charges,
            tokens: past.tokens.to_string(),
            records_sha256: past.digest(),
            scenario_sha256: hex(Sha256::new_with_prefix(text)),
            seal: String::new(),
            scenario: text.to_owned(),
        };
        Checkpoint { seal: checkpoint.sealed(), ..checkpoint }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Where this version can't go on from it.
    pub fn read(text: &str) -> Result<Checkpoint, CheckpointError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| CheckpointError::Unreadable(error.to_string()))?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(CheckpointError::Foreign);
        }
        let number = value.get("number").cloned().unwrap_or_default();
        if number != NUMBER {
            return Err(CheckpointError::Number(number.to_string()));
        }
        let version = value.get("version").and_then(Value::as_str).unwrap_or_default();
        if version != env!("CARGO_PKG_VERSION") {
            return Err(CheckpointError::Version(version.to_owned()));
        }
        let zone_data = value.get("zone_data").and_then(Value::as_str).unwrap_or_default();
        if zone_data != zone_data_release() {
            return Err(CheckpointError::ZoneData(zone_data.to_owned()));
        }
        let checkpoint: Checkpoint =
            serde_json::from_value(value).map_err(|error| CheckpointError::Field(error.to_string()))?;
        if checkpoint.scenario_sha256 != hex(Sha256::new_with_prefix(&checkpoint.scenario)) {
            return Err(CheckpointError::ScenarioEdited);
        }
        if checkpoint.seal != checkpoint.sealed() || checkpoint.at().is_none() {
            return Err(CheckpointError::Edited);
        }
        Ok(checkpoint)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data") + "\n"
    }

    /// The instant: everything before it has happened, and nothing on it.
    ///
    /// # Panics
    /// Never for a checkpoint that was read or made here.
    pub fn instant(&self) -> Instant {
        self.at().expect("an instant that was written here")
    }

    fn at(&self) -> Option<Instant> {
        moment::parse(&self.at, &Zone::utc()).ok()
    }

    fn sealed(&self) -> String {
        let open = Checkpoint { seal: String::new(), ..self.clone() };
        hex(Sha256::new_with_prefix(open.text()))
    }
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::Unreadable(error) => {
                write!(f, "it is cut off, or no checkpoint at all ({error})")
            }
            CheckpointError::Foreign => write!(f, "it is JSON of another kind, no {FORMAT}"),
            CheckpointError::Number(number) => {
                write!(f, "its form is number {number}; this version reads number {NUMBER}")
            }
            CheckpointError::Version(version) => {
                let ours = env!("CARGO_PKG_VERSION");
                write!(f, "flexmeter {version} wrote it, and this is {ours}, whose rules may differ")
            }
            CheckpointError::ZoneData(release) => {
                let ours = zone_data_release();
                write!(f, "it was written with zone data {release}, and this flexmeter has {ours}")
            }
            CheckpointError::Field(error) => write!(f, "it was edited: {error}"),
            CheckpointError::ScenarioEdited => {
                write!(f, "the scenario in it was edited: its SHA-256 is not the one noted")
            }
            CheckpointError::Edited => write!(f, "it was edited: its seal does not fit"),
        }
    }
}

impl Error for CheckpointError {}

/// What was written down before an instant: counts, and a digest that does not depend on the order in which
/// groups of teams came to it, nor on the numbers that names have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Records.
    pub records: u64,
    /// Charges among them, refunds included.
    pub charges: u64,
    /// Their sum.
    pub tokens: Tokens,
    /// The SHA-256 of each record as text, added up by parts: a sum has no order.
    sum: [u64; 4],
}

impl Past {
    /// What some records come to.
    pub fn of(directory: &Directory, records: &[&Record]) -> Self {
        let mut past = Past::default();
        for record in records {
            past.add(directory, record);
        }
        past
    }

    fn add(&mut self, directory: &Directory, record: &Record) {
        self.records += 1;
        if let Record::Charge(charge) = record {
            self.charges += 1;
            self.tokens += charge.tokens;
        }
        let mut cells = StringRecord::new();
        let table = match record {
            Record::SignIn(row) => written(row, directory, &mut cells),
            Record::Session(row) => written(row, directory, &mut cells),
            Record::Charge(row) => written(row, directory, &mut cells),
            Record::TokenEvent(row) => written(row, directory, &mut cells),
            Record::Notice(row) => written(row, directory, &mut cells),
            Record::Credit(row) => written(row, directory, &mut cells),
            Record::Transition(row) => written(row, directory, &mut cells),
        };
        let mut hasher = Sha256::new_with_prefix(table);
        for cell in &cells {
            hasher.update((cell.len() as u64).to_le_bytes());
            hasher.update(cell);
        }
        let digest = hasher.finalize();
        for (sum, part) in self.sum.iter_mut().zip(digest.chunks_exact(8)) {
            *sum = sum.wrapping_add(u64::from_le_bytes(part.try_into().expect("eight bytes")));
        }
    }

    /// The digest over everything added.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new_with_prefix(self.records.to_le_bytes());
        self.sum.iter().for_each(|part| hasher.update(part.to_le_bytes()));
        hex(hasher)
    }
}

/// Writes a row's cells; the columns name its table.
fn written<R: Row>(row: &R, directory: &Directory, cells: &mut StringRecord) -> String {
    row.cells(directory, cells);
    R::HEADER.concat()
}

/// A recorder that passes rows on to another, and adds up those from before an instant.
pub struct Witness<R> {
    /// The other.
    pub recorder: R,
    /// What was written down before the instant.
    pub past: Past,
    /// With the names of the file: what is shown in their place is no part of the past.
    directory: Directory,
    until: Instant,
}

impl<R> Witness<R> {
    /// A witness of everything before an instant.
    pub fn new(recorder: R, scenario: &Arc<Scenario>, until: Instant) -> Self {
        Witness { recorder, past: Past::default(), directory: scenario.directory.in_the_open(), until }
    }
}

impl<R: Recorder> Recorder for Witness<R> {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, mut rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows.iter().filter(|row| row.at() < self.until) {
            self.past.add(&self.directory, row);
        }
        let wanted = self.recorder.wants();
        rows.retain(|row| wanted.keeps(row));
        self.recorder.take(rows)
    }
}
