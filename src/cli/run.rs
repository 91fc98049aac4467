//! `flexmeter run`: a scenario from file to results, or to a checkpoint on the way.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::defect::guarded;
use crate::cli::execution::{Execution, Manner, Telling};
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::results_folder::write_file;
use crate::cli::sharing::Sharing;
use crate::cli::{Format, interrupt, is_same_file, print, scenario_file, shown, terminal_width};
use crate::meter::instant::Instant;
use crate::report::standing;
use crate::results::checkpoint::{Checkpoint, Witness};
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::moment;
use crate::simulation::recorder::Unrecorded;
use crate::simulation::replay;
use crate::simulation::shard::Shard;

const EXAMPLES: &str = "\
Examples:
  flexmeter run scenarios/worked-examples/monday-eight-and-tuesday-eight.toml
  flexmeter run week.toml --out /tmp/week --quiet
  flexmeter run week.toml --format json | jq .charges
  flexmeter run firm.toml --detail summary --threads 2
  flexmeter run firm.toml --shard 3/8    the third of eight shares, for `merge`

The folder gets charges.csv, sign_ins.csv, sessions.csv, packs.csv, token_events.csv, notices.csv and \
summary.json, with contracts credits.csv, with licence servers transition.csv, and for other tools usage.parquet with accounts.parquet: the same bytes for \
the same file and seed. Beside them is the file that was run, scenario.toml, for `flexmeter explain` and whoever wants to run it again. The actors also write how long decisions on \
sign-ins took, latency.hgrm and latency.json.

With --hide-names no file holds a user's name; scenario.toml, which would, is left out.

It appears whole or not at all. An earlier run's results are replaced; a folder that holds anything \
else is refused.";

/// What `run` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scenario file
    file: PathBuf,
    /// The seed of simulated users, in place of the file's
    #[arg(long)]
    seed: Option<u64>,
    /// Stop there: everything before has happened, nothing on it (UTC unless an offset is given)
    #[arg(long, value_name = "INSTANT", requires = "checkpoint")]
    #[arg(conflicts_with_all = ["out", "driver", "threads", "detail", "hide_names"])]
    until: Option<String>,
    /// What to go on from with `resume` or `fork`, in place of results
    #[arg(long, value_name = "FILE", requires = "until")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    sharing: Sharing,
}

/// Runs a scenario to its end, or to a checkpoint.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let (text, mut scenario) = scenario_file::read_with_text(&arguments.file)?;
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    arguments.manner.names.hide(&mut scenario)?;
    let scenario = Arc::new(scenario);
    let file = &arguments.file;
    let hidden = scenario.directory.users.are_hidden();
    let not_of_one = [
        ("--out", arguments.manner.out.is_some(), "`flexmeter merge --out` says where the results of all go"),
        ("--until", arguments.until.is_some(), "a checkpoint is of all teams"),
        (
            "--hide-names",
            hidden,
            "shares are put together by name; `usage`, `export` and `report` hide names",
        ),
    ];
    let wanted = arguments.sharing.wanted(("run", file, scenario.seed), &not_of_one)?;
    if let (Some(until), Some(place)) = (&arguments.until, &arguments.checkpoint) {
        let until = read_until(until, &scenario)?;
        let stop = Stop { until, place, telling: &arguments.manner.telling };
        return guarded((file, scenario.seed), "run", || stop.reach((file, &text), &scenario));
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let shard = wanted.as_ref().map_or(Shard::WHOLE, |(shard, _)| *shard);
    let execution = Execution { scenario, text: &text, file, name, past: None, shard };
    match wanted {
        Some((_, shares)) => execution.carry_out_share(&arguments.manner, shares),
        None => execution.carry_out(&arguments.manner),
    }
}

fn read_until(text: &str, scenario: &Scenario) -> Result<Instant, Failure> {
    let until =
        moment::parse(text, &Zone::utc()).map_err(|error| Failure::input(format!("--until: {error}")))?;
    if until < scenario.start || until >= scenario.end {
        let (start, end) = (iso(scenario.start), iso(scenario.end));
        let text = format!(
            "--until {} is outside the run; it must lie from {start} on and before {end}",
            iso(until)
        );
        return Err(Failure::input(text));
    }
    Ok(until)
}

/// Where a run is left.
struct Stop<'a> {
    until: Instant,
    place: &'a Path,
    telling: &'a Telling,
}

impl Stop<'_> {
    /// Carries the scenario out so far, writes the checkpoint and tells where things stand.
    fn reach(&self, (file, text): (&Path, &str), scenario: &Arc<Scenario>) -> Result<ExitCode, Failure> {
        let Stop { until, place, telling } = self;
        if is_same_file(place, file) {
            let text = format!("--checkpoint {} is the scenario itself; choose another", shown(place));
            return Err(Failure::input(text));
        }
        let progress = Progress::of(scenario, telling.quiet);
        let mut witness = Witness::new(Unrecorded, scenario, *until);
        let standing = replay::until(scenario, *until, (&mut witness, &progress));
        let standing = standing.map_err(|stopped| Failure::stopped(&stopped, file))?;
        progress.finish();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let checkpoint = Checkpoint::new((&name, text), scenario, (*until, &witness.past));
        interrupt::check()?;
        write_file(place, &checkpoint.text())?;
        match telling.format {
            _ if telling.quiet => {}
            Format::Json => print(&standing::json(scenario, &standing))?,
            Format::Table => {
                let text = standing::text(scenario, &standing, terminal_width());
                print(&format!("{text}\nCheckpoint: {}\n", shown(place)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
