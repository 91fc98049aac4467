//! Answers as text, as CSV and as a page in a real Chromium.

#![expect(clippy::cast_precision_loss, reason = "days of a year")]

use flexmeter::report::sheet::{Chart, Column, Fan, Lines, Section, Sheet, SheetTable, csv, html, text};
use serde_json::json;

use crate::page::opened;
use crate::page::year::SCRIPT;

/// Midnight of 2026-01-01, in seconds since 1970.
const START: i64 = 1_767_225_600;

fn column(key: &'static str, heading: &str, numeric: bool) -> Column {
    Column { key, heading: heading.to_owned(), numeric }
}

fn months() -> SheetTable {
    let row = |month: u32| {
        let tokens = f64::from(month).mul_add(-0.1, 1.0) * 12_345.5;
        vec![format!("2026-{month:02}"), format!("{tokens:.1}"), SCRIPT.to_owned()]
    };
    SheetTable {
        columns: vec![
            column("month", "Month", false),
            column("tokens_p50", "Tokens", true),
            column("who", "Who", false),
        ],
        rows: (1..=12).map(row).collect(),
    }
}

/// A year of tokens that are used up, and bought once.
fn fan() -> Fan {
    let days: Vec<i64> = (0..365).map(|day| START + day * 86_400).collect();
    let middle = |day: usize| 50_000.0 - day as f64 * 130.0 + if day > 240 { 30_000.0 } else { 0.0 };
    let edge = |share: f64| -> Vec<f64> {
        (0..365).map(|day| (middle(day) + share * (day as f64).sqrt() * 900.0).max(0.0)).collect()
    };
    Fan {
        unit: "tokens left".to_owned(),
        days,
        bands: vec![
            ("P5–P95".to_owned(), edge(-1.0), edge(1.0)),
            ("P25–P75".to_owned(), edge(-0.4), edge(0.4)),
        ],
        lines: vec![("P50".to_owned(), edge(0.0)), (format!("what {SCRIPT} plans"), vec![20_000.0; 365])],
    }
}

fn lines() -> Lines {
    let curve = |slope: f64, start: f64| (0..=50).map(move |x| (f64::from(x), start + slope * f64::from(x)));
    Lines {
        x: "days used in the year".to_owned(),
        y: "cost, USD".to_owned(),
        series: vec![
            ("tokens".to_owned(), curve(21.0, 0.0).collect()),
            ("subscription, yearly".to_owned(), curve(0.0, 700.0).collect()),
            ("subscription, monthly".to_owned(), curve(2.0, 400.0).collect()),
        ],
        marks: vec![("break-even of a year".to_owned(), 33.33, 700.0), ("you".to_owned(), 50.0, 1050.0)],
    }
}

fn sheet() -> Sheet {
    let section = |heading: &str, table, chart| Section {
        heading: heading.to_owned(),
        lines: vec!["Most likely 12 000 tokens are left.".to_owned(), format!("For {SCRIPT} nothing.")],
        table,
        chart: Some(chart),
        notes: vec!["Of 200 futures; seed 7.".to_owned()],
    };
    let bars = (1..=14)
        .map(|place| (format!("user {place} {SCRIPT}"), f64::from(20 - place), format!("{}", 20 - place)));
    let days: Vec<_> = (0..365).map(|day| (START + day * 86_400, (day % 40) as f64 / 80.0)).collect();
    Sheet {
        title: format!("A forecast for {SCRIPT}"),
        lines: vec!["From firm.toml, 200 futures.".to_owned(), "Prices: USD, as of 2026-01-01.".to_owned()],
        sections: vec![
            section("Tokens left", Some(months()), Chart::Fan(fan())),
            section("What it costs", None, Chart::Lines(lines())),
            section("Who", None, Chart::Bars(bars.collect())),
            section("When", None, Chart::Days(days.clone())),
            section("In January", None, Chart::Days(days[..31].to_vec())),
        ],
        data: None,
    }
}

#[test]
fn the_page_of_an_answer_in_a_browser() {
    let page = html(&sheet());
    if let Ok(file) = std::env::var("SHEET_PAGE") {
        std::fs::write(file, &page).expect("the page is written");
    }
    assert!(!page.contains(SCRIPT), "names are text");
    assert!(page == html(&sheet()), "the same bytes for the same sheet");
    let told = opened(&page);
    assert_eq!(told["complaints"], json!([]), "nothing is complained of");
    assert_eq!(told["requests"], json!([]), "nothing is asked of the network");
    assert_eq!(told["title"], format!("A forecast for {SCRIPT} – flexmeter"));
    let headings =
        [&format!("A forecast for {SCRIPT}"), "Tokens left", "What it costs", "Who", "When", "In January"];
    assert_eq!(told["headings"], json!(headings));
    for (how, faults) in told["faults"].as_object().expect("four ways to look at it") {
        assert_eq!(*faults, json!([]), "{how}: no serious fault of accessibility");
        assert_eq!(told["wider"][how], 0, "{how}: nothing sticks out");
        let charts = told["charts"][how].as_array().expect("charts");
        assert_eq!(charts.len(), 5, "{how}");
        for (chart, shapes) in charts.iter().zip([4, 5, 12, 2, 30]) {
            assert!(chart["shapes"].as_u64() >= Some(shapes), "{how}: {chart}");
            assert!(
                chart["texts"].as_array().expect("texts").len() >= 8,
                "{how}: axes have figures: {chart}"
            );
            assert_eq!(chart["outside"], json!([]), "{how}: every word is inside its chart");
            assert!(chart["smallest"].as_f64() >= Some(10.0), "{how}: words are large enough: {chart}");
        }
    }
    assert_eq!(told["printed"], 5);
    let sections = told["sections"].as_array().expect("sections");
    let rows: Vec<usize> = sections.iter().map(|of| of["rows"].as_array().expect("rows").len()).collect();
    assert_eq!(rows, [13, 1 + 3 * 51 + 2, 15, 366, 32], "each chart has its table");
    assert_eq!(sections[0]["rows"][1], json!(["2026-01", "11\u{202f}111.0", SCRIPT]));
    let words: Vec<&str> = sections.iter().map(|of| of["words"].as_str().expect("words")).collect();
    assert!(
        words[0].starts_with("tokens left, 2026-01-01 to 2026-12-31. On the last day: P50 32\u{202f}680,")
    );
    assert!(
        words[1].starts_with("cost, USD by days used in the year. tokens: 0 at 0 to 1\u{202f}050 at 50;")
    );
    assert!(words[2].starts_with("Bars. user 1 "), "{}", words[2]);
    assert_eq!(words[3], "2026-01-01 to 2026-12-31. Most: 2026-02-09, 0.4875.");
    assert_eq!(
        sections[1]["keys"],
        json!([
            "tokens",
            "subscription, yearly",
            "subscription, monthly",
            "1break-even of a year (33.33 · 700)",
            "2you (50 · 1\u{202f}050)"
        ])
    );
}

#[test]
fn an_answer_with_nothing_in_it_has_a_page_and_a_text() {
    let charts = [
        Chart::Fan(Fan::default()),
        Chart::Lines(Lines::default()),
        Chart::Bars(Vec::new()),
        Chart::Days(Vec::new()),
        Chart::Days(vec![(START, 0.0)]),
    ];
    let sections = charts.map(|chart| Section { chart: Some(chart), ..Section::default() }).to_vec();
    let sheet = Sheet { sections, ..Sheet::default() };
    assert!(!html(&sheet).contains("NaN"));
    assert_eq!((text(&sheet, Some(40)).trim(), csv(&sheet).as_str()), ("\u{1b}[1m\u{1b}[0m", ""));
}

#[test]
fn an_answer_as_text_and_as_csv() {
    let mut sheet = sheet();
    sheet.sections.truncate(1);
    sheet.sections[0].lines.truncate(1);
    let table = sheet.sections[0].table.as_mut().expect("a table");
    table.rows = vec![
        vec!["2026-01".to_owned(), "11111.0".to_owned(), "a\u{1b}[31m, \"b\"".to_owned()],
        vec!["2026-02".to_owned(), "9".to_owned(), String::new()],
    ];
    assert_eq!(csv(&sheet), "month,tokens_p50,who\n2026-01,11111.0,\"a\u{1b}[31m, \"\"b\"\"\"\n2026-02,9,\n");
    let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
    let table = sheet.sections[0].table.clone().expect("a table");
    sheet.title = "A forecast".to_owned();
    let expected = "A forecast\nFrom firm.toml, 200 futures.\nPrices: USD, as of 2026-01-01.\n\nTokens left\n\
        Most likely 12 000 tokens are left.\n Month     Tokens  Who         \n 2026-01  11111.0  a\u{fffd}[31m, \"b\" \n \
        2026-02        9              \nOf 200 futures; seed 7.\n";
    assert_eq!(plain(&text(&sheet, None)), expected);
    for line in plain(&text(&sheet, Some(24))).lines().skip(6).take(4) {
        assert!(line.chars().count() <= 24, "fitted to the width: {line:?}");
    }
    let narrow = plain(&text(&sheet, Some(24)));
    assert!(narrow.contains("\nFrom firm.toml, 200\nfutures.\n"), "between words: {narrow}");
    let many = SheetTable { rows: vec![table.rows[1].clone(); 50], ..table };
    sheet.sections[0].table = Some(many.clone());
    sheet.sections.push(Section { table: Some(many), ..Section::default() });
    let text = plain(&text(&sheet, None));
    assert!(
        text.contains(" … and 25 more; --format csv has them all\n") && text.ends_with(" … and 25 more\n")
    );
}
