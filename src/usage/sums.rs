//! `Sums`: what was used in a range, added up by user, product and version.

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
    /// Adds another.
    pub(crate) fn add(&mut self, other: &Total) {
        self.tokens += other.tokens;
        self.charges += other.charges;
        self.days.add(&other.days);
    }

    /// The sum of some.
    pub(crate) fn of<'t>(totals: impl Iterator<Item = &'t Total>) -> Total {
        totals.fold(Total::default(), |mut sum, total| {
            sum.add(total);
            sum
        })
    }
}

/// The totals of every account in one piece of memory: postings come in the order of time, each to another account.
pub(crate) struct Totals {
    sums: Vec<(Tokens, u32)>,
    days: Vec<u64>,
    /// The words of days that an account has.
    words: usize,
}

impl Totals {
    /// Nothing posted yet.
    pub(crate) fn new(accounts: usize, range: &Range) -> Self {
        let words = range.days().div_ceil(64) as usize;
        Totals { sums: vec![(Tokens::ZERO, 0); accounts], days: vec![0; accounts * words], words }
    }

    /// Adds a posting whose day has that place in the range.
    pub(crate) fn post(&mut self, posting: Posting, place: u32) {
        let (tokens, charges) = &mut self.sums[posting.account];
        *tokens += posting.tokens;
        *charges += posting.charges;
        self.days[posting.account * self.words + place as usize / 64] |= 1 << (place % 64);
    }

    /// Adds the totals of the same accounts from other postings.
    pub(crate) fn add(&mut self, other: &Totals) {
        for (ours, theirs) in self.sums.iter_mut().zip(&other.sums) {
            ours.0 += theirs.0;
            ours.1 += theirs.1;
        }
        self.days.iter_mut().zip(&other.days).for_each(|(ours, theirs)| *ours |= theirs);
    }

    /// The tokens and charges of an account.
    pub(crate) fn sum(&self, account: usize) -> (Tokens, u32) {
        self.sums[account]
    }

    /// Everything of an account; `None` where nothing was charged.
    fn total(&self, account: usize) -> Option<Total> {
        let (tokens, charges) = self.sums[account];
        let days = &self.days[account * self.words..][..self.words];
        let used = days.iter().any(|word| *word != 0);
        used.then(|| Total { tokens, charges: charges.into(), days: DaySet(days.to_vec()) })
    }
}

/// Adds the totals of accounts up to lines, in the order of users, products and versions.
pub(crate) fn lines(totals: &Totals, key: impl Fn(usize) -> [u32; 3]) -> Vec<Line> {
    let used = (0..totals.sums.len()).filter_map(|account| Some((key(account), totals.total(account)?)));
    let mut used: Vec<([u32; 3], Total)> = used.collect();
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
pub(crate) fn key_of(ledger: &Ledger, account: usize) -> [u32; 3] {
    [Known::User, Known::Product, Known::Version].map(|known| ledger.number(known, account))
}
