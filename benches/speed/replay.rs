//! What the plain loop costs: a thousand people for a week.

use std::hint::black_box;
use std::sync::Arc;

use flexmeter::scenario::Scenario;
use flexmeter::simulation::run::Run;

use crate::{Bench, Work, large};

/// Ten teams of the largest scenario in their first week, which actors carry out as well.
pub(crate) fn a_week_of_ten_teams() -> Arc<Scenario> {
    large(10, "2026-01-12T00:00:00Z")
}

/// A work that comes to the events and tokens of that week.
pub(crate) fn work(name: &str, run: &Run) -> Work {
    let tally = &run.tally;
    let found = (tally.events(), tally.tokens.thousandths());
    assert_eq!(found, (22_683, 31_133_000), "the work is what it was");
    let digest = format!("{} events and {} tokens of 1000 people in a week", tally.events(), tally.tokens);
    Work { name: name.to_owned(), elements: tally.events(), digest }
}

pub(crate) fn measure(bench: &mut Bench) {
    let scenario = a_week_of_ten_teams();
    let work = work("replay/a week of ten teams", &Run::replay(&scenario));
    bench.measure(work, |bencher| bencher.iter(|| black_box(Run::replay(&scenario))));
}
