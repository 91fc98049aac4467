//! `Judgement`: how purchases do in futures that nobody planned with, on the exact meter.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::forecast::future;
use crate::forecast::future::Asked;
use crate::forecast::months::Months;
use crate::forecast::plan::cheapest::Futures;
use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::purchases::Purchases;
use crate::forecast::quantile::{Estimate, amount, number};
use crate::forecast::replications::replicate;
use crate::forecast::supply;
use crate::meter::instant::Span;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::price_list::Money;
use crate::simulation::recorder::{Observer, Stopped};

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
    pub(crate) expired: Tokens,
    pub(crate) left: Tokens,
}

/// The futures in which purchases are judged.
pub(crate) struct Court<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) ground: &'a Ground,
    /// The same futures as draws.
    pub(crate) futures: &'a Futures,
    /// The numbers of the replications.
    pub(crate) numbers: Range<u64>,
    /// See [`crate::forecast::shortage`].
    pub(crate) cured_within: Span,
    pub(crate) observer: &'a dyn Observer,
}

impl Court<'_> {
    /// What comes of purchases in each future. Where the draws of a future say that nobody is refused, they say all of
    /// it; the others are lived through on the meter.
    pub(crate) fn fates(&self, purchases: &Purchases) -> Result<Vec<Fate>, Stopped> {
        let told = self.futures.fates(purchases);
        let supplied = supply::bought(self.scenario, &purchases.supply(self.ground));
        replicate(&supplied, self.numbers.clone(), |replication| {
            let number = replication.seed.wrapping_sub(self.scenario.seed) - self.numbers.start;
            let place = usize::try_from(number).expect("futures are few");
            match told.get(place).copied().flatten() {
                Some(fate) => Ok(fate),
                None => self.fate(replication),
            }
        })
    }

    /// How purchases do.
    pub(crate) fn judge(&self, purchases: &Purchases) -> Result<Judgement, Stopped> {
        Ok(Judgement::of(purchases, &self.fates(purchases)?))
    }

    fn fate(&self, replication: &Arc<Scenario>) -> Result<Fate, Stopped> {
        let Court { ground, cured_within, .. } = *self;
        let asked = Asked { team: Some(ground.team), cured_within, months: Months::of_run(replication) };
        let future = future::of(replication, &asked, self.observer)?;
        let team = future.teams[&ground.team];
        Ok(Fate { refusals: future.shortages.of_tokens(), expired: team.expired, left: team.left })
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

#[cfg(test)]
mod tests {
    use crate::forecast::demand;
    use crate::forecast::plan::cheapest::Futures;
    use crate::forecast::plan::ground::Ground;
    use crate::forecast::plan::judgement::Court;
    use crate::forecast::plan::purchases::{Lots, Purchases};
    use crate::forecast::{replications, supply};
    use crate::meter::id::TeamId;
    use crate::meter::instant::Span;
    use crate::meter::tokens::Tokens;
    use crate::scenario::Scenario;

    /// Accidents that are free, a pack that ends, and packs that are or are not enough.
    const FIRM: &str = r#"
        start = 2026-01-01T00:00:00Z
        end = 2026-07-01T00:00:00Z
        [[team]]
        name = "Lab"
        packs = [{ id = "old", tokens = 900, bought = 2025-04-20T10:00:00Z }]
        [[group]]
        name = "drafter"
        team = "Lab"
        count = 4
        products = ["AutoCAD", "Mudbox"]
        habit = "office"
        [habit.office]
        kind = "office"
        accidental = 0.3
        use = { AutoCAD = 0.5, Mudbox = 0.2 }
        offline = { per_year = 5 }
        "#;

    #[test]
    fn what_draws_say_of_a_future_is_what_the_meter_says() {
        let scenario = Scenario::read(FIRM).expect("right");
        let ground = Ground::new(&scenario, TeamId(0), &[scenario.start]);
        let unlimited = supply::unlimited(&scenario);
        let draws =
            replications::replicate(&unlimited, 0..60, |one| Ok(demand::of(one, &())?.teams.remove(0)));
        let draws = draws.expect("nothing ends it");
        let futures = Futures::new(ground.clone(), draws.iter().map(Vec::as_slice));
        let cured_within = Span::from_seconds(3600);
        let court = Court {
            scenario: &scenario,
            ground: &ground,
            futures: &futures,
            numbers: 0..60,
            cured_within,
            observer: &(),
        };
        let date = &ground.dates[0];
        let (mut told, mut lived) = (0, 0);
        for size in [500, 900, 1100, 1300, 2000] {
            let tokens = Tokens::whole(size);
            let price = scenario.prices.tokens(tokens, date.at);
            let lots = Lots { at: date.at, expires: date.expires, tokens, count: 1, price };
            let purchases = Purchases(vec![lots]);
            let supplied = supply::bought(&scenario, &purchases.supply(&ground));
            for (number, said) in (0..).zip(futures.fates(&purchases)) {
                let fate =
                    court.fate(&replications::replication(&supplied, number)).expect("nothing ends it");
                match said {
                    Some(said) => {
                        assert_eq!(said, fate, "{size} tokens, future {number}");
                        told += 1;
                    }
                    None => lived += u32::from(fate.refusals > 0),
                }
            }
        }
        assert!(told > 100 && lived > 50, "some are enough and some are not: {told}, {lived}");
    }
}
