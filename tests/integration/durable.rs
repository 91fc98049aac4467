//! Decisions on the disk before they are answered: rebuilt the same, whatever is cut off, full or changed on the way.

mod disk;
mod encoding;
mod killed;

use std::sync::Arc;
use std::time::Duration;

use flexmeter::load::clock::Clock;
use flexmeter::load::durable::{DurableService, repeat};
use flexmeter::load::measure::Board;
use flexmeter::load::population::{Population, Size};
use flexmeter::load::result::Audit;
use flexmeter::load::service::{Ask, MeterService, Service};
use flexmeter::load::store::bare::bare;
use flexmeter::load::store::decision::Decision;
use flexmeter::load::store::error::StoreError;
use flexmeter::load::store::identity::Identity;
use flexmeter::load::store::{Ending, Entry, Recovered, Store, Written, contents, contents_on};
use flexmeter::meter::answer::{Answer, Refusal};
use flexmeter::meter::instant::Span;
use flexmeter::meter::request::{OpenSession, Request, SignIn};
use flexmeter::scenario::Scenario;
use ractor::RpcReplyPort;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::durable::disk::{Disk, Done, redo};
use crate::support::project;

/// Three teams of three, who sign in and out by turns, an hour and a half apart: windows end on the way.
struct Teams {
    population: Population,
    meters: Vec<MeterService>,
    next: Vec<u64>,
    step: usize,
}

impl Teams {
    fn new() -> Self {
        let file = project().join("scenarios/a-week-at-studio-north.toml");
        let text = std::fs::read_to_string(file).expect("a scenario file");
        let scenario = Arc::new(Scenario::read(&text).expect("a scenario"));
        let size = Size { teams: Some(3), users: Some(9), skew: None };
        let population = Population::of(&scenario, size, &()).expect("nobody stops it").expect("people");
        let clock = Clock::new(population.start, 1.0);
        clock.begin();
        let meters =
            population.teams.iter().map(|team| MeterService::new(team.meter(), clock.clone())).collect();
        Teams { next: vec![0; population.teams.len()], population, meters, step: 0 }
    }

    fn identity() -> Identity {
        Identity::new("5ce4a210", &[3, 3, 3])
    }

    /// The next decision.
    fn decide(&mut self) -> Decision {
        let user = self.population.users[self.step / 2 % self.population.users.len()];
        let SignIn { user: who, product, device, version, .. } = user.sign_in;
        let which = OpenSession { user: who, product, device: Some(device), version: Some(version) };
        let request =
            if self.step.is_multiple_of(2) { Request::SignIn(user.sign_in) } else { Request::SignOut(which) };
        let hours = Span::from_seconds(i64::try_from(self.step).expect("few") * 5400);
        let (answer, at) = self.meters[user.team].decide_at(request.clone(), self.population.start + hours);
        let number = self.next[user.team];
        self.next[user.team] += 1;
        self.step += 1;
        Decision { team: u32::try_from(user.team).expect("few"), number, at, request, answer }
    }

    /// So many more through a store, by batches; each is answered before the next one is sent. After each, what `then`.
    fn go_on(&mut self, store: Store, sizes: &[usize], mut then: impl FnMut()) -> (Vec<String>, Written) {
        let (sender, thread) = store.start(None);
        let mut lines = Vec::new();
        for &size in sizes {
            let decisions: Vec<_> = (0..size).map(|_| self.decide()).collect();
            let mut waiting = Vec::new();
            for decision in decisions {
                lines.push(decision.line());
                let (port, answer) = oneshot::channel();
                waiting.push((decision.answer.clone(), answer));
                sender.send(Entry { decision, port: RpcReplyPort::from(port) }).expect("the store runs");
            }
            for (expected, answer) in waiting {
                assert_eq!(answer.blocking_recv().expect("an answer"), expected);
            }
            then();
        }
        drop(sender);
        (lines, thread.join().expect("no panic").expect("all is written"))
    }
}

fn open(disk: &Disk) -> Result<(Store, Recovered, Vec<String>), StoreError> {
    let mut lines = Vec::new();
    let (store, recovered) = Store::open_on(disk.medium(), &Teams::identity(), &mut |decision| {
        lines.push(decision.line());
        Ok(())
    })?;
    Ok((store, recovered, lines))
}

fn lines_on(disk: &Disk) -> Result<(Recovered, Vec<String>), StoreError> {
    let mut lines = Vec::new();
    let recovered = contents_on(disk.medium(), &mut |decision| {
        lines.push(decision.line());
        Ok(())
    })?;
    Ok((recovered, lines))
}

#[test]
fn what_is_rebuilt_is_as_if_it_had_never_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let identity = Teams::identity();
    let mut teams = Teams::new();
    let (store, recovered) =
        Store::open(folder.path(), &identity, &mut |_| panic!("empty")).expect("a new store");
    assert_eq!((recovered.decisions, recovered.ending), (0, Ending::New));
    let (mut lines, written) = teams.go_on(store, &[40, 1, 59], || {});
    assert_eq!((written.durable.decisions, written.batches.iter().sum::<u32>()), (100, 100));
    assert_eq!(written.durable.commit.count, written.durable.commits);

    let mut again = Teams::new();
    let mut kept = Vec::new();
    let opened = Store::open(folder.path(), &identity, &mut |decision| {
        kept.push(decision.line());
        repeat(&mut again.meters[decision.team as usize], decision)
    });
    let (store, recovered) = opened.expect("the same answers");
    assert_eq!(kept, lines);
    assert_eq!((&recovered.next, recovered.ending), (&teams.next, Ending::Closed));
    let in_use = Store::open(folder.path(), &identity, &mut |_| Ok(()));
    assert!(matches!(in_use, Err(StoreError::InUse(_))), "{in_use:?}");

    (again.next, again.step) = (recovered.next, teams.step);
    let (more, written) = again.go_on(store, &[50], || {});
    assert_eq!(written.durable.recovered, 100);
    let never_stopped: Vec<_> = (0..50).map(|_| teams.decide().line()).collect();
    assert_eq!(more, never_stopped);
    for (one, other) in teams.meters.iter_mut().zip(&mut again.meters) {
        let (one, other) = (one.close(), other.close());
        assert_eq!(one, other);
        assert!(one.charges > 0 && one.violations.is_empty(), "{one:?}");
    }
    lines.extend(more);
    let mut kept = Vec::new();
    contents(folder.path(), &mut |decision| {
        kept.push(decision.line());
        Ok(())
    })
    .expect("a store");
    assert_eq!(kept, lines);
    let (decisions, nanoseconds) = bare(folder.path(), &[50, 3]).expect("a disk");
    assert!(decisions == 53 && nanoseconds > 0);
}

#[test]
fn nothing_is_answered_before_its_transaction_is_on_the_disk() {
    let disk = Disk::default();
    let teams = Teams::new();
    let (store, ..) = open(&disk).expect("a new store");
    disk.hold();
    let (sender, thread) = store.start(None);
    let clock = Clock::new(teams.population.start, 1.0);
    clock.begin();
    let meter = MeterService::new(teams.population.teams[0].meter(), clock.clone());
    let board = Arc::new(Board::new(clock, Duration::ZERO));
    let mut service = DurableService::new(meter, (0, 0), (sender, board));
    let runtime = Builder::new_current_thread().enable_time().build().expect("a scheduler");
    let mut answers = Vec::new();
    for user in teams.population.users.iter().filter(|user| user.team == 0) {
        let (port, answer) = oneshot::channel();
        let ask = Ask { request: Request::SignIn(user.sign_in), sent: 0, port: RpcReplyPort::from(port) };
        // It goes on with the next one, though nothing is written yet.
        runtime.block_on(service.serve(ask));
        answers.push(answer);
    }
    for answer in &mut answers {
        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }
    disk.release();
    for answer in answers {
        assert!(matches!(answer.blocking_recv(), Ok(Answer::Admitted(..))));
    }
    assert_eq!(
        service.close(),
        Audit { decisions: 3, charges: 0, packs: service.close().packs, ..Audit::default() }
    );
    drop(service);
    thread.join().expect("no panic").expect("all is written");
    assert_eq!(lines_on(&disk).expect("a store").1.len(), 3);
}

/// A store after three transactions that was not closed, with what was answered when so much had been done to the disk.
struct Unclosed {
    disk: Disk,
    lines: Vec<String>,
    /// Things done to the disk, and decisions answered by then.
    answered: Vec<(usize, usize)>,
    /// Decisions in all transactions up to each.
    bounds: Vec<usize>,
    /// Things done to the disk before it was closed.
    open_until: usize,
}

impl Unclosed {
    fn new() -> Self {
        let disk = Disk::default();
        let (store, ..) = open(&disk).expect("a new store");
        let mut answered = vec![(disk.log().len(), 0)];
        let sizes = [3, 1, 20, 40];
        let mut total = 0;
        let mut next = sizes.iter();
        let (lines, written) = Teams::new().go_on(store, &sizes, || {
            total += next.next().expect("a size");
            answered.push((disk.log().len(), total));
        });
        let bounds = written.batches.iter().scan(0, |sum, size| {
            *sum += *size as usize;
            Some(*sum)
        });
        let bounds = [0].into_iter().chain(bounds).collect();
        Unclosed { open_until: answered.last().expect("one").0, bounds, disk, lines, answered }
    }

    fn image(&self, until: usize) -> [Vec<u8>; 2] {
        let mut files = [Vec::new(), Vec::new()];
        self.disk.log()[..until].iter().for_each(|done| redo(&mut files, done));
        files
    }
}

#[test]
fn a_torn_transaction_is_taken_back_and_what_was_answered_is_there() {
    let unclosed = Unclosed::new();
    let log = unclosed.disk.log();
    let mut taken_back = 0;
    let mut random = SmallRng::seed_from_u64(5);
    for moment in unclosed.answered[1].0..unclosed.open_until {
        let answered = unclosed.answered.iter().rfind(|(done, _)| *done <= moment).expect("the first").1;
        let mut check = |files: [Vec<u8>; 2], what: &str| {
            let disk = Disk::with(files);
            let (store, recovered, lines) =
                open(&disk).unwrap_or_else(|error| panic!("{what} of {moment}: {error}"));
            assert!(unclosed.lines.starts_with(&lines), "{what} of {moment}");
            assert!(lines.len() >= answered, "{what} of {moment}: {} of {answered}", lines.len());
            assert!(unclosed.bounds.contains(&lines.len()), "{what} of {moment}: half a transaction");
            let Ending::Unclean { taken_back: lost } = recovered.ending else { panic!("{what} of {moment}") };
            taken_back += u64::from(lost.is_some());
            drop(store);
        };
        // The process is killed: all that was done is there.
        let files = unclosed.image(moment);
        check(files.clone(), "prefix");
        // The power fails: half of a write is there,
        if let (file, Done::Write(offset, data)) = &log[moment] {
            let mut torn = files;
            redo(&mut torn, &(*file, Done::Write(*offset, data[..data.len() / 2].to_vec())));
            check(torn, "half");
        }
        // or some of what was not synchronised.
        let synchronised = |file| {
            log[..moment].iter().rposition(|done| matches!(done, (of, Done::Synchronised) if *of == file))
        };
        let since = [synchronised(0), synchronised(1)].map(|place| place.expect("it was made"));
        let mut some = [Vec::new(), Vec::new()];
        for (place, done) in log[..moment].iter().enumerate() {
            let is_length = matches!(done.1, Done::Length(_));
            if place < since[done.0] || is_length || random.random() {
                redo(&mut some, done);
            }
        }
        check(some, "some");
    }
    assert!(taken_back > 10, "transactions were cut off: {taken_back}");
}

/// Each byte that was ever written, by a stride; the heads of files all.
fn places(unclosed: &Unclosed, file: usize) -> Vec<usize> {
    let stride = if file == 0 { 61 } else { 3 };
    let mut places: Vec<_> = if file == 0 { (0..320).step_by(3).collect() } else { Vec::new() };
    let bytes = &unclosed.disk.files()[file];
    places.extend((0..bytes.len()).filter(|place| bytes[*place] != 0).step_by(stride));
    places
}

#[test]
fn a_changed_byte_is_harmless_or_found() {
    let unclosed = Unclosed::new();
    let mut random = SmallRng::seed_from_u64(9);
    let mut found = 0;
    for (kind, image) in
        [("closed", unclosed.disk.files()), ("unclosed", unclosed.image(unclosed.open_until))]
    {
        for (file, place) in
            (0..2).flat_map(|file| places(&unclosed, file).into_iter().map(move |place| (file, place)))
        {
            let mut files = image.clone();
            files[file][place] ^= 1 << random.random_range(0..8);
            let disk = Disk::with(files);
            match open(&disk) {
                Ok((store, _, lines)) => {
                    assert_eq!(lines, unclosed.lines, "{kind}: byte {place} of file {file}");
                    // What is free according to redb is free.
                    let mut teams = Teams::new();
                    (0..lines.len()).for_each(|_| drop(teams.decide()));
                    let (more, _) = teams.go_on(store, &[30, 30], || {});
                    let (_, all) = lines_on(&disk).unwrap_or_else(|error| panic!("{kind} {place}: {error}"));
                    assert_eq!(all, [lines, more].concat(), "{kind}: byte {place} of file {file}");
                }
                Err(StoreError::Damaged { what, .. }) => {
                    found += 1;
                    let again = open(&disk).map(|(_, recovered, _)| recovered);
                    assert!(
                        matches!(again, Err(StoreError::Damaged { .. })),
                        "it stays found, {kind}: byte {place} of file {file}: {what}, then {again:?}"
                    );
                }
                Err(other) => panic!("{kind}: byte {place} of file {file}: {other}"),
            }
        }
    }
    assert!(found > 50, "{found}");
}

#[test]
fn a_full_disk_ends_it_and_what_was_answered_is_kept() {
    for room in (0..120_000).step_by(9_000) {
        let disk = Disk::default();
        let (store, ..) = open(&disk).expect("a new store");
        disk.leave(Some(room));
        let (sender, thread) = store.start(None);
        let (mut teams, mut answered, mut lines) = (Teams::new(), 0, Vec::new());
        let mut unanswered = 0;
        for _ in 0..200 {
            let decision = teams.decide();
            lines.push(decision.line());
            let (port, answer) = oneshot::channel();
            if sender.send(Entry { decision, port: RpcReplyPort::from(port) }).is_err() {
                break;
            }
            if answer.blocking_recv().is_err() {
                unanswered += 1;
                break;
            }
            answered += 1;
        }
        drop(sender);
        match thread.join().expect("no panic") {
            Err(error @ StoreError::Full { unanswered: told, .. }) => {
                assert_eq!(told, unanswered);
                let text = error.to_string();
                assert!(text.contains("DISK") && text.contains("make room"), "{text}");
            }
            other => panic!("{room}: {other:?}"),
        }
        disk.leave(None);
        let (_, kept) = lines_on(&disk).unwrap_or_else(|error| panic!("{room}: {error}"));
        assert!(kept.len() >= answered && lines.starts_with(&kept), "{room}: {} of {answered}", kept.len());
    }
}

#[test]
fn what_is_not_this_loads_store_is_refused_by_name() {
    let disk = Disk::default();
    drop(Teams::new().go_on(open(&disk).expect("a new store").0, &[5], || {}));
    let other = Identity::new("5ce4a210", &[3, 2, 4]);
    let refused = Store::open_on(disk.medium(), &other, &mut |_| Ok(()));
    assert!(matches!(&refused, Err(StoreError::Other { .. })), "{refused:?}");
    assert_eq!(lines_on(&disk).expect("a store").0.ending, Ending::Closed, "it is left as it was");

    let [decisions, anchor] = disk.files();
    let cases = [
        ("not a store", [b"a diary".to_vec(), Vec::new()]),
        ("damaged", [decisions, Vec::new()]),
        ("damaged", [Vec::new(), anchor.clone()]),
        ("damaged", [b"a diary".to_vec(), anchor]),
    ];
    for (expected, files) in cases {
        let told = match open(&Disk::with(files)) {
            Err(StoreError::NotAStore(_)) => "not a store",
            Err(StoreError::Damaged { .. }) => "damaged",
            other => panic!("{other:?}"),
        };
        assert_eq!(told, expected);
    }

    let mut other_meters = Teams::new();
    let contradicted = Store::open_on(disk.medium(), &Teams::identity(), &mut |decision| {
        let answer = Answer::Refused(Refusal::NoSeat);
        repeat(&mut other_meters.meters[decision.team as usize], Decision { answer, ..decision })
    });
    assert!(matches!(contradicted, Err(StoreError::Contradicted { .. })), "{contradicted:?}");
}
