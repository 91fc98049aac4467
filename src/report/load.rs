//! A load as a sheet, as JSON with its schema, as it is watched, and as an interval log.

pub mod interval_log;
pub mod live;

use std::io::{self, Write};

use schemars::schema_for;

use crate::load::result::{
    Audit, Baseline, Counts, Durable, Header, Interval, Latency, LoadResult, Machine, Manner, PERCENTILES,
};
use crate::report::duration::time;
use crate::report::page::filters::thousands;
use crate::report::sheet::{Chart, Column, Lines, Section, Sheet, SheetTable};

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(result: &LoadResult, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, result)?;
    writeln!(out)
}

/// The JSON schema of what [`json`] writes.
pub fn schema() -> String {
    let schema = schema_for!(LoadResult);
    serde_json::to_string_pretty(&schema).expect("a schema is plain data") + "\n"
}

/// What a benchmarker is told.
pub fn sheet(result: &LoadResult) -> Sheet {
    let mut sections = vec![verdict(result), latency(result), seconds(result)];
    sections.extend(result.durable.as_ref().map(durable));
    if !result.baselines.is_empty() {
        sections.push(baselines(&result.baselines));
    }
    if !result.requirements.is_empty() {
        sections.push(requirements(result));
    }
    Sheet {
        title: manner(&result.manner),
        lines: headed(&result.header),
        sections,
        data: Some(by_second(&result.intervals)),
    }
}

/// What was run, and where.
pub fn headed(header: &Header) -> Vec<String> {
    let Header { command, version, scenario, scenario_sha256, began, machine } = header;
    let Machine { cpu, cores, memory_mib, kernel, load_before, allocator, build } = machine;
    vec![
        command.clone(),
        format!(
            "flexmeter {version} ({build}, {allocator}), {scenario} ({}…), {began}",
            &scenario_sha256[..12.min(scenario_sha256.len())]
        ),
        format!("{cpu}, {cores} cores, {memory_mib} MiB, {kernel}, load before: {load_before}"),
    ]
}

fn manner(manner: &Manner) -> String {
    let Manner { arrivals, rate, duration_seconds, teams, users, .. } = manner;
    let coming = match (arrivals.as_str(), rate) {
        ("closed", _) => "in a closed loop".to_owned(),
        ("rush", _) => format!("a rush at {}×", manner.pace),
        (gaps, rate) => format!("{} sign-ins a second, {gaps}", rate.map_or(String::new(), per_second)),
    };
    let users = format!("{} users in {} teams", thousands(&users.to_string()), thousands(&teams.to_string()));
    format!("{users}, {coming}, for {duration_seconds} s")
}

fn verdict(result: &LoadResult) -> Section {
    let Counts { planned, sent, answered, admitted, refused, not_sent, not_answered } = result.counts;
    let count = |count: u64| thousands(&count.to_string());
    let Audit { decisions, charges, packs, violations } = &result.audit;
    let mut lines = result.invalid.clone();
    lines.push(format!(
        "Offered {} a second, handled {}; CPU {} for each sign-in and its sign-out",
        per_second(result.offered_per_second),
        per_second(result.handled_per_second),
        nanoseconds(result.cpu_nanoseconds_per_sign_in)
    ));
    lines.push(format!(
        "{} planned, {} sent, {} answered: {} admitted, {} refused; {} not sent, {} not answered",
        count(planned),
        count(sent),
        count(answered),
        count(admitted),
        count(refused),
        count(not_sent),
        count(not_answered)
    ));
    lines.push(match violations.as_slice() {
        [] => format!(
            "Audited: {} decisions, {} charges, each the only one of its key and window; no token of {} packs lost",
            count(*decisions),
            count(*charges),
            count(*packs)
        ),
        found => format!("The audit found: {}", found.join("; ")),
    });
    let heading = match (result.invalid.is_empty(), violations.is_empty()) {
        (_, false) => "WRONG: the audit found something",
        (false, true) => "INVALID: these figures do not hold",
        (true, true) => "Valid",
    };
    Section { heading: heading.to_owned(), lines, ..Section::default() }
}

fn latency(result: &LoadResult) -> Section {
    let columns = vec![
        Column::text("percentile", ""),
        Column::number("planned", "from the planned instant"),
        Column::number("sent", "from the sending"),
        Column::number("late", "generator late by"),
    ];
    let of = [&result.latency_planned, &result.latency_sent, &result.lateness];
    let cell = |latency: &Latency, text: String| if latency.count == 0 { "–".to_owned() } else { text };
    let row = |(name, _): &(&str, f64)| {
        let cells = of.iter().map(|latency| cell(latency, time(latency.percentile(name))));
        [(*name).to_owned()].into_iter().chain(cells).collect()
    };
    let mean = of.iter().map(|latency| cell(latency, nanoseconds(latency.mean)));
    let mean: Vec<String> = ["mean".to_owned()].into_iter().chain(mean).collect();
    let points = |name: &'static str| {
        let point = |interval: &Interval| {
            (interval.until_seconds, milliseconds(interval.latency_planned.percentile(name)))
        };
        let counted = result.intervals.iter().filter(|interval| interval.answered > 0);
        (name.to_owned(), counted.map(point).collect::<Vec<_>>())
    };
    let chart = Lines {
        x: "seconds since the load began".to_owned(),
        y: "from the planned instant, ms".to_owned(),
        series: ["p50", "p99", "p99.9"].map(points).into(),
        marks: Vec::new(),
    };
    let closed = result.manner.arrivals == "closed";
    let mut notes = vec![
        "From the planned instant: what a user waits, late sending included. From the sending: what the core takes, which \
         hides what waited to be sent".to_owned(),
    ];
    if closed {
        let note = "A closed loop asks less while answers are slow: its latency is no user's, its rate is the most that is handled";
        notes.push(note.to_owned());
    }
    Section {
        heading: "Latency of sign-ins".to_owned(),
        table: Some(SheetTable { columns, rows: PERCENTILES.iter().map(row).chain([mean]).collect() }),
        chart: Some(Chart::Lines(chart)),
        notes,
        ..Section::default()
    }
}

fn seconds(result: &LoadResult) -> Section {
    let rate = |count: fn(&Interval) -> u64| {
        let point =
            move |interval: &Interval| (interval.until_seconds, float(count(interval)) / interval.seconds);
        result.intervals.iter().filter(|interval| interval.seconds > 0.0).map(point).collect::<Vec<_>>()
    };
    let mut series = vec![("handled".to_owned(), rate(|interval| interval.answered))];
    if result.manner.arrivals != "closed" {
        series.push(("planned".to_owned(), rate(|interval| interval.planned)));
    }
    let memory = result.intervals.iter().map(|interval| interval.resident_kib);
    let (least, most) = (memory.clone().min().unwrap_or(0) / 1024, memory.max().unwrap_or(0) / 1024);
    let chart = Lines {
        x: "seconds since the load began".to_owned(),
        y: "sign-ins a second".to_owned(),
        series,
        marks: Vec::new(),
    };
    Section {
        heading: "Second by second".to_owned(),
        lines: vec![format!("{} seconds, memory from {least} to {most} MiB", result.intervals.len())],
        chart: Some(Chart::Lines(chart)),
        ..Section::default()
    }
}

fn durable(durable: &Durable) -> Section {
    let Durable { recovered, commits, decisions, bytes, commit } = durable;
    let count = |count: u64| thousands(&count.to_string());
    let each = float(*decisions) / float(*commits).max(1.0);
    Section {
        heading: "On disk before it was answered".to_owned(),
        lines: vec![
            format!(
                "{} decisions in {} commits of {each:.0} on average, {} bytes",
                count(*decisions),
                count(*commits),
                count(*bytes)
            ),
            format!(
                "A commit took {} (p50), {} (p99), {} at most; {} decisions of before were made again at the start",
                time(commit.percentile("p50")),
                time(commit.percentile("p99")),
                time(commit.percentile("max")),
                count(*recovered)
            ),
        ],
        ..Section::default()
    }
}

fn baselines(baselines: &[Baseline]) -> Section {
    let columns = vec![
        Column::text("name", "the same work by"),
        Column::number("per_second", "sign-ins/s"),
        Column::number("slowest", "slowest"),
        Column::number("fastest", "fastest round"),
        Column::number("actors_ratio", "actors ÷ this"),
    ];
    let row = |baseline: &Baseline| {
        vec![
            baseline.name.clone(),
            per_second(baseline.per_second),
            per_second(baseline.range.0),
            per_second(baseline.range.1),
            format!("{:.2}", baseline.actors_ratio),
        ]
    };
    let note = |baseline: &Baseline| format!("{}: {}", baseline.name, baseline.what);
    Section {
        heading: "Beside the same work done by less".to_owned(),
        table: Some(SheetTable { columns, rows: baselines.iter().map(row).collect() }),
        notes: ["Closed loops in rounds, one after the other; medians".to_owned()]
            .into_iter()
            .chain(baselines.iter().map(note))
            .collect(),
        ..Section::default()
    }
}

fn requirements(result: &LoadResult) -> Section {
    let columns = vec![
        Column::text("requirement", "required"),
        Column::text("measured", "measured"),
        Column::text("met", "met"),
    ];
    let met = |met| if met { "yes" } else { "NO" }.to_owned();
    let rows = result.requirements.iter();
    let rows = rows.map(|of| vec![of.requirement.clone(), of.measured.clone(), met(of.met)]).collect();
    Section {
        heading: "Required".to_owned(),
        table: Some(SheetTable { columns, rows }),
        ..Section::default()
    }
}

/// A row for each second; times in nanoseconds.
fn by_second(intervals: &[Interval]) -> SheetTable {
    const PLANNED: [&str; 4] = ["planned_p50", "planned_p99", "planned_p99_9", "planned_max"];
    const SENT: [&str; 4] = ["sent_p50", "sent_p99", "sent_p99_9", "sent_max"];
    const LATE: [&str; 4] = ["late_p50", "late_p99", "late_p99_9", "late_max"];
    const OF: [&str; 4] = ["p50", "p99", "p99.9", "max"];
    let counts = ["until_seconds", "planned", "answered", "in_flight", "resident_kib"];
    let keys = counts.into_iter().chain(PLANNED).chain(SENT).chain(LATE);
    let row = |interval: &Interval| {
        let counts = [interval.planned, interval.answered, interval.in_flight, interval.resident_kib];
        let latencies = [&interval.latency_planned, &interval.latency_sent, &interval.lateness];
        let times = latencies.into_iter().flat_map(|of| OF.map(|name| of.percentile(name)));
        let counts = counts.into_iter().chain(times).map(|count| count.to_string());
        [format!("{:.3}", interval.until_seconds)].into_iter().chain(counts).collect()
    };
    SheetTable {
        columns: keys.map(|key| Column::number(key, key)).collect(),
        rows: intervals.iter().map(row).collect(),
    }
}

/// A rate with as many digits as it deserves.
pub(crate) fn per_second(rate: f64) -> String {
    if rate < 100.0 { format!("{rate:.1}") } else { thousands(&format!("{rate:.0}")) }
}

fn nanoseconds(mean: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of times")]
    let whole = mean.round() as u64;
    time(whole)
}

fn milliseconds(nanoseconds: u64) -> f64 {
    float(nanoseconds) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds, to be shown")]
fn float(count: u64) -> f64 {
    count as f64
}
