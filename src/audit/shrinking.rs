//! `shrink`: a scenario file made smaller, as long as it still shows what somebody chose.
//!
//! Parts are taken away in large pieces first, then in smaller ones, until nothing more can go: delta debugging.
//! A smaller file counts only if it is right and shows the same; what named a part that went goes with it.

pub mod chosen;
pub mod concerned;
mod names;
mod span;
mod tables;
mod keys;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::audit::expected::expect_all;
use crate::audit::journal::Journal;
use crate::audit::transcript::Script;
use crate::scenario::document::{Document, LISTS};

/// Whether a candidate still shows what was chosen; a question that can't be answered ends the search.
pub type Question<'q, E> = dyn FnMut(&Script) -> Result<bool, E> + 'q;

/// The smallest file that was found.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The file.
    pub smallest: Script,
    /// How often a candidate was run.
    pub runs: u64,
    /// Whether nothing more can go; otherwise the runs were used up before.
    pub is_smallest: bool,
}

/// How many tables of each list a file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size(pub Vec<(&'static str, usize)>);

/// Makes a file without simulated users smaller, with at most so many runs; `None` where it does not show what was
/// chosen.
///
/// # Errors
/// Where the question can't be answered.
pub fn shrink<E>(first: Script, runs_max: u64, question: &mut Question<'_, E>) -> Result<Option<Shrunk>, E> {
    assert!(first.scenario.simulated.is_empty(), "what simulated users did is written down first");
    if !question(&first)? {
        return Ok(None);
    }
    let mut search = Search { smallest: first, question, tried: BTreeSet::new(), runs: 1, runs_max };
    search.shorten(span::DAY)?;
    loop {
        let before = search.smallest.document.text();
        search.drop_tables()?;
        search.drop_keys()?;
        search.shorten(span::HOUR)?;
        if search.smallest.document.text() == before {
            break;
        }
    }
    let Search { smallest, runs, .. } = search;
    Ok(Some(Shrunk { smallest, runs, is_smallest: runs < runs_max }))
}

impl Shrunk {
    /// The smallest file with everything that comes of it as its expectations; those it has stay as they are.
    pub fn with_expectations(&self) -> Document {
        let mut document = self.smallest.document.clone();
        expect_all(&mut document, &Journal::of(&self.smallest.scenario));
        document
    }
}

impl Size {
    /// The size of a document.
    pub fn of(document: &Document) -> Size {
        Size(LISTS.iter().map(|list| (*list, document.tables(list).count())).collect())
    }

    /// The number of tables of a list.
    pub fn count(&self, list: &str) -> usize {
        self.0.iter().find(|(known, _)| *known == list).map_or(0, |(_, count)| *count)
    }
}

/// The smallest file so far, and how a smaller one is found.
struct Search<'s, 'q, E> {
    smallest: Script,
    question: &'s mut Question<'q, E>,
    /// What was tried already, by its digest.
    tried: BTreeSet<u64>,
    runs: u64,
    runs_max: u64,
}

impl<E> Search<'_, '_, E> {
    /// Changes the file, if what comes of it is right and shows the same.
    fn attempt(&mut self, change: impl FnOnce(&mut Document)) -> Result<bool, E> {
        if self.runs >= self.runs_max {
            return Ok(false);
        }
        let mut document = self.smallest.document.clone();
        change(&mut document);
        if !self.is_new(&document) {
            return Ok(false);
        }
        let Ok(scenario) = document.mended() else { return Ok(false) };
        let candidate = Script { document, scenario: Arc::new(scenario) };
        self.runs += 1;
        let shows = (self.question)(&candidate)?;
        if shows {
            self.smallest = candidate;
        }
        Ok(shows)
    }

    fn is_new(&mut self, document: &Document) -> bool {
        let mut hasher = DefaultHasher::new();
        document.text().hash(&mut hasher);
        self.tried.insert(hasher.finish())
    }

    /// Takes away so many parts one piece after another, the last first: half of them, then smaller pieces, until
    /// none of them can go alone.
    fn drop_parts(
        &mut self,
        count: impl Fn(&Document) -> usize,
        mut drop: impl FnMut(&mut Self, BTreeSet<usize>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut size = count(&self.smallest.document).div_ceil(2);
        while size > 0 {
            let mut gone = false;
            let mut end = count(&self.smallest.document);
            while end > 0 {
                let begin = end.saturating_sub(size);
                gone |= drop(self, (begin..end).collect())?;
                end = begin.min(count(&self.smallest.document));
            }
            size = if size == 1 && gone { 1 } else { size / 2 };
        }
        Ok(())
    }
}
