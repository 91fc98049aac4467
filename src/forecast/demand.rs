//! `Demand`: what people would draw if tokens never ran out.

use std::error::Error;
use std::sync::Arc;

use crate::meter::answer::ChargeKind;
use crate::meter::instant::Instant;
use crate::meter::record::{ChargeRecord, Record, SessionRecord};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;

/// What one future asks of each team's balance. Up to the first instant at which a balance is short, people behave
/// under any supply as they do here: chance does not depend on what is granted.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    /// By the number of the team, each in the order of instants; of one instant what comes back is first.
    pub teams: Vec<Vec<Draw>>,
}

/// Tokens that a balance must have at an instant, or that come back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// When: a charge's hold is taken when it falls due (RULES 2.5).
    pub at: Instant,
    /// How many; negative where they come back: a hold is voided, a failed result refunded.
    pub tokens: Tokens,
    /// Whether it was used without connection and is recorded late: then the balance gives what it has, and nobody is
    /// refused (RULES 3.8).
    pub is_late: bool,
}

/// What one replication of a scenario asks of its teams; the scenario's supply must be unlimited
/// ([`crate::forecast::supply::unlimited`]).
///
/// # Errors
/// Where the replay ends early.
pub fn of(scenario: &Arc<Scenario>, observer: &dyn Observer) -> Result<Demand, Stopped> {
    let teams = vec![Vec::new(); scenario.setup.teams.len()];
    let mut draws = Draws { scenario: scenario.clone(), demand: Demand { teams } };
    replay::run(scenario, &mut draws, observer)?;
    for team in &mut draws.demand.teams {
        team.sort_by_key(|draw| (draw.at, draw.tokens >= Tokens::ZERO));
    }
    Ok(draws.demand)
}

/// Gathers the draws of a replay.
struct Draws {
    scenario: Arc<Scenario>,
    demand: Demand,
}

impl Recorder for Draws {
    fn wants(&self) -> Detail {
        Detail::Charges
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            match row {
                Record::Charge(charge) => self.charge(&charge),
                Record::Session(session) => self.free_opening(&session),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Draws {
    fn charge(&mut self, charge: &ChargeRecord) {
        let on_time = charge.recorded_at <= charge.window_start + self.scenario.setup.policy.grace;
        let at = match charge.kind {
            ChargeKind::Resume | ChargeKind::Refund => charge.recorded_at,
            _ if on_time => charge.window_start,
            _ => charge.recorded_at,
        };
        let is_late = !on_time && !matches!(charge.kind, ChargeKind::Resume | ChargeKind::Refund);
        self.demand.teams[charge.team.index()].push(Draw { at, tokens: charge.tokens, is_late });
    }

    /// A free opening holds its rate until it ends.
    fn free_opening(&mut self, session: &SessionRecord) {
        let Some(team) = session.free else { return };
        let rate = self.scenario.setup.products[session.product.index()].rate(session.signed_in);
        let draws = &mut self.demand.teams[team.index()];
        draws.push(Draw { at: session.signed_in, tokens: rate, is_late: false });
        draws.push(Draw { at: session.signed_out, tokens: -rate, is_late: false });
    }
}
