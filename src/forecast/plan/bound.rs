//! `Needs`: what any plan must have bought by each date, and what that costs at least.
//!
//! Here packs that are bought never end, and late draws take nothing. Both can only help, so that no plan is cheaper.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::forecast::plan::bundle::{Bundles, steps};
use crate::forecast::plan::path::{Event, Path};
use crate::forecast::plan::shelf::Places;
use crate::scenario::price_list::Money;

/// More than anybody draws.
const PLENTY: i64 = 1 << 60;

/// Prices beyond reach.
const NEVER: Money = Money(i64::MAX / 4);

/// Costs to go are kept for so many lists of thresholds.
const KEPT_MAX: usize = 400;

/// What paths need of purchases, in steps.
pub(crate) struct Needs<'b> {
    bundles: &'b Bundles,
    /// By path and date: how much must have been bought on that date and before it, in steps; ascending.
    of: Vec<Vec<usize>>,
    /// The most of all.
    pub(crate) most: usize,
    kept: BTreeMap<Vec<usize>, Rc<Vec<Money>>>,
    /// Work done, in additions.
    pub(crate) work: u64,
}

impl<'b> Needs<'b> {
    pub(crate) fn new(paths: &[&Path], places: &Places, bundles: &'b Bundles) -> Needs<'b> {
        let of: Vec<Vec<usize>> = paths.iter().map(|path| needs(path, places, bundles.step)).collect();
        let most = of.iter().filter_map(|needs| needs.last().copied()).max().unwrap_or(0);
        Needs { bundles, of, most, kept: BTreeMap::new(), work: 0 }
    }

    /// For each date from `from` on: what must have been bought by then for all these paths but `slack` of them.
    pub(crate) fn thresholds(&self, alive: &[usize], (from, slack): (usize, usize)) -> Vec<usize> {
        let dates = from..self.bundles.packs.len();
        let threshold = |date: usize| {
            let mut needs: Vec<usize> = alive.iter().map(|path| self.of[*path][date]).collect();
            if needs.len() <= slack {
                return 0;
            }
            let (_, threshold, _) = needs.select_nth_unstable_by(slack, |a, b| b.cmp(a));
            *threshold
        };
        dates.map(threshold).collect()
    }

    /// By what has been bought, in steps up to the most: what the rest costs at least where these thresholds are those of
    /// the last dates.
    pub(crate) fn cost_to_go(&mut self, thresholds: Vec<usize>) -> Rc<Vec<Money>> {
        if let Some(kept) = self.kept.get(&thresholds) {
            return kept.clone();
        }
        let mut later = vec![Money(0); self.most + 1];
        let first = self.bundles.packs.len() - thresholds.len();
        for (date, threshold) in (first..self.bundles.packs.len()).zip(&thresholds).rev() {
            let packs = &self.bundles.packs[date];
            let mut now = later;
            now[..(*threshold).min(self.most + 1)].fill(NEVER);
            for bought in (0..=self.most).rev() {
                let ways = packs.iter().map(|(size, pack)| now[(bought + size).min(self.most)] + pack.price);
                // At the most nothing more is needed, and a pack leads nowhere.
                let best = ways.min().filter(|_| bought < self.most);
                now[bought] = best.map_or(now[bought], |best| best.min(now[bought]));
            }
            self.work += (self.most as u64 + 1) * packs.len() as u64;
            later = now;
        }
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        let kept = Rc::new(later);
        self.kept.insert(thresholds, kept.clone());
        kept
    }
}

/// What one path needs by each date.
fn needs(path: &Path, places: &Places, step: i64) -> Vec<usize> {
    let mut shelf = places.start.clone();
    // Whatever is not there is bought, and outlasts the run.
    let last = places.start.places() - 1;
    shelf.add(last, PLENTY);
    let mut most = 0;
    let mut needs = Vec::new();
    for (number, stretch) in path.stretches.iter().enumerate() {
        for event in stretch {
            match *event {
                Event::Sum { peak: tokens, .. } | Event::Take { tokens, .. } => {
                    most = most.max(tokens - (shelf.balance() - PLENTY));
                }
                // Late draws take nothing here.
                Event::Late { .. } => continue,
                Event::Back { .. } | Event::End => {}
            }
            shelf.live(std::slice::from_ref(event));
        }
        if number == 0 {
            // What lacks before the first purchase can't be bought any more.
            most = 0;
        }
        needs.push(steps(most, step));
    }
    needs.remove(0);
    needs
}
