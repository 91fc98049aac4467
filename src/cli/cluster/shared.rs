//! `Shared`: which work is shared out, in how many shares, and whether that can be done.

use std::io::Write;
use std::path::Path;

use clap::builder::NonEmptyStringValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory};

use crate::cli::failure::Failure;
use crate::cli::shares::default_folder;
use crate::cli::{forecast, scenario_file, shown};
use crate::report::cluster::SharedWork;
use crate::report::cluster::quoted::shell_line;
use crate::scenario::Scenario;
use crate::simulation::shard::Shard;
use crate::simulation::team_group::TeamGroup;

/// What every engine is told.
#[derive(Args)]
pub(super) struct Shared {
    /// The scenario file, by the name under which the shares find it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) file: String,
    /// How many shares
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(Shard::MAX)))]
    shards: u32,
    /// The folder of the shares, which all machines see [default: results/<file stem>-<seed>.shares, of a forecast
    /// .forecast.shares]
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    shares: Option<String>,
    /// The folder that the merged results of a run go to [default: results/<file stem>-<seed>]
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(super) out: Option<String>,
    /// The flexmeter that is called
    #[arg(long, value_name = "PATH", default_value = "flexmeter", value_parser = NonEmptyStringValueParser::new())]
    flexmeter: String,
    /// What is shared out, without the file: `-- forecast --runs 1000` [default: run]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Shared {
    /// Whether a forecast is shared out.
    pub(super) fn is_forecast(&self) -> bool {
        self.name() == "forecast"
    }

    fn name(&self) -> &str {
        self.command.first().map_or("run", String::as_str)
    }

    /// The work, once all of it is known to be possible; each share of a run has so many threads.
    pub(super) fn work(&self, cpus: u16) -> Result<SharedWork, Failure> {
        if !["run", "forecast"].contains(&self.name()) {
            let name = shown(Path::new(self.name()));
            let text =
                format!("`{name}` can't be shared out; behind -- stands `run` or `forecast` with options");
            return Err(Failure::input(text));
        }
        let mut scenario = scenario_file::read(Path::new(&self.file))?;
        // Where it goes depends on the seed, which may be an option of the command.
        let asked = parsed(&self.share(&[]))?;
        scenario.seed = asked.get_one("seed").copied().unwrap_or(scenario.seed);
        let folder = match &self.shares {
            Some(folder) => folder.clone(),
            None => self.default_folder(scenario.seed)?,
        };
        let mut more = vec!["--shares".to_owned(), folder.clone()];
        if !self.is_forecast() && !is_given(&asked, "threads") {
            more.extend(["--threads".to_owned(), cpus.to_string()]);
        }
        if !is_given(&asked, "quiet") {
            more.push("--quiet".to_owned());
        }
        let share = self.share(&more);
        self.check(&asked, &scenario)?;
        let mut first = share.clone();
        first.extend(["--shard".to_owned(), format!("1/{}", self.shards)]);
        parsed(&first)?;
        let mut merge = self.words(["merge", &folder]);
        if let Some(out) = &self.out {
            merge.extend(["--out".to_owned(), out.clone()]);
        }
        parsed(&merge)?;
        self.warn(&asked, &scenario);
        let name = Path::new(&self.file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let status = self.words(["merge", "--status", &folder]);
        Ok(SharedWork { name, shards: self.shards, folder, share, merge, status })
    }

    fn words<const N: usize>(&self, words: [&str; N]) -> Vec<String> {
        std::iter::once(&*self.flexmeter).chain(words).map(str::to_owned).collect()
    }

    /// The command of a share with more behind it.
    fn share(&self, more: &[String]) -> Vec<String> {
        let options = self.command.iter().skip(1).chain(more).cloned();
        self.words([self.name(), &self.file]).into_iter().chain(options).collect()
    }

    fn default_folder(&self, seed: u64) -> Result<String, Failure> {
        let folder = default_folder(self.name(), Path::new(&self.file), seed);
        let text = folder.into_os_string().into_string();
        text.map_err(|_| Failure::input("the name of the file is not text; give --shares"))
    }

    /// What no parser knows: what belongs to the merge, and what a forecast needs.
    fn check(&self, asked: &ArgMatches, scenario: &Scenario) -> Result<(), Failure> {
        if !self.is_forecast() {
            let of_merge = ["out", "until", "hide_names"].into_iter().find(|option| is_given(asked, option));
            let Some(option) = of_merge else { return Ok(()) };
            let option = option.replace('_', "-");
            let instead = if option == "out" { "; give it before --" } else { "" };
            return Err(Failure::input(format!("--{option} can't be had of one share{instead}")));
        }
        if self.out.is_some() {
            let text = "--out is of runs; a forecast is printed by the merge, and `flexmeter merge DIR --page FILE` writes it";
            return Err(Failure::input(text));
        }
        if !is_given(asked, "runs") {
            return Err(Failure::input(
                "a forecast can be shared out with --runs only: -- forecast --runs 1000",
            ));
        }
        let is_csv = asked.get_raw("format").is_some_and(|mut values| values.any(|value| value == "csv"));
        if is_csv || is_given(asked, "page") {
            let text = "--page and --format csv can't be had of one share; give them to `flexmeter merge`";
            return Err(Failure::input(text));
        }
        forecast::team(scenario, asked.get_one::<String>("team").map(String::as_str)).map(|_| ())
    }

    /// Tells of shares that have nothing to do.
    fn warn(&self, asked: &ArgMatches, scenario: &Scenario) {
        let runs = asked.try_get_one::<u64>("runs").ok().flatten();
        let parts = runs.copied().unwrap_or_else(|| TeamGroup::split(scenario).len() as u64);
        let shards = u64::from(self.shards);
        if parts >= shards {
            return;
        }
        let s = if parts == 1 { "" } else { "s" };
        let few = if self.is_forecast() {
            format!("the forecast has {parts} run{s}")
        } else {
            let file = shown(Path::new(&self.file));
            format!("{file} has {parts} group{s} of teams (teams that share users run together)")
        };
        let idle = shards - parts;
        // Nothing is left to be told when standard error itself is closed.
        let _ = writeln!(anstream::stderr(), "{few}, so {idle} of {shards} shares will have nothing to do");
    }
}

/// The command line as flexmeter itself reads it.
fn parsed(words: &[String]) -> Result<ArgMatches, Failure> {
    let parsed = crate::cli::Arguments::command().try_get_matches_from(words);
    let wrong = |error: clap::Error| {
        let line = shell_line(words);
        if !error.use_stderr() {
            return Failure::input(format!("`{line}` prints help; behind -- stands what is shared out"));
        }
        let text = error.to_string();
        let text = text.split("\n\nUsage:").next().unwrap_or(&text);
        let text = text.strip_prefix("error: ").unwrap_or(text).trim_end();
        Failure::input(format!("can't share out `{line}`: {text}"))
    };
    let matches = parsed.map_err(wrong)?;
    Ok(matches.subcommand().expect("a command is required").1.clone())
}

/// Whether an option is on the command line.
fn is_given(asked: &ArgMatches, option: &str) -> bool {
    asked.value_source(option) == Some(ValueSource::CommandLine)
}
