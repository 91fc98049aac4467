//! Usage exports as the command line names them: bytes in, rows or what is wrong with them out.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::shown;
use crate::forecast::past_use::{NamedExport, PastUse};
use crate::report::reconciliation::flaws;
use crate::results::export_file;
use crate::scenario::calendar::Day;
use crate::scenario::usage_export::date::DateOrder;
use crate::scenario::usage_export::{Flaw, UsageExport};
use crate::simulation::panicked::caught;

/// The largest export that is read: more than a million rows.
const BYTES_MAX: u64 = 256 << 20;

/// What comes first in a date.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DatesArgument {
    /// The month
    Mdy,
    /// The day
    Dmy,
}

impl From<DatesArgument> for DateOrder {
    fn from(argument: DatesArgument) -> Self {
        match argument {
            DatesArgument::Mdy => DateOrder::MonthFirst,
            DatesArgument::Dmy => DateOrder::DayFirst,
        }
    }
}

/// Past use, as commands that learn from it take it.
#[derive(Args)]
pub(super) struct History {
    /// Usage exports, as CSV, Excel (.xlsx) or JSON; several are one history; - reads CSV or JSON from standard input
    #[arg(required = true, value_name = "EXPORT")]
    pub(super) exports: Vec<PathBuf>,
    /// How the exports write dates such as 3/2/2026
    #[arg(long, value_enum, value_name = "ORDER")]
    dates: Option<DatesArgument>,
    /// The first day that the exports cover [default: that of the first row]
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day that they cover [default: that of the last row]
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Days without tokens, such as 2026-09-10..2026-09-15: no use on them is no lack of demand; may be repeated
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(super) ran_out: Vec<(Day, Day)>,
    #[command(flatten)]
    names: Names,
}

/// A day, or the first and the last of several.
fn days(text: &str) -> Result<(Day, Day), String> {
    let day = |text: &str| text.trim().parse::<NaiveDate>().map(Day::from);
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let example = "write a day, or the first and the last: 2026-09-10..2026-09-15";
    let (first, last) =
        day(first).and_then(|first| Ok((first, day(last)?))).map_err(|_| example.to_owned())?;
    if last < first { Err("the last day comes before the first".to_owned()) } else { Ok((first, last)) }
}

impl History {
    /// The account that the exports give together.
    pub(super) fn read(&self) -> Result<PastUse, Failure> {
        if self.exports.iter().filter(|path| *path == Path::new("-")).count() > 1 {
            return Err(Failure::input("standard input can be read once; name - once"));
        }
        let pseudonyms = self.names.of()?;
        let mut exports = Vec::new();
        for path in &self.exports {
            exports.push(NamedExport {
                name: shown(path),
                export: read(path, (self.dates, "nothing was fitted"))?,
            });
        }
        let name = |user: &str| pseudonyms.as_ref().map_or_else(|| user.to_owned(), |hide| hide.of(user));
        PastUse::of(&exports, (self.from.map(Day::from), self.to.map(Day::from)), &name)
            .map_err(Failure::input)
    }

    /// Whether a path is one of the exports.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.exports.iter().any(|export| crate::cli::is_same_file(export, path))
    }

    /// The exports as they are shown.
    pub(super) fn shown(&self) -> String {
        let names: Vec<String> = self.exports.iter().map(|path| shown(path)).collect();
        if names.len() > 3 { format!("{} and {} more", names[0], names.len() - 1) } else { names.join(", ") }
    }
}

/// The rows of an export; `not_done` says what an error prevents.
pub(super) fn read(
    path: &Path,
    (dates, not_done): (Option<DatesArgument>, &str),
) -> Result<UsageExport, Failure> {
    let bytes = bytes(path)?;
    let read = || {
        let sheets = export_file::sheets(&bytes)?;
        UsageExport::read(&sheets, dates.map(DateOrder::from))
    };
    let read: Result<UsageExport, Vec<Flaw>> = caught(read)
        .map_err(|text| Failure::defect(path, format!("flexmeter panicked at the task \"read\": {text}")))?;
    read.map_err(|found| Failure::Scenario(flaws(&shown(path), &found, not_done)))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: &std::io::Error| Failure::input(format!("can't read {}: {error}", shown(path)));
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes)
    } else if path.is_dir() {
        return Err(Failure::input(format!("{} is a folder; name one usage export", shown(path))));
    } else {
        File::open(path).map_err(|error| unreadable(&error))?.take(BYTES_MAX + 1).read_to_end(&mut bytes)
    };
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > BYTES_MAX {
        let most = BYTES_MAX >> 20;
        return Err(Failure::input(format!(
            "{} is too large; an export has at most {most} MiB",
            shown(path)
        )));
    }
    Ok(bytes)
}
