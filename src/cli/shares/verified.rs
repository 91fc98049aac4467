//! `verified`: a share whose every file was read and found as it was written.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cli::byte_progress::ByteProgress;
use crate::cli::interrupt;
use crate::results::files::hex;
use crate::results::share::{Content, SHARE, Share};

/// The name of the file that says how long a share took, and where.
pub(super) const TIMING: &str = "timing.json";

/// The name of the file of how long decisions took, in a histogram's own form; not in the share's own list, since no
/// two runs write the same.
pub(super) const LATENCY: &str = "latency.hdr";

/// How a share came about: of the wall clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct Timing {
    /// The machine's name.
    pub(in crate::cli) host: String,
    /// When it began, in UTC.
    pub(in crate::cli) started: String,
    /// Seconds from beginning to end.
    pub(in crate::cli) seconds: i64,
    /// The file of latencies, where they were measured.
    pub(in crate::cli) latency: Option<Content>,
}

/// The share of a folder, where it is whole: not one byte of it missing or changed.
///
/// # Errors
/// Why it is not, in words that follow its name.
pub(in crate::cli) fn verified(folder: &Path, progress: &ByteProgress) -> Result<Share, String> {
    let share = listed(folder)?;
    let mut contents = share.files.clone();
    if let Some(latency) = timing(folder)?.latency {
        contents.insert(LATENCY.to_owned(), latency);
    }
    for (name, content) in contents {
        let sha256 = digest(&folder.join(&name), progress);
        let sha256 = sha256.map_err(|error| unreadable(&name, &error))?;
        if sha256 != content.sha256 {
            return Err(format!("is damaged: its {name} was changed, its SHA-256 is not the one noted"));
        }
    }
    Ok(share)
}

/// The share of a folder, where every file is there and has its length.
///
/// # Errors
/// Why it is not so, in words that follow its name.
pub(in crate::cli) fn listed(folder: &Path) -> Result<Share, String> {
    let text = std::fs::read_to_string(folder.join(SHARE));
    let share = Share::read(&text.map_err(|error| unreadable(SHARE, &error))?)?;
    for (name, content) in &share.files {
        let about = std::fs::metadata(folder.join(name));
        let bytes = about.map_err(|error| unreadable(name, &error))?.len();
        if bytes != content.bytes {
            return Err(format!(
                "is damaged: its {name} is cut off or changed, {bytes} bytes instead of {}",
                content.bytes
            ));
        }
    }
    Ok(share)
}

/// How a share came about.
///
/// # Errors
/// Why that can't be told, in words that follow its name.
pub(in crate::cli) fn timing(folder: &Path) -> Result<Timing, String> {
    let text = std::fs::read_to_string(folder.join(TIMING));
    let text = text.map_err(|error| unreadable(TIMING, &error))?;
    serde_json::from_str(&text).map_err(|error| format!("is damaged: its {TIMING} is cut off ({error})"))
}

/// How long decisions took in a share, where that was measured.
///
/// # Errors
/// Where it can't be read.
pub(in crate::cli) fn latency(folder: &Path) -> io::Result<Option<Histogram<u64>>> {
    let path = folder.join(LATENCY);
    if !path.exists() {
        return Ok(None);
    }
    let read = Deserializer::new().deserialize(&mut File::open(path)?);
    let mut latency: Histogram<u64> = read.map_err(io::Error::other)?;
    // What is read has as much room as it needs, and others are added to it.
    latency.auto(true);
    Ok(Some(latency))
}

/// Writes how long decisions took.
pub(super) fn write_latency(
    latency: &Histogram<u64>,
    create: impl FnOnce(&str, &[u8]) -> io::Result<Content>,
) -> io::Result<Content> {
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(latency, &mut bytes).map_err(io::Error::other)?;
    create(LATENCY, &bytes)
}

/// The SHA-256 of a file.
fn digest(path: &Path, progress: &ByteProgress) -> io::Result<String> {
    let (mut file, mut sha256, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; 1 << 18]);
    loop {
        if interrupt::pressed() {
            return Err(io::Error::other("interrupted"));
        }
        match file.read(&mut buffer)? {
            0 => return Ok(hex(sha256)),
            read => {
                sha256.update(&buffer[..read]);
                progress.add(read);
            }
        }
    }
}

/// A file that is gone is damage; one that can't be read now may be whole.
fn unreadable(name: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("is damaged: its {name} is not there"),
        // Some bytes, and no text.
        io::ErrorKind::InvalidData => format!("is damaged: its {name} was changed ({error})"),
        _ => format!("can't be read: its {name}: {error}"),
    }
}
