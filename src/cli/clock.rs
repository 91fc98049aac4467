//! `flexmeter clock`: a session at a scenario's clock, on a terminal or from a pipe.

use std::io::{BufRead, IsTerminal, Lines, StdinLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::audit::clock::command::Command;
use crate::audit::clock::{Clock, Trouble};
use crate::cli::defect::guarded;
use crate::cli::failure::Failure;
use crate::cli::results_folder::write_file;
use crate::cli::{print, scenario_file, shown, terminal_width};
use crate::report::clock as text;
use crate::report::explanation::{self, Answer};
use crate::scenario::problem::Problem;

const EXAMPLES: &str = "\
Examples:
  flexmeter new case && flexmeter clock case.toml
  flexmeter clock case.toml < what-to-type.txt

At the clock `help` lists what can be typed. Lines from a pipe are carried out one after the other; the \
first that is not right ends the session with exit code 2.";

/// What `clock` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scenario file
    file: PathBuf,
}

/// Reads commands until they end.
pub(super) fn clock(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (written, scenario) = scenario_file::read_with_text(&arguments.file)?;
    guarded((&arguments.file, scenario.seed), "clock", || {
        let clock = Clock::open(&written).map_err(|problems| unread(&arguments.file, &problems))?;
        let mut session = Session { clock, keyboard: Keyboard::open()?, lines: 0 };
        if session.keyboard.is_terminal() {
            print("`help` lists what can be typed; Ctrl-D ends the session.\n")?;
        }
        while session.line()? {}
        session.warn();
        Ok(ExitCode::SUCCESS)
    })
}

/// A scenario that can be run and not be written down: a defect, told like bad input.
fn unread(file: &Path, problems: &[Problem]) -> Failure {
    let titles: Vec<&str> = problems.iter().map(|problem| problem.title.as_str()).collect();
    Failure::input(format!("{} can't be taken to the clock: {}", shown(file), titles.join("; ")))
}

/// Where lines come from.
enum Keyboard {
    /// A person, who may correct them.
    Editor(Box<DefaultEditor>),
    /// A pipe or a file.
    Pipe(Lines<StdinLock<'static>>),
}

impl Keyboard {
    fn open() -> Result<Self, Failure> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Ok(Keyboard::Pipe(std::io::stdin().lock().lines()));
        }
        let editor = DefaultEditor::new();
        editor.map(|editor| Keyboard::Editor(Box::new(editor))).map_err(|error| unreadable(&error))
    }

    fn is_terminal(&self) -> bool {
        matches!(self, Keyboard::Editor(_))
    }

    /// The next line; `None` where there are no more.
    fn read(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        match self {
            Keyboard::Pipe(lines) => lines.next().transpose().map_err(|error| unreadable(&error)),
            Keyboard::Editor(editor) => match editor.readline(prompt) {
                Ok(line) => {
                    // A line that is not remembered is only typed again.
                    let _ = editor.add_history_entry(line.as_str());
                    Ok(Some(line))
                }
                // Ctrl-C leaves the line.
                Err(ReadlineError::Interrupted) => Ok(Some(String::new())),
                Err(ReadlineError::Eof) => Ok(None),
                Err(error) => Err(unreadable(&error)),
            },
        }
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::input(format!("can't read what is typed: {error}"))
}

/// A session under way.
struct Session {
    clock: Clock,
    keyboard: Keyboard,
    /// Lines read so far.
    lines: usize,
}

impl Session {
    /// Carries out a line; returns whether there may be another.
    fn line(&mut self) -> Result<bool, Failure> {
        let Some(line) = self.keyboard.read(&text::prompt(&self.clock))? else { return Ok(false) };
        self.lines += 1;
        let command = match Command::read(&line, &self.clock) {
            Ok(Command::Quit) => return Ok(false),
            Ok(Command::Save(file)) => return self.save(&file).map(|()| true),
            Ok(command) => self.obey(command),
            Err(trouble) => Err(trouble),
        };
        match command {
            Ok(said) => print(&said)?,
            Err(Trouble(said)) => self.object(&said)?,
        }
        Ok(true)
    }

    /// Carries out what changes no file; returns what to print.
    fn obey(&mut self, command: Command) -> Result<String, Trouble> {
        let zone = self.clock.zone().clone();
        let happened = match command {
            Command::To(at) => self.clock.go_to(at)?,
            Command::Next => self.clock.let_happen()?,
            Command::Do(words) => self.clock.do_step(&words)?,
            Command::Back(back) => {
                self.clock.back(back)?;
                return Ok(String::new());
            }
            Command::Show(view) => return Ok(text::view(&self.clock, view, terminal_width())),
            Command::Explain(words) => {
                let explanation = &self.clock.explain(&words)?;
                let answer =
                    Answer { scenario: self.clock.state().scenario(), explanation, alternatives: &[] };
                return Ok(explanation::reasons(&answer, terminal_width()));
            }
            Command::Help => return Ok(text::help()),
            Command::Nothing | Command::Save(_) | Command::Quit => return Ok(String::new()),
        };
        let happened = happened.to_vec();
        Ok(text::events(self.clock.state(), &happened, &zone))
    }

    fn save(&mut self, file: &str) -> Result<(), Failure> {
        let document = self.clock.saved();
        let steps = document.tables("step").count();
        let expects = document.tables("expect").count();
        match write_file(Path::new(file), &document.text()) {
            Ok(()) => {
                self.clock.was_saved();
                let file = shown(Path::new(file));
                print(&format!("Saved {file}: {steps} steps, {expects} expectations, all met\n"))
            }
            Err(Failure::Input(said)) => self.object(&said),
            Err(failure) => Err(failure),
        }
    }

    /// Tells what is not right; nobody corrects what comes from a pipe.
    fn object(&self, said: &str) -> Result<(), Failure> {
        if !self.keyboard.is_terminal() {
            return Err(Failure::input(format!("line {}: {said}", self.lines)));
        }
        let bad = anstyle::AnsiColor::Red.on_default().bold();
        print(&format!("{bad}error{bad:#}: {said}\n"))
    }

    /// What was typed and not saved goes with the session.
    fn warn(&self) {
        let unsaved = self.clock.unsaved();
        if unsaved > 0 {
            let steps =
                if unsaved == 1 { "1 typed step was" } else { &format!("{unsaved} typed steps were") };
            // Nothing is left to be told when standard error itself is closed.
            let _ = writeln!(anstream::stderr(), "{steps} not saved");
        }
    }
}
