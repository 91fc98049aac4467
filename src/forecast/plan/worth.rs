//! What is left to gain: one more pack, more or less risk, knowing the future.

use serde::Serialize;

use crate::forecast::plan::cheapest::Futures;
use crate::forecast::plan::judgement::{Court, Fate, Judgement};
use crate::forecast::plan::purchases::{Lots, Purchases};
use crate::forecast::quantile::{Estimate, number};
use crate::scenario::price_list::Money;
use crate::simulation::recorder::Stopped;

/// The risks whose cost is told.
const RISKS: [f64; 5] = [0.01, 0.02, 0.05, 0.1, 0.2];

/// What one more pack of the smallest size would change, bought when it helps most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextPack {
    /// The pack.
    #[serde(flatten)]
    pub lot: Lots,
    /// The share of futures with a true refusal, with it.
    pub short: Estimate,
    /// True refusals that it avoids in a future, on average, future by future.
    pub avoided: Estimate,
}

/// What those who know each future would pay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reach {
    /// On average.
    pub cost: Estimate,
    /// How much more the plan costs, on average.
    pub gap: Estimate,
    /// Futures in which even they can't avoid a refusal; they do not count.
    pub in_vain: usize,
}

/// What a risk costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The share of the futures planned with in which somebody may be refused.
    pub risk: f64,
    /// What the cheapest purchases cost.
    pub cost: Money,
    /// The share of the futures that judge in which somebody is refused for a moment at least.
    pub short: Estimate,
}

/// How many of so many futures a risk bears.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
pub(crate) fn borne(risk: f64, count: usize) -> usize {
    // A share such as 0.05 has no exact number: a little more than nothing makes up for that.
    (risk * number(count) + 1e-9).floor() as usize
}

/// The best date for one more pack, and what it does.
pub(crate) fn next_pack(
    (made_with, tried_with): (&Futures, &Futures),
    (purchases, fates): (&Purchases, &[Fate]),
    court: &Court<'_>,
) -> Result<Option<NextPack>, Stopped> {
    let one_more = court.ground.dates.iter().filter_map(|date| {
        let pack = date.packs.iter().min_by_key(|pack| pack.tokens)?;
        let lot =
            Lots { at: date.at, expires: date.expires, tokens: pack.tokens, count: 1, price: pack.price };
        let with = purchases.with(lot.clone());
        let short = made_with.fare(&with).count() + tried_with.fare(&with).count();
        Some((short, lot.price, std::cmp::Reverse(lot.at), lot, with))
    });
    let best = one_more.min_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let Some((.., lot, with)) = best else { return Ok(None) };
    let more = court.fates(&with)?;
    let avoided = fates.iter().zip(&more).map(|(without, with)| without.felt() - with.felt());
    let avoided = Estimate::mean(&avoided.collect::<Vec<_>>());
    Ok(Some(NextPack { lot, short: Judgement::of(&with, &more).short, avoided }))
}

/// What less and more risk cost.
pub(crate) fn curve(made_with: &Futures, judged_with: &Futures) -> Vec<Point> {
    let point = |risk: f64| {
        let purchases = made_with.cheapest(borne(risk, made_with.count())).purchases?;
        let short = judged_with.fare(&purchases).count();
        Some(Point { risk, cost: purchases.cost(), short: Estimate::share(short, judged_with.count()) })
    };
    RISKS.into_iter().filter_map(point).collect()
}

impl Reach {
    pub(crate) fn of(cost: Money, judged_with: &Futures) -> Reach {
        let all = judged_with.clairvoyant();
        let known: Vec<f64> = all.iter().flatten().map(|cost| cost.number()).collect();
        let gaps: Vec<f64> = known.iter().map(|known| cost.number() - known).collect();
        let in_vain = all.len() - known.len();
        if known.is_empty() {
            return Reach { cost: Estimate::default(), gap: Estimate::default(), in_vain };
        }
        Reach { cost: Estimate::mean(&known), gap: Estimate::mean(&gaps), in_vain }
    }
}
