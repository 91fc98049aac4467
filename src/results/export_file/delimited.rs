//! CSV, with the separator that it happens to have.

use csv::{ReaderBuilder, StringRecord};

use crate::scenario::usage_export::Flaw;
use crate::scenario::usage_export::sheet::{Cell, Line, Sheet};

/// Separators, the usual one first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The lines of a text; each keeps the number of its first line in the file.
pub(crate) fn sheet(text: &str) -> Result<Sheet, Vec<Flaw>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    let mut record = StringRecord::new();
    let mut counted = (0, 1);
    while reader.read_record(&mut record).map_err(|error| vec![broken(&error)])? {
        let byte = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let number = line_of(text, byte, &mut counted);
        lines.push(Line { number, cells: record.iter().map(Cell::of).collect() });
    }
    Ok(Sheet { name: None, unit: "line", lines })
}

/// The line on which a record begins. The reader's own count is one behind where lines end in CR and LF; `counted`
/// is how far lines were counted, so that each is looked at once.
fn line_of(text: &str, byte: usize, counted: &mut (usize, u64)) -> u64 {
    let bytes = text.as_bytes();
    let ends = bytes[byte..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let lines = bytes[counted.0..byte + ends].iter().filter(|byte| **byte == b'\n').count();
    *counted = (byte + ends, counted.1 + lines as u64);
    counted.1
}

/// The separator that the lines at the beginning have most of.
fn separator(text: &str) -> u8 {
    let count = |separator: u8| {
        let lines = text.lines().take(20).map(|line| line.bytes().filter(|byte| *byte == separator).count());
        lines.max().unwrap_or(0)
    };
    let most = SEPARATORS.into_iter().map(count).max();
    SEPARATORS.into_iter().find(|separator| Some(count(*separator)) == most).unwrap_or(b',')
}

fn broken(error: &csv::Error) -> Flaw {
    Flaw::of_file(format!("not CSV: {error}"), "export the report again")
}
