//! How fast flexmeter is, part by part: one binary, so that it is built and linked once; one file per part.
//!
//! `cargo bench` measures all, `cargo bench -- forecast` what has that in its name. With `BENCH_TABLE=file.csv` the
//! figures are written there as well, headed by what they depend on. Under `cargo test` everything runs once. Either
//! way the work is checked against its digest, so that nothing gets faster by doing less.
//!
//! * `meter`     decisions of the metering core: sign-ins inside a window, new windows, renewals.
//! * `scenario`  files read and checked.
//! * `habits`    simulated people who plan a year.
//! * `replay`    a scenario carried out by the plain loop.
//! * `actors`    the same by actors.
//! * `forecast`  what looking at a future costs beside living through it.
//! * `report`    pages of usage, the page for a browser, an export.
//! * `load`      sign-ins in real time: the work of the load's actors, done by less.

mod actors;
mod forecast;
mod habits;
mod load;
mod meter;
mod replay;
mod report;
mod scenario;
mod table;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Bencher, Criterion, Throughput};
use flexmeter::load::machine::Allocator;
use flexmeter::scenario::Scenario;

use crate::table::{Done, Table};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() {
    let folder = figures_folder();
    let criterion = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1));
    let criterion = criterion.measurement_time(Duration::from_secs(3)).output_directory(&folder);
    let table = Table::begin(folder);
    let mut bench = Bench { criterion: criterion.configure_from_args(), done: Vec::new() };
    meter::measure(&mut bench);
    scenario::measure(&mut bench);
    habits::measure(&mut bench);
    replay::measure(&mut bench);
    actors::measure(&mut bench);
    forecast::measure(&mut bench);
    report::measure(&mut bench);
    load::measure(&mut bench);
    bench.criterion.final_summary();
    if measured() {
        table.write(&bench.done);
    }
}

/// Whether speed is measured; else everything runs once, and is checked.
fn measured() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Where Criterion keeps figures: beside what was built, as it does by itself where cargo tells it.
fn figures_folder() -> PathBuf {
    let binary = std::env::current_exe().expect("it runs");
    binary.ancestors().nth(3).expect("it lies in target/release/deps").join("criterion")
}

/// Measures one work after the other.
struct Bench {
    criterion: Criterion,
    /// What was measured, or run once.
    done: Vec<Done>,
}

/// A work to be measured.
struct Work {
    /// The part of flexmeter, and the work.
    name: String,
    /// What a turn of it consists of, for speed.
    elements: u64,
    /// What has come of it, or was seen to come of it: the same for whatever builds and machines.
    digest: String,
}

impl Bench {
    /// Measures a work, unless it was not asked for.
    fn measure(&mut self, work: Work, mut run: impl FnMut(&mut Bencher<'_>)) {
        let ran = Cell::new(false);
        let (group, name) = work.name.split_once('/').expect("a part and a work");
        let mut group = self.criterion.benchmark_group(group);
        group.throughput(Throughput::Elements(work.elements));
        group.bench_function(name, |bencher| {
            ran.set(true);
            run(bencher);
        });
        group.finish();
        if ran.get() {
            self.done.push(Done { name: work.name, elements: work.elements, digest: work.digest });
        }
    }
}

/// A file below `scenarios/`.
fn text_of(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(file);
    std::fs::read_to_string(path).expect("the scenario is there")
}

fn read(text: &str) -> Arc<Scenario> {
    Arc::new(Scenario::read(text).expect("the scenario is right"))
}

/// The largest scenario with so many teams of a hundred, until an instant.
fn large(teams: usize, end: &str) -> Arc<Scenario> {
    let text = text_of("large.toml");
    let lines = text.lines().map(|line| match line.split(" = ").next() {
        Some("end") => format!("end = {end}"),
        Some("copies") => format!("copies = {teams}"),
        _ => line.to_owned(),
    });
    read(&lines.collect::<Vec<_>>().join("\n"))
}
