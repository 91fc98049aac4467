//! `Answer`: how a command that answers a planner shows its answer.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::results_folder::{not_among_results, write_file};
use crate::cli::{Format, interrupt, is_same_file, print, print_with, shown, terminal_width};
use crate::report::sheet::{self, Sheet};

/// How an answer is shown.
#[derive(Args)]
pub(super) struct Answer {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Also write it as one HTML page, with charts
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// How an answer is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables for a person
    Table,
    /// Every figure as data
    Json,
    /// The first table, a line for each row
    Csv,
}

impl Answer {
    /// Refuses a page that would take the place of something else: of the scenario's file, or of results. To be asked
    /// before the work begins.
    pub(super) fn check(&self, file: &Path) -> Result<(), Failure> {
        let Some(page) = &self.page else { return Ok(()) };
        if is_same_file(file, page) {
            let text = format!("{} is the scenario; choose another --page", shown(page));
            return Err(Failure::input(text));
        }
        not_among_results(page)
    }

    /// Whether a page is asked for.
    pub(super) fn has_page(&self) -> bool {
        self.page.is_some()
    }

    /// How it is printed, where that is as results of runs are; `None` for CSV.
    pub(super) fn format(&self) -> Option<Format> {
        match self.format {
            Form::Table => Some(Format::Table),
            Form::Json => Some(Format::Json),
            Form::Csv => None,
        }
    }

    /// Writes the page, where one is asked for, and prints the answer: the sheet, or what `json` writes.
    pub(super) fn show(
        &self,
        sheet: &Sheet,
        json: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if let Some(page) = &self.page {
            let text = sheet::html(sheet);
            interrupt::check()?;
            write_file(page, &text)?;
        }
        match self.format {
            Form::Table => print(&sheet::text(sheet, terminal_width())),
            Form::Json => print_with(json),
            Form::Csv => print(&sheet::csv(sheet)),
        }
    }
}
