//! What looking at a future costs beside living through it: the replay loop alone, and a forecast's replication.
//!
//! Both do the same events, so that the ratio of their times is the forecast's share of the loop's speed on any
//! machine; `cargo bench -- forecast` prints both.

use std::hint::black_box;
use std::sync::Arc;

use flexmeter::forecast::demand;
use flexmeter::forecast::future::{Asked, of};
use flexmeter::forecast::months::Months;
use flexmeter::forecast::supply::unlimited;
use flexmeter::meter::instant::Span;
use flexmeter::simulation::run::Run;

use crate::{Bench, Work, read, text_of};

pub(crate) fn measure(bench: &mut Bench) {
    let scenario = read(&text_of("an-architecture-studio-for-a-year.toml"));
    let hour = Span::from_seconds(3600);
    let asked = Asked { team: None, cured_within: hour, months: Months::of_run(&scenario) };
    let tally = Run::replay(&scenario).tally;
    let future = of(&scenario, &asked, &()).expect("nothing ends it");
    assert_eq!((future.events, future.total()), (tally.events(), tally.tokens), "the same work");
    assert_eq!(tally.tokens.thousandths(), 52_506_000, "the work is what it was");
    let work = |name: &str| Work {
        name: format!("forecast/{name}"),
        elements: future.events,
        digest: format!("{} tokens of forty people in a year", tally.tokens),
    };
    bench.measure(work("replay loop"), |bencher| bencher.iter(|| black_box(Run::replay(&scenario))));
    let future = || of(&scenario, &asked, &());
    bench.measure(work("future of a forecast"), |bencher| bencher.iter(|| black_box(future())));
    let unlimited = Arc::new(unlimited(&scenario));
    let demand = || demand::of(&unlimited, &());
    bench.measure(work("demand for a plan"), |bencher| bencher.iter(|| black_box(demand())));
}
