//! `Judgement`: how purchases do in futures that nobody planned with, on the exact meter.

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::purchases::Purchases;
use crate::forecast::quantile::{Estimate, amount, number};
use crate::forecast::replications::replicate;
use crate::forecast::shortage::Shortages;
use crate::forecast::supply;
use crate::meter::id::TeamId;
use crate::meter::instant::Span;
use crate::meter::record::{Record, TokenEvent, TokenEventKind};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::price_list::Money;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;

/// Purchases, and how they do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// What they cost.
    pub cost: Money,
    /// What they hold.
    pub tokens: Tokens,
    /// The share of futures with a true refusal for want of tokens.
    pub short: Estimate,
    /// True refusals in a future, on average.
    pub refusals: Estimate,
    /// Tokens that expire during the run, on average, those from before the start among them.
    pub expired: Estimate,
    /// Tokens left at the end, on average.
    pub left: Estimate,
}

/// What came of one future.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// True refusals for want of tokens.
    pub(crate) refusals: u64,
    expired: Tokens,
    left: Tokens,
}

/// The futures in which purchases are judged.
pub(crate) struct Court<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) ground: &'a Ground,
    /// The numbers of the replications.
    pub(crate) numbers: Range<u64>,
    /// See [`Shortages`].
    pub(crate) cured_within: Span,
    pub(crate) observer: &'a dyn Observer,
}

impl Court<'_> {
    /// What comes of purchases in each future.
    pub(crate) fn fates(&self, purchases: &Purchases) -> Result<Vec<Fate>, Stopped> {
        let supplied = supply::bought(self.scenario, &purchases.supply(self.ground));
        replicate(&supplied, self.numbers.clone(), |replication| self.fate(replication))
    }

    /// How purchases do.
    pub(crate) fn judge(&self, purchases: &Purchases) -> Result<Judgement, Stopped> {
        Ok(Judgement::of(purchases, &self.fates(purchases)?))
    }

    fn fate(&self, replication: &Arc<Scenario>) -> Result<Fate, Stopped> {
        let mut witness = Witness {
            scenario: replication,
            team: self.ground.team,
            shortages: Shortages::new(self.cured_within),
            expired: Tokens::ZERO,
        };
        let run = replay::run(replication, &mut witness, self.observer)?;
        let packs = run.packs.iter().filter(|pack| pack.team == self.ground.team);
        Ok(Fate {
            refusals: witness.shortages.finish().of_tokens(),
            expired: witness.expired,
            left: packs.map(|pack| pack.remaining).sum(),
        })
    }
}

impl Judgement {
    /// What the fates of purchases come to.
    pub(crate) fn of(purchases: &Purchases, fates: &[Fate]) -> Judgement {
        let short = fates.iter().filter(|fate| fate.refusals > 0).count();
        let mean = |of: fn(&Fate) -> f64| Estimate::mean(&fates.iter().map(of).collect::<Vec<_>>());
        Judgement {
            cost: purchases.cost(),
            tokens: purchases.size(),
            short: Estimate::share(short, fates.len()),
            refusals: mean(Fate::felt),
            expired: mean(|fate| amount(fate.expired)),
            left: mean(|fate| amount(fate.left)),
        }
    }
}

impl Fate {
    /// True refusals as a number.
    pub(crate) fn felt(&self) -> f64 {
        number(usize::try_from(self.refusals).expect("fewer than rows"))
    }
}

/// Watches a replay.
struct Witness<'a> {
    scenario: &'a Scenario,
    team: TeamId,
    shortages: Shortages,
    expired: Tokens,
}

impl Recorder for Witness<'_> {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in &rows {
            match row {
                Record::SignIn(sign_in) if sign_in.team == self.team => {
                    self.shortages.sign_in(sign_in);
                }
                Record::Session(session)
                    if self.scenario.setup.users[session.user.index()].teams[0] == self.team =>
                {
                    self.shortages.session(session);
                }
                Record::TokenEvent(TokenEvent { kind: TokenEventKind::Expiry, at, team, tokens, .. })
                    if *team == self.team && *at >= self.scenario.start =>
                {
                    self.expired += *tokens;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
