//! `RecentUse`: what was used on the days that count, by whom and of what.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Day, Zone};
use crate::usage::balances::{DaysShown, Share};

/// The days that count, in the zone of reports (RULES 5.4).
#[derive(Clone, Debug)]
pub struct Days {
    zone: Zone,
    first: Day,
    last: Day,
}

impl Days {
    /// So many days up to that of an instant.
    pub fn up_to(last: Instant, count: i32, zone: &Zone) -> Self {
        let last = Day::from(zone.local(last).date());
        Days { zone: zone.clone(), first: last.plus(1 - count), last }
    }

    /// From a day to a day, both included.
    pub fn between(days: DaysShown, zone: &Zone) -> Self {
        Days { zone: zone.clone(), first: days.from.into(), last: days.to.into() }
    }

    /// Whether an instant falls on one of them.
    pub fn contain(&self, at: Instant) -> bool {
        (self.first..=self.last).contains(&Day::from(self.zone.local(at).date()))
    }

    /// As a range, to the day after the last.
    pub fn range(&self) -> Range<Day> {
        self.first..self.last.plus(1)
    }

    /// An instant before which none of them begins, whatever the zone.
    pub fn not_before(&self) -> Instant {
        self.first.plus(-1).midnight()
    }

    /// As they are shown.
    pub fn shown(&self) -> DaysShown {
        DaysShown { from: self.first.date(), to: self.last.date() }
    }

    /// The zone whose days they are.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}

/// Tokens or credits by who was charged, be it a team or a contract.
#[derive(Clone, Debug, Default)]
pub struct RecentUse(BTreeMap<String, Sums>);

/// What one team or contract was charged.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    products: BTreeMap<String, Tokens>,
    users: BTreeMap<String, Tokens>,
}

/// One charge.
#[derive(Clone, Copy, Debug)]
pub struct Used<'u> {
    /// The team or contract that is charged.
    pub payer: &'u str,
    /// The product or service.
    pub product: &'u str,
    /// Who used it.
    pub user: &'u str,
    /// How much; negative for a refund.
    pub amount: Tokens,
}

impl RecentUse {
    /// Adds a charge.
    pub fn add(&mut self, used: Used<'_>) {
        let Used { payer, product, user, amount } = used;
        let sums = entry(&mut self.0, payer);
        *entry(&mut sums.products, product) += amount;
        *entry(&mut sums.users, user) += amount;
    }

    /// Takes what one was charged.
    pub fn take(&mut self, payer: &str) -> Sums {
        self.0.remove(payer).unwrap_or_default()
    }
}

impl Sums {
    /// By product, then by user, each most first, then by name.
    pub fn shares(self) -> [Vec<Share>; 2] {
        [self.products, self.users].map(|sums| {
            let share = |(name, tokens)| Share { name, tokens };
            let mut shares: Vec<Share> = sums.into_iter().map(share).collect();
            Share::sort(&mut shares);
            shares
        })
    }
}

/// The entry of a name, which is copied only where it is new.
pub(crate) fn entry<'m, T: Default>(map: &'m mut BTreeMap<String, T>, name: &str) -> &'m mut T {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), T::default());
    }
    map.get_mut(name).expect("just looked")
}
