//! The page: what administrators see of a run, in one HTML file that needs nothing beside it (RULES 5).
//!
//! Nothing is computed here, and nothing by the page's script: its filters switch among views that were
//! computed before. All text is escaped, by the templates, by the charts, and in the data for the script.

pub(crate) mod chart;
mod days;
mod details;
pub(crate) mod filters;
mod heat_map;
mod view;

use std::collections::BTreeMap;

use askama::Template;
use serde::Deserialize;

use crate::meter::tokens::Tokens;
use crate::report::page::chart::Bar;
use crate::report::page::days::Days;
use crate::report::page::view::View;
use crate::usage::balances::{Balance, CreditBalance};
use crate::usage::figures::Usage;

/// How every page looks: its colours, text, cards and tables, and the colours of charts.
pub(crate) const LOOK: &str = include_str!("page/look.css");

/// Rows that a table of the page has at most; it says how many more there are.
pub const ROWS_MAX: usize = 1000;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The run's title.
    pub title: &'a str,
    /// The run's start: `2025-03-09T00:00:00Z`. Its end is what every figure is as of.
    pub start: &'a str,
    /// The seed of its chance.
    pub seed: u64,
    /// Each team, or all of them, with each range: what the filters choose from. The first is shown first.
    pub views: &'a [Usage],
    /// What each team has.
    pub balances: &'a [Balance],
    /// Contracts of shared cloud credits, where there are some.
    pub credits: &'a [CreditBalance],
    /// How long decisions took, where that was measured.
    pub latency: Option<&'a Latency>,
}

/// How long decisions on sign-ins took: what `latency.json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct Latency {
    /// What was measured.
    pub what: String,
    /// Decisions.
    pub count: u64,
    /// The slowest, in nanoseconds.
    pub max: u64,
    /// Nanoseconds by percentile: `p50`, `p99.9`.
    pub percentiles: BTreeMap<String, u64>,
}

/// The page as HTML: the same bytes for the same data.
///
/// # Panics
///
/// Where there is no view to be shown.
pub fn html(page: &Page<'_>) -> String {
    let mut teams: Vec<&str> = Vec::new();
    let mut days: Vec<Days<'_>> = Vec::new();
    let mut ranges: Vec<(&str, String)> = Vec::new();
    for usage in page.views {
        let team = usage.team.as_deref().unwrap_or_default();
        if !teams.contains(&team) {
            teams.push(team);
            days.push(Days { team, days: &usage.overview.days });
        }
        if ranges.iter().all(|(name, _)| *name != usage.range.name) {
            ranges.push((&usage.range.name, view::range_name(&usage.range)));
        }
    }
    let mut days = days.into_iter();
    let (first, others) = page.views.split_first().expect("a page has a view");
    let template = PageTemplate {
        page,
        first: View { usage: first, days: days.next() },
        views: others.iter().map(|usage| View { usage, days: None }).collect(),
        days: days.collect(),
        teams,
        ranges,
        latency: page.latency.map(percentiles).unwrap_or_default(),
    };
    template.render().expect("a string takes it")
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    page: &'a Page<'a>,
    first: View<'a>,
    views: Vec<View<'a>>,
    /// Those of the teams that the first view is not of.
    days: Vec<Days<'a>>,
    /// Empty for all teams.
    teams: Vec<&'a str>,
    ranges: Vec<(&'a str, String)>,
    latency: Vec<Bar>,
}

impl PageTemplate<'_> {
    const LOOK: &'static str = LOOK;
    const STYLE: &'static str = include_str!("page/page.css");
    const SCRIPT: &'static str = include_str!("page/page.js");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
}

/// The percentiles as bars, each with its figure in words.
fn percentiles(latency: &Latency) -> Vec<Bar> {
    let all = latency.percentiles.iter().map(|(name, nanoseconds)| (name.clone(), *nanoseconds));
    let bar = |(name, nanoseconds): (String, u64)| Bar {
        text: duration(nanoseconds),
        ..Bar::count(&name, nanoseconds)
    };
    all.chain([("slowest".to_owned(), latency.max)]).map(bar).collect()
}

fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{}.{} µs", nanoseconds / 1_000, nanoseconds % 1_000 / 100),
        _ => format!("{}.{} ms", nanoseconds / 1_000_000, nanoseconds % 1_000_000 / 100_000),
    }
}
