//! `Sought`: what a smaller file is to show, looked for in the file as it is.

use std::fmt;
use std::sync::Arc;

use crate::audit::difference::Difference;
use crate::audit::inquiry::Whose;
use crate::audit::journal::Journal;
use crate::audit::shrinking::chosen::Chosen;
use crate::audit::shrinking::concerned::concerned;
use crate::audit::transcript::Script;
use crate::audit::transcript::transcript;
use crate::cli::diff;
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::shown;
use crate::cli::shrink::Arguments;
use crate::cli::shrink::other_build::{Made, OtherBuild, Parting};
use crate::meter::id::UserId;
use crate::scenario::Scenario;
use crate::scenario::document::Document;
use crate::scenario::expect::Expectation;
use crate::scenario::problem::nearest;
use crate::simulation::recorder::Unrecorded;
use crate::simulation::replay;
use crate::simulation::verdict::Verdict;

/// Users about whom a smaller file is looked for before it is given up.
const USERS_MAX: usize = 10;

/// What a smaller file is to show.
pub(super) enum Sought {
    /// Something that this build tells by itself.
    Chosen(Chosen),
    /// What another build does otherwise.
    Other(OtherBuild, Parting, String),
}

/// What came of looking for it.
pub(super) enum Looked {
    /// It is there, in this file without simulated users.
    Found(Sought, Box<Script>),
    /// It is not, and why.
    Absent(String),
}

/// A file that is right.
struct Original<'a> {
    arguments: &'a Arguments,
    scenario: Arc<Scenario>,
    document: Document,
}

impl Sought {
    /// Looks for what the arguments choose.
    pub(super) fn look_for(
        arguments: &Arguments,
        (scenario, document): (Scenario, Document),
    ) -> Result<Looked, Failure> {
        let original = Original { arguments, scenario: Arc::new(scenario), document };
        if let Some(at) = &arguments.at {
            let (user, product) =
                arguments.user.as_deref().zip(arguments.product.as_deref()).expect("required");
            return original.at((user, product), at);
        }
        if let Some(line) = arguments.failing {
            return original.failing(line);
        }
        match &arguments.against {
            Some(binary) => original.against(OtherBuild::of(binary)?),
            None => original.under_policies(),
        }
    }

    /// Whether a candidate shows it.
    pub(super) fn is_shown(&self, candidate: &Script) -> Result<bool, Failure> {
        match self {
            Sought::Chosen(chosen) => Ok(chosen.is_shown(candidate)),
            Sought::Other(build, parting, _) => build.parts_in(candidate, *parting),
        }
    }
}

impl fmt::Display for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sought::Chosen(chosen) => chosen.fmt(f),
            Sought::Other(_, parting, binary) => write!(f, "of {binary}, {parting}"),
        }
    }
}

impl Original<'_> {
    /// A charge or a refusal.
    fn at(&self, (user, product): (&str, &str), at: &str) -> Result<Looked, Failure> {
        let directory = &self.scenario.directory;
        let file = shown(&self.arguments.file);
        let unknown = |what: &str, name: &str, help: String| {
            Failure::input(format!("there is no {what} `{name}` in {file}: {help}"))
        };
        let number = directory.user_number(user);
        let number = number.ok_or_else(|| unknown("user", user, nearest(user, directory.users.iter())))?;
        if directory.product_number(product).is_none() {
            return Err(unknown("product", product, nearest(product, directory.products.iter())));
        }
        let instant = self.scenario.instant_of(number, at);
        let instant = instant.map_err(|wrong| Failure::input(format!("--at: {wrong}")))?;
        let first = self.written_down(Some(number));
        let journal = Journal::of(&first.scenario);
        let directory = &first.scenario.directory;
        let whose = directory.user_number(user).zip(directory.product_number(product));
        let chosen = whose.and_then(|(user, product)| Chosen::at(&journal, Whose { user, product }, instant));
        let absent = || format!("{user} is neither charged nor refused {product} at {at}");
        Ok(looked(chosen.map(Sought::Chosen), first, absent))
    }

    /// An expectation that fails.
    fn failing(&self, line: Option<usize>) -> Result<Looked, Failure> {
        let progress = Progress::of(&self.scenario, false);
        let run = replay::run(&self.scenario, &mut Unrecorded, &progress);
        let run = run.map_err(|stopped| Failure::stopped(&stopped, &self.arguments.file))?;
        let verdicts = Verdict::all(&self.scenario, &run);
        let file = shown(&self.arguments.file);
        if let Some(line) = line.filter(|line| verdicts.iter().all(|verdict| verdict.line != *line)) {
            let mut lines: Vec<usize> = verdicts.iter().map(|verdict| verdict.line).collect();
            lines.dedup();
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            let help = if lines.is_empty() { "it has none".to_owned() } else { lines.join(", ") };
            let text = format!("no [[expect]] of {file} begins at line {line}; they begin at: {help}");
            return Err(Failure::input(text));
        }
        let of_line = |verdict: &Verdict| line.is_none_or(|line| verdict.line == line);
        let failed = verdicts.into_iter().zip(&self.scenario.expects);
        let mut failed = failed.filter(|(verdict, _)| of_line(verdict) && !verdict.passed());
        let Some((failure, expect)) = failed.next() else {
            let which =
                line.map_or("every expectation".to_owned(), |line| format!("what line {line} expects"));
            return Ok(Looked::Absent(format!("{which} is met")));
        };
        let first = self.written_down(self.asker(&expect.expectation));
        let chosen = Sought::Chosen(Chosen::Failure(failure));
        let is_there = chosen.is_shown(&first)?;
        let absent = || "it fails with simulated users only, not with what they did written down".to_owned();
        Ok(looked(is_there.then_some(chosen), first, absent))
    }

    /// Somebody whom an expectation is about, so that others need not be written down.
    fn asker(&self, expectation: &Expectation) -> Option<UserId> {
        match expectation {
            Expectation::Charges(user, ..)
            | Expectation::Refusals(user, ..)
            | Expectation::Admissions(user, ..)
            | Expectation::Sessions(user, ..)
            | Expectation::Notices(user, _)
            | Expectation::Plan(user, _) => Some(*user),
            Expectation::Tokens(scope, _) => scope.user,
            Expectation::Available(team, ..) => {
                let users = &self.scenario.setup.users;
                (0..).map(UserId).take(users.len()).find(|user| users[user.index()].teams.contains(team))
            }
            _ => None,
        }
    }

    /// What other policies change.
    fn under_policies(&self) -> Result<Looked, Failure> {
        let Arguments { file, policy, .. } = self.arguments;
        let candidates: Vec<Option<UserId>> = if self.scenario.simulated.is_empty() {
            diff::check_policies(file, policy)?;
            vec![None]
        } else {
            self.concerned(&diff::under(file, policy)?)
        };
        for user in candidates {
            let first = self.written_down(user);
            if let Some(chosen) = Chosen::under(policy.clone(), &first) {
                return Ok(Looked::Found(Sought::Chosen(chosen), Box::new(first)));
            }
        }
        Ok(Looked::Absent("no row differs under the other policies".to_owned()))
    }

    /// What another build does otherwise.
    fn against(&self, build: OtherBuild) -> Result<Looked, Failure> {
        let file = &self.arguments.file;
        let binary = shown(self.arguments.against.as_deref().unwrap_or(file));
        let candidates = match build.run(&self.document.text())? {
            Made::Unread(why) => {
                let text = format!("{binary} can't read {}:\n{}", shown(file), why.trim_end());
                return Err(Failure::input(text));
            }
            Made::Tables(folder) if !self.scenario.simulated.is_empty() => {
                self.concerned(&diff::between(file, &folder)?)
            }
            _ => vec![None],
        };
        for user in candidates {
            let first = self.written_down(user);
            if let Some(parting) = build.parting(&first)? {
                return Ok(Looked::Found(Sought::Other(build, parting, binary), Box::new(first)));
            }
        }
        Ok(Looked::Absent(format!("{binary} writes the same tables")))
    }

    /// The users about whom a smaller file is looked for, one after another.
    fn concerned(&self, difference: &Difference) -> Vec<Option<UserId>> {
        concerned(difference, &self.scenario).into_iter().take(USERS_MAX).map(Some).collect()
    }

    /// The file without simulated users.
    fn written_down(&self, whose: Option<UserId>) -> Script {
        transcript(&self.document, &self.scenario, whose)
    }
}

fn looked(sought: Option<Sought>, first: Script, absent: impl Fn() -> String) -> Looked {
    match sought {
        Some(sought) => Looked::Found(sought, Box::new(first)),
        None => Looked::Absent(absent()),
    }
}
