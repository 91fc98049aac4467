//! What came of a load, as plain data: what is written as JSON, and what tables and pages are made of.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The percentiles that are told, with their names.
pub const PERCENTILES: [(&str, f64); 8] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
    ("p99.999", 0.99999),
    ("max", 1.0),
];

/// What came of a load.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LoadResult {
    /// What was run, and where.
    pub header: Header,
    /// How sign-ins came.
    pub manner: Manner,
    /// How many there were, after the warm-up.
    pub counts: Counts,
    /// Sign-ins planned a second, after the warm-up; in a closed loop those that were answered.
    pub offered_per_second: f64,
    /// Sign-ins answered a second, from the end of the warm-up to the last answer.
    pub handled_per_second: f64,
    /// CPU time of the whole process for each sign-in and its sign-out, in nanoseconds.
    pub cpu_nanoseconds_per_sign_in: f64,
    /// From the planned instant to the answer: what a user waits.
    pub latency_planned: Latency,
    /// From the sending to the answer: what the core takes. It hides what waited to be sent.
    pub latency_sent: Latency,
    /// How late the generator came to each planned instant; not what then waited for a place in flight.
    pub lateness: Latency,
    /// Why the figures do not hold, with what to change; empty where they do.
    pub invalid: Vec<String>,
    /// What was found of the charges while they were made.
    pub audit: Audit,
    /// What was written to disk before it was answered; `None` where nothing was.
    pub durable: Option<Durable>,
    /// The same work done by less, in the same run; empty where it was not asked for.
    pub baselines: Vec<Baseline>,
    /// How it went, second by second.
    pub intervals: Vec<Interval>,
    /// What was required of it (`--require`), and whether it was so.
    pub requirements: Vec<Met>,
}

/// What was run, and where: enough to read the figures elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// The command line.
    pub command: String,
    /// The version of flexmeter.
    pub version: String,
    /// The scenario's file.
    pub scenario: String,
    /// The SHA-256 of the scenario's text, in hexadecimal.
    pub scenario_sha256: String,
    /// When it began, in UTC: `2026-11-22T21:00:00Z`.
    pub began: String,
    /// The machine.
    pub machine: Machine,
}

/// The machine, as far as figures depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The model of the CPU.
    pub cpu: String,
    /// How many cores the process may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The kernel's name and release.
    pub kernel: String,
    /// The load of the machine over the last 1, 5 and 15 minutes before the run, as the kernel tells it.
    pub load_before: String,
    /// What gives the process its memory.
    pub allocator: String,
    /// `release`, or `debug` with its assertions.
    pub build: String,
}

/// How sign-ins came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manner {
    /// `constant`, `poisson`, `rush` (open loop) or `closed`.
    pub arrivals: String,
    /// Sign-ins a second, where they are planned at a rate.
    pub rate: Option<f64>,
    /// How long sign-ins were planned for, warm-up included, in seconds.
    pub duration_seconds: f64,
    /// What of it was not counted, in seconds.
    pub warmup_seconds: f64,
    /// Team actors, each with a meter of its own.
    pub teams: usize,
    /// User actors.
    pub users: usize,
    /// The share of users in the first team, where it was asked for.
    pub skew: Option<f64>,
    /// How many requests may be under way at once; `None` for one of each user.
    pub in_flight: Option<usize>,
    /// Seconds of the meter for a second of real time.
    pub pace: f64,
    /// Threads of the runtime.
    pub threads: usize,
    /// The seed of the order of users and of random gaps.
    pub seed: u64,
}

/// How many sign-ins there were, after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Planned; in a closed loop, sent.
    pub planned: u64,
    /// Sent.
    pub sent: u64,
    /// Answered.
    pub answered: u64,
    /// Answered with yes.
    pub admitted: u64,
    /// Answered with no.
    pub refused: u64,
    /// Planned, and not sent before the end.
    pub not_sent: u64,
    /// Sent, and not answered before the end.
    pub not_answered: u64,
}

/// A distribution of times, in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// How many.
    pub count: u64,
    /// The smallest.
    pub min: u64,
    /// The mean.
    pub mean: f64,
    /// By name: `p50`, `p90`, `p95`, `p99`, `p99.9`, `p99.99`, `p99.999` and `max`; each to three digits.
    pub percentiles: BTreeMap<String, u64>,
}

/// What was found of the charges while they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// Requests that were answered by a meter.
    pub decisions: u64,
    /// Charges, each compared with the one before it of its user and product: their windows do not overlap.
    pub charges: u64,
    /// Packs whose tokens were counted at the end: bought is drawn, held, expired and remaining.
    pub packs: u64,
    /// What was wrong, the first of each team; empty where nothing was.
    pub violations: Vec<String>,
}

/// What was written to disk before it was answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Durable {
    /// Decisions that were there when the store was opened, and made again.
    pub recovered: u64,
    /// Transactions, each synchronised with the disk.
    pub commits: u64,
    /// Decisions in them.
    pub decisions: u64,
    /// Bytes of decisions in them.
    pub bytes: u64,
    /// How long a transaction took.
    pub commit: Latency,
}

/// The same work done by less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// What: `actors` (the thing itself, closed loop), `meter alone`, `bare ractor calls`, `bare tokio channels`,
    /// `one thread` or `bare store`.
    pub name: String,
    /// What it does and what it leaves out.
    pub what: String,
    /// Sign-ins a second, the median of the rounds.
    pub per_second: f64,
    /// The slowest and the fastest round.
    pub range: (f64, f64),
    /// The actors' sign-ins a second as a share of this: the median of the rounds' ratios.
    pub actors_ratio: f64,
}

/// A stretch of a load, by when answers came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its end, in seconds since the load began.
    pub until_seconds: f64,
    /// How long it is, in seconds.
    pub seconds: f64,
    /// Sign-ins planned.
    pub planned: u64,
    /// Sign-ins answered.
    pub answered: u64,
    /// Requests under way at its end.
    pub in_flight: u64,
    /// Memory of the process at its end, in KiB.
    pub resident_kib: u64,
    /// From the planned instant to the answer.
    pub latency_planned: Latency,
    /// From the sending to the answer.
    pub latency_sent: Latency,
    /// How late the generator was.
    pub lateness: Latency,
}

/// A requirement, and whether it was met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Met {
    /// As it was written: `p99.9<5ms`.
    pub requirement: String,
    /// What came of it, in the unit of the requirement: `3.2ms`.
    pub measured: String,
    /// Whether it was met.
    pub met: bool,
}

impl LoadResult {
    /// Whether the figures may be believed: nothing is invalid, and the audit found nothing.
    pub fn is_valid(&self) -> bool {
        self.invalid.is_empty() && self.audit.violations.is_empty()
    }
}

impl Latency {
    /// Of a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Latency {
        let value = |(name, quantile): (&str, f64)| {
            // The largest is kept to the digit, quantiles to three of them.
            let value = if name == "max" {
                histogram.max()
            } else {
                histogram.value_at_quantile(quantile).min(histogram.max())
            };
            (name.to_owned(), value)
        };
        Latency {
            count: histogram.len(),
            min: histogram.min(),
            mean: histogram.mean(),
            percentiles: PERCENTILES.map(value).into(),
        }
    }

    /// A percentile by its name, in nanoseconds; 0 where nothing was measured.
    pub fn percentile(&self, name: &str) -> u64 {
        self.percentiles.get(name).copied().unwrap_or(0)
    }
}
