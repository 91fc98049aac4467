//! A disk in memory: it remembers every write, runs full, stands still, and is read again as it was at any moment.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

use flexmeter::load::store::medium::Medium;
use redb::StorageBackend;

/// One thing that was done to a file.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Write(u64, Vec<u8>),
    Length(u64),
    Synchronised,
}

#[derive(Debug, Default)]
struct State {
    /// `decisions.redb` and `anchor`.
    files: [Vec<u8>; 2],
    log: Vec<(usize, Done)>,
    /// Bytes that may still be written to `decisions.redb`; `None` for any number.
    room: Option<usize>,
    /// Whether synchronisations wait.
    is_held: bool,
}

/// The files of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<(Mutex<State>, Condvar)>);

/// One of its files.
#[derive(Debug)]
struct OnDisk(Disk, usize);

impl Disk {
    /// A disk with these files.
    pub(crate) fn with(files: [Vec<u8>; 2]) -> Self {
        let disk = Disk::default();
        disk.0.0.lock().expect("a lock").files = files;
        disk
    }

    pub(crate) fn medium(&self) -> Medium {
        Medium {
            place: PathBuf::from("DISK"),
            decisions: Box::new(OnDisk(self.clone(), 0)),
            anchor: Box::new(OnDisk(self.clone(), 1)),
        }
    }

    pub(crate) fn files(&self) -> [Vec<u8>; 2] {
        self.0.0.lock().expect("a lock").files.clone()
    }

    pub(crate) fn log(&self) -> Vec<(usize, Done)> {
        self.0.0.lock().expect("a lock").log.clone()
    }

    /// Leaves so much room for `decisions.redb`.
    pub(crate) fn leave(&self, bytes: Option<usize>) {
        self.0.0.lock().expect("a lock").room = bytes;
    }

    /// From now on synchronisations wait.
    pub(crate) fn hold(&self) {
        self.0.0.lock().expect("a lock").is_held = true;
    }

    /// They wait no longer.
    pub(crate) fn release(&self) {
        self.0.0.lock().expect("a lock").is_held = false;
        self.0.1.notify_all();
    }
}

/// Does something of a log to files.
pub(crate) fn redo(files: &mut [Vec<u8>; 2], (file, done): &(usize, Done)) {
    let file = &mut files[*file];
    match done {
        Done::Write(offset, data) => {
            let from = place(*offset);
            // What was written where the file was longer is lost with a length that was not.
            if file.len() < from + data.len() {
                file.resize(from + data.len(), 0);
            }
            file[from..from + data.len()].copy_from_slice(data);
        }
        Done::Length(length) => file.resize(place(*length), 0),
        Done::Synchronised => {}
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("a small file")
}

impl StorageBackend for OnDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.0.0.lock().expect("a lock").files[self.1].len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.0.0.lock().expect("a lock");
        let from = place(offset);
        let bytes = from.checked_add(out.len()).and_then(|to| state.files[self.1].get(from..to));
        out.copy_from_slice(bytes.ok_or(io::Error::from(ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.0.0.lock().expect("a lock");
        if len > 1 << 30 {
            return Err(ErrorKind::StorageFull.into());
        }
        let done = (self.1, Done::Length(len));
        redo(&mut state.files, &done);
        state.log.push(done);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let state = self.0.0.0.lock().expect("a lock");
        let mut state = self.0.0.1.wait_while(state, |state| state.is_held).expect("a lock");
        state.log.push((self.1, Done::Synchronised));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.0.0.lock().expect("a lock");
        if let (Some(room), 0) = (&mut state.room, self.1) {
            *room = room.checked_sub(data.len()).ok_or(io::Error::from(ErrorKind::StorageFull))?;
        }
        let done = (self.1, Done::Write(offset, data.to_vec()));
        redo(&mut state.files, &done);
        state.log.push(done);
        Ok(())
    }
}
