//! `Needs`: what any plan must have bought by each date, and what that costs at least.
//!
//! Here packs that are bought never end, and late draws take nothing. Both can only help, so that no plan is cheaper.
//! Only what is bought beyond all that can be drawn before it ends does not count.

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
    /// By date: more than this, bought on that date and before it, ends unused in every future, in steps.
    caps: Vec<usize>,
    kept: BTreeMap<Vec<usize>, Rc<Vec<Money>>>,
    /// Work done, as [`crate::forecast::plan::search::Search::work_max`] counts it.
    pub(crate) work: u64,
}

impl<'b> Needs<'b> {
    pub(crate) fn new(paths: &[&Path], places: &Places, bundles: &'b Bundles) -> Needs<'b> {
        let read = |path: &&Path| Wants::of(path, places);
        let wants: Vec<Wants> = paths.iter().map(read).collect();
        let in_steps = |amount: &i64| steps(*amount, bundles.step);
        let of: Vec<Vec<usize>> =
            wants.iter().map(|wants| wants.by_date.iter().map(in_steps).collect()).collect();
        let most = of.iter().filter_map(|needs| needs.last().copied()).max().unwrap_or(0);
        let (mut caps, mut cap) = (Vec::new(), 0);
        for place in &places.of_date {
            let drawn = wants.iter().map(|wants| wants.by_end.get(*place).map_or(most, in_steps));
            cap = cap.max(drawn.max().unwrap_or(0)).min(most);
            caps.push(cap);
        }
        Needs { bundles, of, most, caps, kept: BTreeMap::new(), work: 0 }
    }

    /// What counts of so many steps that were bought up to a date.
    pub(crate) fn counted(&self, date: usize, bought: usize) -> usize {
        bought.min(self.caps[date])
    }

    /// For each date from `from` on: what must have been bought by then for all these paths but `slack` of them.
    pub(crate) fn thresholds(&mut self, alive: &[usize], (from, slack): (usize, usize)) -> Vec<usize> {
        let dates = from..self.bundles.packs.len();
        self.work += 4 * (dates.len() * alive.len()) as u64;
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
            let cap = self.caps[date];
            let at_cap = now[cap];
            now[cap..].fill(at_cap);
            now[..(*threshold).min(self.most + 1)].fill(NEVER);
            for bought in (0..=self.most).rev() {
                let ways = packs.iter().map(|(size, pack)| now[(bought + size).min(self.most)] + pack.price);
                // At the most a pack leads nowhere.
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

/// What one path asks of purchases, in thousandths.
struct Wants {
    /// By date: what must have been bought on that date and before it.
    by_date: Vec<i64>,
    /// By end: no more than this is drawn before it from what is bought.
    by_end: Vec<i64>,
}

impl Wants {
    fn of(path: &Path, places: &Places) -> Wants {
        let mut by_date = lacking(path, places, Event::is_late).0;
        // What lacks before the first purchase can't be bought any more.
        by_date.remove(0);
        let mut by_end = lacking(path, places, |_| false).1;
        // Packs from before the start that do not end first may wait for those that are bought.
        let others = places.after_purchases();
        by_end.iter_mut().for_each(|drawn| *drawn += others);
        Wants { by_date, by_end }
    }
}

/// What a path draws beyond what is there at the start, at most at a time: up to each purchase date, and up to each end.
/// Some events may be left out.
fn lacking(path: &Path, places: &Places, is_left_out: fn(&Event) -> bool) -> (Vec<i64>, Vec<i64>) {
    let mut shelf = places.start.clone();
    // Whatever is not there is bought, and outlasts the run.
    let last = places.start.places() - 1;
    shelf.add(last, PLENTY);
    let (mut by_date, mut by_end, mut most) = (Vec::new(), Vec::new(), 0);
    for stretch in &path.stretches {
        for event in stretch.iter().filter(|event| !is_left_out(event)) {
            match *event {
                Event::Sum { peak: tokens, .. } | Event::Take { tokens, .. } | Event::Late { tokens } => {
                    most = most.max(tokens - (shelf.balance() - PLENTY));
                }
                Event::End => by_end.push(most),
                Event::Back { .. } => {}
            }
            shelf.live(std::slice::from_ref(event));
        }
        by_date.push(most);
    }
    (by_date, by_end)
}
