//! `Population`: the teams and users of a load, made of a scenario's.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::forecast::supply::{self, Purchase};
use crate::meter::answer::Answer;
use crate::meter::id::{TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::request::{Request, SignIn};
use crate::meter::tokens::Tokens;
use crate::meter::{Meter, Setup};
use crate::scenario::Scenario;
use crate::simulation::course::Drive;
use crate::simulation::recorder::{Observer, Stopped, Unrecorded};
use crate::simulation::replay;
use crate::simulation::team_group::TeamGroup;

/// What people open is looked at for so long: four weeks.
const LOOKED_AT: Span = Span::from_seconds(28 * 86_400);

/// How many teams and users there are, where not those of the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Team actors: the scenario's in order, and again from the first.
    pub teams: Option<usize>,
    /// Users over all teams: each team's own in order, and again from the first.
    pub users: Option<usize>,
    /// The share of users in the first team, from 0 to 1; the others are spread evenly.
    pub skew: Option<f64>,
}

/// A team's meter before the load: what it is set up with, and what has been asked of it.
#[derive(Clone, Debug)]
pub struct LoadTeam {
    /// Who and what there is, in numbers of its own.
    pub setup: Setup,
    /// What was asked before, in order.
    pub past: Vec<(Instant, Request)>,
}

/// A user, who signs in again and again.
#[derive(Clone, Copy, Debug)]
pub struct LoadUser {
    /// The team, by its place among the teams.
    pub team: usize,
    /// What the user opens, in the numbers of the team's meter.
    pub sign_in: SignIn,
}

/// Teams and users, ready to be sent off.
#[derive(Clone, Debug)]
pub struct Population {
    /// When the meters start.
    pub start: Instant,
    /// The teams.
    pub teams: Vec<LoadTeam>,
    /// The users of all teams, by team.
    pub users: Vec<LoadUser>,
}

impl LoadTeam {
    /// A meter on which the past has happened.
    pub fn meter(&self) -> Meter {
        let mut meter = Meter::new(self.setup.clone());
        for (at, request) in &self.past {
            meter.arrive(request.clone(), *at);
        }
        meter.drain_records().for_each(drop);
        meter
    }
}

impl Population {
    /// The teams and users of a scenario at its start, each with what they first open in four weeks of it; tokens never
    /// run out. `None` where nobody opens anything.
    ///
    /// # Errors
    /// Where the observer ends it.
    pub fn of(
        scenario: &Arc<Scenario>,
        size: Size,
        observer: &dyn Observer,
    ) -> Result<Option<Population>, Stopped> {
        let supplied = Arc::new(endless(scenario));
        let groups: Vec<_> = TeamGroup::split(&supplied).into_iter().map(Arc::new).collect();
        let mut sources = Vec::new();
        for group in &groups {
            let openings = first_openings(&supplied, group, observer)?;
            if !openings.is_empty() {
                sources.push(Source { group, openings });
            }
        }
        if sources.is_empty() {
            return Ok(None);
        }
        let counts = users_by_team(&sources, size);
        let mut population =
            Population { start: scenario.start, teams: Vec::with_capacity(counts.len()), users: Vec::new() };
        for (team, &count) in counts.iter().enumerate() {
            let source = &sources[team % sources.len()];
            population.teams.push(source.team(&supplied, count));
            population.users.extend((0..count).map(|user| LoadUser { team, sign_in: source.sign_in(user) }));
        }
        Ok(Some(population))
    }
}

/// A group of the scenario that teams of the load are made of.
struct Source<'g> {
    group: &'g TeamGroup,
    /// What each of its users opens first, of those who open anything.
    openings: Vec<SignIn>,
}

impl Source<'_> {
    fn sign_in(&self, user: usize) -> SignIn {
        SignIn { user: number(user), ..self.openings[user % self.openings.len()] }
    }

    /// A team of so many users, with what happened to the originals before the start.
    fn team(&self, scenario: &Scenario, users: usize) -> LoadTeam {
        let setup = self.group.setup(scenario);
        let original = |user: usize| self.openings[user % self.openings.len()].user;
        let copies = (0..users).map(|user| setup.users[original(user).index()].clone()).collect();
        let mut past = Vec::new();
        for (at, request) in self.group.timeline.iter().filter(|(at, _)| *at <= scenario.start) {
            let mut request = request.clone();
            let Some(&mut of) = request.user_mut() else {
                past.push((*at, request));
                continue;
            };
            for user in (0..users).filter(|user| original(*user) == of) {
                *request.user_mut().expect("it has one") = number(user);
                past.push((*at, request.clone()));
            }
        }
        LoadTeam { setup: Setup { users: copies, ..setup }, past }
    }
}

/// The same scenario with what was bought before its start, and a pack for each team that nobody uses up.
fn endless(scenario: &Scenario) -> Scenario {
    const YEARS: i64 = 1000;
    let expires = scenario.start + Span::from_seconds(YEARS * 365 * 86_400);
    let pack = |team| Purchase { team: TeamId(team), at: scenario.start, tokens: Tokens::MAX, expires };
    let packs: Vec<_> = (0..).take(scenario.setup.teams.len()).map(pack).collect();
    supply::bought(scenario, &packs)
}

/// What each user of a group is first admitted to, by user.
fn first_openings(
    scenario: &Arc<Scenario>,
    group: &Arc<TeamGroup>,
    observer: &dyn Observer,
) -> Result<Vec<SignIn>, Stopped> {
    let mut first = Openings { first: BTreeMap::new(), observer };
    let until = scenario.end.min(scenario.start + LOOKED_AT);
    replay::advance(scenario, (group, until), (&mut Unrecorded, observer, &mut first))?;
    Ok(first.first.into_values().collect())
}

/// Notes what is opened.
struct Openings<'o> {
    first: BTreeMap<UserId, SignIn>,
    observer: &'o dyn Observer,
}

impl Drive for Openings<'_> {
    fn ask(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        let opened = if let Request::SignIn(sign_in) = &request { Some(*sign_in) } else { None };
        let answer = meter.apply(request, at);
        if let (Some(sign_in), Answer::Admitted(..)) = (opened, &answer) {
            self.first.entry(sign_in.user).or_insert(sign_in);
        }
        answer
    }

    fn stops(&self) -> bool {
        self.observer.stops()
    }
}

/// How many users each team has.
fn users_by_team(sources: &[Source<'_>], size: Size) -> Vec<usize> {
    let teams = size.teams.unwrap_or(sources.len());
    let own = (0..teams).map(|team| sources[team % sources.len()].openings.len());
    if size.users.is_none() && size.skew.is_none() {
        return own.collect();
    }
    let users = size.users.unwrap_or_else(|| own.sum());
    // Where there is one team only, it is as hot as can be.
    let hot = size.skew.filter(|_| teams > 1).map(|share| share_of(users, share));
    let (others, rest) = (teams - usize::from(hot.is_some()), users - hot.unwrap_or(0));
    let even = (0..others).map(|team| rest / others + usize::from(team < rest % others));
    hot.into_iter().chain(even).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1")]
#[expect(clippy::cast_precision_loss, reason = "fewer users than 2⁵³")]
fn share_of(users: usize, share: f64) -> usize {
    (users as f64 * share).round() as usize
}

fn number(user: usize) -> UserId {
    UserId(u32::try_from(user).expect("fewer than 2³² users"))
}
