//! What looking at a future costs beside living through it: the replay loop alone, and a forecast's replication.
//!
//! Both do the same events, so that the ratio of their times is the forecast's share of the loop's speed on any
//! machine; `cargo bench --bench forecast` prints both. Run with the tests, each is done once, and its work is checked.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use flexmeter::forecast::demand;
use flexmeter::forecast::future::{Asked, of};
use flexmeter::forecast::months::Months;
use flexmeter::forecast::supply::unlimited;
use flexmeter::meter::instant::Span;
use flexmeter::scenario::Scenario;
use flexmeter::simulation::run::Run;

fn futures(criterion: &mut Criterion) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/an-architecture-studio-for-a-year.toml");
    let text = std::fs::read_to_string(file).expect("the scenario is there");
    let scenario = Arc::new(Scenario::read(&text).expect("it is right"));
    let hour = Span::from_seconds(3600);
    let asked = Asked { team: None, cured_within: hour, months: Months::of_run(&scenario) };
    let tally = Run::replay(&scenario).tally;
    let future = of(&scenario, &asked, &()).expect("nothing ends it");
    assert_eq!((future.events, future.total()), (tally.events(), tally.tokens), "the same work");
    assert_eq!(tally.tokens.thousandths(), 52_506_000, "the work is what it was");
    let mut group = criterion.benchmark_group("a year of forty people");
    group.throughput(Throughput::Elements(future.events));
    group.bench_function("replay loop", |bench| bench.iter(|| black_box(Run::replay(&scenario))));
    group
        .bench_function("future of a forecast", |bench| bench.iter(|| black_box(of(&scenario, &asked, &()))));
    let unlimited = Arc::new(unlimited(&scenario));
    group.bench_function("demand for a plan", |bench| bench.iter(|| black_box(demand::of(&unlimited, &()))));
    group.finish();
}

criterion_group!(benches, futures);
criterion_main!(benches);
