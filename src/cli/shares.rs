//! `SharesFolder`: a folder in which shares of one task come together, from any number of machines.

pub(super) mod heartbeat;
pub(super) mod place;
pub(super) mod rows_file;
pub(super) mod under_way;
pub(super) mod verified;

use std::path::{Path, PathBuf};

use crate::cli::execution::default_out;
use crate::cli::failure::Failure;
use crate::cli::shown;
use crate::results::share::SHARE;

/// Where shares are, each in a folder of its own.
pub(super) struct SharesFolder {
    pub(super) path: PathBuf,
}

/// The folder that the shares of a file are written to where nobody names one.
pub(super) fn default_folder(command: &str, file: &Path, seed: u64) -> PathBuf {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = if command == "run" { "shares" } else { "forecast.shares" };
    let mut folder = default_out(&name, seed).into_os_string();
    folder.push(format!(".{ending}"));
    folder.into()
}

impl SharesFolder {
    /// The folders in it that are shares, or call themselves so, by name.
    pub(super) fn shares(&self) -> Result<Vec<(String, PathBuf)>, Failure> {
        let mut shares = self.folders(|name| !name.starts_with('.'))?;
        shares.retain(|(name, path)| name.starts_with("share-") || path.join(SHARE).exists());
        Ok(shares)
    }

    /// The folders in it with certain names, in order: only they are looked at, of what may be thousands.
    fn folders(&self, named: impl Fn(&str) -> bool) -> Result<Vec<(String, PathBuf)>, Failure> {
        let path = &self.path;
        let unreadable = |error| Failure::input(format!("can't read {}: {error}", shown(path)));
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if named(&name) && entry.path().is_dir() {
                folders.push((name, entry.path()));
            }
        }
        folders.sort();
        Ok(folders)
    }
}
