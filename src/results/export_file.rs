//! The bytes of a usage export, whichever of its formats they are in, as sheets of cells.
//!
//! This stands here and not in [`crate::scenario`], which gives the cells their meaning: a workbook is a zip
//! archive, in which one has to seek.

mod delimited;
mod json;
mod workbook;

use crate::scenario::usage_export::Flaw;
use crate::scenario::usage_export::sheet::Sheet;

/// How the archive of a workbook begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How a workbook of the time before 2007 begins.
const OLD_WORKBOOK: &[u8] = b"\xd0\xcf\x11\xe0";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The sheets of an export; what its bytes look like says which format it is, not its name.
///
/// # Errors
/// Where it is none of the formats, or broken.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Vec<Flaw>> {
    if bytes.starts_with(ZIP) {
        return workbook::sheets(bytes).map_err(|flaw| vec![flaw]);
    }
    if bytes.starts_with(OLD_WORKBOOK) {
        let help = "save it as .xlsx or CSV, or export the report anew";
        return Err(vec![Flaw::of_file("an Excel workbook of the old kind, .xls", help)]);
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        let help = "save it as CSV UTF-8, or export the report as Excel or JSON";
        vec![Flaw::at(format!("line {line}"), "the text is not UTF-8", help)]
    })?;
    match text.trim_start().chars().next() {
        None => {
            let help = "a usage export holds a header and rows, as CSV, Excel or JSON";
            Err(vec![Flaw::of_file("the file is empty", help)])
        }
        Some('[' | '{') => json::sheets(text).map_err(|flaw| vec![flaw]),
        Some(_) => delimited::sheet(text).map(|sheet| vec![sheet]),
    }
}
