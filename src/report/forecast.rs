//! A forecast as a sheet, and as JSON.

use std::io::{self, Write};

use crate::forecast::outlook::{Charged, Outlook};
use crate::forecast::quantile::{Estimate, Quantile, Spread, amount};
use crate::meter::tokens::Tokens;
use crate::report::sheet::{Chart, Column, Fan, Section, Sheet, SheetTable};
use crate::report::terminal::{counted, titled};
use crate::scenario::calendar::{from_iso, utc};

/// Teams that a person is shown; the rest is in JSON.
const TEAMS_MAX: usize = 50;

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(outlook: &Outlook, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, outlook)?;
    writeln!(out)
}

/// What a planner is told.
pub fn sheet(outlook: &Outlook) -> Sheet {
    let mut sections = vec![run_out(outlook)];
    sections.extend(run_out_days(outlook));
    sections.extend([months(outlook), products(outlook), cost(outlook)]);
    sections.extend(refusals(outlook));
    sections.extend(teams(outlook));
    Sheet {
        title: titled(&outlook.title).to_owned(),
        lines: lines(outlook),
        sections,
        data: Some(data(outlook)),
    }
}

fn lines(outlook: &Outlook) -> Vec<String> {
    let Outlook { start, end, seed, runs, .. } = outlook;
    let team = outlook.team.as_ref().map_or("all teams".to_owned(), |team| format!("team {team}"));
    let last = seed.wrapping_add(*runs as u64 - 1);
    let mut lines = vec![format!(
        "Forecast of {team}, {start} to {end}, from {} (seeds {seed} to {last})",
        counted(*runs as u64, "run")
    )];
    lines.extend(outlook.tolerance.map(|tolerance| {
        let percent = tolerance * 100.0;
        if outlook.tight {
            format!("Enough runs to tell P5, P50 and P95 of all tokens to ±{percent} %")
        } else {
            format!("Not enough runs to tell P5, P50 and P95 of all tokens to ±{percent} %: see --runs")
        }
    }));
    lines.push(
        "In brackets: where the true quantile lies with 95 % confidence, as far as chance goes".to_owned(),
    );
    lines
}

fn run_out(outlook: &Outlook) -> Section {
    let heading = "When tokens run out".to_owned();
    if outlook.unlimited {
        let text = "Tokens never run out here: what follows is what people would use. With packs in the file, \
                    or bought by `flexmeter plan`, a forecast also says how long they last.";
        return Section { heading: "Demand".to_owned(), lines: vec![text.to_owned()], ..Section::default() };
    }
    let chance = outlook.run_out.chance;
    let mut lines = vec![format!("Chance to run out before the end  {}", share(chance))];
    let Spread { p5, p50, p95 } = &outlook.run_out.at;
    for (name, at) in [("P5 ", p5), ("P50", p50), ("P95", p95)] {
        lines.push(format!("{name} of the first day without tokens  {}", date(at)));
    }
    Section { heading, lines, chart: Some(Chart::Fan(fan(outlook))), ..Section::default() }
}

/// On which day they run out, for the page; a terminal has the quantiles.
fn run_out_days(outlook: &Outlook) -> Option<Section> {
    let days = &outlook.run_out.days;
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let bars = days.iter().map(|(day, count)| (midnight(day), *count as f64)).collect::<Vec<_>>();
    if bars.is_empty() {
        return None;
    }
    let peak = days.iter().max_by_key(|(day, count)| (**count, std::cmp::Reverse(*day)))?;
    let text = format!("Most often on {}: in {} of {} runs", peak.0, peak.1, outlook.runs);
    Some(Section {
        heading: "The first day without tokens, by the number of runs".to_owned(),
        lines: vec![text],
        chart: Some(Chart::Days(bars)),
        ..Section::default()
    })
}

fn midnight(day: &str) -> i64 {
    from_iso(&format!("{day}T00:00:00Z")).map_or(0, |at| utc(at).timestamp())
}

fn date(at: &Quantile<Option<String>>) -> String {
    let day = |at: &Option<String>| at.as_ref().map_or("after the end".to_owned(), |at| at[..10].to_owned());
    let range = match (&at.low, &at.high) {
        (Some(low), Some(high)) => format!(" ({} … {})", day(low), day(high)),
        _ => String::new(),
    };
    day(&at.value) + &range
}

fn fan(outlook: &Outlook) -> Fan {
    let days = &outlook.balance;
    let at = |place: usize| days.iter().map(|day| amount(day.tokens[place])).collect::<Vec<f64>>();
    Fan {
        unit: "tokens left at the end of the day".to_owned(),
        days: days.iter().map(|day| midnight(&day.day)).collect(),
        bands: vec![("P5 to P95".to_owned(), at(0), at(4)), ("P25 to P75".to_owned(), at(1), at(3))],
        lines: vec![("P50".to_owned(), at(2))],
    }
}

fn months(outlook: &Outlook) -> Section {
    let all = outlook.months.iter().filter(|row| row.product.is_none());
    let mut rows: Vec<_> = all.map(|row| cells(&row.month, &row.tokens)).collect();
    rows.push(cells("all of it", &outlook.tokens));
    let table = SheetTable { columns: columns("month", "month"), rows };
    Section { heading: "Tokens by month".to_owned(), table: Some(table), ..Section::default() }
}

fn products(outlook: &Outlook) -> Section {
    let rows = outlook.products.iter().map(|row| cells(&row.product, &row.tokens)).collect();
    let table = SheetTable { columns: columns("product", "product"), rows };
    Section { heading: "Tokens by product".to_owned(), table: Some(table), ..Section::default() }
}

fn teams(outlook: &Outlook) -> Option<Section> {
    if outlook.teams.len() < 2 {
        return None;
    }
    let row = |team: &crate::forecast::outlook::TeamOutlook| {
        let mut row = cells(&team.team, &team.tokens);
        row.extend([share(team.run_out), date(&team.at.p50)]);
        row
    };
    let rows = outlook.teams.iter().take(TEAMS_MAX).map(row).collect();
    let mut columns = columns("team", "team");
    columns.push(Column::text("run_out_chance", "chance to run out"));
    columns.push(Column::text("run_out_p50", "P50 of when"));
    let more = outlook.teams.len().saturating_sub(TEAMS_MAX);
    let notes = if more > 0 { vec![format!("{more} more teams: see --format json")] } else { Vec::new() };
    let table = Some(SheetTable { columns, rows });
    Some(Section { heading: "Teams".to_owned(), table, notes, ..Section::default() })
}

fn cost(outlook: &Outlook) -> Section {
    let cost = &outlook.cost;
    let money = |name: &str, spread: &Spread<crate::scenario::price_list::Money>| {
        let mut row = vec![name.to_owned()];
        row.extend([spread.p5, spread.p50, spread.p95].map(|quantile| cell(&quantile)));
        row
    };
    let mut rows = vec![money("tokens used", &cost.used)];
    let mut lines = Vec::new();
    if !outlook.unlimited {
        rows.push(money("tokens expired", &cost.expired));
        let mut expired = vec!["tokens expired, in tokens".to_owned()];
        let spread = outlook.expired.spread;
        expired.extend([spread.p5, spread.p50, spread.p95].map(|quantile| cell(&quantile)));
        rows.push(expired);
        lines.push(format!("Packs bought during the run: {} {}", cost.bought, cost.currency));
    }
    let table = SheetTable { columns: columns("cost", &format!("cost, {}", cost.currency)), rows };
    let notes = vec!["Tokens at the price of the pack they come from, else at the price list's".to_owned()];
    Section { heading: "Cost".to_owned(), lines, table: Some(table), chart: None, notes }
}

fn refusals(outlook: &Outlook) -> Option<Section> {
    if outlook.refusals.is_empty() {
        return None;
    }
    let mut rows = Vec::new();
    for refusals in &outlook.refusals {
        rows.push(vec![
            refusals.reason.to_owned(),
            mean(refusals.raw_mean),
            mean(refusals.felt_mean),
            refusals.felt.p95.value.to_string(),
            share(refusals.chance),
        ]);
    }
    let columns = vec![
        Column::text("reason", "reason"),
        Column::number("refused", "refused, mean"),
        Column::number("true", "true, mean"),
        Column::number("true_p95", "true, P95"),
        Column::text("chance", "chance of any"),
    ];
    let table = Some(SheetTable { columns, rows });
    let notes = vec![outlook.refusal_rule.clone()];
    Some(Section { heading: "Refused sign-ins".to_owned(), table, notes, ..Section::default() })
}

fn columns(key: &'static str, heading: &str) -> Vec<Column> {
    let quantiles = [("tokens_p5", "P5"), ("tokens_p50", "P50"), ("tokens_p95", "P95")];
    let first = Column::text(key, heading);
    [first].into_iter().chain(quantiles.map(|(key, heading)| Column::number(key, heading))).collect()
}

fn cells(name: &str, tokens: &Charged) -> Vec<String> {
    let Spread { p5, p50, p95 } = tokens.spread;
    [name.to_owned()].into_iter().chain([p5, p50, p95].map(|quantile| cell(&quantile))).collect()
}

/// A quantile with its interval.
fn cell<T: ToString>(quantile: &Quantile<T>) -> String {
    let bound = |end: &Option<T>| end.as_ref().map_or("?".to_owned(), ToString::to_string);
    format!("{} ({}–{})", quantile.value.to_string(), bound(&quantile.low), bound(&quantile.high))
}

fn share(share: Estimate) -> String {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    format!("{} % ({}–{})", percent(share.value), percent(share.low), percent(share.high))
}

fn mean(mean: Estimate) -> String {
    format!("{:.1} ({:.1}–{:.1})", mean.value, mean.low.max(0.0), mean.high)
}

/// Every month and product, with every figure: what CSV holds.
fn data(outlook: &Outlook) -> SheetTable {
    let numbers = [
        "tokens_mean",
        "tokens_p5",
        "tokens_p5_low",
        "tokens_p5_high",
        "tokens_p50",
        "tokens_p50_low",
        "tokens_p50_high",
        "tokens_p95",
        "tokens_p95_low",
        "tokens_p95_high",
    ];
    let mut columns = vec![Column::text("month", "month"), Column::text("product", "product")];
    columns.extend(numbers.map(|key| Column::number(key, key)));
    let row = |month: &str, product: &str, tokens: &Charged| {
        let mut row = vec![month.to_owned(), product.to_owned(), format!("{:.3}", tokens.mean.value)];
        let Spread { p5, p50, p95 } = tokens.spread;
        for quantile in [p5, p50, p95] {
            let bound = |end: Option<Tokens>| end.map_or(String::new(), |end| end.to_string());
            row.extend([quantile.value.to_string(), bound(quantile.low), bound(quantile.high)]);
        }
        row
    };
    let product = |product: &Option<String>| product.clone().unwrap_or_default();
    let months = outlook.months.iter().map(|of| row(&of.month, &product(&of.product), &of.tokens));
    let products = outlook.products.iter().map(|of| row("", &of.product, &of.tokens));
    let rows = months.chain(products).chain([row("", "", &outlook.tokens)]).collect();
    SheetTable { columns, rows }
}
