//! `Medium`: where a store's two files are.

use std::fs::{File, create_dir_all};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{DatabaseError, StorageBackend};
use sha2::{Digest as _, Sha256};

use crate::load::store::batch::Digest;
use crate::load::store::error::StoreError;

/// The files of a store, or something in their place.
#[derive(Debug)]
pub struct Medium {
    /// The folder, as errors name it.
    pub place: PathBuf,
    /// `decisions.redb`.
    pub decisions: Box<dyn StorageBackend>,
    /// `anchor`: the last transaction.
    pub anchor: Box<dyn StorageBackend>,
}

impl Medium {
    /// The files of a folder; they and it are made where they are not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`], and what the system says.
    pub fn in_folder(folder: &Path) -> Result<Medium, StoreError> {
        create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let decisions = file(folder, "decisions.redb")?;
        let anchor = file(folder, "anchor")?;
        // That the files are there has to outlive a power failure too.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(folder, error))?;
        Ok(Medium { place: folder.to_owned(), decisions, anchor })
    }

    /// The files of a folder, which are there.
    ///
    /// # Errors
    /// As [`in_folder`](Medium::in_folder).
    pub fn existing(folder: &Path) -> Result<Medium, StoreError> {
        match folder.join("decisions.redb").metadata() {
            Ok(_) => Medium::in_folder(folder),
            Err(error) => Err(failed(folder, error)),
        }
    }
}

fn file(folder: &Path, name: &str) -> Result<Box<dyn StorageBackend>, StoreError> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(folder.join(name)).map_err(|error| failed(folder, error))?;
    match FileBackend::new(file) {
        Ok(backend) => Ok(Box::new(backend)),
        Err(DatabaseError::DatabaseAlreadyOpen) => Err(StoreError::InUse(folder.to_owned())),
        Err(error) => Err(failed(folder, io::Error::other(error.to_string()))),
    }
}

/// What the system says, told apart.
pub(crate) fn failed(place: &Path, error: io::Error) -> StoreError {
    let place = place.to_owned();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            StoreError::Full { place, unanswered: 0 }
        }
        _ => StoreError::Io { place, unanswered: 0, error },
    }
}

/// A backend that redb has, and that is looked at before and after.
#[derive(Clone, Debug)]
pub(crate) struct Shared(pub(crate) Arc<dyn StorageBackend>);

impl Shared {
    /// The digest of its first page.
    pub(crate) fn head(&self) -> io::Result<Digest> {
        let mut page = vec![0; 4096.min(usize::try_from(self.0.len()?).unwrap_or(usize::MAX))];
        self.0.read(0, &mut page)?;
        Ok(Sha256::digest(&page).into())
    }
}

impl StorageBackend for Shared {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}
