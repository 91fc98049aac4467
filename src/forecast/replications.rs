//! Replications: one scenario under many seeds, on all cores.

use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::scenario::Scenario;
use crate::simulation::recorder::Stopped;

/// The scenario of a replication: the same, under the seed of the file plus the number of the replication. So
/// `flexmeter run FILE --seed S` shows any of them in full.
pub fn replication(scenario: &Scenario, number: u64) -> Arc<Scenario> {
    Arc::new(Scenario { seed: scenario.seed.wrapping_add(number), ..scenario.clone() })
}

/// What comes of each replication, in the order of their numbers, whatever the number of threads.
///
/// # Errors
/// Where a replication ends early: the first that did.
pub fn replicate<T: Send>(
    scenario: &Scenario,
    numbers: Range<u64>,
    of: impl Fn(&Arc<Scenario>) -> Result<T, Stopped> + Sync,
) -> Result<Vec<T>, Stopped> {
    replicate_each(scenario, &numbers.collect::<Vec<_>>(), of)
}

/// What comes of each of these replications, in the same way.
///
/// # Errors
/// Where a replication ends early: the first that did.
pub fn replicate_each<T: Send>(
    scenario: &Scenario,
    numbers: &[u64],
    of: impl Fn(&Arc<Scenario>) -> Result<T, Stopped> + Sync,
) -> Result<Vec<T>, Stopped> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(&number) = numbers.get(place) else { return Ok(done) };
            done.push((number, of(&replication(scenario, number))?));
        }
    };
    let shares = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().expect("replays report panics"));
        joined.collect::<Result<Vec<_>, Stopped>>()
    })?;
    let mut all: Vec<(u64, T)> = shares.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, of)| of).collect())
}
