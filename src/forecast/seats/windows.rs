//! `Windows`: how many windows each user is charged for each product, stretch by stretch.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use crate::forecast::months::Months;
use crate::meter::answer::ChargeKind;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::record::{ChargeRecord, Record};
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::scenario::price_list::Money;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;

/// Parts of a run, none longer than a month, in which every rate and every price stays as it is: so that a count says
/// all about money. A window belongs to the stretch in which it begins.
#[derive(Clone, Debug)]
pub(crate) struct Stretches {
    begins: Vec<Instant>,
    /// The month of each, by its place.
    months: Vec<usize>,
}

impl Stretches {
    /// Those of a scenario's run.
    pub(crate) fn of_run(scenario: &Scenario, months: &Months) -> Self {
        let days = scenario.prices.prices.iter().filter_map(|prices| prices.from);
        let rates =
            scenario.setup.products.iter().flat_map(|product| product.rates.iter().map(|(from, _)| *from));
        let first_days = months.whole(&scenario.policies.report_zone).into_iter().map(|(begins, _)| begins);
        let changes = days.map(Day::midnight).chain(rates).chain(first_days);
        let inside = |at: &Instant| scenario.start < *at && *at < scenario.end;
        let mut begins: Vec<Instant> = changes.filter(inside).chain([scenario.start]).collect();
        begins.sort_unstable();
        begins.dedup();
        let months = begins.iter().map(|at| months.of(*at)).collect();
        Stretches { begins, months }
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.begins.len()
    }

    /// The month of a stretch.
    pub(crate) fn month(&self, stretch: usize) -> usize {
        self.months[stretch]
    }

    /// What a window of a product costs in each stretch, its tokens at the price of one.
    pub(crate) fn units(&self, scenario: &Scenario, product: ProductId) -> Vec<Money> {
        let rate = |at: Instant| scenario.setup.products[product.index()].rate(at);
        self.begins.iter().map(|at| scenario.prices.tokens(rate(*at), *at)).collect()
    }

    fn of(&self, at: Instant) -> usize {
        self.begins.partition_point(|begins| *begins <= at).saturating_sub(1)
    }
}

/// The windows that one future charges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    /// Who and what, ascending.
    keys: Vec<(UserId, ProductId)>,
    /// Windows by key, then stretch: one byte each, since a month has at most 32.
    counts: Vec<u8>,
}

/// The windows of one replication.
///
/// # Errors
/// Where the replay ends early.
pub(crate) fn of(
    scenario: &Arc<Scenario>,
    stretches: &Stretches,
    observer: &dyn Observer,
) -> Result<Windows, Stopped> {
    let mut counted = Counted { scenario, stretches, windows: BTreeMap::new() };
    replay::run(scenario, &mut counted, observer)?;
    let mut windows = Windows::default();
    for (key, counts) in counted.windows {
        windows.keys.push(key);
        windows.counts.extend(counts);
    }
    Ok(windows)
}

/// Counts the charges of a replay.
struct Counted<'s> {
    scenario: &'s Scenario,
    stretches: &'s Stretches,
    windows: BTreeMap<(UserId, ProductId), Box<[u8]>>,
}

impl Recorder for Counted<'_> {
    fn wants(&self) -> Detail {
        Detail::Charges
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            if let Record::Charge(charge) = row {
                self.count(&charge);
            }
        }
        Ok(())
    }
}

impl Counted<'_> {
    fn count(&mut self, charge: &ChargeRecord) {
        // A result has no window, and nothing covers it.
        if matches!(charge.kind, ChargeKind::Result | ChargeKind::Refund) {
            return;
        }
        // A window that waited may begin before the rate it is charged at (RULES 1.8, `grid`).
        let rate = self.scenario.setup.products[charge.product.index()].rate(charge.window_start);
        let at = if rate == charge.tokens { charge.window_start } else { charge.recorded_at };
        let none = || vec![0; self.stretches.count()].into_boxed_slice();
        let counts = self.windows.entry((charge.user, charge.product)).or_insert_with(none);
        counts[self.stretches.of(at)] += 1;
    }
}

/// What one user is charged in every future: for each product the windows by future, then stretch.
pub(crate) type OfUser = (UserId, BTreeMap<ProductId, Vec<u8>>);

/// User by user, in the order of their numbers, what the futures say.
pub(crate) struct ByUser<'w> {
    futures: &'w [Windows],
    stretches: usize,
    /// How many keys of each future have been told.
    told: Vec<usize>,
}

impl<'w> ByUser<'w> {
    /// Before the first user.
    pub(crate) fn new(futures: &'w [Windows], stretches: &Stretches) -> Self {
        ByUser { futures, stretches: stretches.count(), told: vec![0; futures.len()] }
    }
}

impl Iterator for ByUser<'_> {
    type Item = OfUser;

    fn next(&mut self) -> Option<OfUser> {
        let next = |(future, told): (&Windows, &usize)| future.keys.get(*told).map(|(user, _)| *user);
        let user = self.futures.iter().zip(&self.told).filter_map(next).min()?;
        let mut products: BTreeMap<ProductId, Vec<u8>> = BTreeMap::new();
        for (run, (future, told)) in self.futures.iter().zip(&mut self.told).enumerate() {
            while let Some((of, product)) = future.keys.get(*told)
                && *of == user
            {
                let counts = &future.counts[*told * self.stretches..][..self.stretches];
                let none = || vec![0; self.futures.len() * self.stretches];
                let all = products.entry(*product).or_insert_with(none);
                all[run * self.stretches..][..self.stretches].copy_from_slice(counts);
                *told += 1;
            }
        }
        Some((user, products))
    }
}
