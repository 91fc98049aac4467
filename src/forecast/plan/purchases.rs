//! `Purchases`: packs to be bought, and when.

use serde::{Serialize, Serializer};

use crate::forecast::plan::bundle::Bundles;
use crate::forecast::plan::ground::Ground;
use crate::forecast::supply;
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::iso;
use crate::scenario::price_list::Money;

/// Packs of one size and price, bought at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lots {
    /// When they arrive.
    #[serde(serialize_with = "as_instant")]
    pub at: Instant,
    /// When they end.
    #[serde(serialize_with = "as_instant")]
    pub expires: Instant,
    /// What one holds.
    pub tokens: Tokens,
    /// How many there are.
    pub count: u64,
    /// What one costs.
    pub price: Money,
}

/// Packs to be bought, by instant and size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Purchases(pub Vec<Lots>);

impl Lots {
    /// What all of them cost.
    pub fn cost(&self) -> Money {
        Money(self.price.0 * self.number())
    }

    /// What all of them hold.
    pub fn size(&self) -> Tokens {
        Tokens::from_thousandths(self.tokens.thousandths() * self.number())
    }

    fn number(&self) -> i64 {
        i64::try_from(self.count).expect("bounded by what people draw")
    }
}

impl Purchases {
    /// The packs of some amounts, one for each date of a ground.
    pub(crate) fn of(amounts: &[usize], ground: &Ground, bundles: &Bundles) -> Purchases {
        let dates = amounts.iter().enumerate().zip(&ground.dates);
        let lots = dates.flat_map(|((place, amount), date)| {
            let packs = bundles.packs(place, *amount).into_iter();
            packs.map(|(pack, count)| Lots {
                at: date.at,
                expires: date.expires,
                tokens: pack.tokens,
                count,
                price: pack.price,
            })
        });
        Purchases(lots.collect())
    }

    /// What all of them cost.
    pub fn cost(&self) -> Money {
        self.0.iter().map(Lots::cost).sum()
    }

    /// What all of them hold.
    pub fn size(&self) -> Tokens {
        self.0.iter().map(Lots::size).sum()
    }

    /// Those that come first.
    pub(crate) fn first(&self) -> Purchases {
        let first = self.0.iter().map(|lots| lots.at).min();
        Purchases(self.0.iter().filter(|lots| Some(lots.at) == first).cloned().collect())
    }

    /// These and some more.
    pub(crate) fn with(&self, lots: Lots) -> Purchases {
        Purchases(self.0.iter().cloned().chain([lots]).collect())
    }

    /// Whether all of them come on dates of a ground, and end when packs bought then do.
    pub(crate) fn are_on_dates(&self, ground: &Ground) -> bool {
        let is_on =
            |lots: &Lots| ground.dates.iter().any(|date| (date.at, date.expires) == (lots.at, lots.expires));
        self.0.iter().all(is_on)
    }

    /// How many tokens arrive on each date of a ground, in thousandths.
    pub(crate) fn on_dates(&self, ground: &Ground) -> Vec<i64> {
        let on = |at: Instant| self.0.iter().filter(|lots| lots.at == at).map(Lots::size).sum::<Tokens>();
        ground.dates.iter().map(|date| on(date.at).thousandths()).collect()
    }

    /// The packs one by one, as a scenario is supplied with them.
    pub(crate) fn supply(&self, ground: &Ground) -> Vec<supply::Purchase> {
        let one = |lots: &Lots| supply::Purchase {
            team: ground.team,
            at: lots.at,
            tokens: lots.tokens,
            expires: lots.expires,
        };
        let packs = |lots: &Lots| std::iter::repeat_n(one(lots), usize::try_from(lots.count).expect("packs"));
        self.0.iter().flat_map(packs).collect()
    }
}

/// An instant as result files write it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields so")]
pub(crate) fn as_instant<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&iso(*at))
}
