//! What reading and checking a file costs: a hundred thousand people, and forty with habits, absences and prices.

use std::hint::black_box;

use flexmeter::scenario::Scenario;

use crate::{Bench, Work, read, text_of};

pub(crate) fn measure(bench: &mut Bench) {
    for (file, people, requests) in
        [("large.toml", 100_000, 2000), ("an-architecture-studio-for-a-year.toml", 40, 7)]
    {
        let text = text_of(file);
        let scenario = read(&text);
        let found = (scenario.simulated.len(), scenario.timeline.len());
        assert_eq!(found, (people, requests), "{file}: the work is what it was");
        let name = format!("scenario/{file}");
        let digest = format!("{people} people, {requests} requests on dates of the file");
        bench.measure(Work { name, elements: people as u64, digest }, |bencher| {
            bencher.iter(|| black_box(Scenario::read(&text)));
        });
    }
}
