//! `flexmeter import`: usage exports → a scenario whose people do what was done.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{Months, NaiveDate};
use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::failure::Failure;
use crate::cli::results_folder::write_file;
use crate::cli::scenario_file::Source;
use crate::cli::usage_export::History as Exports;
use crate::cli::{interrupt, scenario_file, shown};
use crate::forecast::fit::Fit;
use crate::forecast::fitted_file::{Balance, FittedFile, notes};
use crate::forecast::history::History;
use crate::forecast::past_use::PastUse;
use crate::meter::tokens::Tokens;
use crate::report::import::Imported;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::simulation::panicked::caught;

const EXAMPLES: &str = "\
Examples:
  flexmeter import token-usage.csv --out firm.toml
  flexmeter import q1.csv q2.csv q3.xlsx --out firm.toml --balance 5000 \\
      --expires 2027-03-01
  flexmeter import usage.csv --out firm.toml --add prices.toml
  flexmeter import usage.csv --out firm.toml --ran-out 2026-09-10..2026-09-15
  flexmeter import usage-report.csv --from 2026-01-01 --to 2026-06-30 --out firm.toml
  flexmeter forecast firm.toml && flexmeter plan firm.toml

Read are token usage by day (2026), the older usage report, and Token Flex of an enterprise agreement, with their columns \
in any order. What is fitted is on how many of the days seen each user used each product, by weekday; days off, seasons, \
who came and who left. Everything that is assumed stands at the head of the file and is printed. An export names no packs: \
without --balance the file has none, and a forecast shows what people would use.";

/// What `import` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    exports: Exports,
    /// The scenario file to write; one that is there is left alone
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What is left at the start: TOKENS, or TEAM=TOKENS for one of several teams; may be repeated
    #[arg(long, value_name = "TOKENS", value_parser = balance)]
    balance: Vec<(Option<String>, Tokens)>,
    /// The day on which that expires [default: a year after the start]
    #[arg(long, value_name = "DAY", requires = "balance")]
    expires: Option<NaiveDate>,
    /// A file of tables to put at the end of the scenario: prices, products, packs to come as steps
    #[arg(long, value_name = "FILE")]
    add: Option<PathBuf>,
    /// The first day to simulate [default: the day after the last of the history]
    #[arg(long, value_name = "DAY")]
    start: Option<NaiveDate>,
    /// The day after the last one [default: a year after the start]
    #[arg(long, value_name = "DAY")]
    end: Option<NaiveDate>,
    #[command(flatten)]
    shown: Answer,
}

fn balance(text: &str) -> Result<(Option<String>, Tokens), String> {
    let (team, tokens) = match text.rsplit_once('=') {
        Some((team, tokens)) => (Some(team.trim().to_owned()), tokens),
        None => (None, text),
    };
    let tokens = tokens.trim().parse::<Tokens>().ok().filter(|tokens| *tokens > Tokens::ZERO);
    Ok((team, tokens.ok_or("write a number of tokens above 0, such as 5000, or TEAM=5000")?))
}

/// Fits a scenario to usage exports and writes it.
pub(super) fn import(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    check_out(arguments)?;
    arguments.shown.check(&arguments.out)?;
    let past = arguments.exports.read()?;
    let (text, imported) = caught(|| fitted(arguments, &past)).unwrap_or_else(|text| {
        Err(Failure::defect(
            &arguments.exports.exports[0],
            format!("flexmeter panicked at the task \"fit\": {text}"),
        ))
    })?;
    interrupt::check()?;
    write_file(&arguments.out, &text)?;
    arguments.shown.show(&imported.sheet(), |out| imported.json(out))?;
    Ok(ExitCode::SUCCESS)
}

fn check_out(arguments: &Arguments) -> Result<(), Failure> {
    let out = &arguments.out;
    if arguments.exports.has(out) {
        return Err(Failure::input(format!("--out {} is one of the exports; choose another", shown(out))));
    }
    if out.symlink_metadata().is_ok() {
        let text = format!("{} is there already and is left alone; choose another --out", shown(out));
        return Err(Failure::input(text));
    }
    Ok(())
}

fn fitted(arguments: &Arguments, past: &PastUse) -> Result<(String, Imported), Failure> {
    let history = History::of(past).map_err(Failure::input)?;
    let fit = Fit::of(&history, &arguments.exports.ran_out);
    let (start, end) = run(arguments, past)?;
    let balances = balances(arguments, &history, start)?;
    let exports = arguments.exports.shown();
    let title = format!("What will be used, after {exports}");
    let mut told = past.notes.clone();
    told.extend(notes::of(&history, &fit));
    told.push(if balances.is_empty() {
        "Packs are not in an export: the file has none, so that a forecast shows demand. State what is left with \
         --balance, or add packs to a team."
            .to_owned()
    } else {
        "The balance is as stated; what was bought when is not known.".to_owned()
    });
    let question =
        format!("How many tokens will be used, by those who used them before? Fitted to {exports}.");
    let head: Vec<String> = std::iter::once(question).chain(told.iter().cloned()).collect();
    let file = FittedFile {
        history: &history,
        fit: &fit,
        title: &title,
        head: &head,
        start,
        end,
        balances: &balances,
    };
    let fitted = file.text();
    check(&fitted, &arguments.out)?;
    let text = with_more(fitted, arguments.add.as_deref())?;
    Ok((
        text,
        Imported {
            file: shown(&arguments.out),
            title,
            notes: told,
            start,
            end,
            fitted: fit.of_people(&history),
        },
    ))
}

/// The file with the tables of another at its end.
fn with_more(fitted: String, more: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = more else { return Ok(fitted) };
    let fitted = fitted + "\n";
    let added = scenario_file::text(path)?;
    let whole = format!("{fitted}{added}");
    if let Err(problems) = Scenario::read(&whole) {
        let own = Source { name: "the fitted file", text: &fitted, from: 0 };
        let added = Source { name: &shown(path), text: &added, from: fitted.len() };
        return Err(scenario_file::drawing(&[own, added], &problems));
    }
    Ok(whole)
}

/// What is written is read back: a file that can't be is a defect.
fn check(text: &str, out: &Path) -> Result<(), Failure> {
    let Err(problems) = Scenario::read(text) else { return Ok(()) };
    let problem = problems.first().map_or(String::new(), |problem| {
        let line = text[..problem.place.start.min(text.len())].lines().count();
        format!("{}, {} (line {line})", problem.title, problem.label)
    });
    Err(Failure::defect(out, format!("the scenario would be in error: {problem}")))
}

/// The first day of the run, and the day after its last.
fn run(arguments: &Arguments, past: &PastUse) -> Result<(Day, Day), Failure> {
    let start = arguments.start.map_or(past.days.1.plus(1), Day::from);
    let year_later = || start.date().checked_add_months(Months::new(12)).map(Day::from);
    let end = arguments.end.map(Day::from).or_else(year_later);
    let end = end.ok_or_else(|| Failure::input("--start is too late for a calendar"))?;
    if end <= start {
        let text = format!("--end {} must lie after the start, {}", end.date(), start.date());
        return Err(Failure::input(text));
    }
    Ok((start, end))
}

fn balances(arguments: &Arguments, history: &History, start: Day) -> Result<Vec<Balance>, Failure> {
    let year_later = || start.date().checked_add_months(Months::new(12)).map(Day::from);
    let expires = arguments.expires.map(Day::from).or_else(year_later);
    let expires = expires.ok_or_else(|| Failure::input("--start is too late for a calendar"))?;
    if expires <= start {
        let text = format!("--expires {} must lie after the start, {}", expires.date(), start.date());
        return Err(Failure::input(text));
    }
    let mut balances: Vec<Balance> = Vec::new();
    for (name, tokens) in &arguments.balance {
        let team = match name {
            Some(name) => history.teams.iter().position(|team| team == name),
            None => (history.teams.len() == 1).then_some(0),
        };
        let Some(team) = team.filter(|team| balances.iter().all(|known| known.team != *team)) else {
            let teams = history.teams.join(", ");
            let text = format!("--balance is one for each team, as TEAM=TOKENS; the exports have {teams}");
            return Err(Failure::input(text));
        };
        balances.push(Balance { team, tokens: *tokens, expires });
    }
    Ok(balances)
}
