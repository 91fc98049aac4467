//! `Demand`: what people would draw if tokens never ran out.

use std::collections::BTreeMap;
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
    /// By the number of the team, each in the order of instants; of one instant what comes back from before is first.
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
    /// The number of a pair: what is taken, and comes back to the packs it was taken from. Of one instant both stand
    /// next to each other.
    pub pair: Option<u32>,
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
        sort(team);
    }
    Ok(draws.demand)
}

/// Sorts by instants: what comes back from before, then what is taken, each with what comes back at once.
fn sort(team: &mut [Draw]) {
    let taken = team.iter().filter(|draw| draw.tokens > Tokens::ZERO);
    let taken: BTreeMap<u32, Instant> = taken.filter_map(|draw| Some((draw.pair?, draw.at))).collect();
    let is_from_before = |draw: &Draw| {
        draw.tokens < Tokens::ZERO && draw.pair.and_then(|pair| taken.get(&pair)) != Some(&draw.at)
    };
    team.sort_by_cached_key(|draw| (draw.at, !is_from_before(draw)));
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
        let team = &mut self.demand.teams[charge.team.index()];
        let mut pair = None;
        if charge.kind == ChargeKind::Refund {
            // A failed result comes back at once: its charge is the row before.
            let number = u32::try_from(team.len()).expect("fewer draws than seconds");
            let charged = team.last_mut().filter(|before| before.at == at && before.tokens == -charge.tokens);
            pair = charged.map(|before| *before.pair.insert(number));
        }
        team.push(Draw { at, tokens: charge.tokens, is_late, pair });
    }

    /// A free opening holds its rate until it ends.
    fn free_opening(&mut self, session: &SessionRecord) {
        let Some(team) = session.free else { return };
        let rate = self.scenario.setup.products[session.product.index()].rate(session.signed_in);
        let draws = &mut self.demand.teams[team.index()];
        let pair = Some(u32::try_from(draws.len()).expect("fewer draws than seconds"));
        draws.push(Draw { at: session.signed_in, tokens: rate, is_late: false, pair });
        draws.push(Draw { at: session.signed_out, tokens: -rate, is_late: false, pair });
    }
}
