//! What actors cost beside the plain loop: the same thousand people for a week, with their actors' beginning and end.

use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use flexmeter::simulation::actors::{Company, run};
use flexmeter::simulation::recorder::Unrecorded;
use flexmeter::simulation::run::Run;

use crate::Bench;
use crate::replay::{a_week_of_ten_teams, work};

#[expect(clippy::disallowed_methods, reason = "actors measure how long decisions take")]
fn nanoseconds() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGAN.get_or_init(Instant::now).elapsed().as_nanos()).expect("less than 500 years")
}

pub(crate) fn measure(bench: &mut Bench) {
    let scenario = a_week_of_ten_teams();
    for threads in [1, 2] {
        let carry_out = || -> Run {
            let company = Company { threads, observer: Arc::new(()), clock: nanoseconds };
            run(&scenario, Unrecorded, company).expect("nothing ends it").run
        };
        let name = format!("actors/a week of ten teams, threads: {threads}");
        bench.measure(work(&name, &carry_out()), |bencher| bencher.iter(|| black_box(carry_out())));
    }
}
