//! `flexmeter shrink`: the smallest scenario file that still shows what somebody chose.

mod other_build;
mod search_line;
mod sought;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgGroup, Args};

use crate::audit::shrinking::{self, Shrunk, Size};
use crate::audit::transcript::Script;
use crate::cli::defect::guarded;
use crate::cli::diff::policy;
use crate::cli::failure::Failure;
use crate::cli::results_folder::write_file;
use crate::cli::shrink::search_line::SearchLine;
use crate::cli::shrink::sought::{Looked, Sought};
use crate::cli::{Format, interrupt, is_same_file, print, scenario_file, shown, terminal_width};
use crate::report::shrinking::{Shrinkage, absent_json, json, text};

const USAGE: &str = "\
flexmeter shrink [OPTIONS] <FILE> --user <USER> --product <PRODUCT> --at <INSTANT>
       flexmeter shrink [OPTIONS] <FILE> --failing [<LINE>]
       flexmeter shrink [OPTIONS] <FILE> --policy <KEY=VALUE>...
       flexmeter shrink [OPTIONS] <FILE> --against <BINARY>";

const EXAMPLES: &str = "\
Examples:
  flexmeter shrink firm.toml --user ana --product Revit --at 2026-03-02T08:00Z
  flexmeter shrink week.toml --failing
  flexmeter shrink week.toml --failing 42 --out why.toml
  flexmeter shrink firm.toml --policy idle_resume=grid --out -
  flexmeter shrink firm.toml --against ~/flexmeter-0.9/flexmeter

What simulated users did is written down as steps first, of those who share a team with whoever it is about; then \
everything goes that can go. What the smaller file gives is filled in as its expectations, but the one that fails stays as it is.

Exit codes: 0 a smaller file was written, 1 what was chosen is not there, 2 bad input.";

/// What `shrink` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
#[command(group = ArgGroup::new("chosen").required(true).args(["at", "failing", "policy", "against"]))]
pub(super) struct Arguments {
    /// The scenario file
    file: PathBuf,
    /// Whose charge or refusal
    #[arg(long, requires = "at")]
    user: Option<String>,
    /// For which product
    #[arg(long, requires = "at")]
    product: Option<String>,
    /// When: the start of the charge's window, or else the instant of the refusal
    #[arg(long, value_name = "INSTANT", requires = "user", requires = "product")]
    at: Option<String>,
    /// The expectation that fails at this line of the file, or the first that fails
    #[arg(long, value_name = "LINE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "an option whose value may be left out, as clap has it")]
    failing: Option<Option<usize>>,
    /// That the file gives other tokens, or else other rows, under this policy; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = policy)]
    policy: Vec<(String, String)>,
    /// That another build of flexmeter writes other tables, or panics
    #[arg(long, value_name = "BINARY")]
    against: Option<PathBuf>,
    /// Where the smaller file goes; - prints it [default: <file stem>-small.toml, beside the file]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    overwrite: bool,
    /// Run at most so many candidates
    #[arg(long, value_name = "N", default_value = "5000")]
    runs: NonZero<u64>,
    /// How it is told what was done
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Looks for what was chosen, and for the smallest file that shows it.
pub(super) fn shrink(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let out = Out::of(arguments)?;
    let file = &arguments.file;
    let (scenario, document) = scenario_file::read_document(file)?;
    guarded((file, scenario.seed), "shrink", || {
        let line = SearchLine::new();
        let (sought, first) = match Sought::look_for(arguments, (scenario, document))? {
            Looked::Found(sought, first) => (sought, *first),
            Looked::Absent(why) => {
                print(&match arguments.format {
                    Format::Json => absent_json(&shown(file), &why),
                    Format::Table => format!("Nothing to shrink: {why}\n"),
                })?;
                return Ok(ExitCode::from(1));
            }
        };
        let before = Size::of(&first.document);
        let mut question = |candidate: &Script| {
            interrupt::check()?;
            line.tell(candidate);
            sought.is_shown(candidate)
        };
        let shrunk = shrinking::shrink(first, arguments.runs.get(), &mut question)?;
        line.finish();
        let shrunk = shrunk.expect("it was there when it was looked for");
        written((arguments, &out), (&sought.to_string(), &shrunk), &before)
    })
}

/// Writes the smaller file, and tells what was done where that does not get in its way.
fn written(
    (arguments, out): (&Arguments, &Out),
    (what, shrunk): (&str, &Shrunk),
    before: &Size,
) -> Result<ExitCode, Failure> {
    let document = shrunk.with_expectations();
    let file = arguments.file.file_name().unwrap_or_default().to_string_lossy();
    let one_line = |text: &str| text.replace(char::is_control, "\u{fffd}");
    let head = format!("# Shrunk from {}. It still shows:\n# {}\n\n", one_line(&file), one_line(what));
    let content = head + document.text().trim_start_matches('\n');
    let Out::File(path) = out else {
        print(&content)?;
        return Ok(ExitCode::SUCCESS);
    };
    write_file(path, &content)?;
    let shrinkage = Shrinkage {
        file: &shown(&arguments.file),
        out: &shown(path),
        shown: what,
        sizes: (before, &Size::of(&document)),
        runs: shrunk.runs,
        is_smallest: shrunk.is_smallest,
    };
    match arguments.format {
        Format::Json => print(&json(&shrinkage))?,
        Format::Table => print(&text(&shrinkage, terminal_width()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the smaller file goes.
enum Out {
    /// To standard output.
    Printed,
    /// Into a file.
    File(PathBuf),
}

impl Out {
    /// A place where nothing is lost that nobody asked to lose.
    fn of(arguments: &Arguments) -> Result<Out, Failure> {
        if arguments.out.as_deref() == Some(Path::new("-")) {
            if arguments.format == Format::Json {
                let text = "--out - prints the scenario, and --format json something else; give --out a file";
                return Err(Failure::input(text));
            }
            return Ok(Out::Printed);
        }
        let stem = arguments.file.file_stem().unwrap_or_default().to_string_lossy();
        let beside = || arguments.file.with_file_name(format!("{stem}-small.toml"));
        let path = arguments.out.clone().unwrap_or_else(beside);
        if is_same_file(&path, &arguments.file) {
            let text = format!("{} is the file to shrink; choose another --out", shown(&path));
            return Err(Failure::input(text));
        }
        if path.is_dir() {
            return Err(Failure::input(format!("{} is a folder; name a file with --out", shown(&path))));
        }
        if path.symlink_metadata().is_ok() && !arguments.overwrite {
            let path = shown(&path);
            let text = format!("{path} is there already and is left alone; --overwrite replaces it");
            return Err(Failure::input(text));
        }
        Ok(Out::File(path))
    }
}
