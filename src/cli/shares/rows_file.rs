//! `RowsFile`: the rows of a share, read once somebody asks for the first.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use crate::cli::byte_progress::ByteProgress;
use crate::cli::interrupt;

/// A file that is opened when it is read first: of many shares with many tables only one table's are open.
pub(in crate::cli) struct RowsFile {
    path: PathBuf,
    file: Option<File>,
    progress: ByteProgress,
}

impl RowsFile {
    /// The rows of that file.
    pub(in crate::cli) fn at(path: PathBuf, progress: &ByteProgress) -> Self {
        RowsFile { path, file: None, progress: progress.clone() }
    }
}

impl Read for RowsFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if interrupt::pressed() {
            return Err(io::Error::other("interrupted"));
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        let read = file.read(buffer)?;
        self.progress.add(read);
        Ok(read)
    }
}
