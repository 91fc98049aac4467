//! Sampling: as many replications as an answer needs.

use std::sync::Arc;

use crate::forecast::future;
use crate::forecast::future::{Asked, Future};
use crate::forecast::outlook::is_tight;
use crate::forecast::replications::replicate;
use crate::scenario::Scenario;
use crate::simulation::recorder::{Observer, Stopped};

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
    let mut wanted = if effort.tolerance.is_some() { FIRST_LOOK.min(effort.runs) } else { effort.runs };
    loop {
        let of = |replication: &Arc<Scenario>| future::of(replication, asked, observer);
        futures.extend(replicate(scenario, futures.len() as u64..wanted, of)?);
        let tight = effort.tolerance.is_some_and(|tolerance| {
            is_tight(&futures.iter().map(Future::total).collect::<Vec<_>>(), tolerance)
        });
        if tight || wanted >= effort.runs {
            return Ok(futures);
        }
        wanted = (wanted + wanted / 2).min(effort.runs);
    }
}
