//! The store's thread: one transaction after the other, each with all that came during the one before it.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use hdrhistogram::Histogram;
use redb::{Durability, Error};

use crate::load::measure::histogram;
use crate::load::result::{Durable, Latency};
use crate::load::store::anchor::{Anchor, Note, Progress};
use crate::load::store::batch::Batch;
use crate::load::store::error::StoreError;
use crate::load::store::medium::{Shared, failed};
use crate::load::store::recovery::told;
use crate::load::store::{Answers, BATCHES, Entry, Store, Written};

/// The most decisions of one transaction: what waits longer for the disk is told by the latency.
const MOST: usize = 16_384;

/// So many sizes of batches are kept.
const SIZES: usize = 1 << 20;

/// Writes what comes until nobody can send any more. Answers are sent by another thread, so that the disk does not wait
/// for that.
pub(crate) fn write(
    mut store: Store,
    entries: &Receiver<Entry>,
    answers: Option<Answers>,
) -> Result<Written, StoreError> {
    let mut written = Written {
        durable: Durable { recovered: store.recovered, ..Durable::default() },
        batches: Vec::new(),
    };
    let mut commits: Histogram<u64> = histogram();
    let mut batch = Batch::new();
    let (on_disk, committed) = channel();
    let answering = thread::Builder::new().name("answers".to_owned());
    let answering = answering.spawn(move || answer(&committed, answers)).expect("one more thread");
    let mut failed = None;
    while let Ok(first) = entries.recv() {
        let waiting: Vec<Entry> = [first].into_iter().chain(entries.try_iter().take(MOST - 1)).collect();
        let (bytes, nanoseconds) = match timed(|| store.commit(&mut batch, &waiting)) {
            Ok(done) => done,
            Err(error) => {
                failed = Some(error.with_unanswered(waiting.len() + entries.try_iter().count()));
                break;
            }
        };
        commits.record(nanoseconds).expect("a histogram that grows takes every value");
        written.durable.decisions += waiting.len() as u64;
        written.durable.commits += 1;
        written.durable.bytes += bytes;
        if written.batches.len() < SIZES {
            written.batches.push(u32::try_from(batch.count()).expect("no more than there may be"));
        }
        if on_disk.send(waiting).is_err() {
            // It could not list an answer, and says so below.
            break;
        }
    }
    written.durable.commit = Latency::of(&commits);
    drop(on_disk);
    // What is on the disk is answered and listed, whatever came after it.
    let answered = answering.join().expect("who answers does not panic");
    if let Some(error) = failed {
        return Err(error);
    }
    store.close()?;
    answered.map(|()| written)
}

/// Sends the answers of decisions that are on the disk, and lists them.
fn answer(committed: &Receiver<Vec<Entry>>, mut answers: Option<Answers>) -> Result<(), StoreError> {
    for entries in committed {
        let lines = answers.is_some().then(|| lines(&entries));
        for Entry { decision, port } in entries {
            // A user who has gone needs no answer.
            drop(port.send(decision.answer));
        }
        if let (Some(answers), Some(lines)) = (&mut answers, lines) {
            let listed = answers.write_all(lines.as_bytes()).and_then(|()| answers.flush());
            listed.map_err(|error| failed(Path::new("the list of answers"), error))?;
        }
    }
    Ok(())
}

fn lines(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.decision.line() + "\n").collect()
}

impl Store {
    /// Writes a transaction; its decisions are on the disk when this returns. Gives its bytes.
    fn commit(&mut self, batch: &mut Batch, entries: &[Entry]) -> Result<u64, StoreError> {
        batch.clear();
        for entry in entries {
            batch.add(&entry.decision).map_err(StoreError::Unstorable)?;
        }
        let (digest, bytes) = batch.seal(self.next, &self.digest);
        let begun = Note {
            progress: Progress::Open,
            written: self.next,
            digest: self.digest,
            begun: self.next + 1,
            decisions: entries.len() as u64,
            head: [0; 32],
        };
        self.anchor.note(&begun).map_err(|error| failed(&self.place, error))?;
        let transact = || -> Result<(), Error> {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            transaction.open_table(BATCHES)?.insert(self.next, bytes)?;
            transaction.commit()?;
            Ok(())
        };
        transact().map_err(|error| told((&self.place, self.next), error))?;
        let bytes = bytes.len() as u64;
        self.next += 1;
        self.digest = digest;
        let note = self.standing(Progress::Open);
        self.anchor.note(&note).map_err(|error| failed(&self.place, error))?;
        Ok(bytes)
    }

    /// Leaves it in good order.
    fn close(self) -> Result<(), StoreError> {
        let note = self.standing(Progress::Closed);
        let Store { database, file, place, mut anchor, .. } = self;
        // Writes which pages are free, and that nothing is to be repaired.
        drop(database);
        closed((&place, &mut anchor), &file, note)
    }
}

/// Notes that redb's file was closed, and how it begins since.
pub(crate) fn closed(
    (place, anchor): (&Path, &mut Anchor),
    file: &Shared,
    note: Note,
) -> Result<(), StoreError> {
    let noted = file.head().and_then(|head| anchor.note(&Note { head, ..note }));
    noted.and_then(|()| anchor.synchronise()).map_err(|error| failed(place, error))
}

impl StoreError {
    fn with_unanswered(mut self, count: usize) -> Self {
        if let StoreError::Full { unanswered, .. } | StoreError::Io { unanswered, .. } = &mut self {
            *unanswered = count as u64;
        }
        self
    }
}

/// What comes of it, and how long it took in nanoseconds.
#[expect(clippy::disallowed_methods, reason = "what a disk takes is measured in real time")]
pub(crate) fn timed<T>(what: impl FnOnce() -> Result<T, StoreError>) -> Result<(T, u64), StoreError> {
    let began = Instant::now();
    let done = what()?;
    Ok((done, u64::try_from(began.elapsed().as_nanos()).expect("less than 500 years")))
}
