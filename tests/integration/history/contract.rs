//! Contracts of shared cloud credits (5.2), and stories about uses that they pay.

use super::{Action, DAY, HOUR, Key, Maker, Name, instant, names, thousandths};

/// Credits in thousandths, in force in `[from, until)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) name: Name,
    pub(crate) teams: Vec<Name>,
    pub(crate) credits: i64,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
}

/// Such that their order is not that in which they are drawn from chance.
const CONTRACTS: [Name; 3] = ["2026", "cloud 1", "Cloud 2"];

/// Units of a use: rates and credits are multiples of an eighth, so that these are exact.
const UNITS: [i64; 7] = [1_000, 1_000, 2_000, 1_200, 8_000, 1_400, 200];

impl Contract {
    pub(super) fn to_toml(&self) -> String {
        let Self { name, teams, credits, from, until } = self;
        let (teams, credits) = (names(teams), thousandths(*credits));
        let mut text = format!("\n[[contract]]\nname = {name:?}\nteams = {teams}\ncredits = {credits}\n");
        text.extend(from.map(|from| format!("from = {}\n", instant(from))));
        text.extend(until.map(|until| format!("until = {}\n", instant(until))));
        text
    }
}

impl Maker {
    /// Some services cost other credits than tokens; contracts end and begin at pivots, and hold about as much as
    /// a few uses ask for.
    pub(super) fn make_contracts(&mut self) {
        let services: Vec<usize> = (0..self.history.products.len())
            .filter(|number| self.history.products[*number].kind == "service")
            .collect();
        if services.is_empty() || !self.percent(60) {
            return;
        }
        let mut prices = Vec::new();
        for number in services {
            let price = self.one_of(&[2_000, 1_000, 125, 3_500, 2_000, 0]);
            let product = &self.history.products[number];
            let (credits, (_, rate)) = (self.percent(60).then_some(price), product.rates[0]);
            self.history.products[number].credits = credits;
            prices.push(credits.unwrap_or(rate));
        }
        let teams = self.teams();
        for name in self.some_of(&CONTRACTS, self.one_of(&[1, 2, 2, 3])) {
            let price = self.one_of(&prices);
            let size = price * self.one_of(&[1_000, 1_000, 2_000, 2_400, 3_000, 8_000, 40_000]) / 1_000;
            let credits = (size + self.one_of(&[0, 0, 0, -1, 1])).max(0);
            let teams = self.some_of(&teams, self.one_of(&[1, 2, 3]));
            let from = self.percent(40).then(|| self.pivot() - self.one_of(&[0, 0, HOUR, 30 * DAY]));
            let until = self.percent(55).then(|| self.pivot() + self.one_of(&[0, 0, 0, HOUR, 30 * DAY]));
            let until = until.filter(|until| from.is_none_or(|from| from < *until));
            self.history.contracts.push(Contract { name, teams, credits, from, until });
        }
    }

    /// 5.2: uses that follow one another, near the beginning or the end of a contract.
    pub(super) fn credits(&mut self, at: i64, key: Key) {
        let services = self.named("service");
        if services.is_empty() {
            return self.cover(at, key);
        }
        let contracts = self.history.contracts.iter();
        let mut ends: Vec<i64> =
            contracts.flat_map(|contract| [contract.from, contract.until]).flatten().collect();
        ends.push(at);
        let near = self.near(self.one_of(&ends));
        let (user, product) = (key.user, self.one_of(&services));
        for number in 0..=self.below(4) {
            let again = near + number * self.one_of(&[0, 0, 1, HOUR]);
            let (units, failed) = (self.one_of(&UNITS), self.percent(30));
            self.step(again, Action::Use { user, product, units, failed });
        }
        self.perhaps(20, |it| {
            it.begin_cover(near, Key { user, product }, (false, near + it.one_of(&[1, HOUR])));
        });
        self.perhaps(20, |it| it.unassign(near - 1, Key { user, product }));
        self.perhaps(20, |it| {
            if let [team, into] = it.some_of(&it.teams(), 2)[..] {
                it.step(near - it.one_of(&[0, 1, HOUR]), Action::Merge { team, into });
            }
        });
    }
}
