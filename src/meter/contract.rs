//! `Contract`: shared cloud credits, which pay for services before tokens do (RULES 5.2).

use crate::meter::Meter;
use crate::meter::id::{ContractId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::record::{CreditKind, CreditRecord, Record};
use crate::meter::request::{Outcome, ServiceUse};
use crate::meter::tokens::Tokens;

/// Credits that some teams share. Like tokens they are exact decimals with three digits.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The teams whose members may use them.
    pub teams: Vec<TeamId>,
    /// How many there were.
    pub total: Tokens,
    /// How many are used, refunds taken off.
    pub used: Tokens,
    /// The first instant at which they can be used.
    pub from: Instant,
    /// The instant from which they can't; `None` while no end is known.
    pub until: Option<Instant>,
}

impl Contract {
    /// What can be used at an instant.
    pub fn available(&self, at: Instant) -> Tokens {
        if self.in_force(at) { self.total - self.used } else { Tokens::ZERO }
    }

    fn in_force(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl Meter {
    /// The contract that pays for a use: of those that can, the one that ends first, then by name. With it
    /// the credits.
    pub(super) fn contract_for(&self, service_use: ServiceUse) -> Option<(ContractId, Tokens)> {
        let ServiceUse { user, product, units, .. } = service_use;
        let rate = self.products[product.index()].credits(self.now);
        let credits = rate.times_thousandths(units).expect("credits times units are exact");
        let teams = &self.users[user.index()].teams;
        let able = (0..).map(ContractId).zip(&self.contracts).filter(|(_, contract)| {
            let shares = contract.teams.iter().any(|team| teams.contains(team));
            shares && contract.in_force(self.now) && contract.total - contract.used >= credits
        });
        // One without an end comes last.
        let first = able.min_by_key(|(id, contract)| (contract.until.is_none(), contract.until, *id))?;
        Some((first.0, credits))
    }

    /// Credits are used, and given back where the use failed.
    pub(super) fn use_credits(&mut self, service_use: ServiceUse, (id, credits): (ContractId, Tokens)) {
        self.record_credits(&service_use, (id, credits), CreditKind::Use);
        if service_use.outcome == Outcome::Failed {
            self.record_credits(&service_use, (id, -credits), CreditKind::Refund);
        }
        let contract = &self.contracts[id.index()];
        assert!(contract.used <= contract.total, "credits are used once");
    }

    fn record_credits(
        &mut self,
        &ServiceUse { user, product, .. }: &ServiceUse,
        (contract, credits): (ContractId, Tokens),
        kind: CreditKind,
    ) {
        self.contracts[contract.index()].used += credits;
        let record = CreditRecord { at: self.now, user, product, contract, credits, kind };
        self.records.push(Record::Credit(record));
    }

    /// The contracts as they stand.
    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }
}

#[cfg(test)]
mod tests {
    use super::Contract;
    use crate::meter::instant::Instant;
    use crate::meter::tokens::Tokens;

    #[test]
    fn rule_5_2_credits_are_there_from_the_first_instant_to_before_the_last() {
        let contract = Contract {
            teams: Vec::new(),
            total: Tokens::whole(10),
            used: Tokens::whole(3),
            from: Instant::from_seconds(100),
            until: Some(Instant::from_seconds(200)),
        };
        for (at, available) in [(99, 0), (100, 7), (199, 7), (200, 0)] {
            assert_eq!(contract.available(Instant::from_seconds(at)), Tokens::whole(available), "at {at}");
        }
        let endless = Contract { until: None, ..contract };
        assert_eq!(endless.available(Instant::from_seconds(i64::MAX)), Tokens::whole(7));
    }
}
