//! What is told of loads: schemas and logs read back, requirements, sweeps of M/M/1, comparisons of equals.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made up"
)]

use std::sync::LazyLock;
use std::time::Duration;

use flexmeter::load::comparison::{self, Comparison, FigureComparison, Side};
use flexmeter::load::intervals::IntervalHistograms;
use flexmeter::load::requirement::Requirement;
use flexmeter::load::result::{
    Audit, Baseline, Counts, Durable, Header, Interval, Latency, LoadResult, Machine, Manner, Met,
};
use flexmeter::load::sweep::{self, Point, SweepResult};
use flexmeter::report::load as told;
use flexmeter::report::load::interval_log::IntervalLog;
use flexmeter::report::load::live::{LiveState, live};
use flexmeter::report::sheet;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

fn histogram(times: impl IntoIterator<Item = u64>) -> Histogram<u64> {
    let mut histogram = Histogram::new(3).expect("three digits");
    for time in times {
        histogram.record(time).expect("it grows");
    }
    histogram
}

fn latency(scale: u64) -> Latency {
    Latency::of(&histogram((1..=1000).map(|place| place * scale)))
}

fn header() -> Header {
    Header {
        command: "flexmeter load firm.toml --rate 10000 --duration 30s --require p99.9<5ms".to_owned(),
        version: "0.1.0".to_owned(),
        scenario: "firm.toml".to_owned(),
        scenario_sha256: "0f".repeat(32),
        began: "2026-11-22T21:00:00Z".to_owned(),
        machine: Machine {
            cpu: "AMD EPYC 9B14 96-Core Processor".to_owned(),
            cores: 2,
            memory_mib: 7_936,
            kernel: "Linux 6.1.0-18-amd64".to_owned(),
            load_before: "0.31 0.42 0.50".to_owned(),
            allocator: "mimalloc".to_owned(),
            build: "release".to_owned(),
        },
    }
}

fn interval(second: u32) -> Interval {
    Interval {
        until_seconds: f64::from(second),
        seconds: 1.0,
        planned: 10_000,
        answered: 10_000 - u64::from(second % 3),
        in_flight: 12,
        resident_kib: 90_000,
        latency_planned: latency(1_000 + u64::from(second) * 10),
        latency_sent: latency(900),
        lateness: latency(40),
    }
}

fn baseline(name: &str, what: &str, per_second: f64) -> Baseline {
    let range = (per_second * 0.97, per_second * 1.02);
    let (name, what) = (name.to_owned(), what.to_owned());
    Baseline { name, what, per_second, range, actors_ratio: 180_000.0 / per_second }
}

fn result() -> LoadResult {
    LoadResult {
        header: header(),
        manner: Manner {
            arrivals: "poisson".to_owned(),
            rate: Some(10_000.0),
            duration_seconds: 30.0,
            warmup_seconds: 5.0,
            teams: 1_000,
            users: 10_000,
            skew: Some(0.3),
            in_flight: Some(4_096),
            pace: 1.0,
            threads: 2,
            seed: 1,
        },
        counts: Counts {
            planned: 250_000,
            sent: 250_000,
            answered: 250_000,
            admitted: 249_000,
            refused: 1_000,
            not_sent: 0,
            not_answered: 0,
        },
        offered_per_second: 10_000.0,
        handled_per_second: 9_999.2,
        cpu_nanoseconds_per_sign_in: 5_432.1,
        latency_planned: latency(1_043),
        latency_sent: latency(911),
        lateness: latency(57),
        invalid: Vec::new(),
        audit: Audit { decisions: 500_000, charges: 12_345, packs: 1_000, violations: Vec::new() },
        durable: Some(Durable {
            recovered: 0,
            commits: 4_000,
            decisions: 500_000,
            bytes: 12_000_000,
            commit: latency(2_000),
        }),
        baselines: vec![
            baseline("meter alone", "the same requests in a plain loop, no actors", 2_400_000.0),
            baseline("bare ractor calls", "actors of the same shape that answer at once", 210_000.0),
        ],
        intervals: (1..=6).map(|place| interval(5 * place)).collect(),
        requirements: vec![Met {
            requirement: "p99.9<5ms".to_owned(),
            measured: "1.043ms".to_owned(),
            met: true,
        }],
    }
}

/// An M/M/1 queue that takes `capacity` a second, at a load, by its formulas.
fn mm1(capacity: f64, rate: f64) -> Point {
    let mean = 1e9 / (capacity - rate);
    let percentile = |name: &str, p: f64| (name.to_owned(), (-(1.0 - p).ln() * mean).round() as u64);
    let names = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];
    let times = |stuck: bool| Latency {
        count: 1_000,
        min: 1,
        mean: if stuck { 1e10 } else { mean },
        percentiles: names
            .map(|(name, p)| if stuck { (name.to_owned(), 10_000_000_000) } else { percentile(name, p) })
            .into_iter()
            .chain([("max".to_owned(), if stuck { 11_000_000_000 } else { (mean * 9.0) as u64 })])
            .collect(),
    };
    Point {
        rate,
        offered: rate,
        handled: rate.min(capacity),
        counts: Counts { planned: 1_000, sent: 1_000, answered: 1_000, admitted: 1_000, ..Counts::default() },
        latency_planned: times(rate >= capacity),
        latency_sent: times(rate >= capacity),
        lateness: latency(1),
        cpu_nanoseconds_per_sign_in: 5_000.0,
        invalid: Vec::new(),
    }
}

fn mm1_sweep(limit: Option<&Requirement>) -> SweepResult {
    let points = sweep::around(10_000.0, 11).into_iter().map(|rate| mm1(10_000.0, rate)).collect();
    SweepResult::of((header(), result().manner), (Some(10_000.0), points), limit)
}

fn required(text: &str) -> Requirement {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Fails unless every key of a value is in its schema and the other way round, below it too.
fn check_keys(value: &Value, (schema, root): (&Value, &Value), path: &str) {
    if let Some(named) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(named.trim_start_matches('#')).unwrap_or_else(|| panic!("{path}: {named}"));
        return check_keys(value, (target, root), path);
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let is_null = |schema: &&Value| schema.get("type").is_some_and(|of| of == "null");
        let one = any.iter().find(|schema| is_null(schema) == value.is_null()).expect("one that fits");
        return check_keys(value, (one, root), path);
    }
    if let Some(names) = schema.get("oneOf").and_then(Value::as_array) {
        return assert!(names.iter().any(|name| name["const"] == *value), "{path}: {value}");
    }
    match value {
        Value::Object(object) => {
            if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
                let (written, known): (Vec<_>, Vec<_>) =
                    (object.keys().collect(), properties.keys().collect());
                assert_eq!(written, known, "keys at {path}");
                let required = schema["required"].as_array().map_or(0, Vec::len);
                assert_eq!(required, known.len(), "every key is always there at {path}");
            }
            for (key, value) in object {
                let of = schema.get("properties").and_then(|properties| properties.get(key));
                let of = of.or_else(|| schema.get("additionalProperties"));
                check_keys(
                    value,
                    (of.unwrap_or_else(|| panic!("{path}/{key}")), root),
                    &format!("{path}/{key}"),
                );
            }
        }
        Value::Array(items) => {
            assert!(
                !items.is_empty() || path.ends_with("ns") || path.contains("invalid"),
                "nothing at {path}"
            );
            for (place, item) in items.iter().enumerate() {
                let of =
                    schema.get("prefixItems").and_then(|of| of.get(place)).or_else(|| schema.get("items"));
                check_keys(item, (of.unwrap_or_else(|| panic!("{path}")), root), &format!("{path}/{place}"));
            }
        }
        _ => {
            let known = schema.get("type").unwrap_or_else(|| panic!("no type at {path}: {schema}"));
            let name = match value {
                Value::String(_) => "string",
                Value::Bool(_) => "boolean",
                Value::Null => "null",
                _ => "number",
            };
            let fits = |of: &Value| of == name || (name == "number" && of == "integer");
            assert!(fits(known) || known.as_array().is_some_and(|of| of.iter().any(fits)), "{path}: {known}");
        }
    }
}

#[test]
fn every_key_of_a_result_is_in_its_schema_and_the_other_way_round() {
    let mut full = result();
    full.audit.violations = vec!["team a: charged twice".to_owned()];
    full.invalid = vec!["late".to_owned()];
    let limit = required("p99.9<5ms");
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut json = Vec::new();
    told::json(&full, &mut json).expect("memory");
    all.push((told::schema(), json));
    let mut json = Vec::new();
    told::sweep::json(&mm1_sweep(Some(&limit)), &mut json).expect("memory");
    all.push((told::sweep::schema(), json));
    let mut json = Vec::new();
    let (compared, _) = noisy_pairs((1, 10), 0.0);
    let compared = Comparison { warnings: vec!["none".to_owned()], ..compared };
    told::comparison::json(&compared, &mut json).expect("memory");
    all.push((told::comparison::schema(), json));
    for (schema, json) in all {
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        let id = schema["$id"].as_str().expect("a name");
        assert!(id.starts_with("urn:flexmeter:schema:load-"), "{id}");
        check_keys(&serde_json::from_slice(&json).expect("JSON"), (&schema, &schema), id);
    }
}

#[test]
fn results_come_back_from_their_json() {
    let mut json = Vec::new();
    told::json(&result(), &mut json).expect("memory");
    let back: LoadResult = serde_json::from_slice(&json).expect("a result");
    let mut again = Vec::new();
    told::json(&back, &mut again).expect("memory");
    assert_eq!(String::from_utf8(json).expect("text"), String::from_utf8(again).expect("text"));
    let mut json = Vec::new();
    told::sweep::json(&mm1_sweep(None), &mut json).expect("memory");
    let back: SweepResult = serde_json::from_slice(&json).expect("a sweep");
    assert_eq!(back.points.len(), 11);
}

#[test]
fn an_interval_log_gives_its_histograms_back() {
    let of = |second: u64| IntervalHistograms {
        from: Duration::from_secs(second),
        length: Duration::from_millis(1_000 - second),
        planned: histogram((1..500).map(|place| place * place * (second + 1))),
        sent: histogram([1_000, 2_000 + second]),
        lateness: histogram([]),
    };
    let intervals: Vec<_> = (0..3).map(of).collect();
    let (mut log, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let mut writer = IntervalLog::begin(&header(), (&mut log, &mut serializer)).expect("memory takes it");
    for interval in &intervals {
        writer.add(interval).expect("memory takes it");
    }
    let text = String::from_utf8(log.clone()).expect("text");
    for said in
        ["#command   flexmeter load firm.toml", "AMD EPYC", "flexmeter 0.1.0", "[BaseTime: 1795381200.000 "]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
    let mut expected = intervals.iter().flat_map(|interval| {
        let IntervalHistograms { from, length, planned, sent, lateness } = interval;
        [("planned", planned), ("sent", sent), ("lateness", lateness)].map(|of| (of, *from, *length))
    });
    let mut base = None;
    for entry in IntervalLogIterator::new(&log) {
        match entry.expect("a line") {
            LogEntry::BaseTime(at) => base = Some(at),
            LogEntry::StartTime(_) => {}
            LogEntry::Interval(read) => {
                let ((tag, histogram), from, length) = expected.next().expect("no more than written");
                assert_eq!(read.tag().expect("a tag").as_str(), tag);
                assert_eq!((read.start_timestamp(), read.duration()), (from, length));
                let bytes = base64(read.encoded_histogram());
                let back: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).expect("V2");
                assert_eq!(&back, histogram, "{tag} from {from:?}");
            }
        }
    }
    assert_eq!(expected.next(), None, "all of them");
    assert_eq!(base, Some(Duration::from_secs(1_795_381_200)));
}

/// Bytes of their text, the plain way.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut kept, mut bits) = (Vec::new(), 0_u32, 0);
    for of in text.bytes().filter(|of| *of != b'=') {
        kept = kept << 6 | DIGITS.iter().position(|digit| *digit == of).expect("a digit") as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((kept >> bits) as u8);
            kept &= (1 << bits) - 1;
        }
    }
    bytes
}

#[test]
fn times_have_three_digits_and_a_unit() {
    let cases = [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (9_994, "9.99 µs"),
        (9_996, "10.0 µs"),
        (99_960, "100 µs"),
        (999_400, "999 µs"),
        (999_600, "1.00 ms"),
        (12_345_678, "12.3 ms"),
        (999_499_999, "999 ms"),
        (999_500_000, "1.00 s"),
        (61_500_000_000, "61.5 s"),
        (1_234_000_000_000, "1234 s"),
    ];
    for (nanoseconds, text) in cases {
        assert_eq!(told::time(nanoseconds), text);
    }
}

#[test]
fn requirements_are_read_and_judged() {
    // Planned times are 1.043 µs to 1.043 ms, sent 0.911 µs to 0.911 ms, in equal steps.
    let cases = [
        ("p99.9<5ms", true, "ms"),
        ("p99.9 < 1ms", false, "ms"),
        ("planned:p50<=600us", true, "us"),
        ("p50<=500us", false, "us"),
        ("sent:p50<=500µs", true, "µs"),
        ("sent:max>1s", false, "s"),
        ("lateness:max<10ms", true, "ms"),
        ("lateness:p99>=100000ns", false, "ns"),
        ("mean<0.6ms", true, "ms"),
        ("handled>=9999", true, ""),
        ("handled>=10000/s", false, "/s"),
        ("refused=1000", true, ""),
        ("refused=0", false, ""),
        ("not-sent=0", true, ""),
        ("not-answered<1", true, ""),
    ];
    for (text, met, unit) in cases {
        let found = required(text).check(&result());
        assert_eq!((found.requirement.as_str(), found.met), (text, met), "{}", found.measured);
        assert!(found.measured.ends_with(unit), "{text}: {}", found.measured);
    }
    assert_eq!(required("handled>=10000/s").check(&result()).measured, "9999.2/s");
    let empty = LoadResult { latency_planned: Latency::default(), ..result() };
    assert!(!required("p99<5ms").check(&empty).met, "nothing measured meets nothing");
}

#[test]
fn what_is_no_requirement_says_what_is() {
    let cases = [
        ("p99.9", "no relation"),
        ("p98<5ms", "\"p98\" is no figure"),
        ("queue:p99<5ms", "\"queue:p99\" is no figure"),
        ("p99<5", "no unit of time"),
        ("p99<5min", "\"min\" is no unit"),
        ("p99<ms", "is no number"),
        ("p99<-5ms", "is no number"),
        ("p99<1.2.3ms", "is no number"),
        ("p99<>5ms", "is no number"),
        ("handled>=10ms", "\"ms\" is no unit"),
        ("refused=0/s", "\"/s\" is no unit"),
        ("", "no relation"),
    ];
    for (text, why) in cases {
        let error = text.parse::<Requirement>().expect_err(text).to_string();
        assert!(error.contains(why) && error.contains("p99.9<5ms"), "{text}: {error}");
    }
}

#[test]
fn steps_lie_at_equal_distances() {
    assert_eq!(sweep::steps(1_000.0, 5_000.0, 5), [1_000.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0]);
    assert_eq!(sweep::steps(1_234.5, 1_234.5, 3), [1_230.0]);
    assert_eq!(sweep::steps(0.5, 2.0, 4), [0.5, 1.0, 1.5, 2.0]);
    assert_eq!(sweep::steps(7.0, 9.0, 1), [7.0]);
    let around = sweep::around(123_456.0, 11);
    assert_eq!((around.len(), around[0], around[10]), (11, 12_300.0, 136_000.0));
}

#[test]
fn the_knee_of_mm1_is_at_half_its_capacity() {
    for capacity in [10.0, 1_000.0, 123_000.0] {
        let rates = (1..20).map(|step| capacity * f64::from(step) / 20.0);
        let points: Vec<Point> = rates.map(|rate| mm1(capacity, rate)).collect();
        let knee = sweep::knee(&points).expect("a knee");
        assert!((knee.offered - capacity / 2.0).abs() < 1e-9 * capacity, "{knee:?} of {capacity}");
        assert!(knee.is_inside);
        // λ (μ − λ) at λ = μ / 2.
        assert!((knee.power / (capacity * capacity / 4.0) - 1.0).abs() < 1e-9, "{knee:?}");
        let lower = sweep::knee(&points[..6]).expect("a knee");
        assert!(!lower.is_inside, "at the edge of what was looked at");
    }
    let broken = Point { invalid: vec!["late".to_owned()], ..mm1(10.0, 5.0) };
    assert_eq!(sweep::knee(&[broken]), None);
}

#[test]
fn a_sweep_of_mm1_keeps_up_to_its_capacity_and_finds_the_limit() {
    // p99.9 is ln 1000 / (μ − λ): under 5 ms while μ − λ > 1381.55, so up to 8618.4 of 10 000.
    let limit = required("p99.9<5ms");
    let swept = mm1_sweep(Some(&limit));
    assert_eq!(swept.kept_up_to, Some(10_000.0));
    let found = swept.limit.expect("asked for");
    assert_eq!((found.highest, found.lowest_above), (Some(8_000.0), Some(9_000.0)));
    let mut points = swept.points;
    let mut tried = Vec::new();
    while let Some(rate) = sweep::next_to_try(&points, &limit) {
        tried.push(rate);
        points.push(mm1(10_000.0, rate));
    }
    assert_eq!(tried, [8_500.0, 8_750.0, 8_630.0]);
    let refined = SweepResult::of((header(), result().manner), (None, points), Some(&limit)).limit;
    let refined = refined.expect("asked for");
    assert_eq!((refined.highest, refined.lowest_above), (Some(8_500.0), Some(8_630.0)));

    let all = required("p50<1s");
    assert_eq!(sweep::next_to_try(&[mm1(10.0, 1.0)], &all), None, "all meet it");
    let none = required("p50<1ns");
    assert_eq!(sweep::next_to_try(&[mm1(10.0, 1.0)], &none), Some(0.5), "none meets it");
    let invalid = Point { invalid: vec!["late".to_owned()], ..mm1(10.0, 1.0) };
    assert_eq!(sweep::next_to_try(&[invalid], &all), Some(0.5), "what is invalid meets nothing");
}

/// So many pairs whose B handles `more` than A as a share, each run with 3 % of noise.
fn noisy_pairs((seed, pairs): (u64, usize), more: f64) -> (Comparison, FigureComparison) {
    // Made once: its histograms take long.
    static BASE: LazyLock<LoadResult> = LazyLock::new(|| LoadResult { intervals: Vec::new(), ..result() });
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut run = |more: f64| {
        // The sum of twelve uniforms has a variance of 1.
        let normal: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        LoadResult { handled_per_second: 10_000.0 * (1.0 + more) * f64::exp(0.03 * normal), ..BASE.clone() }
    };
    let pairs: Vec<_> = (0..pairs).map(|_| (run(0.0), run(more))).collect();
    let compared = comparison::of_pairs(("old".to_owned(), "new".to_owned()), &pairs);
    let handled = compared.figures[0].clone();
    (compared, handled)
}

#[test]
fn equals_differ_one_time_in_twenty_and_a_tenth_more_is_found() {
    let claims = (0..400).filter(|seed| noisy_pairs((*seed, 10), 0.0).1.differs).count();
    assert!((8..=36).contains(&claims), "{claims} of 400 are 2 to 9 %");
    let found: Vec<_> = (1_000..1_100).map(|seed| noisy_pairs((seed, 10), 0.1).1).collect();
    let count = found.iter().filter(|figure| figure.differs && figure.ratio > 1.0).count();
    assert!(count >= 99, "{count} of 100");
    let inside = found.iter().filter(|figure| figure.low < Some(1.1) && Some(1.1) < figure.high).count();
    assert!((88..=99).contains(&inside), "{inside} of 100 intervals hold the truth");
    // 0.03 √2 / √10, times t(0.975) + t(0.8) of nine degrees of freedom.
    let mean = found.iter().map(|figure| figure.would_be_found.expect("told")).sum::<f64>() / 100.0;
    assert!((0.038..0.046).contains(&mean), "{mean}");
}

#[test]
fn pairs_are_compared_as_by_hand() {
    // Ratios e^0.1, e^0.2, e^0.3: mean 0.2, standard error 0.1/√3, t = 3.4641 with two degrees of freedom.
    let of = |handled: f64| LoadResult { handled_per_second: handled, ..result() };
    let pairs: Vec<_> = [0.1_f64, 0.2, 0.3].map(|log| (of(1_000.0), of(1_000.0 * log.exp()))).into();
    let compared = comparison::of_pairs((String::new(), String::new()), &pairs);
    let handled = &compared.figures[0];
    let near = |value: Option<f64>, by_hand: f64| {
        assert!((value.expect("told") - by_hand).abs() < 1e-4, "{value:?}");
    };
    near(Some(handled.ratio), 0.2_f64.exp());
    near(handled.p, 0.074_180);
    near(handled.low, (0.2_f64 - 4.302_653 * 0.057_735).exp());
    near(handled.p_exact, 0.25);
    assert!(!handled.differs);
    let cpu = &compared.figures[1];
    assert_eq!((cpu.ratio, cpu.p, cpu.p_exact, cpu.differs), (1.0, Some(1.0), Some(1.0), false));
    let one = comparison::of_pairs((String::new(), String::new()), &pairs[..1]);
    assert_eq!((one.figures[0].p, one.figures[0].differs), (None, false), "one pair says nothing");
}

#[test]
fn two_results_are_compared_by_their_intervals() {
    let with = |answered: [u64; 4]| {
        let of = |(place, answered): (usize, u64)| Interval {
            until_seconds: place as f64 + 1.0,
            answered,
            ..interval(1)
        };
        let manner = Manner { duration_seconds: 4.0, warmup_seconds: 1.0, ..result().manner };
        LoadResult { manner, intervals: answered.into_iter().enumerate().map(of).collect(), ..result() }
    };
    // Without the warm-up: logs ln 100, ln 110, ln 121 against the double: Welch's t = ln 2 / (ln 1.1 √(2/3)).
    let compared = comparison::of_results(
        ("a.json".to_owned(), "b.json".to_owned()),
        &with([1, 100, 110, 121]),
        &with([1, 200, 220, 242]),
    );
    let handled = &compared.figures[0];
    assert!((handled.ratio - 2.0).abs() < 1e-9 && (handled.a - 110.0).abs() < 1e-9, "{handled:?}");
    // t = 8.907 with 4 degrees of freedom.
    assert!((handled.p.expect("told") - 0.000_879).abs() < 2e-5, "{handled:?}");
    assert!(handled.differs && compared.warnings.is_empty());
    let cpu = &compared.figures[1];
    assert_eq!((cpu.figure.as_str(), cpu.p), ("cpu", None), "intervals do not have it");

    let other = LoadResult { invalid: vec!["late".to_owned()], ..with([1, 1, 1, 1]) };
    let other = LoadResult { manner: Manner { teams: 1, ..other.manner.clone() }, ..other };
    let careful = comparison::of_results((String::new(), String::new()), &with([1, 1, 1, 1]), &other);
    assert_eq!(careful.warnings.len(), 2, "{:?}", careful.warnings);
}

#[test]
fn builds_run_in_turns() {
    use Side::{A, B};
    assert_eq!(comparison::order(3), [[A, B], [B, A], [A, B]]);
}

fn widest(text: &str) -> usize {
    text.lines()
        .map(|line| line.replace("\u{1b}[1m", "").replace("\u{1b}[2m", "").replace("\u{1b}[0m", ""))
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
}

#[test]
fn sheets_fit_eighty_columns_and_have_pictures() {
    let limit = required("p99.9<5ms");
    let invalid = LoadResult {
        invalid: vec![
            "the generator was 12 ms late at p99.9, more than 1 ms: lower --rate or free a core".to_owned(),
        ],
        ..result()
    };
    let (compared, _) = noisy_pairs((7, 10), 0.1);
    let sheets = [
        (told::sheet(&result()), "VALID", 2),
        (told::sheet(&invalid), "INVALID: the figures do not hold", 2),
        (told::sweep::sheet(&mm1_sweep(Some(&limit))), "Knee: 5\u{202f}000/s", 2),
        (told::comparison::sheet(&compared), "B differs from A at 5 %: handled +", 0),
    ];
    for (sheet, first, pictures) in sheets {
        assert!(sheet.lines[0].starts_with(first), "{}", sheet.lines[0]);
        let text = sheet::text(&sheet, Some(80));
        assert!(text.contains("AMD EPYC"), "{text}");
        assert!(widest(&text) <= 80, "{} columns:\n{text}", widest(&text));
        assert_eq!(sheet.sections.iter().filter(|section| section.chart.is_some()).count(), pictures);
        assert!(sheet::html(&sheet).starts_with("<!"), "a page");
        let table = sheet.data.as_ref().expect("CSV");
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "every cell is there");
    }
}

#[test]
fn the_live_view_tells_the_last_second_and_all_of_it() {
    let mut state = LiveState {
        elapsed_seconds: 12.0,
        total_seconds: 30.0,
        warmup_seconds: 2.0,
        last: interval(12),
        counts: Counts { planned: 100_000, answered: 99_990, not_sent: 3, ..Counts::default() },
        latency_planned: latency(1_000),
        lateness: latency(10),
        invalid: Vec::new(),
    };
    let said = "\
██████████░░░░░░░░░░░░░░ 12 of 30 s
      offered/s  handled/s      p50      p99    p99.9      max late p99
last     10\u{202f}000     10\u{202f}000   560 µs  1.11 ms  1.12 ms  1.12 ms  39.6 µs
all      10\u{202f}000      9\u{202f}999   500 µs   990 µs   999 µs  1.00 ms  9.90 µs
12 in flight · 3 not sent · 0 refused
";
    assert_eq!(live(&state, 80), said);
    state.invalid = vec!["the generator was late".to_owned()];
    assert!(live(&state, 80).ends_with("INVALID: the generator was late\n"));
    assert!(live(&state, 30).lines().all(|line| line.chars().count() <= 30));
    assert!(live(&LiveState::default(), 80).contains("0 of 0 s"), "before anything is there");
}
