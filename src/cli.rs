//! The command line: arguments in, files and text out. The only place that knows paths and a terminal.

mod failure;
mod defect;
mod interrupt;
mod progress;
mod byte_progress;
mod scenario_file;
mod results_folder;
mod aside;
mod past_run;
mod execution;
mod shares;
mod sharing;
mod merge;
mod run;
mod checkpoint;
mod clock;
mod check;
mod diff;
mod explain;
mod shrink;
mod new;
mod rules;
mod catalog;
mod describe;
mod usage_export;
mod reconcile;
mod import;
mod backtest;
mod usage;
mod report;
mod names;
mod answer;
mod balances;
mod export;
mod amount;
mod futures;
mod forecast;
mod plan;
mod comparing;
mod policies;
mod compare;
mod seats;
mod load;
mod cluster;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::cli::failure::Failure;
use crate::simulation::panicked::caught;

/// Lines of at most 80 characters stay as they are; what is longer is one line, wrapped to the terminal's width.
const EXAMPLES: &str = "\
Examples:
  flexmeter new my-week         write a commented scenario, my-week.toml
  flexmeter run my-week.toml    run it: what is charged, refused and left
  flexmeter clock my-week.toml  live through it, step by typed step
  flexmeter describe firm.toml  what simulated users will do
  flexmeter check scenarios/    run every scenario of a folder and compare
  flexmeter explain week.toml --user ana --product AutoCAD
                                why it was charged, what would have avoided it
  flexmeter diff a.toml b.toml  where two runs part, and what each costs
  flexmeter reconcile usage.csv firm.toml
                                compare a usage export with the rules
  flexmeter import usage.csv --out firm.toml
                                a scenario that uses what was used
  flexmeter backtest usage.csv --holdout 3m
                                what such a forecast would have been worth
  flexmeter balances results/firm-1      what each team has left, who used it
  flexmeter usage results/firm-1 --range 3m
                                who used what, by product, user or version
  flexmeter export results/firm-1 --out usage.csv
                                what was used, in Autodesk's own columns
  flexmeter report results/firm-1        the same as a page, with charts
  flexmeter seats firm.toml     for whom a subscription is cheaper than tokens
  flexmeter shrink week.toml --failing   the least that shows a failure
  flexmeter cluster slurm firm.toml --shards 6 | bash
                                on many machines; merged as on one
  flexmeter catalog             products whose rates are on the public record

Exit codes: 0 ok, 1 a check failed or runs differ, 2 bad input, 70 a defect, 130 interrupted.";

/// Metering simulator for software paid by the day with prepaid tokens.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a scenario and write its results.
    Run(run::Arguments),
    /// Go on from a checkpoint to the end and write the results of the whole run.
    Resume(checkpoint::ResumeArguments),
    /// Go on from a checkpoint with more steps.
    Fork(checkpoint::ForkArguments),
    /// Live through a scenario by hand, and save what was done with what came of it.
    Clock(clock::Arguments),
    /// Run scenarios and compare what they expect with what comes of them.
    Check(check::Arguments),
    /// Tell why something was charged, refused or not charged, and what would have avoided it.
    Explain(explain::Arguments),
    /// Tell where two runs part, and what differs in the bill.
    Diff(diff::Arguments),
    /// Write the smallest scenario that still shows a charge, a failure or a difference.
    Shrink(shrink::Arguments),
    /// Tell what simulated users will do in a typical week, before anything runs.
    Describe(describe::Arguments),
    /// Compare a usage export with what the rules say of a scenario's sessions.
    Reconcile(reconcile::Arguments),
    /// Make a scenario of usage exports, with habits fitted to what people used.
    Import(import::Arguments),
    /// Fit to the part of usage exports before their last months, forecast these, and compare.
    Backtest(backtest::Arguments),
    /// Show who used what in a range, as the usage pages do.
    Usage(usage::Arguments),
    /// Show what each team has left of its tokens, and each contract of its credits.
    Balances(balances::Arguments),
    /// Write what was used in the columns of Autodesk's own files, as CSV, Excel or JSON.
    Export(export::Arguments),
    /// Write what administrators see of a run as one HTML page.
    Report(report::Arguments),
    /// Tell how many tokens will be used, when they run out, what is refused and lost, and how sure that is.
    Forecast(forecast::Arguments),
    /// Tell which packs to buy and when, so that a refusal is unlikely and little is wasted.
    Plan(plan::Arguments),
    /// Tell what each open policy is worth, and what misreading the rule is.
    Policies(policies::Arguments),
    /// Tell what a change to a scenario is worth, future by future.
    Compare(compare::Arguments),
    /// Tell for whom a subscription is cheaper than tokens, from days that were simulated.
    Seats(seats::Arguments),
    /// Tell how many sign-ins a second the metering core takes in real time, at what latency.
    Load(Box<load::Arguments>),
    /// Put the shares of a run or a forecast together, or tell how far they are.
    Merge(merge::Arguments),
    /// Print what Slurm, Kubernetes or xargs need to run a scenario in shares.
    Cluster(Box<cluster::Arguments>),
    /// Write a commented scenario to start from.
    New(new::Arguments),
    /// List the rules with their policies and the scenarios that show them, or print one.
    Rules(rules::Arguments),
    /// Show the built-in catalogue of products, each rate with its source.
    Catalog(catalog::Arguments),
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for a person.
    Table,
    /// The same as data.
    Json,
}

/// Parses the command line and carries it out; errors are printed once, here.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = caught(|| match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Resume(arguments) => checkpoint::resume(&arguments),
        Command::Fork(arguments) => checkpoint::fork(&arguments),
        Command::Clock(arguments) => clock::clock(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Shrink(arguments) => shrink::shrink(&arguments),
        Command::Describe(arguments) => describe::describe(&arguments),
        Command::Reconcile(arguments) => reconcile::reconcile(&arguments),
        Command::Import(arguments) => import::import(&arguments),
        Command::Backtest(arguments) => backtest::backtest(&arguments),
        Command::Usage(arguments) => usage::usage(&arguments),
        Command::Balances(arguments) => balances::balances(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Forecast(arguments) => forecast::forecast(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Policies(arguments) => policies::policies(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Seats(arguments) => seats::seats(&arguments),
        Command::Load(arguments) => load::load(&arguments),
        Command::Merge(arguments) => merge::merge(&arguments),
        Command::Cluster(arguments) => cluster::cluster(&arguments),
        Command::New(arguments) => new::new(&arguments),
        Command::Rules(arguments) => rules::rules(&arguments),
        Command::Catalog(arguments) => catalog::catalog(&arguments),
    });
    // What is done with a scenario is guarded more closely, so that its file and seed are told.
    match done.unwrap_or_else(|text| Err(Failure::Defect(format!("flexmeter panicked: {text}")))) {
        Ok(code) => code,
        Err(failure) => {
            // Ctrl-C is not told twice: either it has ended the process here, or it comes too late for that.
            std::mem::forget(interrupt::results());
            // Nothing is left to be told when standard error itself is closed.
            let _ = write!(anstream::stderr(), "{failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// Prints to standard output; a reader that has gone away ends the command quietly.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::input(format!("can't print: {error}"))),
    }
}

/// Prints what is written piece by piece; a reader that has gone away ends the command quietly.
fn print_with(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::input(format!("can't print: {error}"))),
    }
}

/// A path as it may be printed: what would steer a terminal is replaced.
fn shown(path: &Path) -> String {
    path.display().to_string().replace(char::is_control, "\u{fffd}")
}

/// Whether two paths lead to one file that is there.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// The width of the terminal; `None` where the output goes elsewhere, and lines stay whole.
fn terminal_width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| width.0)
}
