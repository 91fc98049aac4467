//! `Sums`: what was used in a range, added up by user, product and version.

use parquet::file::reader::ChunkReader;

use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::usage::ledger::{Known, Ledger, Posting};
use crate::usage::range::Range;

/// What one user used of one version of one product.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The number of the user.
    pub(crate) user: u32,
    /// The number of the product.
    pub(crate) product: u32,
    /// The number of the version.
    pub(crate) version: u32,
    /// What was charged.
    pub(crate) total: Total,
}

/// Tokens, charges and the days on which windows began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Total {
    pub(crate) tokens: Tokens,
    pub(crate) charges: u64,
    pub(crate) days: DaySet,
}

/// Days of a range, a bit for each from its first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaySet(Vec<u64>);

impl DaySet {
    fn insert(&mut self, place: u32) {
        let word = place as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }

    /// Adds the days of another.
    pub(crate) fn add(&mut self, other: &DaySet) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(ours, theirs)| *ours |= theirs);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The days, in order, of a range.
    pub(crate) fn of(&self, range: &Range) -> impl Iterator<Item = Day> {
        let places = (0..).zip(&self.0).flat_map(|(word, bits)| {
            (0..64).filter(move |place| bits >> place & 1 == 1).map(move |place| word * 64 + place)
        });
        places.map(|place| range.first.plus(place))
    }
}

impl Total {
    /// Adds a posting whose day has that place in the range.
    pub(crate) fn post(&mut self, posting: Posting, place: u32) {
        self.tokens += posting.tokens;
        if posting.charges > 0 {
            self.charges += u64::from(posting.charges);
            self.days.insert(place);
        }
    }

    /// Adds another.
    pub(crate) fn add(&mut self, other: &Total) {
        self.tokens += other.tokens;
        self.charges += other.charges;
        self.days.add(&other.days);
    }

    /// Whether nothing was charged.
    pub(crate) fn is_empty(&self) -> bool {
        self.charges == 0 && self.tokens == Tokens::ZERO
    }

    /// The sum of some.
    pub(crate) fn of<'t>(totals: impl Iterator<Item = &'t Total>) -> Total {
        totals.fold(Total::default(), |mut sum, total| {
            sum.add(total);
            sum
        })
    }
}

/// Adds totals of accounts up to lines, in the order of users, products and versions.
pub(crate) fn lines(totals: Vec<Total>, key: impl Fn(usize) -> [u32; 3]) -> Vec<Line> {
    let mut used: Vec<([u32; 3], Total)> = totals
        .into_iter()
        .enumerate()
        .filter(|(_, total)| !total.is_empty())
        .map(|(account, total)| (key(account), total))
        .collect();
    used.sort_by_key(|(key, _)| *key);
    let mut lines: Vec<Line> = Vec::new();
    for ([user, product, version], total) in used {
        match lines.last_mut() {
            Some(line) if (line.user, line.product, line.version) == (user, product, version) => {
                line.total.add(&total);
            }
            _ => lines.push(Line { user, product, version, total }),
        }
    }
    lines
}

/// The key of lines: user, product, version.
pub(crate) fn key_of<R: ChunkReader + 'static>(ledger: &Ledger<R>, account: usize) -> [u32; 3] {
    [Known::User, Known::Product, Known::Version].map(|known| ledger.number(known, account))
}
