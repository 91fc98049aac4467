//! What simulated people cost who plan a year: a hundred of them, eight weeks at a time, as a run asks them.

use std::hint::black_box;

use flexmeter::meter::instant::Span;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::random::Seed;
use flexmeter::simulation::course::people;
use flexmeter::simulation::team_group::TeamGroup;

use crate::{Bench, Work, large};

const STRETCH: Span = Span::from_seconds(8 * 7 * 86_400);

/// How many intentions people have in a run, and the sum of their instants in seconds since its start.
fn planned(scenario: &Scenario, group: &TeamGroup) -> (u64, i64) {
    let (mut count, mut sum, mut agenda) = (0, 0, Vec::new());
    for mut person in people(scenario, group) {
        let mut now = scenario.start;
        while now < scenario.end {
            now = scenario.end.min(now + STRETCH);
            agenda.clear();
            person.plan(Seed::new(scenario.seed), now, &mut agenda);
            count += agenda.len() as u64;
            sum += agenda.iter().map(|intention| (intention.at - scenario.start).seconds()).sum::<i64>();
        }
    }
    (count, sum)
}

pub(crate) fn measure(bench: &mut Bench) {
    let scenario = large(1, "2027-01-05T00:00:00Z");
    let groups = TeamGroup::split(&scenario);
    let (intentions, seconds) = planned(&scenario, &groups[0]);
    assert_eq!((intentions, seconds), (40_974, 628_495_592_929), "the work is what it was");
    let digest =
        format!("{intentions} intentions of 100 people in a year, {seconds} s after its start in sum");
    let work = Work { name: "habits/plan a year".to_owned(), elements: intentions, digest };
    bench.measure(work, |bencher| bencher.iter(|| black_box(planned(&scenario, &groups[0]))));
}
