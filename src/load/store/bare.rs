//! The bare store: redb fed batches of the same sizes as fast as it takes them, with nothing else around.

use std::fs::remove_file;
use std::path::Path;

use redb::{Database, Durability, Error};

use crate::load::store::batch::HEADER;
use crate::load::store::encoding::SIZE;
use crate::load::store::error::StoreError;
use crate::load::store::medium::failed;
use crate::load::store::recovery::told;
use crate::load::store::writer::timed;
use crate::load::store::{BATCHES, CACHE};

/// Writes batches of so many decisions each into a fresh `bare.redb` of a folder, each a transaction on the disk, and
/// removes it: how many decisions, and in how many nanoseconds.
///
/// # Errors
/// What the disk or the system says.
pub fn bare(folder: &Path, batches: &[u32]) -> Result<(u64, u64), StoreError> {
    let path = folder.join("bare.redb");
    let most = batches.iter().copied().max().unwrap_or(0) as usize;
    // Not all zero, as decisions are not.
    let bytes: Vec<u8> = (0..=250).cycle().take(HEADER + SIZE * most).collect();
    let redb = |error: Error| told((folder, 0), error);
    let database = Database::builder().set_cache_size(CACHE).create(&path);
    let database = database.map_err(|error| redb(error.into()))?;
    let written = timed(|| {
        for (number, &decisions) in (0..).zip(batches) {
            let write = || -> Result<(), Error> {
                let mut transaction = database.begin_write()?;
                transaction.set_durability(Durability::Immediate)?;
                let batch = &bytes[..HEADER + SIZE * decisions as usize];
                transaction.open_table(BATCHES)?.insert(number, batch)?;
                transaction.commit()?;
                Ok(())
            };
            write().map_err(redb)?;
        }
        Ok(batches.iter().map(|decisions| u64::from(*decisions)).sum())
    });
    drop(database);
    remove_file(&path).map_err(|error| failed(folder, error))?;
    written
}
