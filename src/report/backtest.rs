//! A backtest as a sheet, and as JSON.

use std::io::{self, Write};

use crate::forecast::backtest::{Backtest, Compared, Coverage};
use crate::forecast::quantile::amount;
use crate::meter::instant::Instant;
use crate::report::sheet::{Chart, Column, Fan, Section, Sheet, SheetTable};
use crate::scenario::calendar::from_iso;

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(backtest: &Backtest, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, backtest)?;
    writeln!(out)
}

/// What a planner is told; `notes` are about the exports.
pub fn sheet(title: &str, backtest: &Backtest, notes: &[String]) -> Sheet {
    let Backtest { fitted, forecast, runs, .. } = backtest;
    let mut lines = vec![
        format!(
            "Fitted to {} to {}; forecast {} to {}, {runs} futures",
            fitted[0], fitted[1], forecast[0], forecast[1]
        ),
        format!("What was used lies {} of the forecast", place(&backtest.total)),
    ];
    if backtest.days_left_out > 0 {
        lines.push(format!(
            "{} days without tokens, as stated, are left out on both sides",
            backtest.days_left_out
        ));
    }
    let assumed = Section {
        heading: "What the fit knows, and what it assumes".to_owned(),
        lines: notes.iter().chain(&backtest.notes).cloned().collect(),
        ..Section::default()
    };
    let sections = vec![months(backtest), products(backtest), held(backtest), assumed];
    Sheet { title: title.to_owned(), lines, sections, data: None }
}

fn place(compared: &Compared) -> &'static str {
    if compared.inside {
        "inside the 90 % interval"
    } else if compared.used < compared.forecast.p5.value {
        "below the 90 % interval"
    } else {
        "above the 90 % interval"
    }
}

fn months(backtest: &Backtest) -> Section {
    let mut rows: Vec<_> = backtest.months.iter().map(cells).collect();
    rows.push(cells(&backtest.total));
    let table = SheetTable { columns: columns("month", "month"), rows };
    let notes = vec!["The error is that of the median, as a share of what was used".to_owned()];
    Section {
        heading: "Tokens by month".to_owned(),
        table: Some(table),
        chart: Some(Chart::Fan(fan(backtest))),
        notes,
        ..Section::default()
    }
}

fn products(backtest: &Backtest) -> Section {
    let rows = backtest.products.iter().map(cells).collect();
    let table = SheetTable { columns: columns("product", "product"), rows };
    Section { heading: "Tokens by product".to_owned(), table: Some(table), ..Section::default() }
}

fn held(backtest: &Backtest) -> Section {
    let of = |name: &str, coverage: Coverage| match (coverage.inside * 100).checked_div(coverage.of) {
        None => format!("No whole {name} was forecast"),
        Some(percent) => format!(
            "{} of {} {name}s lie from their P5 to their P95: {percent} %",
            coverage.inside, coverage.of
        ),
    };
    let lines = vec![of("day", backtest.days), of("week", backtest.weeks)];
    let notes = vec![
        "Nine in ten should. Of days more do, where few values are possible: a weekend without use lies in any \
         interval that has 0"
            .to_owned(),
    ];
    Section { heading: "Intervals that hold".to_owned(), lines, notes, ..Section::default() }
}

fn columns(key: &'static str, heading: &str) -> Vec<Column> {
    let mut columns = vec![Column::text(key, heading), Column::number("used", "used")];
    let quantiles = [("tokens_p5", "P5"), ("tokens_p50", "P50"), ("tokens_p95", "P95")];
    columns.extend(quantiles.map(|(key, heading)| Column::number(key, heading)));
    columns.extend([Column::number("error_percent", "error, %"), Column::text("inside", "inside")]);
    columns
}

fn cells(of: &Compared) -> Vec<String> {
    let [p5, p50, p95] =
        [of.forecast.p5, of.forecast.p50, of.forecast.p95].map(|quantile| quantile.value.to_string());
    let error = of.error.map_or("-".to_owned(), |error| format!("{error:+.1}"));
    let inside = if of.inside { "yes" } else { "no" };
    vec![of.name.clone(), of.used.to_string(), p5, p50, p95, error, inside.to_owned()]
}

fn fan(backtest: &Backtest) -> Fan {
    let days = &backtest.by_day;
    let midnight = |day: &str| from_iso(&format!("{day}T00:00:00Z")).map_or(0, Instant::seconds);
    let at =
        |place: usize| days.iter().map(|(_, _, quantiles)| amount(quantiles[place])).collect::<Vec<f64>>();
    Fan {
        unit: "tokens a day".to_owned(),
        days: days.iter().map(|(day, ..)| midnight(day)).collect(),
        bands: vec![("P5 to P95".to_owned(), at(0), at(2))],
        lines: vec![
            ("P50".to_owned(), at(1)),
            ("used".to_owned(), days.iter().map(|(_, used, _)| amount(*used)).collect()),
        ],
    }
}
