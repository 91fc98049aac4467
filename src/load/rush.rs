//! `Rush`: a stretch of a scenario as it was lived, to be lived again in real time: Monday from 08:55 on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::load::population::LoadTeam;
use crate::load::schedule::{Departure, SECOND};
use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::id::UserId;
use crate::meter::instant::Instant;
use crate::meter::request::Request;
use crate::scenario::Scenario;
use crate::simulation::course::Drive;
use crate::simulation::recorder::{Observer, Stopped, Unrecorded};
use crate::simulation::replay;
use crate::simulation::team_group::TeamGroup;

/// A recorded stretch.
#[derive(Clone, Debug)]
pub struct Rush {
    /// The teams, with everything that was asked of them before.
    pub teams: Vec<LoadTeam>,
    /// The team of each user who asks for something. What nobody in particular asks for, a purchase say, is asked by
    /// one more of each team.
    pub team_of: Vec<usize>,
    /// What was asked, in order, with its instant; the same of which are spread evenly over a second.
    asked: Vec<(Instant, usize, Request)>,
    /// Its first instant.
    pub from: Instant,
}

impl Rush {
    /// Lives a scenario up to `until`, and records what is asked from `from` on.
    ///
    /// # Errors
    /// Where the observer ends it.
    pub fn record(
        scenario: &Arc<Scenario>,
        (from, until): (Instant, Instant),
        observer: &dyn Observer,
    ) -> Result<Rush, Stopped> {
        let mut rush = Rush { teams: Vec::new(), team_of: Vec::new(), asked: Vec::new(), from };
        for (team, group) in TeamGroup::split(scenario).into_iter().enumerate() {
            let group = Arc::new(group);
            let mut tape = Tape { from, past: Vec::new(), asked: Vec::new(), observer };
            replay::advance(scenario, (&group, until), (&mut Unrecorded, observer, &mut tape))?;
            rush.teams.push(LoadTeam { setup: group.setup(scenario), past: tape.past });
            let mut users: BTreeMap<Option<UserId>, usize> = BTreeMap::new();
            for (at, mut request) in tape.asked {
                let who = request.user_mut().map(|user| *user);
                let user = *users.entry(who).or_insert_with(|| {
                    rush.team_of.push(team);
                    rush.team_of.len() - 1
                });
                rush.asked.push((at, user, request));
            }
        }
        rush.asked.sort_by_key(|(at, ..)| *at);
        Ok(rush)
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.asked.len()
    }

    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// What is asked, so many seconds of the scenario to a second of real time.
    pub fn departures(&self, pace: f64) -> impl Iterator<Item = Departure> + Send + use<> {
        let (asked, from) = (self.asked.clone(), self.from);
        let mut departures = Vec::with_capacity(asked.len());
        for second in asked.chunk_by(|one, other| one.0 == other.0) {
            for (place, (at, user, request)) in second.iter().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "seconds of a rush, and requests of a second")]
                let seconds = (*at - from).seconds() as f64 + place as f64 / second.len() as f64;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it lies after the start"
                )]
                let at = (seconds / pace * SECOND).ceil() as u64;
                departures.push(Departure { at, user: *user, request: request.clone() });
            }
        }
        departures.into_iter()
    }
}

/// Notes everything that is asked.
struct Tape<'o> {
    from: Instant,
    past: Vec<(Instant, Request)>,
    asked: Vec<(Instant, Request)>,
    observer: &'o dyn Observer,
}

impl Drive for Tape<'_> {
    fn ask(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        let notes = if at < self.from { &mut self.past } else { &mut self.asked };
        notes.push((at, request.clone()));
        meter.apply(request, at)
    }

    fn stops(&self) -> bool {
        self.observer.stops()
    }
}
