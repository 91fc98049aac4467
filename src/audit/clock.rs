//! `Clock`: a scenario at an instant, moved on, lived in and taken back by typed commands.
//!
//! Its state is the scenario's document and the instant. Whatever is typed becomes a step of the document, which is
//! read again and carried out again: what is shown is what the file gives.

pub mod command;
pub mod notation;
mod naming;

use std::sync::Arc;

use toml_edit::Item;

use crate::audit::clock::command::{Back, instant};
use crate::audit::clock::naming::meant;
use crate::audit::clock::notation::Typed;
use crate::audit::expected::expect_all;
use crate::audit::explanation::{Explanation, Subject, explain, subjects};
use crate::audit::inquiry::Whose;
use crate::audit::journal::{Entry, Journal};
use crate::audit::transcript::{Script, transcript};
use crate::meter::Meter;
use crate::meter::id::{ProductId, TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::Record;
use crate::meter::request::Phase;
use crate::results::checkpoint::Past;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::document::Document;
use crate::scenario::problem::Problem;
use crate::simulation::course::standing::{KeyStanding, Standing};
use crate::simulation::tally::Tally;

/// Why a command is not carried out, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(pub String);

/// A session at the clock.
#[derive(Debug)]
pub struct Clock {
    /// What was, the present last.
    states: Vec<State>,
    /// Typed steps that are in a file.
    saved: String,
    zone: Zone,
}

/// A document at an instant.
#[derive(Clone, Debug)]
pub struct State {
    document: Document,
    journal: Arc<Journal>,
    /// Everything before it has happened.
    now: Instant,
    /// What of the instant itself has happened, this phase included; `None`: nothing.
    reached: Option<Phase>,
    /// What was typed so far.
    typed: Vec<Typed>,
}

impl Clock {
    /// The clock at the start of a scenario. What simulated users do is written down as steps first.
    ///
    /// # Errors
    /// Where the text is no scenario.
    pub fn open(text: &str) -> Result<Clock, Vec<Problem>> {
        let scenario = Arc::new(Scenario::read(text)?);
        let document = Document::read(text)?;
        let Script { document, scenario } = transcript(&document, &scenario, None);
        let journal = Arc::new(Journal::of(&scenario));
        let zone = document.tables("team").next().and_then(|team| team.get("time_zone"));
        let zone = zone.and_then(Item::as_str).and_then(Zone::named).unwrap_or_else(Zone::utc);
        let (now, saved) = (scenario.start, document.text());
        let start = State { document, journal, now, reached: None, typed: Vec::new() };
        Ok(Clock { states: vec![start], saved, zone })
    }

    /// The present.
    pub fn state(&self) -> &State {
        self.states.last().expect("there is a present")
    }

    /// The zone of the first team: instants are typed and shown in it.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Typed steps that no file has yet.
    pub fn unsaved(&self) -> usize {
        let state = self.state();
        if state.document.text() == self.saved { 0 } else { state.typed.len() }
    }

    /// Goes to an instant: everything before it happens, and nothing on it. Returns what happened.
    ///
    /// # Errors
    /// Where the instant lies in the past or beyond the run.
    pub fn go_to(&mut self, to: Instant) -> Result<&[Entry], Trouble> {
        let state = self.state();
        let scenario = state.scenario();
        if to < state.now {
            let text =
                format!("{} has gone by; `back to` goes there, and takes back what was typed since", iso(to));
            return Err(Trouble(text));
        }
        if to >= scenario.end {
            let text = format!("the scenario ends at {}, and nothing happens then", iso(scenario.end));
            return Err(Trouble(text));
        }
        let reached = state.reached.filter(|_| to == state.now);
        Ok(self.move_on(State { now: to, reached, ..state.clone() }))
    }

    /// Lets the next thing happen, and all that falls on its instant.
    ///
    /// # Errors
    /// Where nothing more happens before the end.
    pub fn let_happen(&mut self) -> Result<&[Entry], Trouble> {
        let state = self.state();
        let entry = state.journal.entries[state.so_far()..].first().map(|entry| entry.record.at());
        let request = state.scenario().timeline.get(state.answered()).map(|(at, _)| *at);
        let next = entry.into_iter().chain(request).min().filter(|at| *at < state.scenario().end);
        let Some(now) = next else {
            return Err(Trouble(format!(
                "nothing more happens before the end, {}",
                iso(state.scenario().end)
            )));
        };
        Ok(self.move_on(State { now, reached: Some(Phase::SignIns), ..state.clone() }))
    }

    /// Does a typed step now. Returns what happened.
    ///
    /// # Errors
    /// Where the step is not right, or would change what has happened.
    pub fn do_step(&mut self, words: &[String]) -> Result<&[Entry], Trouble> {
        let state = self.state();
        let typed = notation::read(words, &notation::Place { state, zone: &self.zone })?;
        if state.reached.is_some_and(|reached| typed.phase() < reached) {
            let text = format!(
                "at this instant {} were answered already, and `{}` comes before them (RULES 4); \
                 `+ 1s` goes on, `back` takes the last back",
                phase_name(state.reached),
                typed.action
            );
            return Err(Trouble(text));
        }
        let mut document = state.document.clone();
        document.push("step", typed.table.clone());
        let scenario = document.scenario().map_err(|problems| told(&problems))?;
        let journal = Arc::new(Journal::of(&Arc::new(scenario)));
        let (phase, mut all) = (typed.phase(), state.typed.clone());
        if phase != Phase::Purchases && past(state, &state.journal) != past(state, &journal) {
            let text = format!(
                "`{}` would change what has happened: it also says how it was before; \
                 `back to` an earlier instant, and type it there",
                typed.action
            );
            return Err(Trouble(text));
        }
        all.push(typed);
        let now = state.now;
        Ok(self.move_on(State { document, journal, now, reached: Some(phase), typed: all }))
    }

    /// Takes commands back.
    ///
    /// # Errors
    /// Where there is nothing to take back.
    pub fn back(&mut self, back: Back) -> Result<(), Trouble> {
        let keep = match back {
            Back::Commands(count) => self.states.len().saturating_sub(count).max(1),
            Back::To(to) => self.states.partition_point(|state| state.now <= to),
        };
        match back {
            Back::Commands(_) if self.states.len() == 1 => {
                return Err(Trouble("nothing was done that could be taken back".to_owned()));
            }
            Back::To(to) if keep == 0 => {
                return Err(Trouble(format!("{} lies before the start", iso(to))));
            }
            _ => self.states.truncate(keep),
        }
        let present = self.state().now;
        if let Back::To(to) = back
            && present < to
        {
            self.go_to(to)?;
        }
        Ok(())
    }

    /// The scenario with what was typed, and expectations that it meets.
    pub fn saved(&self) -> Document {
        let state = self.state();
        let mut document = state.document.clone();
        document.retain("expect", |_| false);
        expect_all(&mut document, &state.journal);
        document
    }

    /// Why the last charge or refusal so far, or the one at an instant, or nothing there: of a user and product.
    ///
    /// # Errors
    /// Where no such user or product is known, or no such instant.
    pub fn explain(&self, words: &[String]) -> Result<Explanation, Trouble> {
        let state = self.state();
        let names = &state.scenario().directory;
        let user = meant("user", &words[0], names.users.iter())?;
        let product = meant("product", &words[1], names.products.iter())?;
        let whose = names.user_number(&user).zip(names.product_number(&product));
        let (user, product) = whose.expect("names that were found");
        let whose = Whose { user, product };
        let given = match &words[2..] {
            [] => None,
            at => Some(instant(&at.join(" "), (state.now, &self.zone))?),
        };
        let mut subjects = subjects(&state.journal, whose);
        subjects.retain(|subject| given.map_or(subject.at() <= state.now, |at| subject.at() == at));
        let subject = subjects.pop().unwrap_or(Subject::Absence(given.unwrap_or(state.now)));
        let explanation = explain(&state.journal, whose, &subject);
        // When it will end is not known yet.
        let session = explanation.session.filter(|session| session.signed_out <= state.now);
        Ok(Explanation { session, ..explanation })
    }

    /// What was typed is in a file now.
    pub fn was_saved(&mut self) {
        self.saved = self.state().document.text();
    }

    fn move_on(&mut self, state: State) -> &[Entry] {
        let before = self.state().so_far();
        self.states.push(state);
        let state = self.state();
        &state.journal.entries[before..state.so_far()]
    }
}

impl State {
    /// The scenario as it is with what was typed.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.journal.scenario
    }

    /// The present instant.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// What was typed, in order.
    pub fn typed(&self) -> &[Typed] {
        &self.typed
    }

    /// The scenario's text with what was typed.
    pub fn text(&self) -> String {
        self.document.text()
    }

    /// Everything that happens, also later.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What has happened.
    pub fn events(&self) -> &[Entry] {
        &self.journal.entries[..self.so_far()]
    }

    /// Where everybody stands.
    pub fn standing(&self) -> Standing {
        let meter = self.meter();
        let packs: Vec<_> = meter.packs().cloned().collect();
        let mut tally = Tally::default();
        let teams = (0..).map(TeamId).take(self.scenario().setup.teams.len());
        tally.note_stock(teams.map(|team| (team, meter.available(team))), &packs);
        let key = |(user, product): (UserId, ProductId)| {
            let view = meter.key_view(user, product);
            KeyStanding { user, product, view }
        };
        let keys = meter.keys().map(key).collect();
        Standing { at: self.now, tally, packs, keys }.sorted()
    }

    fn meter(&self) -> Meter {
        self.journal.meter_at(self.answered(), (self.now, self.reached.unwrap_or(Phase::Ends)))
    }

    /// How many requests of the timeline were answered.
    fn answered(&self) -> usize {
        self.scenario().timeline.partition_point(|(at, request)| {
            *at < self.now || (*at == self.now && self.reached.is_some_and(|phase| request.phase() <= phase))
        })
    }

    /// How many entries of the journal have happened.
    fn so_far(&self) -> usize {
        let answered = self.answered();
        let all_of_now = self.reached == Some(Phase::SignIns);
        let until = if all_of_now { self.now + Span::from_seconds(1) } else { self.now };
        self.journal.entries.partition_point(|entry| {
            entry.before < answered || (entry.before == answered && !entry.asked && entry.record.at() < until)
        })
    }
}

/// A digest over what has happened, as a journal tells it.
fn past(state: &State, journal: &Journal) -> String {
    let happened = &journal.entries[..state.so_far().min(journal.entries.len())];
    let records: Vec<&Record> = happened.iter().map(|entry| &entry.record).collect();
    Past::of(&journal.scenario.directory, &records).digest()
}

fn phase_name(reached: Option<Phase>) -> &'static str {
    match reached {
        Some(Phase::SignIns) => "sign-ins and what falls due",
        Some(Phase::Steps | Phase::Charges) => "steps",
        _ => "purchases",
    }
}

/// What is wrong with a typed step, or with what comes of it.
fn told(problems: &[Problem]) -> Trouble {
    let told = problems.iter().map(|problem| {
        let help = problem.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        format!("{}: {}{help}", problem.title, problem.label)
    });
    Trouble(told.collect::<Vec<_>>().join("\n"))
}
