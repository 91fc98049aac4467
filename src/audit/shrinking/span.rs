//! The run's end and start, brought nearer to what happens.

use toml_edit::{Item, Table, Value};

use crate::audit::shrinking::Search;
use crate::meter::instant::Instant;
use crate::scenario::calendar::from_iso;
use crate::scenario::document::{Document, instant};

/// Seconds.
pub(super) const HOUR: i64 = 3600;
/// Seconds.
pub(super) const DAY: i64 = 24 * HOUR;

impl<E> Search<'_, '_, E> {
    /// Ends as early and starts as late as it can, at whole days and then at whole hours if those are asked for:
    /// halving what is left, since what is shown at one end is nearly always shown at a later one.
    pub(super) fn shorten(&mut self, finest: i64) -> Result<(), E> {
        for unit in [DAY, HOUR].into_iter().filter(|unit| *unit >= finest) {
            let (start, end) = self.span();
            let (mut too_early, mut enough) = (start.div_euclid(unit), -(-end).div_euclid(unit));
            while enough - too_early > 1 {
                let middle = too_early.midpoint(enough);
                let shows = self.attempt(|document| cut(document, (start, middle * unit)))?;
                *(if shows { &mut enough } else { &mut too_early }) = middle;
            }
            let (start, end) = self.span();
            let (mut enough, mut too_late) = (start.div_euclid(unit), -(-end).div_euclid(unit));
            while too_late - enough > 1 {
                let middle = enough.midpoint(too_late);
                let shows = self.attempt(|document| cut(document, (middle * unit, end)))?;
                *(if shows { &mut enough } else { &mut too_late }) = middle;
            }
        }
        Ok(())
    }

    fn span(&self) -> (i64, i64) {
        let scenario = &self.smallest.scenario;
        (scenario.start.seconds(), scenario.end.seconds())
    }
}

/// Another span; steps that lie outside of it go. Of those in a local time that is found out when it is read.
fn cut(document: &mut Document, (start, end): (i64, i64)) {
    for (key, at) in [("start", start), ("end", end)] {
        // What a comment behind it says is said of the instant that was there.
        if when(document.root(), key) != Some(at)
            && let Some(item) = document.root_mut().get_mut(key)
        {
            *item = toml_edit::value(instant(Instant::from_seconds(at)));
        }
    }
    document.retain("step", |step| when(step, "at").is_none_or(|at| (start..end).contains(&at)));
}

fn when(table: &Table, key: &str) -> Option<i64> {
    let written = table.get(key).and_then(Item::as_value).and_then(Value::as_datetime)?;
    from_iso(&written.to_string()).map(Instant::seconds)
}
