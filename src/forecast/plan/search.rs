//! `Search`: the cheapest purchases with which at most so many paths run short.
//!
//! Date after date, amount after amount: branch and bound. An amount decides which paths run short before the next date;
//! for the rest [`Needs`] says what must be bought at least, whatever is chosen later. Small cases are searched to the
//! end. Large ones are ended after a fixed amount of work, and the bound says how far from the cheapest the answer can be.

use crate::forecast::plan::bound::Needs;
use crate::forecast::plan::bundle::{Bundles, steps};
use crate::forecast::plan::path::Path;
use crate::forecast::plan::shelf::{Places, Shelf};
use crate::scenario::price_list::Money;

/// What is to be found.
pub(crate) struct Search<'p> {
    /// The futures.
    pub(crate) paths: &'p [&'p Path],
    /// What is there.
    pub(crate) places: &'p Places,
    /// What can be bought.
    pub(crate) bundles: &'p Bundles,
    /// How many paths may run short.
    pub(crate) short_max: usize,
    /// After how much work the search ends: about so many nanoseconds, but the same on every machine.
    pub(crate) work_max: u64,
}

/// Purchases that do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// What they cost.
    pub(crate) cost: Money,
    /// Thousandths of a token that expire during the run, of all paths.
    pub(crate) expired: i64,
    /// Steps to buy on each date.
    pub(crate) amounts: Vec<usize>,
    /// How many paths run short.
    pub(crate) short: usize,
}

/// The end of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The best purchases; `None` where none do.
    pub(crate) best: Option<Found>,
    /// No purchases that do cost less.
    pub(crate) bound: Money,
    /// Whether everything was searched: then nothing is better.
    pub(crate) is_proven: bool,
}

/// How often an amount is tried until the least that will do is known.
const TRIALS: u64 = 14;

/// Where all paths are before a purchase date.
#[derive(Clone)]
struct Node {
    cost: Money,
    amounts: Vec<usize>,
    /// Steps bought so far that count.
    bought: usize,
    shelves: Vec<Shelf>,
}

/// What may be bought next, and what the whole plan then costs at least.
type Choice = (Money, usize);

/// A search under way.
struct Descent<'s, 'p> {
    search: &'s Search<'p>,
    needs: Needs<'p>,
    best: Option<Found>,
    /// Expires whatever is bought.
    expired_min: i64,
    work: u64,
    was_cut: bool,
}

impl Search<'_> {
    /// Searches.
    pub(crate) fn run(&self) -> Outcome {
        let mut shelves = vec![self.places.start.clone(); self.paths.len()];
        for (shelf, path) in shelves.iter_mut().zip(self.paths) {
            shelf.live(&path.stretches[0]);
        }
        let needs = Needs::new(self.paths, self.places, self.bundles);
        let mut descent =
            Descent { search: self, needs, best: None, expired_min: 0, work: 0, was_cut: false };
        descent.expired_min = descent.unavoidable(&shelves);
        let root = Node { cost: Money(0), amounts: Vec::new(), bought: 0, shelves };
        let alive = root.alive();
        let short = self.paths.len() - alive.len();
        if short > self.short_max {
            return Outcome { best: None, bound: Money(0), is_proven: true };
        }
        let thresholds = descent.needs.thresholds(&alive, (0, self.short_max - short));
        let bound = descent.needs.cost_to_go(thresholds)[0];
        descent.descend(&root);
        let Descent { best, was_cut, .. } = descent;
        Outcome { best, bound, is_proven: !was_cut }
    }
}

impl Node {
    /// The paths that have not run short.
    fn alive(&self) -> Vec<usize> {
        let shelves = self.shelves.iter().enumerate();
        shelves.filter(|(_, shelf)| !shelf.is_short).map(|(path, _)| path).collect()
    }

    fn expired(&self) -> i64 {
        self.shelves.iter().map(|shelf| shelf.expired).sum()
    }
}

impl Descent<'_, '_> {
    /// Tries what can be bought next, the most promising first.
    fn descend(&mut self, node: &Node) {
        let date = node.amounts.len();
        if date == self.search.bundles.packs.len() {
            self.offer(node);
            return;
        }
        for choice in self.choices(node) {
            if self.best.as_ref().is_some_and(|best| choice.0 > best.cost) {
                break;
            }
            if self.best.is_some() && self.work + self.needs.work > self.search.work_max {
                self.was_cut = true;
                return;
            }
            if !self.is_hopeless(node, choice) {
                let next = self.next(node, choice.1);
                self.descend(&next);
            }
        }
    }

    fn offer(&mut self, node: &Node) {
        let short = node.shelves.len() - node.alive().len();
        let found = Found { cost: node.cost, expired: node.expired(), amounts: node.amounts.clone(), short };
        if self.best.as_ref().is_none_or(|best| found < *best) {
            self.best = Some(found);
        }
    }

    /// Whether a choice can't lead to anything better than the best, although it may cost no more.
    fn is_hopeless(&self, node: &Node, (bound, amount): Choice) -> bool {
        let Some(best) = &self.best else { return false };
        if bound < best.cost {
            return false;
        }
        let expired = node.expired().max(self.expired_min);
        let begins = node.amounts.iter().copied().chain([amount]);
        let later = begins.cmp(best.amounts[..=node.amounts.len()].iter().copied()).is_gt();
        expired > best.expired || expired == best.expired && later
    }

    /// What can be bought on the next date so that not too many paths run short, by what the plan then costs at least.
    fn choices(&mut self, node: &Node) -> Vec<Choice> {
        let date = node.amounts.len();
        let alive = node.alive();
        let slack = self.search.short_max - (self.search.paths.len() - alive.len());
        let mut wants: Vec<(usize, usize)> =
            alive.iter().map(|path| (self.want(node, *path), *path)).collect();
        wants.sort_unstable_by(|a, b| b.cmp(a));
        let mut choices = Vec::new();
        for dropped in 0..=slack.min(wants.len()) {
            // Enough for all but the first `dropped`, and not for those.
            let low = wants.get(dropped).map_or(0, |(want, _)| *want);
            let high = if dropped == 0 { usize::MAX } else { wants[dropped - 1].0 };
            if low >= high {
                continue;
            }
            let rest: Vec<usize> = wants[dropped..].iter().map(|(_, path)| *path).collect();
            let thresholds = self.needs.thresholds(&rest, (date + 1, slack - dropped));
            let to_go = self.needs.cost_to_go(thresholds);
            let amounts = self.search.bundles.on(date).filter(|(amount, _)| (low..high).contains(amount));
            choices.extend(amounts.map(|(amount, price)| {
                let bought = self.needs.counted(date, node.bought + amount);
                (node.cost + price + to_go[bought], amount)
            }));
        }
        if let Some(best) = &self.best {
            choices.retain(|(bound, _)| *bound <= best.cost);
        }
        choices.sort_unstable();
        self.work += (8 * choices.len() + 32 * wants.len()) as u64;
        choices
    }

    /// The least number of steps with which a path does not run short before the date after the next; without any that
    /// do, more than can be bought.
    fn want(&mut self, node: &Node, path: usize) -> usize {
        let date = node.amounts.len();
        let (shelf, events) = (&node.shelves[path], &self.search.paths[path].stretches[date + 1]);
        if let Some(lacking) = shelf.lacking(events) {
            return steps(lacking, self.search.bundles.step);
        }
        let top = self.search.bundles.top() + 1;
        let place = self.search.places.of_date[date];
        let (mut low, mut high) = (0, top);
        while low < high {
            let middle = usize::midpoint(low, high);
            let mut tried = shelf.clone();
            tried.add(place, self.thousandths(middle));
            tried.live(events);
            if tried.is_short {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.work += TRIALS * (80 + 8 * events.len() as u64);
        low
    }

    fn next(&mut self, node: &Node, amount: usize) -> Node {
        let date = node.amounts.len();
        let mut next = node.clone();
        let price = self.search.bundles.price(date, amount).expect("a choice can be bought");
        next.cost = node.cost + price;
        next.bought = self.needs.counted(date, node.bought + amount);
        next.amounts.push(amount);
        let tokens = self.thousandths(amount);
        for (shelf, path) in next.shelves.iter_mut().zip(self.search.paths) {
            shelf.add(self.search.places.of_date[date], tokens);
            shelf.live(&path.stretches[date + 1]);
        }
        self.work += 100 * self.search.paths.len() as u64;
        next
    }

    /// What expires even where nothing is bought.
    fn unavoidable(&self, shelves: &[Shelf]) -> i64 {
        let paths = shelves.iter().zip(self.search.paths);
        let expired = paths.map(|(shelf, path)| {
            let mut shelf = shelf.clone();
            path.stretches[1..].iter().for_each(|events| shelf.live(events));
            shelf.expired
        });
        expired.sum()
    }

    fn thousandths(&self, steps: usize) -> i64 {
        i64::try_from(steps).expect("counted") * self.search.bundles.step
    }
}
