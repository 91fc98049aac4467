//! `flexmeter load`: how many sign-ins a second the metering core takes in real time, at what latency.

mod crowd;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::load::crowd::People;
use crate::cli::{amount, interrupt, scenario_file};
use crate::load::baseline::{Baselines, compare};
use crate::load::machine::{ALLOCATOR, machine, utc_now};
use crate::load::result::Header;
use crate::load::schedule::Arrivals;
use crate::load::trial::{Coming, Crowd, Stalled, Trial};
use crate::meter::instant::Span;
use crate::results::files::hex;

/// The work of the baselines is done so often, so that their speeds have a range.
const BASELINE_ROUNDS: usize = 3;

/// A round of a baseline.
const BASELINE_ROUND: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  flexmeter load firm.toml --rate 20000
";

/// What `load` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    file: PathBuf,
    #[command(flatten)]
    people: People,
    #[command(flatten)]
    offered: Offered,
    /// Leave out the same work done by less, which takes 15 seconds more
    #[arg(long)]
    no_baselines: bool,
    /// Print nothing while it runs
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    answer: Answer,
}

/// How sign-ins come.
#[derive(Args)]
struct Offered {
    /// Sign-ins a second, each followed by a sign-out
    #[arg(long, value_name = "N", default_value_t = 1000.0, value_parser = rate)]
    rate: f64,
    /// The gaps between sign-ins, or a stretch of the scenario as it was lived
    #[arg(long, value_enum, default_value_t = Gaps::Poisson)]
    arrivals: Gaps,
    /// Each user signs in again when the last answer is there: the most that is handled, and no honest latency
    #[arg(long, conflicts_with_all = ["rate", "arrivals"])]
    closed: bool,
    /// How long sign-ins are planned for [default: 10s; of a rush, ten minutes of the scenario]
    #[arg(long, value_parser = amount::duration)]
    duration: Option<Span>,
    /// What is planned in this time is not counted [default: a fifth of the duration; of a rush, nothing]
    #[arg(long, value_parser = amount::duration)]
    warmup: Option<Span>,
    /// Requests under way at once; others wait to be sent [default: one of each user]
    #[arg(long, value_name = "N")]
    in_flight: Option<NonZero<u32>>,
    /// Seconds of the meter for a second of real time [default: 3600; of a rush, 1]
    #[arg(long, value_name = "FACTOR", value_parser = rate)]
    pace: Option<f64>,
    /// Threads of the actors; the generator has one beside them [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<u16>>,
    /// The seed of the order of users and of random gaps, and of the scenario's people
    #[arg(long)]
    seed: Option<u64>,
    /// Let something stand still for a second in the middle, to see that the figures show it
    #[arg(long, value_enum)]
    stall: Option<Stall>,
}

/// The gaps between sign-ins.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Gaps {
    /// All alike
    Constant,
    /// Random and independent of each other
    Poisson,
    /// As the scenario has them, from --from on
    Rush,
}

/// What stands still.
#[derive(Clone, Copy, ValueEnum)]
enum Stall {
    /// The first team's actor
    Team,
    /// The generator of the sign-ins
    Generator,
}

/// Carries out a load.
pub(super) fn load(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    arguments.answer.check(&arguments.file)?;
    let (text, mut scenario) = scenario_file::read_with_text(&arguments.file)?;
    scenario.seed = arguments.offered.seed.unwrap_or(scenario.seed);
    let trial = arguments.offered.trial(&arguments.people, scenario.seed);
    let crowd = arguments.people.crowd((&arguments.file, scenario), &trial)?;
    let header = header(&arguments.file, &text);
    let (mut result, _) = guarded((&arguments.file, trial.seed), "load", || {
        Ok(trial.run(&crowd, header.clone(), &mut |_, _, _| ()))
    })?;
    if let (false, Crowd::Population(population)) = (arguments.no_baselines, &crowd) {
        let baselines = Baselines { population, pace: trial.pace, threads: trial.threads };
        let mut contestants = vec![trial.contestant(&crowd, &header)];
        contestants.extend(baselines.contestants());
        result.baselines = compare(&mut contestants, BASELINE_ROUNDS, BASELINE_ROUND);
    }
    println!("{}", serde_json::to_string_pretty(&result).expect("plain data"));
    Ok(ExitCode::SUCCESS)
}

impl Offered {
    fn trial(&self, people: &People, seed: u64) -> Trial {
        const LENGTH: Duration = Duration::from_secs(10);
        const RUSH: f64 = 600.0;
        let is_rush = self.arrivals == Gaps::Rush;
        let pace = self.pace.unwrap_or(if is_rush { 1.0 } else { 3600.0 });
        let default = if is_rush { Duration::from_secs_f64(RUSH / pace) } else { LENGTH };
        let duration = self.duration.map_or(default, real);
        let default = if is_rush { Duration::ZERO } else { duration / 5 };
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        Trial {
            coming: match self.arrivals {
                _ if self.closed => Coming::Closed,
                Gaps::Constant => Coming::AtRate(Arrivals::Constant, self.rate),
                Gaps::Poisson => Coming::AtRate(Arrivals::Poisson, self.rate),
                Gaps::Rush => Coming::AsRecorded,
            },
            duration,
            warmup: self.warmup.map_or(default, real),
            in_flight: self.in_flight.map(|places| places.get() as usize),
            pace,
            threads: self.threads.map_or_else(cores, |threads| threads.get().into()),
            seed,
            skew: people.skew,
            stalled: self.stall.map(|stall| match stall {
                Stall::Team => Stalled::Team,
                Stall::Generator => Stalled::Generator,
            }),
        }
    }
}

/// What was run, and where.
fn header(file: &Path, text: &str) -> Header {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    Header {
        command: format!("flexmeter {}", arguments.join(" ")),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: file.display().to_string(),
        scenario_sha256: hex(Sha256::new_with_prefix(text)),
        began: utc_now(),
        machine: machine(ALLOCATOR),
    }
}

fn real(span: Span) -> Duration {
    Duration::from_secs(u64::try_from(span.seconds()).expect("durations as they are written are positive"))
}

/// A number above 0.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.replace(['_', ','], "").parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "must be a number above 0, like 20000".to_owned())
}
