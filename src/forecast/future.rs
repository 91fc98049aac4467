//! `Future`: what came of one replication, as far as a planner asks.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use crate::forecast::cost;
use crate::forecast::months::Months;
use crate::forecast::shortage::Shortages;
use crate::meter::id::{ProductId, TeamId};
use crate::meter::instant::{Instant, Span};
use crate::meter::policy::RenewalWhenShort;
use crate::meter::record::{ChargeRecord, Record, TokenEvent, TokenEventKind};
use crate::meter::request::Request;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::scenario::price_list::Money;
use crate::simulation::portable::portable;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;
use crate::simulation::run::Run;

/// What is asked of every replication.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Only what this team pays; else all of them.
    pub team: Option<TeamId>,
    /// A refusal that is followed by an admission of the same user and product within this interval is cured.
    pub cured_within: Span,
    /// The calendar months of the run.
    pub months: Months,
}

/// What came of one replication.
#[derive(Clone, Debug)]
pub struct Future {
    /// Tokens charged by month of the window's start and product; what is nothing is left out.
    pub tokens: BTreeMap<(usize, ProductId), Tokens>,
    /// What each team came to, by its number.
    pub teams: BTreeMap<TeamId, TeamFuture>,
    /// The balance at the end of each day of the run, in UTC; below zero where there is debt.
    pub balance: Vec<Tokens>,
    /// Refusals and sessions ended for want of tokens.
    pub shortages: Shortages,
    /// What the tokens charged cost, by the price of the packs they were drawn from.
    pub used_cost: Money,
    /// What the tokens cost that expired.
    pub expired_cost: Money,
    /// Everything that happened, as [`crate::simulation::tally::Tally::events`] counts.
    pub events: u64,
}

/// What a replication came to for a team.
#[derive(Clone, Copy, Debug, Default)]
pub struct TeamFuture {
    /// Tokens charged.
    pub tokens: Tokens,
    /// Tokens expired during the run.
    pub expired: Tokens,
    /// Tokens left in its packs at the end.
    pub left: Tokens,
    /// The first instant at which somebody got none of what they wanted because tokens ran out.
    pub ran_out: Option<Instant>,
}

portable!(Future { tokens, teams, balance, shortages, used_cost, expired_cost, events });
portable!(TeamFuture { tokens, expired, left, ran_out });

impl Future {
    /// All tokens charged.
    pub fn total(&self) -> Tokens {
        self.teams.values().map(|team| team.tokens).sum()
    }

    /// Tokens expired during the run.
    pub fn expired(&self) -> Tokens {
        self.teams.values().map(|team| team.expired).sum()
    }

    /// When the first team ran out.
    pub fn ran_out(&self) -> Option<Instant> {
        self.teams.values().filter_map(|team| team.ran_out).min()
    }
}

/// Replays a scenario and looks at what planners ask about.
///
/// # Errors
/// Where the replay ends early.
pub fn of(scenario: &Arc<Scenario>, asked: &Asked, observer: &dyn Observer) -> Result<Future, Stopped> {
    let mut watch = Watch::new(scenario, asked);
    let run = replay::run(scenario, &mut watch, observer)?;
    Ok(watch.finish(&run))
}

/// Watches a replay.
struct Watch<'a> {
    scenario: &'a Scenario,
    asked: &'a Asked,
    first_day: Day,
    /// What came to the balance on each day, less what left it.
    changes: Vec<Tokens>,
    tokens: Vec<Tokens>,
    shortages: Shortages,
    teams: BTreeMap<TeamId, TeamFuture>,
}

impl Recorder for Watch<'_> {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in &rows {
            match row {
                Record::Charge(charge) if self.concerns(charge.team) => self.charge(charge),
                Record::TokenEvent(event) if self.concerns(event.team) => self.event(event),
                Record::SignIn(sign_in) if self.concerns(sign_in.team) => {
                    let short = self.shortages.sign_in(sign_in);
                    self.ran_out(short.then_some((sign_in.team, sign_in.at)));
                }
                Record::Session(session) => {
                    let team = self.scenario.setup.users[session.user.index()].teams[0];
                    let short = self.concerns(team) && self.shortages.session(session);
                    self.ran_out(short.then_some((team, session.signed_out)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> Watch<'a> {
    fn new(scenario: &'a Scenario, asked: &'a Asked) -> Self {
        let first_day = Day::of(scenario.start);
        let days = Day::of(scenario.end + Span::from_seconds(-1)).0 - first_day.0 + 1;
        let days = usize::try_from(days).expect("a run ends after it starts");
        let mut watch = Watch {
            scenario,
            asked,
            first_day,
            changes: vec![Tokens::ZERO; days],
            tokens: vec![Tokens::ZERO; asked.months.count() * scenario.setup.products.len()],
            shortages: Shortages::new(asked.cured_within),
            teams: BTreeMap::new(),
        };
        for team in (0..).map(TeamId).take(scenario.setup.teams.len()) {
            if watch.concerns(team) {
                watch.teams.insert(team, TeamFuture::default());
            }
        }
        for (at, request) in &scenario.timeline {
            if let Request::Buy(purchase) = request
                && watch.concerns(purchase.team)
            {
                // The event tells the size of the pack.
                watch.change(*at, -purchase.used);
            }
        }
        watch
    }

    fn concerns(&self, team: TeamId) -> bool {
        self.asked.team.is_none_or(|asked| asked == team)
    }

    fn change(&mut self, at: Instant, tokens: Tokens) {
        // Before the start belongs to the first day; what is voided when the run is cut, to the last.
        let day = usize::try_from(Day::of(at).0 - self.first_day.0).unwrap_or(0);
        let last = self.changes.len() - 1;
        self.changes[day.min(last)] += tokens;
    }

    fn charge(&mut self, charge: &ChargeRecord) {
        let month = self.asked.months.of(charge.window_start);
        self.tokens[month * self.scenario.setup.products.len() + charge.product.index()] += charge.tokens;
        self.teams.get_mut(&charge.team).expect("a team of the scenario").tokens += charge.tokens;
        let policy = &self.scenario.setup.policy;
        let late = charge.recorded_at > charge.window_start + policy.grace;
        // What is recorded late without cover is nobody's debt (RULES 3.8).
        let owed = policy.renewal_when_short == RenewalWhenShort::Negative && !late;
        let drawn = if owed { charge.tokens } else { charge.tokens - charge.uncovered };
        self.change(charge.recorded_at, -drawn);
    }

    fn event(&mut self, event: &TokenEvent) {
        let tokens = match event.kind {
            TokenEventKind::Purchase | TokenEventKind::MoveIn => event.tokens,
            TokenEventKind::MoveOut => -event.tokens,
            TokenEventKind::Expiry => {
                if event.at >= self.scenario.start {
                    self.teams.get_mut(&event.team).expect("a team of the scenario").expired += event.tokens;
                }
                -event.tokens
            }
        };
        self.change(event.at, tokens);
    }

    fn ran_out(&mut self, short: Option<(TeamId, Instant)>) {
        let Some((team, at)) = short else { return };
        let first = &mut self.teams.get_mut(&team).expect("a team of the scenario").ran_out;
        *first = Some(first.map_or(at, |first| first.min(at)));
    }

    fn finish(mut self, run: &Run) -> Future {
        for (team, future) in &mut self.teams {
            future.left = run.tally.teams.get(team).map_or(Tokens::ZERO, |stock| stock.remaining);
        }
        let products = self.scenario.setup.products.len();
        let cells = self.tokens.iter().enumerate().filter(|(_, tokens)| **tokens != Tokens::ZERO);
        let product = |place: usize| ProductId((0..).nth(place).expect("products are few"));
        let cells =
            cells.map(|(place, tokens)| ((place / products, product(place % products)), *tokens)).collect();
        let mut left = Tokens::ZERO;
        let mut day_end = |change: &Tokens| {
            left += *change;
            left
        };
        let balance = self.changes.iter().map(&mut day_end).collect();
        let (used_cost, expired_cost) = cost::of_packs(self.scenario, &run.packs, self.asked.team);
        Future {
            tokens: cells,
            balance,
            shortages: self.shortages.finish(),
            used_cost,
            expired_cost,
            events: run.tally.events(),
            teams: self.teams,
        }
    }
}
