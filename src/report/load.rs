//! What came of a load, told: for a terminal and a page, as CSV, as JSON with its schema.

pub mod comparison;
mod course;
pub mod interval_log;
pub mod live;
pub mod sweep;
mod machine;

use std::io::{self, Write};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::load::result::{Baseline, Durable, Interval, Latency, LoadResult, Met, PERCENTILES};
use crate::report::load::course::course;
use crate::report::load::machine::{header, manner};
use crate::report::page::filters::thousands;
use crate::report::sheet::{Column, Section, Sheet, SheetTable};

/// The numbers of a row of CSV.
const NUMBERS: [&str; 31] = [
    "until_seconds",
    "seconds",
    "planned",
    "answered",
    "handled_per_second",
    "in_flight",
    "resident_kib",
    "planned_p50_ns",
    "planned_p90_ns",
    "planned_p95_ns",
    "planned_p99_ns",
    "planned_p99_9_ns",
    "planned_p99_99_ns",
    "planned_p99_999_ns",
    "planned_max_ns",
    "sent_p50_ns",
    "sent_p90_ns",
    "sent_p95_ns",
    "sent_p99_ns",
    "sent_p99_9_ns",
    "sent_p99_99_ns",
    "sent_p99_999_ns",
    "sent_max_ns",
    "lateness_p50_ns",
    "lateness_p90_ns",
    "lateness_p95_ns",
    "lateness_p99_ns",
    "lateness_p99_9_ns",
    "lateness_p99_99_ns",
    "lateness_p99_999_ns",
    "lateness_max_ns",
];

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(result: &LoadResult, out: impl Write) -> io::Result<()> {
    written(result, out)
}

/// The schema of that JSON.
pub fn schema() -> String {
    schema_of::<LoadResult>("load-result", "Result of `flexmeter load`; times in nanoseconds")
}

/// What a benchmarker is told.
pub fn sheet(result: &LoadResult) -> Sheet {
    let mut lines = verdict(result);
    lines.extend(header(&result.header));
    lines.extend(manner(&result.manner));
    let mut sections = vec![rates(result), latency(result)];
    sections.extend(requirements(&result.requirements));
    sections.push(audit(result));
    sections.extend(result.durable.as_ref().map(durable));
    sections.extend(baselines(&result.baselines));
    sections.extend(course(&result.intervals));
    Sheet { title: format!("Load of {}", result.header.scenario), lines, sections, data: Some(data(result)) }
}

/// A time in nanoseconds as a person reads it: three digits and a unit.
pub fn time(nanoseconds: u64) -> String {
    const UNITS: [(f64, &str); 4] = [(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = nanoseconds as f64;
    if nanoseconds < 1000 {
        return format!("{nanoseconds} ns");
    }
    // What rounds to a thousand of a unit is one of the next.
    let unit = UNITS.iter().find(|(worth, _)| value / worth < 999.5).unwrap_or(&UNITS[3]);
    format!("{} {}", digits(value / unit.0), unit.1)
}

/// Three digits of a number from 1, and all of a larger one before its point.
fn digits(value: f64) -> String {
    let decimals = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// A number a second as a person reads it: `12 345`, and decimals of few.
pub(crate) fn rate(value: f64) -> String {
    if value < 99.95 { digits(value) } else { thousands(&format!("{value:.0}")) }
}

#[expect(clippy::cast_precision_loss, reason = "fewer digits are shown")]
fn amount(count: u64) -> f64 {
    count as f64
}

/// Plain data as JSON, readable.
pub(crate) fn written<T: Serialize>(data: &T, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, data)?;
    writeln!(out)
}

/// The schema of plain data as it is written: every key is there.
pub(crate) fn schema_of<T: JsonSchema>(name: &str, title: &str) -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema: Schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("urn:flexmeter:schema:{name}").into());
    schema.insert("title".to_owned(), title.into());
    serde_json::to_string_pretty(&schema).expect("plain data") + "\n"
}

/// Whether the figures hold; where not, why and what to change.
fn verdict(result: &LoadResult) -> Vec<String> {
    let mut lines = Vec::new();
    if !result.invalid.is_empty() {
        lines.push("INVALID: the figures do not hold".to_owned());
        lines.extend(result.invalid.iter().map(|why| format!("  {why}")));
    }
    if !result.audit.violations.is_empty() {
        lines.push("WRONG: the audit found violations while it ran".to_owned());
        lines.extend(result.audit.violations.iter().map(|what| format!("  {what}")));
    }
    if lines.is_empty() {
        let (of, since) = waited((&result.latency_planned, &result.latency_sent));
        let p = |name| time(of.percentile(name));
        lines.push(format!(
            "VALID: {} sign-ins/s, p50 {}, p99.9 {}, max {} from the {since}",
            rate(result.handled_per_second),
            p("p50"),
            p("p99.9"),
            p("max")
        ));
    }
    let missed = result.requirements.iter().filter(|met| !met.met);
    lines.extend(missed.map(|met| format!("NOT MET: {} (it is {})", met.requirement, met.measured)));
    lines
}

/// The latency that is told first: from the planned instant, and from the sending where nothing was planned.
fn waited<'l>((planned, sent): (&'l Latency, &'l Latency)) -> (&'l Latency, &'static str) {
    if planned.count > 0 { (planned, "planned instant") } else { (sent, "sending") }
}

fn rates(result: &LoadResult) -> Section {
    let counts = result.counts;
    let count = |name: &str, count: u64| vec![name.to_owned(), count.to_string()];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds are counted")]
    let cpu = result.cpu_nanoseconds_per_sign_in.round() as u64;
    let rows = vec![
        count("planned", counts.planned),
        count("sent", counts.sent),
        count("answered", counts.answered),
        count("  admitted", counts.admitted),
        count("  refused", counts.refused),
        count("not sent", counts.not_sent),
        count("not answered", counts.not_answered),
    ];
    let columns = vec![Column::text("what", "sign-ins"), Column::number("count", "after the warm-up")];
    let lines = vec![format!(
        "offered {}/s, handled {}/s, {} of CPU per sign-in with its sign-out",
        rate(result.offered_per_second),
        rate(result.handled_per_second),
        time(cpu)
    )];
    let table = Some(SheetTable { columns, rows });
    Section { heading: "Sign-ins".to_owned(), lines, table, ..Section::default() }
}

fn latency(result: &LoadResult) -> Section {
    let all = [&result.latency_planned, &result.latency_sent, &result.lateness];
    let columns = vec![
        Column::text("percentile", ""),
        Column::number("planned", "from the planned instant"),
        Column::number("sent", "from the sending"),
        Column::number("lateness", "generator's lateness"),
    ];
    let row = |name: &str, of: &dyn Fn(&Latency) -> u64| {
        let cell = |latency: &&Latency| if latency.count == 0 { "–".to_owned() } else { time(of(latency)) };
        [name.to_owned()].into_iter().chain(all.iter().map(cell)).collect::<Vec<_>>()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts")]
    let mean = |latency: &Latency| latency.mean.round() as u64;
    let mut rows = vec![row("min", &|latency| latency.min), row("mean", &mean)];
    rows.extend(PERCENTILES.map(|(name, _)| row(name, &|latency| latency.percentile(name))));
    let closed = result.manner.arrivals == "closed";
    let first = if closed {
        "In a closed loop nothing is planned: a late answer puts off the next question, and hides waiting"
    } else {
        "From the planned instant: what a user waits. From the sending: what the core takes; waiting is hidden"
    };
    let count = waited((&result.latency_planned, &result.latency_sent)).0.count;
    let beyond = |one_in: u64| thousands(&(count / one_in).to_string());
    let tail = format!(
        "Of {} sign-ins {} lie beyond p99.9, {} beyond p99.99 and {} beyond p99.999",
        thousands(&count.to_string()),
        beyond(1_000),
        beyond(10_000),
        beyond(100_000)
    );
    let notes = vec![first.to_owned(), tail];
    let table = Some(SheetTable { columns, rows });
    Section { heading: "Latency".to_owned(), table, notes, ..Section::default() }
}

fn requirements(requirements: &[Met]) -> Option<Section> {
    if requirements.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text("requirement", "required"),
        Column::text("measured", "is"),
        Column::text("met", ""),
    ];
    let row = |met: &Met| {
        let said = if met.met { "met" } else { "NOT MET" };
        vec![met.requirement.clone(), met.measured.clone(), said.to_owned()]
    };
    let table = Some(SheetTable { columns, rows: requirements.iter().map(row).collect() });
    Some(Section { heading: "Requirements".to_owned(), table, ..Section::default() })
}

fn audit(result: &LoadResult) -> Section {
    let audit = &result.audit;
    let found = match audit.violations.len() {
        0 => "nothing was wrong".to_owned(),
        count => format!("{count} violations: see above"),
    };
    let number = |count: u64| thousands(&count.to_string());
    let lines = vec![format!(
        "{} decisions, {} charges, {} packs: {found}",
        number(audit.decisions),
        number(audit.charges),
        number(audit.packs)
    )];
    let notes =
        vec!["One charge per key and window; bought is drawn, held, expired and remaining".to_owned()];
    Section { heading: "Audit while it ran".to_owned(), lines, notes, ..Section::default() }
}

fn durable(durable: &Durable) -> Section {
    let number = |count: u64| thousands(&count.to_string());
    let batch = amount(durable.decisions) / amount(durable.commits.max(1));
    let p = |name| time(durable.commit.percentile(name));
    let lines = vec![
        format!(
            "{} decisions in {} transactions, {batch:.1} in each, {} KiB of decisions",
            number(durable.decisions),
            number(durable.commits),
            number(durable.bytes / 1024)
        ),
        format!("A transaction takes p50 {}, p99 {}, max {}", p("p50"), p("p99"), p("max")),
        format!("{} decisions were there at the start, and were made again", number(durable.recovered)),
    ];
    let notes = vec!["Every decision was on disk before it was answered".to_owned()];
    Section { heading: "On disk".to_owned(), lines, notes, ..Section::default() }
}

fn baselines(baselines: &[Baseline]) -> Option<Section> {
    if baselines.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text("name", "the same work by"),
        Column::number("per_second", "sign-ins/s"),
        Column::number("range", "slowest–fastest"),
        Column::number("ratio", "actors ÷ this"),
        Column::text("what", "what it does"),
    ];
    let row = |baseline: &Baseline| {
        let (low, high) = baseline.range;
        vec![
            baseline.name.clone(),
            format!("{:.0}", baseline.per_second),
            format!("{low:.0}–{high:.0}"),
            format!("{:.2}", baseline.actors_ratio),
            baseline.what.clone(),
        ]
    };
    let table = Some(SheetTable { columns, rows: baselines.iter().map(row).collect() });
    let notes =
        vec!["Medians of interleaved rounds; the ratio is the median of the rounds' ratios".to_owned()];
    Some(Section { heading: "Baselines".to_owned(), table, notes, ..Section::default() })
}

/// A row for the whole load, then one for each interval: what is plotted over time. Whole distributions are in
/// `.hgrm` files. Times in nanoseconds.
fn data(result: &LoadResult) -> SheetTable {
    let mut columns = vec![Column::text("scope", "scope")];
    columns.extend(NUMBERS.map(|key| Column::number(key, key)));
    let times = |latencies: [&Latency; 3]| {
        let all = latencies.map(|latency| PERCENTILES.map(|(name, _)| latency.percentile(name).to_string()));
        all.into_iter().flatten()
    };
    let manner = &result.manner;
    let mut all = vec![
        "all".to_owned(),
        manner.duration_seconds.to_string(),
        (manner.duration_seconds - manner.warmup_seconds).to_string(),
        result.counts.planned.to_string(),
        result.counts.answered.to_string(),
        format!("{:.3}", result.handled_per_second),
        String::new(),
        String::new(),
    ];
    all.extend(times([&result.latency_planned, &result.latency_sent, &result.lateness]));
    let row = |interval: &Interval| {
        let mut row = vec![
            "interval".to_owned(),
            interval.until_seconds.to_string(),
            interval.seconds.to_string(),
            interval.planned.to_string(),
            interval.answered.to_string(),
            format!("{:.3}", amount(interval.answered) / interval.seconds),
            interval.in_flight.to_string(),
            interval.resident_kib.to_string(),
        ];
        row.extend(times([&interval.latency_planned, &interval.latency_sent, &interval.lateness]));
        row
    };
    SheetTable { columns, rows: [all].into_iter().chain(result.intervals.iter().map(row)).collect() }
}
