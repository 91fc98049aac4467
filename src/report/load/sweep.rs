//! A sweep of loads, told: what is handled of what is offered, latency against load, the knee, the limit.

use std::io::{self, Write};

use crate::load::sweep::{Knee, Limit, Point, SweepResult};
use crate::report::load::machine::{header, manner};
use crate::report::load::{rate, schema_of, time, written};
use crate::report::sheet::{Chart, Column, Lines, Section, Sheet, SheetTable};

/// Percentiles of the table and the picture.
const SHOWN: [&str; 4] = ["p50", "p90", "p99", "p99.9"];

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(sweep: &SweepResult, out: impl Write) -> io::Result<()> {
    written(sweep, out)
}

/// The schema of that JSON.
pub fn schema() -> String {
    schema_of::<SweepResult>("load-sweep", "Result of `flexmeter load --sweep`; times in nanoseconds")
}

/// What a benchmarker is told.
pub fn sheet(sweep: &SweepResult) -> Sheet {
    let mut lines = findings(sweep);
    lines.extend(header(&sweep.header));
    lines.extend(manner(&sweep.manner));
    let title = format!("Sweep of {}", sweep.header.scenario);
    let sections = vec![steps(sweep), latency(sweep), handled(sweep)];
    Sheet { title, lines, sections, data: Some(data(sweep)) }
}

/// The knee, what is kept up with, and the limit.
fn findings(sweep: &SweepResult) -> Vec<String> {
    let mut lines = vec![match &sweep.knee {
        Some(Knee { offered, is_inside: true, .. }) => {
            format!("Knee: {}/s, where Kleinrock's power is largest", rate(*offered))
        }
        Some(Knee { offered, .. }) => format!(
            "Knee: not inside this sweep; Kleinrock's power is largest at its edge, {}/s",
            rate(*offered)
        ),
        None => "Knee: none, no step is valid".to_owned(),
    }];
    lines.push(match sweep.kept_up_to {
        Some(offered) => {
            format!("Kept up with: up to {}/s; beyond, less than 99 % is handled", rate(offered))
        }
        None => "Kept up with: not even the lowest step; less than 99 % of it is handled".to_owned(),
    });
    lines.extend(sweep.limit.as_ref().map(limit));
    lines.extend(
        sweep.capacity_closed_loop.map(|capacity| format!("Closed loop: {} sign-ins/s", rate(capacity))),
    );
    let invalid = sweep.points.iter().filter(|point| !point.invalid.is_empty()).count();
    if invalid > 0 {
        lines.push(format!("INVALID: {invalid} of {} steps, see the reasons below", sweep.points.len()));
    }
    lines
}

fn limit(limit: &Limit) -> String {
    let requirement = &limit.requirement;
    match (limit.highest, limit.lowest_above) {
        (Some(highest), Some(above)) => {
            format!("Under {requirement}: up to {}/s; at {}/s no more", rate(highest), rate(above))
        }
        (Some(highest), None) => {
            format!("Under {requirement}: {}/s and perhaps more, every step", rate(highest))
        }
        (None, _) => format!("Under {requirement}: not even the lowest step"),
    }
}

fn steps(sweep: &SweepResult) -> Section {
    let mut columns = vec![Column::number("offered", "offered"), Column::number("handled", "handled")];
    columns.extend(SHOWN.map(|name| Column::number("percentile", name)));
    columns.push(Column::number("max", "max"));
    columns.push(Column::number("late", "late p99.9"));
    columns.push(Column::text("verdict", "verdict"));
    let row = |(place, point): (usize, &Point)| {
        let planned = &point.latency_planned;
        let mut row = vec![format!("{:.0}", point.offered), format!("{:.0}", point.handled)];
        row.extend(SHOWN.iter().chain(["max"].iter()).map(|name| close(planned.percentile(name))));
        row.push(close(point.lateness.percentile("p99.9")));
        row.push(verdict(sweep, (place, point)));
        row
    };
    let rows = sweep.points.iter().enumerate().map(row).collect();
    let mut notes = vec![
        "Offered and handled: sign-ins a second; latency from the planned instant".to_owned(),
        "Kleinrock's power: handled a second ÷ mean latency; beyond its maximum more load costs more waiting than \
         it brings. Of an M/M/1 queue it lies at half the capacity"
            .to_owned(),
    ];
    for point in &sweep.points {
        notes.extend(point.invalid.iter().map(|why| format!("{}/s: {why}", rate(point.offered))));
    }
    let table = Some(SheetTable { columns, rows });
    Section { heading: "Steps".to_owned(), table, notes, ..Section::default() }
}

/// A time without its space: eight of them fit a terminal.
fn close(nanoseconds: u64) -> String {
    time(nanoseconds).replace(' ', "")
}

fn verdict(sweep: &SweepResult, (place, point): (usize, &Point)) -> String {
    let mut said = Vec::new();
    if !point.invalid.is_empty() {
        said.push("INVALID");
    }
    if sweep.knee.is_some_and(|knee| knee.offered.total_cmp(&point.offered).is_eq()) {
        said.push("knee");
    }
    if !point.keeps_up() {
        said.push("behind");
    }
    let met = sweep.limit.as_ref().and_then(|limit| limit.met.get(place));
    said.extend(met.filter(|met| !met.met).map(|_| "over limit"));
    if said.is_empty() { "ok".to_owned() } else { said.join(", ") }
}

fn latency(sweep: &SweepResult) -> Section {
    // What waits without end would leave nothing to be seen of the rest.
    let shown: Vec<&Point> = sweep.points.iter().filter(|point| point.keeps_up()).collect();
    let left_out = sweep.points.len() - shown.len();
    let line = |name: &&str| {
        (name.to_string(), shown.iter().map(|point| (point.offered, of(point, name))).collect())
    };
    let mark = |knee: &Knee| {
        let at = shown.iter().find(|point| point.offered.total_cmp(&knee.offered).is_eq())?;
        Some(("knee".to_owned(), knee.offered, of(at, "p99.9")))
    };
    let chart = Lines {
        x: "offered, sign-ins/s".to_owned(),
        y: "ms from the planned instant".to_owned(),
        series: SHOWN.iter().map(line).collect(),
        marks: sweep.knee.iter().filter_map(mark).collect(),
    };
    let notes = match left_out {
        0 => Vec::new(),
        count => vec![format!("Not drawn: {count} that are not kept up with; what waits there only grows")],
    };
    let chart = (!shown.is_empty()).then_some(Chart::Lines(chart));
    Section { heading: "Latency against load".to_owned(), chart, notes, ..Section::default() }
}

#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn of(point: &Point, name: &str) -> f64 {
    point.latency_planned.percentile(name) as f64 / 1e6
}

fn handled(sweep: &SweepResult) -> Section {
    let line = |name: &str, of: fn(&Point) -> f64| {
        (name.to_owned(), sweep.points.iter().map(|point| (point.offered, of(point))).collect())
    };
    let chart = Lines {
        x: "offered, sign-ins/s".to_owned(),
        y: "handled, sign-ins/s".to_owned(),
        series: vec![
            line("handled", |point| point.handled),
            line("as much as is offered", |point| point.offered),
        ],
        marks: sweep.knee.iter().map(|knee| ("knee".to_owned(), knee.offered, knee.handled)).collect(),
    };
    let chart = (!sweep.points.is_empty()).then_some(Chart::Lines(chart));
    Section { heading: "Handled against offered".to_owned(), chart, ..Section::default() }
}

/// Every step; times in nanoseconds.
fn data(sweep: &SweepResult) -> SheetTable {
    let numbers = [
        "rate",
        "offered_per_second",
        "handled_per_second",
        "planned_p50_ns",
        "planned_p90_ns",
        "planned_p99_ns",
        "planned_p99_9_ns",
        "planned_max_ns",
        "planned_mean_ns",
        "sent_p50_ns",
        "sent_p99_ns",
        "sent_p99_9_ns",
        "lateness_p99_9_ns",
        "not_sent",
        "not_answered",
        "cpu_ns_per_sign_in",
        "power",
    ];
    let mut columns: Vec<Column> = numbers.map(|key| Column::number(key, key)).into();
    columns.push(Column::text("verdict", "verdict"));
    let row = |(place, point): (usize, &Point)| {
        let mut row = [point.rate, point.offered, point.handled].map(|value| format!("{value:.3}")).to_vec();
        let (planned, sent) = (&point.latency_planned, &point.latency_sent);
        row.extend(SHOWN.iter().chain(["max"].iter()).map(|name| planned.percentile(name).to_string()));
        row.push(format!("{:.0}", planned.mean));
        row.extend(["p50", "p99", "p99.9"].map(|name| sent.percentile(name).to_string()));
        row.push(point.lateness.percentile("p99.9").to_string());
        row.extend([point.counts.not_sent, point.counts.not_answered].map(|count| count.to_string()));
        row.push(format!("{:.0}", point.cpu_nanoseconds_per_sign_in));
        row.push(point.power().map_or(String::new(), |power| format!("{power:.0}")));
        row.push(verdict(sweep, (place, point)));
        row
    };
    SheetTable { columns, rows: sweep.points.iter().enumerate().map(row).collect() }
}
