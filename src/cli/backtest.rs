//! `flexmeter backtest`: what a fit would have forecast, beside what came.

use std::process::ExitCode;

use chrono::{Days, Months};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::cli::usage_export::History as Exports;
use crate::forecast::backtest::Trial;
use crate::report::backtest as report;
use crate::scenario::calendar::Day;

const EXAMPLES: &str = "\
Examples:
  flexmeter backtest token-usage.csv --holdout 3m
  flexmeter backtest q1.csv q2.csv q3.csv --holdout 8w --runs 999
  flexmeter backtest usage.csv --holdout 90d --page backtest.html
  flexmeter backtest usage.csv --holdout 3m --format csv > months.csv

The exports are cut before their last months, weeks or days; habits are fitted to what lies before, as `flexmeter import` \
does, and the rest is forecast without being looked at. Of intervals from P5 to P95 nine in ten should hold what was used.";

/// What `backtest` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    exports: Exports,
    /// How much at the end is forecast: months, weeks or days, such as 3m, 8w, 90d
    #[arg(long, value_name = "LENGTH", value_parser = holdout)]
    holdout: Holdout,
    /// How many futures are drawn
    #[arg(long, default_value_t = 399, value_parser = clap::value_parser!(u64).range(19..=1_000_000))]
    runs: u64,
    /// No progress line
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    shown: Answer,
}

/// How much is held out.
#[derive(Clone, Copy)]
enum Holdout {
    Months(u32),
    Days(u32),
}

fn holdout(text: &str) -> Result<Holdout, String> {
    let wrong = || "write a number of months, weeks or days, such as 3m, 8w or 90d".to_owned();
    let (number, unit) =
        text.trim().split_at_checked(text.trim().len().saturating_sub(1)).ok_or_else(wrong)?;
    let number =
        number.parse::<u32>().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(wrong)?;
    match unit {
        "m" => Ok(Holdout::Months(number)),
        "w" => Ok(Holdout::Days(number * 7)),
        "d" => Ok(Holdout::Days(number)),
        _ => Err(wrong()),
    }
}

impl Holdout {
    /// The first day of what is held out before the end of a last day.
    fn first(self, last: Day) -> Option<Day> {
        let end = last.plus(1).date();
        let first = match self {
            Holdout::Months(months) => end.checked_sub_months(Months::new(months)),
            Holdout::Days(days) => end.checked_sub_days(Days::new(days.into())),
        };
        first.map(Day::from)
    }
}

/// Fits to the part before, forecasts the rest and compares.
pub(super) fn backtest(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let file = &arguments.exports.exports[0];
    arguments.shown.check(file)?;
    let past = arguments.exports.read()?;
    let first = arguments.holdout.first(past.days.1);
    let first = first.ok_or_else(|| Failure::input("--holdout is longer than the calendar"))?;
    let backtest = guarded((file, crate::scenario::Scenario::SEED), "backtest", || {
        let trial = Trial::of(&past, first, &arguments.exports.ran_out).map_err(Failure::input)?;
        let progress = Progress::of_runs(&trial.scenario, arguments.runs, arguments.quiet);
        trial.run(arguments.runs, &progress).map_err(|stopped| Failure::stopped(&stopped, file))
    })?;
    let exports = arguments.exports.shown();
    let title = format!("Backtest of {exports}");
    arguments
        .shown
        .show(&report::sheet(&title, &backtest, &past.notes), |out| report::json(&backtest, out))?;
    Ok(ExitCode::SUCCESS)
}
