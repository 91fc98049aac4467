//! Rule 5.2: services that shared cloud credits pay for, before tokens are asked.

use super::World;
use crate::history::{Contract, Name, instant, thousandths};

pub(super) const CREDITS: Name = "at,user,product,contract,credits,kind";

impl World<'_> {
    /// What is left of a contract.
    pub(crate) fn available(&self, contract: &Contract) -> i64 {
        contract.credits - self.credits_used.get(contract.name).copied().unwrap_or(0)
    }

    /// The contracts of the user's teams that are in force, in `[from, until)`, in the order in which they are
    /// asked: the one that ends first, then by name.
    pub(crate) fn contracts(&self, key: usize) -> Vec<&Contract> {
        let teams = &self.user(key).teams;
        let mut contracts: Vec<&Contract> = self.history.contracts.iter().collect();
        contracts.retain(|contract| {
            let begun = contract.from.is_none_or(|from| from <= self.now);
            let ended = contract.until.is_some_and(|until| until <= self.now);
            begun && !ended && contract.teams.iter().any(|team| teams.contains(team))
        });
        contracts.sort_by_key(|contract| (contract.until.is_none(), contract.until, contract.name));
        contracts
    }

    /// The credits that a use costs: as many as tokens at the rate in force (1.1), unless the product says
    /// otherwise.
    pub(crate) fn price(&self, key: usize, units: i64) -> i64 {
        self.product(key).credits.unwrap_or_else(|| self.rate(key)) * units / 1000
    }

    /// Drawn whole from one contract; a failed result gives them back. Whether any contract has enough.
    pub(super) fn pay_with_credits(&mut self, key: usize, units: i64, failed: bool) -> bool {
        let price = self.price(key, units);
        self.count_price(key, price, failed);
        let contracts = self.contracts(key);
        let enough = contracts.into_iter().find(|contract| self.available(contract) >= price);
        let Some(name) = enough.map(|contract| contract.name) else { return false };
        self.draw_credits(key, name, (price, "use"));
        if failed {
            self.draw_credits(key, name, (-price, "refund"));
        }
        true
    }

    /// One row of `credits.csv`.
    fn draw_credits(&mut self, key: usize, contract: Name, (credits, kind): (i64, Name)) {
        *self.credits_used.entry(contract).or_default() += credits;
        let (user, product) = (self.user(key).name, self.product(key).name);
        self.row(CREDITS, &[&instant(self.now), user, product, contract, &thousandths(credits), kind]);
    }
}
