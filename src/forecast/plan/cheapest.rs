//! `Futures`: paths to plan with, and the cheapest purchases for them.

use crate::forecast::demand::Draw;
use crate::forecast::plan::bundle::Bundles;
use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::judgement::Fate;
use crate::forecast::plan::path::Path;
use crate::forecast::plan::purchases::Purchases;
use crate::forecast::plan::search::{Outcome, Search};
use crate::forecast::plan::shelf::{Places, Shelf};
use crate::meter::tokens::Tokens;
use crate::scenario::price_list::Money;

/// Futures of a team on one ground.
#[derive(Clone, Debug)]
pub struct Futures {
    ground: Ground,
    places: Places,
    paths: Vec<Path>,
}

/// What the cheapest purchases are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cheapest {
    /// The packs to buy; `None` where none would do.
    pub purchases: Option<Purchases>,
    /// In how many futures somebody is refused with them.
    pub short: usize,
    /// What expires with them during the run, in all futures together.
    pub expired: Tokens,
    /// No purchases that do cost less than this.
    pub bound: Money,
    /// Whether everything was searched, so that nothing is better.
    pub is_proven: bool,
    /// Packs too small to have been thought of.
    pub left_out: Vec<Tokens>,
}

/// How purchases fare in futures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fared {
    /// For each future: whether somebody is refused, as far as draws say.
    pub short: Vec<bool>,
    /// What expires during the run, in all futures together.
    pub expired: Tokens,
}

impl Fared {
    /// In how many futures somebody is refused.
    pub fn count(&self) -> usize {
        self.short.iter().filter(|short| **short).count()
    }
}

/// How much work one search may be: a second or two.
const WORK_MAX: u64 = 1_500_000_000;

/// How much work a search for one future may be.
const WORK_FOR_ONE: u64 = 3_000_000;

impl Futures {
    /// Futures by their draws, in the order in which [`crate::forecast::demand::of`] gives them.
    pub fn new<'d>(ground: Ground, draws: impl IntoIterator<Item = &'d [Draw]>) -> Futures {
        let paths = draws.into_iter().map(|draws| Path::new(draws, &ground)).collect();
        Futures::of_paths(ground, paths)
    }

    pub(crate) fn of_paths(ground: Ground, paths: Vec<Path>) -> Futures {
        let places = Places::new(&ground);
        Futures { ground, places, paths }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.paths.len()
    }

    /// What they stand on.
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// The purchases that cost least of those with which somebody is refused in at most so many futures; of several those
    /// of which least expires, then those that come latest.
    pub fn cheapest(&self, short_max: usize) -> Cheapest {
        let paths: Vec<&Path> = self.paths.iter().collect();
        let bundles = self.bundles();
        let Outcome { best, bound, is_proven } = self.search((&paths, &bundles), (short_max, WORK_MAX));
        let purchases = best.as_ref().map(|best| Purchases::of(&best.amounts, &self.ground, &bundles));
        let (short, expired) = best.map_or((0, 0), |best| (best.short, best.expired));
        let expired = Tokens::from_thousandths(expired);
        Cheapest { purchases, short, expired, bound, is_proven, left_out: bundles.left_out }
    }

    /// For each future what the cheapest purchases cost with which nobody is refused in it; `None` where none would do.
    pub fn clairvoyant(&self) -> Vec<Option<Money>> {
        let bundles = self.bundles();
        let one = |path: &Path| {
            let outcome = self.search((&[path], &bundles), (0, WORK_FOR_ONE));
            outcome.best.map(|best| best.cost)
        };
        self.paths.iter().map(one).collect()
    }

    /// In how many somebody is refused before anything can be bought.
    pub(crate) fn too_late(&self) -> usize {
        let short = |path: &&Path| {
            let mut shelf = self.places.start.clone();
            shelf.live(&path.stretches[0]);
            shelf.is_short
        };
        self.paths.iter().filter(short).count()
    }

    /// Whether nobody uses anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.paths.iter().all(Path::is_idle)
    }

    /// How purchases on the dates of the ground fare.
    pub fn fare(&self, purchases: &Purchases) -> Fared {
        let amounts = purchases.on_dates(&self.ground);
        let shelves: Vec<Shelf> = self.paths.iter().map(|path| self.live(path, &amounts)).collect();
        Fared {
            short: shelves.iter().map(|shelf| shelf.is_short).collect(),
            expired: Tokens::from_thousandths(shelves.iter().map(|shelf| shelf.expired).sum()),
        }
    }

    /// For each future what comes of purchases, where nobody is refused; nothing where packs come on other dates than
    /// those of the ground.
    pub(crate) fn fates(&self, purchases: &Purchases) -> Vec<Option<Fate>> {
        if !purchases.are_on_dates(&self.ground) {
            return Vec::new();
        }
        let amounts = purchases.on_dates(&self.ground);
        let fate = |path: &Path| {
            let shelf = self.live(path, &amounts);
            let [expired, left] = [shelf.expired, shelf.balance()].map(Tokens::from_thousandths);
            (!shelf.is_short).then_some(Fate { refusals: 0, expired, left })
        };
        self.paths.iter().map(fate).collect()
    }

    /// What is left at the end of a path with so much bought on each date.
    fn live(&self, path: &Path, amounts: &[i64]) -> Shelf {
        let mut shelf = self.places.start.clone();
        shelf.live(&path.stretches[0]);
        let dates = self.places.of_date.iter().zip(amounts).zip(&path.stretches[1..]);
        for ((place, tokens), events) in dates {
            shelf.add(*place, *tokens);
            shelf.live(events);
        }
        shelf
    }

    fn bundles(&self) -> Bundles {
        let most = self.paths.iter().map(Path::total).max().unwrap_or(0);
        Bundles::new(&self.ground, most)
    }

    fn search(&self, (paths, bundles): (&[&Path], &Bundles), (short_max, work_max): (usize, u64)) -> Outcome {
        Search { paths, places: &self.places, bundles, short_max, work_max }.run()
    }
}
