//! Running the binary in a folder of its own, and finding scenario files.

use std::cell::RefCell;
use std::error::Error;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use flexmeter::audit::journal::MemoryTables;
use flexmeter::meter::record::{
    ChargeRecord, CreditRecord, NoticeRecord, Record, SessionRecord, SignInRecord, TokenEvent,
    TransitionRecord,
};
use flexmeter::results::files::{Digests, Tables};
use flexmeter::results::ledger::LedgerWriter;
use flexmeter::results::sorted_rows::Spool;
use flexmeter::scenario::Scenario;
use flexmeter::simulation::recorder::{Detail, Recorder};
use flexmeter::simulation::replay;
use flexmeter::simulation::run::Run;
use flexmeter::usage::ledger::Ledger;

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every scenario file below `scenarios/`, by name.
pub(crate) fn scenario_files() -> Vec<PathBuf> {
    files_below("scenarios", "toml")
}

/// Every file below a folder of the project with that ending, in order.
pub(crate) fn files_below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![project().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A scenario file's text; of the largest, ten teams for a week.
pub(crate) fn text_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a scenario file");
    if !path.ends_with("large.toml") {
        return text;
    }
    let lines = text.lines().map(|line| match line.split(" = ").next() {
        Some("end") => "end = 2026-01-12T00:00:00Z",
        Some("copies") => "copies = 10",
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A scenario that must be right.
pub(crate) fn scenario(text: &str) -> Arc<Scenario> {
    let read = Scenario::read(text);
    Arc::new(read.unwrap_or_else(|problems| panic!("the scenario is right: {problems:#?}\n{text}")))
}

/// One file of a run.
pub(crate) struct ResultFile {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

/// Reads, runs and writes out a scenario: the tables, and the digests over them.
pub(crate) fn result_files(text: &str) -> (Vec<ResultFile>, Digests) {
    let scenario = scenario(text);
    let mut tables = empty_tables(&scenario);
    let run = replay::run(&scenario, &mut tables, &()).expect("nothing ends the run");
    written(tables, &run)
}

/// The tables of a run of a scenario, by their names.
pub(crate) fn tables(text: &str) -> MemoryTables {
    result_files(text).0.into_iter().map(|file| (file.name, file.text.into_bytes())).collect()
}

/// The rows of a run as they came.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) charges: Vec<ChargeRecord>,
    pub(crate) sign_ins: Vec<SignInRecord>,
    pub(crate) sessions: Vec<SessionRecord>,
    pub(crate) token_events: Vec<TokenEvent>,
    pub(crate) notices: Vec<NoticeRecord>,
    pub(crate) credits: Vec<CreditRecord>,
    pub(crate) transition: Vec<TransitionRecord>,
}

impl Recorder for Rows {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            match row {
                Record::Charge(row) => self.charges.push(row),
                Record::SignIn(row) => self.sign_ins.push(row),
                Record::Session(row) => self.sessions.push(row),
                Record::TokenEvent(row) => self.token_events.push(row),
                Record::Notice(row) => self.notices.push(row),
                Record::Credit(row) => self.credits.push(row),
                Record::Transition(row) => self.transition.push(row),
            }
        }
        Ok(())
    }
}

/// Runs a scenario and keeps every row.
pub(crate) fn run_with_rows(scenario: &Arc<Scenario>) -> (Run, Rows) {
    let mut rows = Rows::default();
    let run = replay::run(scenario, &mut rows, &()).expect("nothing ends the run");
    (run, rows)
}

/// Tables of all rows that put pieces aside in memory.
pub(crate) fn empty_tables(scenario: &Arc<Scenario>) -> Tables {
    let spool: Spool = Arc::new(|| Ok(Box::new(Cursor::new(Vec::new()))));
    Tables::new(scenario, Detail::Full, &spool)
}

/// The tables of a run that is over, and the digests over them.
pub(crate) fn written(tables: Tables, run: &Run) -> (Vec<ResultFile>, Digests) {
    let written: RefCell<Vec<(&'static str, Vec<u8>)>> = RefCell::new(Vec::new());
    let digest = tables.write(&run.packs, |name| {
        written.borrow_mut().push((name, Vec::new()));
        Ok(LastOf(&written))
    });
    let file = |(name, bytes)| ResultFile { name, text: String::from_utf8(bytes).expect("text") };
    (written.into_inner().into_iter().map(file).collect(), digest.expect("memory takes every table"))
}

/// The tables of a run that is over, the digests over them, and its ledger.
pub(crate) fn written_with_ledger(
    (scenario, tables): (&Arc<Scenario>, Tables),
    run: &Run,
) -> (Vec<ResultFile>, Digests, Ledger) {
    let [usage, accounts] = [Shared::default(), Shared::default()];
    let mut ledger = LedgerWriter::new(scenario, usage.clone()).expect("memory takes it");
    let files: RefCell<Vec<(&'static str, Vec<u8>)>> = RefCell::new(Vec::new());
    let create = |name| {
        files.borrow_mut().push((name, Vec::new()));
        Ok(LastOf(&files))
    };
    let digests = tables.write_and(&run.packs, create, &mut |row| ledger.add(row)).expect("memory takes it");
    ledger.finish(accounts.clone()).expect("memory takes it");
    let ledger = Ledger::open(accounts.bytes(), usage.bytes(), &str::to_owned).expect("a ledger");
    let file = |(name, bytes)| ResultFile { name, text: String::from_utf8(bytes).expect("text") };
    (files.into_inner().into_iter().map(file).collect(), digests, ledger)
}

/// A file in memory that several hold.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Bytes {
        self.0.lock().expect("nobody panicked").clone().into()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes to the last file.
struct LastOf<'f>(&'f RefCell<Vec<(&'static str, Vec<u8>)>>);

impl Write for LastOf<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().last_mut().expect("a file was begun").1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The binary with arguments, in a folder.
pub(crate) fn flexmeter(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
    command.current_dir(folder).args(arguments).env_remove("CLICOLOR_FORCE");
    command.output().expect("the binary runs")
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Standard error as text.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}
