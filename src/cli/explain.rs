//! `flexmeter explain`: why something was charged, refused or not charged, and what would have avoided it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::audit::alternative::{Alternative, alternatives};
use crate::audit::explanation::{Explanation, Subject, explain as reasons, subjects};
use crate::audit::inquiry::Whose;
use crate::audit::journal::Journal;
use crate::audit::transcript::transcript;
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::names::Names;
use crate::cli::past_run::scenario_in;
use crate::cli::results_folder::write_file;
use crate::cli::{Format, interrupt, is_same_file, print, scenario_file, shown, terminal_width};
use crate::meter::instant::Instant;
use crate::report::explanation::{self, Answer};
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::document::Document;
use crate::scenario::problem::nearest;

const EXAMPLES: &str = "\
Examples:
  flexmeter explain week.toml --user ana --product AutoCAD
  flexmeter explain week.toml --user ana --product AutoCAD --at 2026-03-03T08:00
  flexmeter explain results/firm-1 --user drafter-7 --product Revit \\
      --at 2026-03-03T09:12:44Z --format json
  flexmeter explain week.toml --user ana --product AutoCAD \\
      --at 2026-03-03T08:00 --apply 1 --out closed.toml
  flexmeter diff week.toml closed.toml

Without --at it lists what there is to ask about. An instant without offset is one of the user's own zone; who travels needs one. \
Where nothing was charged or refused then, it says why not.

What would have avoided it was tried: the changed file was run, and what else becomes different is what \
`flexmeter diff` finds. Everybody else asks for what they asked for before.";

/// What `explain` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scenario file, or the folder of a run's results
    run: PathBuf,
    /// Who
    #[arg(long)]
    user: String,
    /// What they use
    #[arg(long)]
    product: String,
    /// When: a charge's window start, a refusal, or any instant
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Write the file in which that alternative is done; it runs as it stands
    #[arg(long, value_name = "N", requires_all = ["at", "out"], conflicts_with = "hide_names")]
    apply: Option<usize>,
    /// Where to write it
    #[arg(long, value_name = "FILE", requires = "apply")]
    out: Option<PathBuf>,
    #[command(flatten)]
    names: Names,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Explains what is asked about.
pub(super) fn explain(arguments: &Arguments) -> Result<ExitCode, Failure> {
    interrupt::watch();
    let asked = Asked::read(arguments)?;
    let file = &asked.file;
    guarded((file, asked.scenario.seed), "explain", || {
        // A file that is written holds everybody; an answer needs only those who share a team.
        let about = arguments.apply.is_none().then_some(asked.whose.user);
        let script = transcript(&asked.document, &asked.scenario, about);
        let journal = Journal::of(&script.scenario);
        let whose = asked.whose.named_in(&asked.scenario, &script.scenario);
        let whose = whose.expect("a transcript keeps whom it is about");
        let Some(at) = asked.at else { return list(arguments, &journal, whose) };
        let there = subjects(&journal, whose).into_iter().find(|subject| is_at(subject, at));
        let subject = there.unwrap_or(Subject::Absence(at));
        let explanation = reasons(&journal, whose, &subject);
        let alternatives = alternatives(&journal, &script.document, (whose, &subject));
        if let (Some(number), Some(out)) = (arguments.apply, &arguments.out) {
            write_file(out, &chosen(&alternatives, number)?.document.text())?;
        }
        answer(arguments, (&script.scenario, &explanation, &alternatives))
    })
}

/// What the command line asks about.
struct Asked {
    file: PathBuf,
    document: Document,
    scenario: Arc<Scenario>,
    whose: Whose,
    at: Option<Instant>,
}

impl Asked {
    fn read(arguments: &Arguments) -> Result<Self, Failure> {
        let file = if arguments.run.is_dir() {
            scenario_in(&arguments.run, "`flexmeter explain`")?
        } else {
            arguments.run.clone()
        };
        if arguments.out.as_ref().is_some_and(|out| is_same_file(out, &file)) {
            let text = format!("--out {} is the scenario itself; choose another", shown(&file));
            return Err(Failure::input(text));
        }
        let (mut scenario, document) = scenario_file::read_document(&file)?;
        arguments.names.hide(&mut scenario)?;
        let directory = &scenario.directory;
        let user = directory.user_number(&arguments.user);
        let user = user.ok_or_else(|| unknown(("user", &arguments.user), directory.users.iter()))?;
        let product = directory.product_number(&arguments.product);
        let product =
            product.ok_or_else(|| unknown(("product", &arguments.product), directory.products.iter()))?;
        let at = arguments.at.as_ref().map(|at| {
            scenario.instant_of(user, at).map_err(|wrong| Failure::input(format!("--at: {wrong}")))
        });
        let at = at.transpose()?;
        if let Some(at) = at.filter(|at| *at < scenario.start || *at >= scenario.end) {
            let at = iso(at);
            return Err(Failure::input(format!("{at} lies outside the run of {}", shown(&file))));
        }
        Ok(Asked { file, document, whose: Whose { user, product }, at, scenario: Arc::new(scenario) })
    }
}

fn unknown<'n>((noun, name): (&str, &str), known: impl Iterator<Item = &'n str>) -> Failure {
    Failure::input(format!("there is no {noun} `{name}`; {}", nearest(name, known)))
}

/// Whether something is what an instant asks about: its window began then, or it was recorded or refused then.
fn is_at(subject: &Subject, at: Instant) -> bool {
    let recorded = matches!(subject, Subject::Charge(charge) if charge.recorded_at == at);
    subject.at() == at || recorded
}

fn chosen(alternatives: &[Alternative], number: usize) -> Result<&Alternative, Failure> {
    let chosen = number.checked_sub(1).and_then(|place| alternatives.get(place));
    chosen.ok_or_else(|| {
        let text = match alternatives.len() {
            0 => "there is no alternative to apply".to_owned(),
            count => format!("there is no alternative {number}; they are numbered from 1 to {count}"),
        };
        Failure::input(text)
    })
}

fn list(arguments: &Arguments, journal: &Journal, whose: Whose) -> Result<ExitCode, Failure> {
    let subjects = subjects(journal, whose);
    print(&match arguments.format {
        Format::Json => explanation::subjects_json((&journal.scenario, whose), &subjects),
        Format::Table => explanation::subjects_text((&journal.scenario, whose), &subjects, terminal_width()),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn answer(
    arguments: &Arguments,
    (scenario, explanation, alternatives): (&Scenario, &Explanation, &[Alternative]),
) -> Result<ExitCode, Failure> {
    let answer = Answer { scenario, explanation, alternatives };
    print(&match arguments.format {
        Format::Json => explanation::json(&answer),
        Format::Table => explanation::text(&answer, terminal_width()),
    })?;
    Ok(ExitCode::SUCCESS)
}
