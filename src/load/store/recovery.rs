//! Opening a store: what is in it is read and compared with its digests and its anchor before anything goes on.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{Database, Durability, Error, ReadableDatabase, ReadableTable, StorageBackend};

use crate::load::store::anchor::{Anchor, Found, Note, Progress};
use crate::load::store::batch::{self, Digest};
use crate::load::store::decision::Decision;
use crate::load::store::error::StoreError;
use crate::load::store::identity::Identity;
use crate::load::store::medium::{Medium, Shared, failed};
use crate::load::store::writer::closed;
use crate::load::store::{BATCHES, CACHE, Each, Ending, OF, Recovered, Store};

/// What a file of redb begins with.
const REDB: &[u8; 9] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// Opens a store to go on with it.
pub(crate) fn open(
    medium: Medium,
    identity: &Identity,
    each: Each<'_>,
) -> Result<(Store, Recovered), StoreError> {
    let Medium { place, decisions, anchor } = medium;
    let file = Shared(Arc::from(decisions));
    let broken = |error| failed(&place, error);
    let (mut anchor, found) = Anchor::open(anchor).map_err(broken)?;
    let (database, read) = match noted(&place, &file, &found)? {
        None => (create(&place, (&file, &mut anchor), identity)?, Read::new(identity)),
        Some(note) => {
            reopen(&mut anchor, &note).map_err(broken)?;
            let read = read_all((&place, &file), (note, Some(identity)), each);
            remember((&place, &mut anchor), &note, &read)?;
            if let Err(StoreError::Other { .. } | StoreError::Contradicted { .. }) = &read {
                // Nothing is wrong with it: it is left as it was found.
                leave((&place, &mut anchor), &file, note)?;
            }
            read?
        }
    };
    let (next, digest, recovered) = (read.recovered.batches, read.digest, read.recovered.decisions);
    let mut store = Store { database, file, place: place.clone(), anchor, next, digest, recovered };
    let standing = store.standing(Progress::Open);
    store.anchor.note(&standing).map_err(broken)?;
    // After a power failure it must not pass for new: that would be begun again.
    store.anchor.synchronise().map_err(broken)?;
    Ok((store, read.recovered))
}

/// Reads a store and leaves how it ended as it is.
pub(crate) fn contents(medium: Medium, each: Each<'_>) -> Result<Recovered, StoreError> {
    let Medium { place, decisions, anchor } = medium;
    let file = Shared(Arc::from(decisions));
    let broken = |error| failed(&place, error);
    let (mut anchor, found) = Anchor::open(anchor).map_err(broken)?;
    let Some(note) = noted(&place, &file, &found)? else { return Ok(Recovered::nothing()) };
    reopen(&mut anchor, &note).map_err(broken)?;
    let read = read_all((&place, &file), (note, None), each);
    remember((&place, &mut anchor), &note, &read)?;
    let (database, read) = read?;
    drop(database);
    leave((&place, &mut anchor), &file, note)?;
    Ok(read.recovered)
}

/// Notes that what was closed is closed again.
fn leave((place, anchor): (&Path, &mut Anchor), file: &Shared, note: Note) -> Result<(), StoreError> {
    if note.progress == Progress::Closed { closed((place, anchor), file, note) } else { Ok(()) }
}

/// Notes that a store was found damaged.
fn remember<T>(
    (place, anchor): (&Path, &mut Anchor),
    note: &Note,
    read: &Result<T, StoreError>,
) -> Result<(), StoreError> {
    if !matches!(read, Err(StoreError::Damaged { .. })) {
        return Ok(());
    }
    let noted = anchor.note(&Note { progress: Progress::Damaged, ..*note });
    noted.and_then(|()| anchor.synchronise()).map_err(|error| failed(place, error))
}

/// Notes that a closed store is no longer, before redb writes that into its first page.
fn reopen(anchor: &mut Anchor, note: &Note) -> io::Result<()> {
    if note.progress != Progress::Closed {
        return Ok(());
    }
    anchor.note(&Note { progress: Progress::Open, head: [0; 32], ..*note })?;
    anchor.synchronise()
}

impl Store {
    /// Where it stands, nothing under way.
    pub(crate) fn standing(&self, progress: Progress) -> Note {
        Note {
            progress,
            written: self.next,
            digest: self.digest,
            begun: self.next,
            decisions: 0,
            head: [0; 32],
        }
    }
}

impl Recovered {
    fn nothing() -> Self {
        Recovered { decisions: 0, batches: 0, next: Vec::new(), latest: None, ending: Ending::New }
    }
}

/// The last note of a store in which something may be; `None` where there is nothing yet.
fn noted(place: &Path, file: &Shared, found: &Found) -> Result<Option<Note>, StoreError> {
    let length = file.len().map_err(|error| failed(place, error))?;
    match *found {
        Found::Nothing if length == 0 => Ok(None),
        Found::Nothing => {
            let mut magic = [0; REDB.len()];
            if length >= magic.len() as u64 {
                file.read(0, &mut magic).map_err(|error| failed(place, error))?;
            }
            if magic == *REDB {
                return Err(damaged(place, 0, "`anchor`, which names the last transaction, is missing"));
            }
            Err(StoreError::NotAStore(place.to_owned()))
        }
        // Nothing was answered before it was made: it is begun again.
        Found::Note(Note { progress: Progress::New, .. }) => Ok(None),
        Found::Note(Note { progress: Progress::Damaged, written, .. }) => {
            let what =
                "it was found damaged before, and may have been repaired since without what is missing";
            Err(damaged(place, written, what))
        }
        Found::Note(_) if length == 0 => Err(damaged(place, 0, "`decisions.redb` is empty or missing")),
        Found::Note(note) => {
            let is_closed = note.progress == Progress::Closed;
            if is_closed && file.head().map_err(|error| failed(place, error))? != note.head {
                let what = "the first page of `decisions.redb` is another than when it was closed";
                return Err(damaged(place, note.written, what));
            }
            Ok(Some(note))
        }
        Found::Damaged => Err(damaged(place, 0, "`anchor`, which names the last transaction, does not read")),
    }
}

/// Makes an empty store.
fn create(
    place: &Path,
    (file, anchor): (&Shared, &mut Anchor),
    identity: &Identity,
) -> Result<Database, StoreError> {
    let broken = |error| failed(place, error);
    let nothing =
        Note { progress: Progress::New, written: 0, digest: [0; 32], begun: 0, decisions: 0, head: [0; 32] };
    anchor.reserve().map_err(broken)?;
    anchor.note(&nothing).map_err(broken)?;
    anchor.synchronise().map_err(broken)?;
    file.set_len(0).map_err(broken)?;
    let made = || -> Result<Database, Error> {
        let database = Database::builder().set_cache_size(CACHE).create_with_backend(file.clone())?;
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.open_table(OF)?.insert(0, identity.encode().as_slice())?;
        transaction.open_table(BATCHES)?;
        transaction.commit()?;
        Ok(database)
    };
    made().map_err(|error| told((place, 0), error))
}

/// What was read.
struct Read {
    recovered: Recovered,
    digest: Digest,
    /// The digest of the batch that the anchor names, once it has been read.
    anchored: Option<Digest>,
}

impl Read {
    fn new(identity: &Identity) -> Self {
        Read { recovered: Recovered::nothing(), digest: identity.digest(), anchored: None }
    }

    /// One decision more: the next of its team.
    fn take(&mut self, decision: &Decision) -> Result<(), String> {
        let team = decision.team as usize;
        if self.recovered.next.len() <= team {
            self.recovered.next.resize(team + 1, 0);
        }
        let next = &mut self.recovered.next[team];
        if decision.number != *next {
            return Err(format!("decision {} of team {team} is missing", *next));
        }
        *next += 1;
        self.recovered.decisions += 1;
        self.recovered.latest = self.recovered.latest.max(Some(decision.at));
        Ok(())
    }
}

/// Opens redb's file, which is said to be sound, and reads it all.
fn read_all(
    (place, file): (&Path, &Shared),
    (note, asked): (Note, Option<&Identity>),
    each: Each<'_>,
) -> Result<(Database, Read), StoreError> {
    let (reached, decides) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
    let (at, deciding) = (Rc::clone(&reached), Rc::clone(&decides));
    let each: Each<'_> = &mut |decision| {
        deciding.set(true);
        let decided = each(decision);
        deciding.set(false);
        decided
    };
    let whole = move || -> Result<(Database, Read), StoreError> {
        let (database, was_repaired) = open_redb(place, file)?;
        let mut read = read_batches((place, &database), (&at, asked, note.written), each)?;
        let Recovered { batches, .. } = read.recovered;
        if batches < note.written {
            let what = format!("it and {} more were on the disk, and are not", note.written - batches - 1);
            return Err(damaged(place, batches, &what));
        }
        if note.written > 0 && read.anchored != Some(note.digest) {
            return Err(damaged(place, note.written - 1, "it is not the one that `anchor` names"));
        }
        let taken_back = (note.begun > batches).then_some(note.decisions);
        let was_closed = note.progress == Progress::Closed && !was_repaired;
        read.recovered.ending = if was_closed { Ending::Closed } else { Ending::Unclean { taken_back } };
        Ok((database, read))
    };
    // What redb makes of a byte that has changed is now and then a failed assertion.
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or_else(|panic| {
        if decides.get() {
            // Not the store: who decides again has failed.
            resume_unwind(panic);
        }
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it does not read");
        Err(damaged(place, reached.get(), said))
    })
}

/// The database, every page of it checked, and whether the last process left it in good order.
fn open_redb(place: &Path, file: &Shared) -> Result<(Database, bool), StoreError> {
    let repaired = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&repaired);
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder.set_repair_callback(move |_| note.store(true, Ordering::Relaxed));
    let opened = builder.create_with_backend(file.clone());
    let mut database = opened.map_err(|error| told((place, 0), error.into()))?;
    let was_repaired = repaired.load(Ordering::Relaxed);
    if !was_repaired {
        // A repair has checked them. Without one redb trusts what it reads, free pages included, and would write over
        // what it takes for free.
        database.check_integrity().map_err(|error| told((place, 0), error.into()))?;
    }
    Ok((database, was_repaired))
}

/// Every batch in order, each bound to the one before it.
fn read_batches(
    (place, database): (&Path, &Database),
    (reached, asked, written): (&Cell<u64>, Option<&Identity>, u64),
    each: Each<'_>,
) -> Result<Read, StoreError> {
    let redb = |error: Error| told((place, reached.get()), error);
    let transaction = database.begin_read().map_err(|error| redb(error.into()))?;
    let of = transaction.open_table(OF).map_err(|error| redb(error.into()))?;
    let of = of.get(0).map_err(|error| redb(error.into()))?;
    let Some(kept) = of.and_then(|bytes| Identity::decode(bytes.value())) else {
        return Err(damaged(place, 0, "what the decisions are of does not read"));
    };
    if let Some(asked) = asked.filter(|asked| **asked != kept) {
        let (kept, asked) = (kept.to_string(), asked.to_string());
        return Err(StoreError::Other { place: place.to_owned(), kept, asked });
    }
    let mut read = Read::new(&kept);
    let batches = transaction.open_table(BATCHES).map_err(|error| redb(error.into()))?;
    for row in batches.iter().map_err(|error| redb(error.into()))? {
        let (number, bytes) = row.map_err(|error| redb(error.into()))?;
        let expected = reached.get();
        if number.value() != expected {
            return Err(damaged(place, expected, &format!("batch {} comes in its place", number.value())));
        }
        let (decisions, digest) = batch::open(expected, &read.digest, bytes.value())
            .map_err(|what| damaged(place, expected, &what))?;
        for decision in decisions {
            read.take(&decision).map_err(|what| damaged(place, expected, &what))?;
            each(decision)?;
        }
        read.digest = digest;
        reached.set(expected + 1);
        if reached.get() == written {
            read.anchored = Some(digest);
        }
    }
    read.recovered.batches = reached.get();
    Ok(read)
}

fn damaged(place: &Path, batch: u64, what: &str) -> StoreError {
    StoreError::Damaged { place: PathBuf::from(place), batch, what: what.to_owned() }
}

/// What redb says, told apart; with the batch that was reached.
pub(crate) fn told((place, batch): (&Path, u64), error: Error) -> StoreError {
    match error {
        Error::Io(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) => {
            damaged(place, batch, &error.to_string())
        }
        Error::Io(error) => failed(place, error),
        Error::DatabaseAlreadyOpen => StoreError::InUse(place.to_owned()),
        other => damaged(place, batch, &other.to_string()),
    }
}
