//! `Tally`: the counts and totals of a run.

use std::collections::BTreeMap;

use crate::meter::answer::ChargeKind;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::record::{ChargeRecord, SessionRecord, SignInRecord};
use crate::meter::tokens::Tokens;
use crate::simulation::run::Run;

/// Counts and totals of a run.
#[derive(Debug, Default)]
pub struct Tally {
    /// Admitted sign-ins and uses by reason.
    pub admitted: BTreeMap<&'static str, u64>,
    /// Refused sign-ins and uses by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Ended sessions by how they ended.
    pub sessions: BTreeMap<&'static str, u64>,
    /// Charges by kind.
    pub charges: BTreeMap<&'static str, u64>,
    /// The sum of all charges, refunds taken off.
    pub tokens: Tokens,
    /// The part of it that no pack covered.
    pub uncovered: Tokens,
    /// Charges, refunds not counted, and the sum of both by user and product.
    pub by_key: BTreeMap<(UserId, ProductId), (u64, Tokens)>,
    /// Each team's stock at the end, by number.
    pub teams: Vec<TeamTally>,
}

/// A team's stock at the end of a run: the sums of its packs' rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct TeamTally {
    /// What can be spent: remaining less debt.
    pub available: Tokens,
    /// Bought, whenever.
    pub tokens: Tokens,
    /// Charged.
    pub posted: Tokens,
    /// Lost at a pack's end.
    pub expired: Tokens,
    /// Left in unexpired packs.
    pub remaining: Tokens,
    /// The next pack end at which something would be lost, and how much.
    pub next_expiry: Option<(Instant, Tokens)>,
}

impl TeamTally {
    /// Charged without cover and not paid by a purchase yet (RULES 2.6).
    pub fn debt(&self) -> Tokens {
        self.remaining - self.available
    }
}

impl Tally {
    /// Counts a run.
    pub fn of(run: &Run) -> Self {
        let mut tally = Tally {
            teams: run
                .balances
                .iter()
                .map(|&available| TeamTally { available, ..TeamTally::default() })
                .collect(),
            ..Tally::default()
        };
        run.charges.iter().for_each(|charge| tally.add_charge(charge));
        run.sign_ins.iter().for_each(|sign_in| tally.add_sign_in(sign_in));
        run.sessions.iter().for_each(|session| tally.add_session(session));
        for pack in &run.packs {
            let team = &mut tally.teams[pack.team.index()];
            team.tokens += pack.tokens;
            team.posted += pack.posted;
            team.expired += pack.expired;
            team.remaining += pack.remaining;
            if pack.remaining > Tokens::ZERO {
                let (ends, lost) = team.next_expiry.unwrap_or((pack.expires, Tokens::ZERO));
                team.next_expiry = match pack.expires.cmp(&ends) {
                    std::cmp::Ordering::Less => Some((pack.expires, pack.remaining)),
                    std::cmp::Ordering::Equal => Some((ends, lost + pack.remaining)),
                    std::cmp::Ordering::Greater => Some((ends, lost)),
                };
            }
        }
        tally
    }

    fn add_charge(&mut self, charge: &ChargeRecord) {
        *self.charges.entry(charge.kind.name()).or_default() += 1;
        self.tokens += charge.tokens;
        self.uncovered += charge.uncovered;
        let (count, sum) = self.by_key.entry((charge.user, charge.product)).or_default();
        *count += u64::from(charge.kind != ChargeKind::Refund);
        *sum += charge.tokens;
    }

    fn add_sign_in(&mut self, sign_in: &SignInRecord) {
        let (counts, reason) = match sign_in.answer {
            Ok(admission) => (&mut self.admitted, admission.name()),
            Err(refusal) => (&mut self.refused, refusal.name()),
        };
        *counts.entry(reason).or_default() += 1;
    }

    fn add_session(&mut self, session: &SessionRecord) {
        *self.sessions.entry(session.end.name()).or_default() += 1;
    }
}
