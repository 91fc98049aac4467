//! How far the shares of a task are, and how long the rest will take.

use serde::Serialize;

/// How far one share is.
#[derive(Clone, Debug, Serialize)]
pub struct ShareProgress {
    /// Which: `3/8`.
    pub share: String,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Where a share stands.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "standing", rename_all = "lowercase")]
pub enum Standing {
    /// Whole and in its place.
    Done {
        /// The machine that made it.
        host: String,
        /// When it began, in UTC.
        started: String,
        /// How long it took.
        seconds: i64,
    },
    /// Somebody works at it.
    Running {
        /// The machine.
        host: String,
        /// The process there.
        process: u32,
        /// When it began, in UTC.
        started: String,
        /// How long it has taken.
        seconds: i64,
        /// How much of it is done, from 0 to 1.
        done: f64,
    },
    /// Somebody worked at it who gives no sign of life any more.
    Lost {
        /// The machine.
        host: String,
        /// The process there.
        process: u32,
        /// When it began, in UTC.
        started: String,
        /// How long it had taken.
        seconds: i64,
        /// How much of it was done, from 0 to 1.
        done: f64,
    },
    /// In its place, but not whole.
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody has begun.
    Missing,
}

/// How far the shares of a task are together.
#[derive(Clone, Debug, Serialize)]
pub struct TaskProgress {
    /// Shares that are whole.
    pub done: usize,
    /// Shares at which somebody works.
    pub running: usize,
    /// Shares that are still to be begun, again or for the first time.
    pub missing: usize,
    /// How long the rest will take if as many are at work as now, in seconds; `None` where nobody knows.
    pub seconds_left: Option<u64>,
    /// Each share.
    pub shares: Vec<ShareProgress>,
    /// A sentence for each share that does not belong to the others: with it they can't be put together.
    pub out_of_place: Vec<String>,
}

/// Of less than this nobody can tell how long the whole takes.
const TELLING: f64 = 0.02;

impl Standing {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Done { .. } => "done",
            Standing::Running { .. } => "running",
            Standing::Lost { .. } => "lost",
            Standing::Damaged { .. } => "damaged",
            Standing::Missing => "missing",
        }
    }

    /// Which of two says more of one share, the smaller.
    pub fn rank(&self) -> u8 {
        match self {
            Standing::Done { .. } => 0,
            Standing::Running { .. } => 1,
            Standing::Damaged { .. } => 2,
            Standing::Lost { .. } => 3,
            Standing::Missing => 4,
        }
    }

    /// How many seconds it takes in all, where that can be told.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn whole(&self) -> Option<f64> {
        match self {
            Standing::Done { seconds, .. } => Some(*seconds as f64),
            Standing::Running { seconds, done, .. } if *done >= TELLING => Some(*seconds as f64 / done),
            _ => None,
        }
    }

    /// How much of it there is still to do, from 0 to 1.
    fn rest(&self) -> f64 {
        match self {
            Standing::Done { .. } => 0.0,
            // What is simulated is still to be written.
            Standing::Running { done, .. } => (1.0 - done).clamp(TELLING, 1.0),
            _ => 1.0,
        }
    }
}

impl TaskProgress {
    /// Of all its shares, and what is said of those that don't belong to them.
    pub fn of(shares: Vec<ShareProgress>, out_of_place: Vec<String>) -> Self {
        let count = |name: &str| shares.iter().filter(|share| share.standing.name() == name).count();
        let (done, running) = (count("done"), count("running"));
        let missing = shares.len() - done - running;
        let seconds_left = seconds_left(&shares, running);
        TaskProgress { done, running, missing, seconds_left, shares, out_of_place }
    }

    /// Whether they can be put together.
    pub fn is_whole(&self) -> bool {
        self.done == self.shares.len() && self.out_of_place.is_empty()
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "an estimate")]
#[expect(clippy::cast_sign_loss, reason = "what is left is not below zero")]
fn seconds_left(shares: &[ShareProgress], running: usize) -> Option<u64> {
    let standings = || shares.iter().map(|share| &share.standing);
    if standings().all(|standing| matches!(standing, Standing::Done { .. })) {
        return Some(0);
    }
    let known: Vec<f64> = standings().filter_map(Standing::whole).collect();
    if running == 0 || known.is_empty() {
        return None;
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let left = |standing: &Standing| standing.rest() * standing.whole().unwrap_or(mean);
    let under_way = standings().filter(|standing| matches!(standing, Standing::Running { .. }));
    let longest = under_way.map(left).fold(0.0, f64::max);
    let all: f64 = standings().map(left).sum();
    Some(longest.max(all / running as f64).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use crate::results::share_progress::{ShareProgress, Standing, TaskProgress};

    #[test]
    fn the_time_left_is_that_of_the_rest_at_the_pace_of_now() {
        let (host, started) = (String::new(), String::new());
        let done = |seconds| Standing::Done { host: host.clone(), started: started.clone(), seconds };
        let running = |seconds, done| {
            let (host, started) = (host.clone(), started.clone());
            Standing::Running { host, process: 1, started, seconds, done }
        };
        let cases = [
            (vec![done(100), done(100)], Some(0)),
            // Half of one is left.
            (vec![done(100), running(60, 0.5)], Some(60)),
            // Two at work and two to come: 60 + 60 + 2 × 120 seconds for two.
            (vec![running(60, 0.5), running(60, 0.5), Standing::Missing, Standing::Missing], Some(180)),
            // The longest under way is waited for, whatever the mean is.
            (vec![done(10), running(90, 0.1), running(90, 0.9)], Some(810)),
            // All is simulated, and still being written.
            (vec![running(100, 1.0)], Some(2)),
            (vec![done(100), Standing::Missing], None),
            (vec![running(1, 0.0), Standing::Missing], None),
        ];
        for (standings, expected) in cases {
            let shares =
                standings.into_iter().map(|standing| ShareProgress { share: String::new(), standing });
            let progress = TaskProgress::of(shares.collect(), Vec::new());
            assert_eq!(progress.seconds_left, expected, "{progress:?}");
        }
    }
}
