//! `Progress`: how far a run has come, on a terminal, once it takes longer than a second.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::interrupt;
use crate::meter::instant::Span;
use crate::scenario::Scenario;
use crate::scenario::calendar::utc;
use crate::simulation::recorder::{Advance, Observer};
use crate::simulation::shard::Shard;
use crate::simulation::team_group::TeamGroup;

/// Nanoseconds of a run that shows nothing.
const SHOWN_AFTER: u64 = 1_000_000_000;

/// A run as somebody who waits for it sees it.
pub(super) struct Progress {
    bar: ProgressBar,
    started: u64,
    start: crate::meter::instant::Instant,
    length: Span,
    users: u64,
    /// How many runs there are of the scenario at most.
    runs: u64,
    /// Seconds simulated, of every user.
    simulated: AtomicU64,
    events: AtomicU64,
}

impl Progress {
    /// A run that has not begun.
    pub(super) fn of(scenario: &Scenario, quiet: bool) -> Self {
        Progress::of_runs(scenario, 1, quiet)
    }

    /// So many runs of a scenario at most, under several seeds.
    pub(super) fn of_runs(scenario: &Scenario, runs: u64, quiet: bool) -> Self {
        Progress::of_users(scenario, (scenario.setup.users.len(), runs), quiet)
    }

    /// A share of a run.
    pub(super) fn of_shard(scenario: &Scenario, shard: Shard, quiet: bool) -> Self {
        let users = shard.groups(scenario).iter().map(TeamGroup::users).sum();
        Progress::of_users(scenario, (users, 1), quiet)
    }

    /// How much is simulated, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "to be shown")]
    pub(super) fn done(&self) -> f64 {
        let all = self.users * seconds(self.length) * self.runs;
        self.simulated.load(Ordering::Relaxed) as f64 / all.max(1) as f64
    }

    fn of_users(scenario: &Scenario, (users, runs): (usize, u64), quiet: bool) -> Self {
        let shows = !quiet && std::io::stderr().is_terminal();
        let target = if shows { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left");
        let users = users.max(1) as u64;
        let length = scenario.end - scenario.start;
        let bar =
            ProgressBar::with_draw_target(Some(users * seconds(length) * runs), ProgressDrawTarget::hidden());
        bar.set_style(style.expect("a template without mistakes"));
        bar.set_draw_target(target);
        Progress {
            bar,
            started: nanoseconds(),
            start: scenario.start,
            length,
            users,
            runs,
            simulated: AtomicU64::new(0),
            events: AtomicU64::new(0),
        }
    }

    /// The run is over.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    /// A run that was ended leaves no bar behind.
    fn drop(&mut self) {
        self.finish();
    }
}

impl Observer for Progress {
    fn advanced(&self, advance: Advance) {
        let stretch = seconds(advance.to - advance.from) * advance.users as u64;
        let simulated = self.simulated.fetch_add(stretch, Ordering::Relaxed) + stretch;
        let events = self.events.fetch_add(advance.events, Ordering::Relaxed) + advance.events;
        let elapsed = nanoseconds() - self.started;
        if elapsed < SHOWN_AFTER || self.bar.is_hidden() {
            return;
        }
        let rate = HumanCount(events.saturating_mul(1000) / (elapsed / 1_000_000));
        let far = if self.runs == 1 {
            self.date(simulated)
        } else {
            format!("{} of {} runs", simulated / self.users / seconds(self.length).max(1), self.runs)
        };
        self.bar.set_message(format!("simulated {far}  {rate} events/s"));
        self.bar.set_position(simulated);
    }

    fn stops(&self) -> bool {
        interrupt::pressed()
    }
}

impl Progress {
    /// The day to which users are simulated on average.
    fn date(&self, simulated: u64) -> String {
        let mean = i64::try_from(simulated / self.users).unwrap_or(i64::MAX).min(self.length.seconds());
        utc(self.start + Span::from_seconds(mean)).format("to %Y-%m-%d").to_string()
    }
}

/// Nanoseconds since the first call.
#[expect(clippy::disallowed_methods, reason = "the one clock of the command, for progress and latency")]
pub(super) fn nanoseconds() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn seconds(span: Span) -> u64 {
    u64::try_from(span.seconds()).unwrap_or(0)
}
