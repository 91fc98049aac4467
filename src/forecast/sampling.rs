//! Sampling: as many replications as an answer needs.

use std::sync::Arc;

use crate::forecast::future;
use crate::forecast::future::{Asked, Future};
use crate::forecast::outlook::is_tight;
use crate::forecast::replications::{replicate, replicate_each};
use crate::scenario::Scenario;
use crate::simulation::recorder::{Observer, Stopped};
use crate::simulation::shard::Shard;

/// How many replications there are.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// At most.
    pub runs: u64,
    /// As few as tell P5, P50 and P95 of all tokens to this share of them; else as many as there may be.
    pub tolerance: Option<f64>,
}

/// The first look at whether the answer is tight enough; each further one has half as many replications more. Where
/// looks fall does not depend on the machine, so neither does the answer.
const FIRST_LOOK: u64 = 100;

/// What came of the replications, in their order.
///
/// # Errors
/// Where a replication ends early.
pub fn futures(
    scenario: &Scenario,
    (asked, effort): (&Asked, Effort),
    observer: &dyn Observer,
) -> Result<Vec<Future>, Stopped> {
    let mut futures: Vec<Future> = Vec::new();
    for wanted in looks(effort) {
        let of = |replication: &Arc<Scenario>| future::of(replication, asked, observer);
        futures.extend(replicate(scenario, futures.len() as u64..wanted, of)?);
        if is_enough(&futures, effort) {
            break;
        }
    }
    Ok(futures)
}

/// What came of the replications of one share, in their order: of as many as there may be, since no share knows how
/// tight all of them together are.
///
/// # Errors
/// Where a replication ends early.
pub fn futures_of_shard(
    (scenario, shard): (&Scenario, Shard),
    (asked, runs): (&Asked, u64),
    observer: &dyn Observer,
) -> Result<Vec<Future>, Stopped> {
    let numbers: Vec<u64> = shard.replications(0..runs).collect();
    replicate_each(scenario, &numbers, |replication| future::of(replication, asked, observer))
}

/// The replications that one machine would have stopped at, of those of every share in order.
///
/// # Panics
/// Unless these are the shares of as many replications.
pub fn together(shares: Vec<Vec<Future>>, effort: Effort) -> Vec<Future> {
    let mut shares: Vec<_> = shares.into_iter().map(Vec::into_iter).collect();
    let count = shares.len() as u64;
    let of_share = |number: u64| usize::try_from(number % count).expect("shares are few");
    let mut futures: Vec<Future> = (0..effort.runs)
        .map(|number| shares[of_share(number)].next().expect("a share has its replications"))
        .collect();
    assert!(
        shares.iter_mut().all(|share| share.next().is_none()),
        "a share has no more than its replications"
    );
    let looks = looks(effort).map(|wanted| usize::try_from(wanted).expect("they are in memory"));
    let enough = looks.filter(|wanted| is_enough(&futures[..*wanted], effort)).min();
    futures.truncate(enough.unwrap_or(usize::MAX));
    futures
}

/// The numbers of replications at which somebody looks whether they are enough; the last is as many as there may be.
fn looks(effort: Effort) -> impl Iterator<Item = u64> {
    let first = if effort.tolerance.is_some() { FIRST_LOOK.min(effort.runs) } else { effort.runs };
    let next = move |wanted: &u64| (*wanted < effort.runs).then(|| (wanted + wanted / 2).min(effort.runs));
    std::iter::successors(Some(first), next)
}

/// Whether the answer is as tight as it was to be.
fn is_enough(futures: &[Future], effort: Effort) -> bool {
    effort
        .tolerance
        .is_some_and(|tolerance| is_tight(&futures.iter().map(Future::total).collect::<Vec<_>>(), tolerance))
}
