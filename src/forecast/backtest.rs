//! `Backtest`: a fit to the part of a history before some day, and what it would have forecast of the rest.

mod daily_use;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::forecast::backtest::daily_use::DailyUse;
use crate::forecast::fit::Fit;
use crate::forecast::fitted_file::{FittedFile, notes};
use crate::forecast::history::History;
use crate::forecast::past_use::PastUse;
use crate::forecast::quantile::{self, Spread};
use crate::forecast::replications::replicate;
use crate::forecast::supply;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::simulation::recorder::{Observer, Stopped};

/// What would have been forecast, beside what was.
#[derive(Clone, Debug, Serialize)]
pub struct Backtest {
    /// The first and the last day that the fit knew.
    pub fitted: [String; 2],
    /// The first and the last day that were forecast.
    pub forecast: [String; 2],
    /// Days of these that were left out: no supply, as stated.
    pub days_left_out: usize,
    /// How many futures were drawn.
    pub runs: u64,
    /// All of it.
    pub total: Compared,
    /// Each calendar month, as far as it was forecast.
    pub months: Vec<Compared>,
    /// Each product.
    pub products: Vec<Compared>,
    /// How many days lie between P5 and P95 of the day.
    pub days: Coverage,
    /// How many weeks of seven days do.
    pub weeks: Coverage,
    /// What the fit assumes.
    pub notes: Vec<String>,
    /// Each day: `2026-09-01`, what was used, P5, P50 and P95.
    pub by_day: Vec<(String, Tokens, [Tokens; 3])>,
}

/// What was used, and what was forecast of it.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The month or product.
    pub name: String,
    /// Tokens used.
    pub used: Tokens,
    /// Tokens forecast.
    pub forecast: Spread<Tokens>,
    /// By how many per cent of what was used the median is too high; `None` where nothing was used.
    pub error: Option<f64>,
    /// Whether what was used lies from P5 to P95, both included.
    pub inside: bool,
}

/// How many of some totals lie within their interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Those that do.
    pub inside: usize,
    /// All.
    pub of: usize,
}

/// A backtest that is ready to be run.
pub struct Trial {
    /// The scenario of the fit, with tokens that never run out.
    pub scenario: Scenario,
    history: History,
    notes: Vec<String>,
    /// What was used on the days forecast, by product.
    used: DailyUse,
    first: Day,
    days: usize,
    /// Days of the forecast that count.
    counts: Vec<bool>,
}

/// Fewer days tell nothing of weekdays.
const DAYS_MIN: i32 = 28;

impl Trial {
    /// Fits what is known before a day; on the days of `ran_out` there was no supply.
    ///
    /// # Errors
    /// Where there is too little to fit, or to compare: why, and the way out.
    pub fn of(past: &PastUse, first: Day, ran_out: &[(Day, Day)]) -> Result<Trial, String> {
        let (begins, last) = past.days;
        if past.is_total {
            return Err("a usage report has totals and no days: a backtest needs token usage by day".into());
        }
        if first.0 - begins.0 < DAYS_MIN || first > last {
            return Err(format!(
                "the history is from {} to {}, and the fit would have {} days of it: at least {DAYS_MIN} are needed; \
                 take a shorter --holdout",
                begins.date(),
                last.date(),
                (first.0 - begins.0).max(0)
            ));
        }
        let before = past.until(first.plus(-1));
        if before.rows.is_empty() {
            return Err(format!("nothing was used before {}: there is nothing to fit", first.date()));
        }
        let history = History::of(&before)?;
        let fit = Fit::of(&history, ran_out);
        let notes = notes::of(&history, &fit);
        let file = FittedFile {
            history: &history,
            fit: &fit,
            title: "Backtest",
            head: &[],
            start: first,
            end: last.plus(1),
            balances: &[],
        };
        let text = file.text();
        let read = Scenario::read(&text);
        let scenario = read.map_err(|problems| {
            let first = problems.first().map_or(String::new(), |problem| problem.title.clone());
            format!("the fitted scenario can't be read: {first}")
        })?;
        let days = usize::try_from(last.0 - first.0 + 1).expect("checked above");
        let day = |place: usize| first.plus(i32::try_from(place).expect("days of a calendar"));
        let closed = |day: Day| ran_out.iter().any(|(from, to)| (*from..=*to).contains(&day));
        Ok(Trial {
            used: DailyUse::of_past(past, &history, (first, days)),
            scenario: supply::unlimited(&scenario),
            history,
            notes,
            first,
            days,
            counts: (0..days).map(|place| !closed(day(place))).collect(),
        })
    }

    /// Draws so many futures and compares.
    ///
    /// # Errors
    /// Where one of them ends early.
    pub fn run(&self, runs: u64, observer: &dyn Observer) -> Result<Backtest, Stopped> {
        let of = |scenario: &Arc<Scenario>| {
            daily_use::of_future(scenario, &self.history, (self.first, self.days), observer)
        };
        let futures = replicate(&self.scenario, 0..runs, of)?;
        let compare = |name: String, product: Option<usize>, days: &[usize]| {
            let counted: Vec<usize> = days.iter().copied().filter(|day| self.counts[*day]).collect();
            let used = self.used.sum(product, &counted);
            let forecast = Spread::of(futures.iter().map(|future| future.sum(product, &counted)).collect());
            Compared::of(name, used, forecast)
        };
        let all: Vec<usize> = (0..self.days).collect();
        let months = self.months();
        let names = self.used.products.iter().enumerate();
        let by_day: Vec<Compared> = all.iter().map(|day| compare(self.day(*day), None, &[*day])).collect();
        let weeks = all.chunks_exact(7).map(|week| compare(String::new(), None, week));
        let day_counts = |(place, _): &(usize, &Compared)| self.counts[*place];
        let [fitted, forecast] =
            [[self.history.first, self.history.last()], [self.first, self.first.plus(self.length() - 1)]];
        Ok(Backtest {
            fitted: fitted.map(|day| day.date().to_string()),
            forecast: forecast.map(|day| day.date().to_string()),
            days_left_out: self.counts.iter().filter(|counts| !**counts).count(),
            runs,
            total: compare("total".to_owned(), None, &all),
            months: months.into_iter().map(|(name, days)| compare(name, None, &days)).collect(),
            products: names.map(|(place, name)| compare(name.clone(), Some(place), &all)).collect(),
            weeks: Coverage::of(weeks),
            days: Coverage::of(by_day.iter().enumerate().filter(day_counts).map(|(_, day)| day.clone())),
            by_day: by_day.into_iter().map(Compared::quantiles).collect(),
            notes: self.notes.clone(),
        })
    }

    fn length(&self) -> i32 {
        i32::try_from(self.days).expect("days of a calendar")
    }

    fn day(&self, place: usize) -> String {
        self.first.plus(i32::try_from(place).expect("days of a calendar")).date().to_string()
    }

    /// The days of each calendar month.
    fn months(&self) -> BTreeMap<String, Vec<usize>> {
        let mut months: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for place in 0..self.days {
            months.entry(self.day(place)[..7].to_owned()).or_default().push(place);
        }
        months
    }
}

impl Compared {
    fn of(name: String, used: Tokens, forecast: Spread<Tokens>) -> Self {
        let (seen, median) = (quantile::amount(used), quantile::amount(forecast.p50.value));
        Compared {
            name,
            used,
            inside: (forecast.p5.value..=forecast.p95.value).contains(&used),
            forecast,
            error: (used > Tokens::ZERO).then(|| (median - seen) / seen * 100.0),
        }
    }

    fn quantiles(self) -> (String, Tokens, [Tokens; 3]) {
        let Spread { p5, p50, p95 } = self.forecast;
        (self.name, self.used, [p5.value, p50.value, p95.value])
    }
}

impl Coverage {
    fn of(compared: impl Iterator<Item = Compared>) -> Self {
        compared.fold(Coverage::default(), |sum, one| Coverage {
            inside: sum.inside + usize::from(one.inside),
            of: sum.of + 1,
        })
    }
}
