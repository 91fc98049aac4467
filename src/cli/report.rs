//! `flexmeter report`: what administrators see of a run, as one HTML page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::past_run::PastRun;
use crate::cli::results_folder::{not_among_results, write_file};
use crate::cli::{interrupt, print, shown};
use crate::report::page::{self, Latency, Page};
use crate::report::terminal::{counted, titled};
use crate::results::files::LATENCY;
use crate::scenario::calendar::iso;
use crate::usage::balances::Balances;
use crate::usage::figures::Usage;
use crate::usage::range::Asked;

/// Teams that have views of their own, unless some are named: those that used most.
const TEAMS_MAX: usize = 24;

const EXAMPLES: &str = "\
Examples:
  flexmeter report results/firm-1
  flexmeter report results/firm-1 --out april.html --range 2026-04-01..2026-04-30
  flexmeter report results/firm-1 --team \"Studio North\" --team \"Studio South\"
  flexmeter report results/firm-1 --hide-names --names-key key.txt

The page is one file that needs no network and nothing beside it: it can be mailed, printed and put away. Its filters choose \
among figures that `flexmeter usage` and `flexmeter balances` tell too.";

/// What `report` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of a run's results
    run: PathBuf,
    /// The page to write
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    /// A range to choose beside the usual ones, and the first to be shown
    #[arg(long)]
    range: Option<Asked>,
    /// A team to choose, once for each [default: the 24 that used most tokens]
    #[arg(long, value_name = "TEAM")]
    team: Vec<String>,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    names: Names,
}

/// Writes the page of a run.
pub(super) fn report(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let run = PastRun::open(&arguments.run)?;
    let out = &arguments.out;
    not_among_results(out)?;
    let mut balances = run.balances(&arguments.names)?;
    let (teams, left_out) = teams(&run, (&balances, &arguments.team))?;
    balances.teams.retain(|balance| teams.contains(&balance.team));
    let views = views(&run, arguments, &teams)?;
    let latency = latency(&run.path);
    let page = page::html(&Page {
        title: titled(&run.summary.title),
        start: &iso(run.summary.start),
        seed: run.summary.seed,
        views: &views,
        balances: &balances.teams,
        credits: &balances.contracts,
        latency: latency.as_ref(),
    });
    interrupt::check()?;
    write_file(out, &page)?;
    if !arguments.quiet {
        let mut text = format!("Report: {} ({} KB)\n", shown(out), page.len().div_ceil(1000));
        if left_out > 0 {
            let teams = counted(left_out as u64, "team");
            text += &format!("Without a choice of their own: {teams}; --team names those that have one\n");
        }
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The teams that can be chosen, and how many others there are.
fn teams(run: &PastRun, (balances, asked): (&Balances, &[String])) -> Result<(Vec<String>, usize), Failure> {
    for team in asked {
        run.check_team(Some(team))?;
    }
    let asked: BTreeSet<&String> = asked.iter().collect();
    if !asked.is_empty() {
        let left_out = run.summary.teams.len() - asked.len();
        return Ok((asked.into_iter().cloned().collect(), left_out));
    }
    let mut by_use: Vec<_> = balances.teams.iter().collect();
    by_use.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.team.cmp(&b.team)));
    let left_out = by_use.len().saturating_sub(TEAMS_MAX);
    let mut teams: Vec<String> = by_use.into_iter().take(TEAMS_MAX).map(|team| team.team.clone()).collect();
    teams.sort();
    Ok((teams, left_out))
}

/// Every range of all teams, then of each.
fn views(run: &PastRun, arguments: &Arguments, teams: &[String]) -> Result<Vec<Usage>, Failure> {
    let mut books = run.books(&arguments.names)?;
    if run.summary.detail == "full" {
        books.sign_ins = Some(run.sign_ins()?);
    }
    let chosen = std::iter::once(None).chain(teams.iter().map(|team| Some(team.as_str())));
    let chosen: Vec<Option<&str>> = if teams.len() > 1 { chosen.collect() } else { vec![None] };
    let named = Asked::NAMED.into_iter().filter(|named| Some(*named) != arguments.range);
    let ranges: Vec<Asked> = arguments.range.into_iter().chain(named).collect();
    let bar = ProgressBar::with_draw_target(
        Some((chosen.len() * ranges.len()) as u64),
        if arguments.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) },
    );
    let mut views = Vec::new();
    for team in chosen {
        for range in &ranges {
            interrupt::check()?;
            views.push(books.usage(*range, team).map_err(|error| run.damaged(&error))?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(views)
}

/// How long decisions took, where the run measured it.
fn latency(folder: &Path) -> Option<Latency> {
    let [_, json] = LATENCY;
    let text = std::fs::read_to_string(folder.join(json)).ok()?;
    serde_json::from_str(&text).ok()
}
