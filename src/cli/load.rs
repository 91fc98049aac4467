//! `flexmeter load`: how many sign-ins a second the metering core takes in real time, at what latency.

mod builds;
mod comparing;
mod crowd;
mod files;
mod sweep;
mod view;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use hdrhistogram::serialization::V2DeflateSerializer;
use sha2::{Digest, Sha256};

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::load::builds::Telling;
use crate::cli::load::comparing::Compared;
use crate::cli::load::crowd::People;
use crate::cli::load::files::Files;
use crate::cli::load::sweep::Sweep;
use crate::cli::load::view::View;
use crate::cli::{amount, interrupt, is_same_file, print, scenario_file, shown};
use crate::load::baseline::{Baselines, compare};
use crate::load::durable::trial::DurableTrial;
use crate::load::machine::{ALLOCATOR, machine, utc_now};
use crate::load::population::Population;
use crate::load::requirement::Requirement;
use crate::load::result::{Baseline, Header, LoadResult};
use crate::load::run::Measured;
use crate::load::schedule::Arrivals;
use crate::load::store::Answers;
use crate::load::trial::{Coming, Crowd, Stalled, Trial};
use crate::meter::instant::Span;
use crate::report::load as report;
use crate::report::load::interval_log::IntervalLog;
use crate::results::files::hex;

/// The work of the baselines is done so often, so that their speeds have a range.
const BASELINE_ROUNDS: usize = 3;

/// A round of a baseline.
const BASELINE_ROUND: Duration = Duration::from_secs(1);

/// How long sign-ins are planned for where nobody says it, and at each step of a sweep.
const LENGTH: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  flexmeter load firm.toml --rate 20000
  flexmeter load firm.toml --rate 20000 --duration 1m --require \"p99.9<5ms\"
  flexmeter load firm.toml --arrivals rush --pace 60
  flexmeter load firm.toml --closed --teams 1000 --users 10000 --skew 50%
  flexmeter load firm.toml --sweep --limit \"p99<1ms\" --page sweep.html
  flexmeter load firm.toml --durable /var/tmp/store --out results/monday
  flexmeter load --compare results/monday results/tuesday
  flexmeter load firm.toml --compare ./old ./new -- --rate 20000

Users sign in at planned instants, whatever became of what they asked before, and sign out half a round later. Latency from \
the planned instant is what a user waits; from the sending it is what the core takes, which hides what waited to be sent. \
The users of a scenario open what they open first in it, and tokens never run out; a rush is the scenario itself.

Exit codes: 0 the figures hold, and so does what is required; 1 they do not (INVALID, an audit that found something, a \
requirement that is not met); 2 bad input.";

/// What `load` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario file
    #[arg(required_unless_present_any = ["schema", "compare"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    people: People,
    #[command(flatten)]
    offered: Offered,
    /// Every decision is on the disk in this folder before it is answered; what is there already is made again first
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sweep", "stall"])]
    durable: Option<PathBuf>,
    /// List each decision whose answer was sent, in a file, or with - in place of the result
    #[arg(long, value_name = "FILE", requires = "durable")]
    answers: Option<PathBuf>,
    /// Leave out the same work done by less, which takes half a minute more
    #[arg(long)]
    no_baselines: bool,
    /// Also write everything into a folder: load.json, load.csv (a row a second), load.hlog, and .hgrm of each latency
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the JSON schema of --format json, and nothing else
    #[arg(long)]
    schema: bool,
    /// What must be so, or the exit code is 1: "p99.9<5ms", "sent:p99<=200us", "handled>=10000", "not-sent=0"
    #[arg(long, value_name = "REQUIREMENT", value_parser = Requirement::from_str)]
    require: Vec<Requirement>,
    /// The load at several rates, up to a tenth more than is handled, each for 5s or the --duration [default: 10 steps]
    #[arg(long, value_name = "STEPS", num_args = 0..=1, default_missing_value = "10")]
    #[arg(conflicts_with_all = ["closed", "rate", "out", "require", "stall"])]
    sweep: Option<NonZero<u16>>,
    /// Of a sweep: the requirement under which the highest load is looked for
    #[arg(long, value_name = "REQUIREMENT", value_parser = Requirement::from_str, requires = "sweep")]
    limit: Option<Requirement>,
    /// Compare two results (load.json, or its folder), or two builds of flexmeter under the load FILE, in turns
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    #[arg(conflicts_with_all = ["rate", "arrivals", "closed", "duration", "warmup", "in_flight", "pace", "threads"])]
    #[arg(conflicts_with_all = ["seed", "stall", "teams", "users", "skew", "from", "durable", "out", "require"])]
    #[arg(conflicts_with_all = ["sweep", "no_baselines"])]
    compare: Option<Vec<PathBuf>>,
    /// Of two builds: how often each runs
    #[arg(long, value_name = "N", default_value = "10", requires = "compare")]
    rounds: NonZero<u16>,
    /// Of two builds: what else both are told
    #[arg(last = true, value_name = "OPTIONS", requires = "compare")]
    passed: Vec<String>,
    /// Show nothing while it runs
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
    /// Threads of the actors; the generator has one beside them [default: one per core; with --durable one core less]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
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

/// Carries out a load, a sweep or a comparison.
pub(super) fn load(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    if arguments.schema {
        let schema = match (&arguments.sweep, &arguments.compare) {
            (Some(_), _) => report::sweep::schema(),
            (None, Some(_)) => report::comparison::schema(),
            (None, None) => report::schema(),
        };
        print(&schema)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(paths) = &arguments.compare {
        let telling = if arguments.quiet { Telling::Nothing } else { Telling::Progress };
        let [a, b] = &paths[..] else { unreachable!("clap takes two") };
        let (file, passed) = (arguments.file.as_deref(), &arguments.passed[..]);
        for path in [a, b].into_iter().chain(&arguments.file) {
            arguments.answer.check(path)?;
        }
        let compared =
            Compared { paths: [a, b], file, passed, rounds: arguments.rounds.get().into(), telling };
        let comparison = compared.comparison()?;
        let sheet = report::comparison::sheet(&comparison);
        arguments.answer.show(&sheet, |out| report::comparison::json(&comparison, out))?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = arguments.file.as_deref().expect("clap asks for it");
    arguments.answer.check(file)?;
    if let Some(answers) = arguments.answers.as_deref().filter(|answers| is_same_file(file, answers)) {
        return Err(Failure::input(format!("{} is the scenario; choose another --answers", shown(answers))));
    }
    let files = arguments.out.as_deref().map(Files::claim).transpose()?;
    let (text, mut scenario) = scenario_file::read_with_text(file)?;
    scenario.seed = arguments.offered.seed.unwrap_or(scenario.seed);
    let trial = arguments.trial(scenario.seed)?;
    let crowd = arguments.people.crowd((file, scenario), &trial)?;
    let header = header(file, &text);
    if let Some(steps) = arguments.sweep {
        let (steps, quiet) = (steps.get().into(), arguments.quiet);
        let sweep =
            Sweep { trial, crowd: &crowd, header: &header, steps, limit: arguments.limit.as_ref(), quiet };
        let result = guarded((file, trial.seed), "sweep", || sweep.result())?;
        arguments.answer.show(&report::sweep::sheet(&result), |out| report::sweep::json(&result, out))?;
        let held = result.points.iter().any(|point| point.invalid.is_empty());
        return Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let (result, measured, log) =
        guarded((file, trial.seed), "load", || arguments.measure((&trial, &crowd), &header))?;
    if arguments.answers.as_ref().is_none_or(|path| path.as_os_str() != "-") {
        arguments.answer.show(&report::sheet(&result), |out| report::json(&result, out))?;
    }
    // Shown first: what can't be written is not lost.
    if let Some(files) = files {
        files.write((&result, &measured), log)?;
    }
    let held = result.is_valid() && result.requirements.iter().all(|required| required.met);
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// The load. Where a store writes, a core is left to it: with actors on every core it waits for its turn between two
    /// commits, and all for it.
    fn trial(&self, seed: u64) -> Result<Trial, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = if self.durable.is_some() { cores.saturating_sub(1).max(1) } else { cores };
        if self.offered.arrivals == Gaps::Rush && (self.sweep.is_some() || self.durable.is_some()) {
            let text = "a rush has rates of its own, and may hold what a store does not keep; leave out --sweep and --durable";
            return Err(Failure::input(text));
        }
        let length = if self.sweep.is_some() { STEP } else { LENGTH };
        self.offered.trial(&self.people, (seed, threads), length)
    }

    /// What comes of it, with the interval log.
    fn measure(
        &self,
        (trial, crowd): (&Trial, &Crowd),
        header: &Header,
    ) -> Result<(LoadResult, Measured, BufWriter<File>), Failure> {
        let view = View::of(trial.manner(crowd), self.quiet);
        let (mut log, mut serializer) = (files::aside()?, V2DeflateSerializer::new());
        let unwritten = |error: io::Error| Failure::input(format!("can't write the interval log: {error}"));
        let mut intervals = IntervalLog::begin(header, (&mut log, &mut serializer)).map_err(unwritten)?;
        let mut written = Ok(());
        let mut second = |stretch: &_, interval: &_, so_far: &_| {
            view.show(interval, so_far);
            if written.is_ok() {
                written = intervals.add(stretch);
            }
        };
        let (mut result, measured) = match &self.durable {
            None => trial.run(crowd, header.clone(), &mut second),
            Some(folder) => {
                let durable = DurableTrial { trial: *trial, crowd, header, folder };
                let run = durable.run(self.answers()?, &mut second);
                let (result, measured, _) = run.map_err(|error| Failure::input(error.to_string()))?;
                (result, measured)
            }
        };
        written.map_err(unwritten)?;
        if let (false, Crowd::Population(population)) = (self.no_baselines, crowd) {
            view.say("the same work done by less, in rounds …");
            result.baselines = self.baselines((trial, crowd), header, population);
        }
        result.requirements = self.require.iter().map(|required| required.check(&result)).collect();
        Ok((result, measured, log))
    }
}

impl Arguments {
    /// The same work done by less.
    fn baselines(
        &self,
        (trial, crowd): (&Trial, &Crowd),
        header: &Header,
        population: &Population,
    ) -> Vec<Baseline> {
        let others = Baselines { population, pace: trial.pace, threads: trial.threads }.contestants();
        let Some(folder) = &self.durable else {
            let mut contestants = vec![trial.contestant(crowd, header)];
            contestants.extend(others);
            return compare(&mut contestants, BASELINE_ROUNDS, BASELINE_ROUND);
        };
        let (durable, batches) =
            (DurableTrial { trial: *trial, crowd, header, folder }, RefCell::new(Vec::new()));
        let mut contestants = Vec::from(durable.contestants(&batches));
        contestants.extend(others);
        compare(&mut contestants, BASELINE_ROUNDS, BASELINE_ROUND)
    }

    /// Where answers are listed.
    fn answers(&self) -> Result<Option<Answers>, Failure> {
        let Some(path) = &self.answers else { return Ok(None) };
        if path.as_os_str() == "-" {
            return Ok(Some(Box::new(io::stdout())));
        }
        let file = File::create(path);
        let file = file.map_err(|error| Failure::input(format!("can't write {}: {error}", shown(path))))?;
        Ok(Some(Box::new(BufWriter::new(file))))
    }
}

impl Offered {
    fn trial(
        &self,
        people: &People,
        (seed, threads): (u64, usize),
        length: Duration,
    ) -> Result<Trial, Failure> {
        const RUSH: f64 = 600.0;
        const LONGEST: Duration = Duration::from_secs(7 * 86_400);
        const PACES: RangeInclusive<f64> = 0.001..=1e6;
        let is_rush = self.arrivals == Gaps::Rush;
        let pace = self.pace.unwrap_or(if is_rush { 1.0 } else { 3600.0 });
        if !PACES.contains(&pace) {
            return Err(Failure::input(format!("--pace must be from {} to {}", PACES.start(), PACES.end())));
        }
        let default = if is_rush { Duration::from_secs_f64(RUSH / pace) } else { length };
        let duration = self.duration.map_or(default, real);
        let default = if is_rush { Duration::ZERO } else { duration / 5 };
        let warmup = self.warmup.map_or(default, real);
        if duration > LONGEST {
            return Err(Failure::input("--duration is a week at most"));
        }
        if warmup >= duration {
            return Err(Failure::input(
                "--warmup takes all of the --duration, so that nothing would be counted",
            ));
        }
        Ok(Trial {
            coming: match self.arrivals {
                _ if self.closed => Coming::Closed,
                Gaps::Constant => Coming::AtRate(Arrivals::Constant, self.rate),
                Gaps::Poisson => Coming::AtRate(Arrivals::Poisson, self.rate),
                Gaps::Rush => Coming::AsRecorded,
            },
            duration,
            warmup,
            in_flight: self.in_flight.map(|places| places.get() as usize),
            pace,
            threads: self.threads.map_or(threads, usize::from),
            seed,
            skew: people.skew,
            stalled: self.stall.map(|stall| match stall {
                Stall::Team => Stalled::Team,
                Stall::Generator => Stalled::Generator,
            }),
        })
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
