//! The corners of shared cloud credits (5.2).

use crate::reference::World;

pub(super) const CLASSES: &[&str] = &[
    "credits: exactly enough",
    "credits: a thousandth short",
    "credits: only a later contract has enough",
    "credits: tie by name",
    "credits: contract ends exactly then",
    "credits: contract begins exactly then",
    "credits: tokens instead",
    "credits: refund",
];

impl World<'_> {
    /// Counts a use that credits may pay for, before they are drawn.
    pub(crate) fn count_price(&mut self, key: usize, price: i64, failed: bool) {
        let (now, teams) = (Some(self.now), &self.user(key).teams);
        let asked = self.contracts(key);
        let left: Vec<i64> = asked.iter().map(|contract| self.available(contract) - price).collect();
        let chosen = left.iter().position(|left| *left >= 0);
        let until = chosen.map(|place| asked[place].until);
        let like_chosen = asked.iter().zip(&left).filter(|(of, left)| **left >= 0 && Some(of.until) == until);
        let tie = like_chosen.count() > 1;
        let mut of_teams: Vec<_> = self.history.contracts.iter().collect();
        of_teams.retain(|contract| contract.teams.iter().any(|team| teams.contains(team)));
        let (ends, begins) =
            (of_teams.iter().any(|of| of.until == now), of_teams.iter().any(|of| of.from == now));
        let (exactly, short) = (left.contains(&0), left.contains(&-1));
        let later = chosen.is_some_and(|place| place > 0);
        let instead = chosen.is_none() && !asked.is_empty();
        self.count(&[
            ("credits: exactly enough", exactly && price > 0),
            ("credits: a thousandth short", short),
            ("credits: only a later contract has enough", later),
            ("credits: tie by name", tie),
            ("credits: contract ends exactly then", ends),
            ("credits: contract begins exactly then", begins),
            ("credits: tokens instead", instead),
            ("credits: refund", failed && chosen.is_some()),
        ]);
    }
}
