//! What administrators are shown of a year of forty people: usage pages, the page for a browser, an export.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Seek};
use std::sync::Arc;

use flexmeter::audit::journal::MemoryTables;
use flexmeter::report::export::json;
use flexmeter::report::page::{Page, html};
use flexmeter::report::summary::Summary;
use flexmeter::results::files::Tables;
use flexmeter::results::ledger::LedgerWriter;
use flexmeter::results::sorted_rows::Spool;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::iso;
use flexmeter::simulation::recorder::Detail;
use flexmeter::simulation::replay;
use flexmeter::usage::balances::stock::Stock;
use flexmeter::usage::balances::{Balance, DaysShown};
use flexmeter::usage::books::Books;
use flexmeter::usage::export::{Columns, Export, People, Report};
use flexmeter::usage::figures::Usage;
use flexmeter::usage::ledger::Ledger;
use flexmeter::usage::packs::Packs;
use flexmeter::usage::range::Asked;
use flexmeter::usage::run_summary::RunSummary;
use flexmeter::usage::sign_ins::SignIns;

use crate::{Bench, Work, read, text_of};

/// A run as it is read back.
struct PastRun {
    tables: MemoryTables,
    books: Books,
}

impl PastRun {
    fn of(scenario: &Arc<Scenario>) -> Self {
        let spool: Spool = Arc::new(|| Ok(Box::new(tempfile::tempfile()?)));
        let mut tables = Tables::new(scenario, Detail::Full, &spool);
        let run = replay::run(scenario, &mut tables, &()).expect("nothing ends it");
        let [usage, accounts] = [(); 2].map(|()| file());
        let mut ledger = LedgerWriter::new(scenario, again(&usage)).expect("a file takes it");
        let files = RefCell::new(BTreeMap::new());
        let create = |name| {
            let file = file();
            let written = again(&file);
            files.borrow_mut().insert(name, file);
            Ok(written)
        };
        let digests =
            tables.write_and(&run.packs, create, &mut |row| ledger.add(row)).expect("files take it");
        ledger.finish(again(&accounts)).expect("a file takes it");
        let tables: MemoryTables =
            files.into_inner().into_iter().map(|(name, file)| (name, bytes(file))).collect();
        let summary = Summary::new(scenario, &run.tally, (Detail::Full, digests));
        let summary = RunSummary::read(&summary.json()).expect("it was just written");
        let ledger = Ledger::open(bytes(accounts).into(), bytes(usage).into(), &str::to_owned);
        let sign_ins = SignIns::read(&tables, &summary.zone()).expect("they are told");
        let books = Books {
            packs: Packs::read(&tables).expect("they are told"),
            ledger: ledger.expect("a ledger"),
            sign_ins: Some(sign_ins),
            summary,
        };
        PastRun { tables, books }
    }

    /// What the page can show of all teams.
    fn views(&self) -> Vec<Usage> {
        Asked::NAMED.map(|range| self.books.usage(range, None).expect("the ledger is whole")).into()
    }

    fn balances(&self) -> Vec<Balance> {
        let Books { summary, ledger, .. } = &self.books;
        Stock::written(summary, (&self.tables, ledger), None).expect("it is told").balances().teams
    }

    fn page(&self, views: &[Usage], balances: &[Balance]) -> String {
        let summary = &self.books.summary;
        let (start, latency) = (&iso(summary.start), None);
        let (title, seed) = (summary.title.as_str(), summary.seed);
        html(&Page { title, start, seed, views, balances, credits: &[], latency })
    }

    /// Every use of the year, with those by whom.
    fn export(&self) -> (Vec<u64>, Vec<u8>) {
        let Books { summary, ledger, .. } = &self.books;
        let [from, to] = [summary.start, summary.last()].map(|at| summary.zone().local(at).date());
        let (people, columns) = (People::Shown, Columns::Of2026);
        let days = DaysShown { from, to };
        let export = Export { summary, tables: &self.tables, ledger, people, days, columns };
        let mut text = Vec::new();
        let rows = json::write(&export, &[Report::Users, Report::Usage], &mut text);
        (rows.expect("memory takes it"), text)
    }
}

fn file() -> File {
    tempfile::tempfile().expect("there is room for a file")
}

/// The same file once more.
fn again(file: &File) -> File {
    file.try_clone().expect("few files are open")
}

fn bytes(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().expect("it is a file");
    file.read_to_end(&mut bytes).expect("it was just written");
    bytes
}

pub(crate) fn measure(bench: &mut Bench) {
    let run = PastRun::of(&read(&text_of("an-architecture-studio-for-a-year.toml")));
    let (views, balances) = (run.views(), run.balances());
    let page = run.page(&views, &balances);
    let (rows, _) = run.export();
    let used: Vec<_> = views.iter().map(|view| view.overview.tokens.thousandths() / 1000).collect();
    let found = (used.as_slice(), page.matches("<svg").count(), rows.as_slice());
    let ranges = [52_506, 2_601, 13_022, 25_181, 37_831, 52_506];
    assert_eq!(found, (&ranges[..], 26, &[93, 8_169][..]), "the work is what it was");
    let work = |name: &str, elements: usize, digest: String| Work {
        name: format!("report/{name}"),
        elements: elements as u64,
        digest,
    };
    let digest = format!("{used:?} tokens by range");
    let usage = work("usage pages of a year", views.len(), digest);
    bench.measure(usage, |bencher| bencher.iter(|| black_box(run.views())));
    let digest = format!("{} charts", found.1);
    let html = work("page of a year", 1, digest);
    bench.measure(html, |bencher| bencher.iter(|| black_box(run.page(&views, &balances))));
    let digest = format!("{rows:?} rows");
    let export =
        work("export of a year as JSON", usize::try_from(rows.iter().sum::<u64>()).expect("few"), digest);
    bench.measure(export, |bencher| bencher.iter(|| black_box(run.export())));
}
