//! How a load went second by second, for the page: latency and sign-ins over time.

use crate::load::result::{Interval, Latency};
use crate::report::load::{amount, time, waited};
use crate::report::sheet::{Chart, Lines, Section};

/// Percentiles that lines are drawn of.
const DRAWN: [&str; 4] = ["p50", "p99", "p99.9", "max"];

/// How it went over time, for the page.
pub(crate) fn course(intervals: &[Interval]) -> Vec<Section> {
    if intervals.len() < 2 {
        return Vec::new();
    }
    let line = |name: &str, of: &dyn Fn(&Interval) -> f64| {
        let points = intervals.iter().map(|interval| (interval.until_seconds, of(interval)));
        (name.to_owned(), points.collect::<Vec<_>>())
    };
    let latencies =
        DRAWN.map(|name| line(name, &|interval: &Interval| amount(told(interval).0.percentile(name)) / 1e6));
    let worst = intervals.iter().max_by_key(|interval| told(interval).0.percentile("p99.9"));
    let worst = worst.expect("there are some");
    let text = format!(
        "The worst p99.9 of an interval: {}, in the one to second {:.1}",
        time(told(worst).0.percentile("p99.9")),
        worst.until_seconds
    );
    let x = "seconds since the load began".to_owned();
    let latency = Lines {
        x: x.clone(),
        y: format!("ms from the {}", told(worst).1),
        series: latencies.into(),
        marks: Vec::new(),
    };
    let handled = Lines {
        x,
        y: "sign-ins/s".to_owned(),
        series: vec![
            line("handled", &|interval| amount(interval.answered) / interval.seconds),
            line("planned", &|interval| amount(interval.planned) / interval.seconds),
        ],
        marks: Vec::new(),
    };
    let least = intervals.iter().map(|interval| interval.resident_kib).min().unwrap_or(0);
    let most = intervals.iter().map(|interval| interval.resident_kib).max().unwrap_or(0);
    let memory = format!("Memory of the process: {} to {} MiB", least / 1024, most / 1024);
    vec![
        Section {
            heading: "Latency over time".to_owned(),
            lines: vec![text],
            chart: Some(Chart::Lines(latency)),
            ..Section::default()
        },
        Section {
            heading: "Sign-ins over time".to_owned(),
            lines: vec![memory],
            chart: Some(Chart::Lines(handled)),
            ..Section::default()
        },
    ]
}

fn told(interval: &Interval) -> (&Latency, &'static str) {
    waited((&interval.latency_planned, &interval.latency_sent))
}
