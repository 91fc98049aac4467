//! A purchase plan as a sheet, and as JSON.

use std::io::{self, Write};

use crate::forecast::plan::Plan;
use crate::forecast::plan::judgement::Judgement;
use crate::forecast::plan::purchases::{Lots, Purchases};
use crate::forecast::quantile::Estimate;
use crate::report::sheet::{Chart, Column, Lines, Section, Sheet, SheetTable};
use crate::report::terminal::{counted, titled};
use crate::scenario::calendar::iso;
use crate::scenario::price_list::Money;

/// Lines of the rule of thumb that a person is shown.
const THUMB_LINES_MAX: usize = 6;

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(plan: &Plan, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, plan)?;
    writeln!(out)
}

/// What a planner is told.
pub fn sheet(plan: &Plan) -> Sheet {
    Sheet {
        title: titled(&plan.title).to_owned(),
        lines: lines(plan),
        sections: [purchases(plan)]
            .into_iter()
            .chain(order(plan))
            .chain([comparison(plan), next(plan), curve(plan)])
            .collect(),
        data: Some(data(plan)),
    }
}

fn lines(plan: &Plan) -> Vec<String> {
    let Plan { team, start, end, seed, runs, risk, stock, dates, .. } = plan;
    let last = seed.wrapping_add(3 * runs - 1);
    let mut lines = vec![
        format!(
            "Purchase plan of team {team}, {} to {}, {stock} tokens there at the start",
            iso(*start),
            iso(*end)
        ),
        format!(
            "The cheapest packs whose chance of a true refusal is at most {}, to be bought on {}",
            percent(*risk),
            counted(*dates as u64, "date")
        ),
        format!(
            "Made with {runs} futures, tried on {runs}, judged on {runs} others (seeds {seed} to {last})"
        ),
        "In brackets: where the true share or mean lies with 95 % confidence, as far as chance goes"
            .to_owned(),
    ];
    lines.extend(plan.prices.map(|assumed| format!("Prices: {assumed}")));
    lines
}

fn purchases(plan: &Plan) -> Section {
    let heading = "What to buy".to_owned();
    if plan.is_idle {
        let text = "Nobody uses tokens in any future: nothing needs to be bought.";
        return Section { heading, lines: vec![text.to_owned()], ..Section::default() };
    }
    let Plan { currency, made, judged, .. } = plan;
    let mut lines = vec![if plan.purchases.0.is_empty() {
        "Nothing: what is there at the start is enough.".to_owned()
    } else {
        format!("Next: {}", told(&plan.next_purchase, currency))
    }];
    lines.push(format!("Chance of a true refusal  {}", share(judged.short)));
    if judged.short.value > plan.risk {
        lines.push(format!(
            "That is more than the {} asked for: a plan that was made with some futures is flattered by them. More \
             --runs or a lower --risk make it safer.",
            percent(plan.risk)
        ));
    }
    let mut notes = Vec::new();
    if made.tightened > 0 {
        notes.push(format!(
            "The first plan promised too much on the second set of futures; it was made again {} with less risk, at \
             most {} short of {}",
            if made.tightened == 1 { "once".to_owned() } else { format!("{} times", made.tightened) },
            made.short_max,
            plan.runs
        ));
    }
    let more = plan.purchases.cost() - made.bound;
    notes.push(if made.is_proven || more == Money(0) {
        "Every other choice was ruled out: for the futures it was made with, nothing is cheaper".to_owned()
    } else {
        format!("The search was ended early: something could be cheaper by {currency} {more} at most")
    });
    if !made.left_out.is_empty() {
        let sizes: Vec<String> = made.left_out.iter().map(ToString::to_string).collect();
        notes.push(format!("Packs too small to matter were left out: {}", sizes.join(", ")));
    }
    let table = (!plan.purchases.0.is_empty()).then(|| table(plan));
    Section { heading, lines, table, notes, ..Section::default() }
}

/// The packs to buy, for a person.
fn table(plan: &Plan) -> SheetTable {
    let columns = vec![
        Column::text("date", "date (UTC)"),
        Column::number("pack_tokens", "tokens a pack"),
        Column::number("count", "packs"),
        Column::number("price_each", "price each"),
        Column::number("total", &format!("total, {}", plan.currency)),
    ];
    let row = |lots: &Lots| {
        let Lots { at, tokens, count, price, .. } = lots;
        vec![day(*at), tokens.to_string(), count.to_string(), price.to_string(), lots.cost().to_string()]
    };
    SheetTable { columns, rows: plan.purchases.0.iter().map(row).collect() }
}

/// The next purchase as an order that somebody can sign.
fn order(plan: &Plan) -> Option<Section> {
    let next = &plan.next_purchase;
    let first = next.0.first()?;
    let Plan { team, currency, risk, purchases, .. } = plan;
    let columns = vec![
        Column::text("item", "item"),
        Column::number("quantity", "quantity"),
        Column::number("unit_price", &format!("unit price, {currency}")),
        Column::number("amount", &format!("amount, {currency}")),
    ];
    let row = |lots: &Lots| {
        let item = format!("pack of {} tokens, valid until {}", lots.tokens, day(lots.expires));
        vec![item, lots.count.to_string(), lots.price.to_string(), lots.cost().to_string()]
    };
    let mut rows: Vec<Vec<String>> = next.0.iter().map(row).collect();
    let total = format!("{} tokens in all", next.size());
    rows.push(vec![total, String::new(), String::new(), next.cost().to_string()]);
    let later = purchases.0.iter().find(|lots| lots.at > first.at);
    let until = later
        .map_or(format!("the end, {}", day(plan.end)), |lots| format!("the next purchase, {}", day(lots.at)));
    let lines = vec![
        format!("For team {team}, to be placed by {}; it is to last until {until}", day(first.at)),
        format!(
            "Why: the cheapest plan with which somebody is refused for want of tokens in at most {} of futures; \
             in {} that it was not made with, they are in {}",
            percent(*risk),
            plan.runs,
            share(plan.judged.short)
        ),
    ];
    let notes = vec!["Prices without tax, as the price list of the file has them".to_owned()];
    let table = Some(SheetTable { columns, rows });
    Some(Section { heading: "Purchase order".to_owned(), lines, table, notes, ..Section::default() })
}

/// The packs to buy, for a program: what CSV holds.
fn data(plan: &Plan) -> SheetTable {
    let columns = vec![
        Column::text("date", "date"),
        Column::text("team", "team"),
        Column::number("pack_tokens", "pack_tokens"),
        Column::number("count", "count"),
        Column::number("price_each", "price_each"),
        Column::number("total", "total"),
        Column::text("currency", "currency"),
    ];
    let row = |lots: &Lots| {
        let Lots { at, tokens, count, price, .. } = lots;
        vec![
            iso(*at),
            plan.team.clone(),
            tokens.to_string(),
            count.to_string(),
            price.to_string(),
            lots.cost().to_string(),
            plan.currency.clone(),
        ]
    };
    SheetTable { columns, rows: plan.purchases.0.iter().map(row).collect() }
}

fn comparison(plan: &Plan) -> Section {
    let columns = vec![
        Column::text("plan", "plan"),
        Column::number("cost", &format!("cost, {}", plan.currency)),
        Column::number("tokens", "tokens bought"),
        Column::number("short", "chance of a true refusal"),
        Column::number("refusals", "true refusals, mean"),
        Column::number("expired", "expired, mean"),
        Column::number("left", "left at the end, mean"),
    ];
    let row = |name: &str, judged: &Judgement| {
        vec![
            name.to_owned(),
            judged.cost.to_string(),
            judged.tokens.to_string(),
            share(judged.short),
            format!("{:.2}", judged.refusals.value),
            format!("{:.1}", judged.expired.value),
            format!("{:.1}", judged.left.value),
        ]
    };
    let mut rows = vec![row("this plan", &plan.judged), row("rule of thumb", &plan.thumb_judged)];
    rows.extend(plan.own_judged.as_ref().map(|own| row("the file's own purchases", own)));
    let known = plan.clairvoyant.cost.value;
    let blank = || "–".to_owned();
    rows.push(vec![
        "who knows the future".to_owned(),
        format!("{known:.2}"),
        blank(),
        "0.0 %".to_owned(),
        "0.00".to_owned(),
        blank(),
        blank(),
    ]);
    let Estimate { value, low, high } = plan.clairvoyant.gap;
    let mut lines = vec![format!(
        "Left to gain: who knew each future would pay {} {value:.2} ({low:.2} … {high:.2}) less, on average",
        plan.currency
    )];
    if plan.clairvoyant.in_vain > 0 {
        lines.push(format!(
            "In {} nobody could avoid a refusal with purchases on these dates; they are not counted there",
            counted(plan.clairvoyant.in_vain as u64, "future")
        ));
    }
    let mut notes = vec![
        "All in the same futures, which the plan was not made with".to_owned(),
        plan.refusal_rule.clone(),
        "Rule of thumb: people × days of use × rates, and 10 % more, bought at the start (for longer runs at each \
         anniversary), less what is there; days as `flexmeter describe` counts them"
            .to_owned(),
    ];
    let counted = &plan.rule_of_thumb.lines;
    notes.extend(counted.iter().take(THUMB_LINES_MAX).cloned());
    if counted.len() > THUMB_LINES_MAX {
        notes.push(format!("… and {} more: see --format json", counted.len() - THUMB_LINES_MAX));
    }
    let heading = "Beside other ways to buy".to_owned();
    Section { heading, lines, table: Some(SheetTable { columns, rows }), notes, ..Section::default() }
}

fn next(plan: &Plan) -> Section {
    let heading = "One more pack".to_owned();
    let Some(next) = &plan.next_pack else { return Section { heading, ..Section::default() } };
    let lot = &next.lot;
    let lines = vec![
        format!(
            "A pack of {} tokens more on {}, for {} {}, brings the chance of a true refusal from {:.1} % to {:.1} %",
            lot.tokens,
            day(lot.at),
            plan.currency,
            lot.price,
            plan.judged.short.value * 100.0,
            next.short.value * 100.0
        ),
        format!(
            "It avoids {:.2} true refusals on average ({:.2} … {:.2})",
            next.avoided.value, next.avoided.low, next.avoided.high
        ),
    ];
    let notes = vec!["The smallest pack, on the date on which it helps in most futures".to_owned()];
    Section { heading, lines, notes, ..Section::default() }
}

fn curve(plan: &Plan) -> Section {
    let columns = vec![
        Column::number("risk", "risk planned with"),
        Column::number("cost", &format!("cost, {}", plan.currency)),
        Column::number("short", "chance to be short in fresh futures"),
    ];
    let row = |point: &crate::forecast::plan::worth::Point| {
        vec![percent(point.risk), point.cost.to_string(), share(point.short)]
    };
    let rows = plan.curve.iter().map(row).collect();
    let planned = plan.curve.iter().map(|point| (point.risk * 100.0, point.cost.number())).collect();
    let mut fresh: Vec<(f64, f64)> =
        plan.curve.iter().map(|point| (point.short.value * 100.0, point.cost.number())).collect();
    fresh.sort_by(|a, b| a.0.total_cmp(&b.0));
    let chart = Lines {
        x: "chance of a refusal, %".to_owned(),
        y: format!("cost, {}", plan.currency),
        series: vec![("as planned".to_owned(), planned), ("in fresh futures".to_owned(), fresh)],
        marks: vec![(
            "this plan".to_owned(),
            plan.judged.short.value * 100.0,
            plan.purchases.cost().number(),
        )],
    };
    Section {
        heading: "What risk costs".to_owned(),
        table: Some(SheetTable { columns, rows }),
        chart: Some(Chart::Lines(chart)),
        notes: vec![
            "Here a refusal counts even if it is cured soon, and plans are not made again".to_owned(),
        ],
        ..Section::default()
    }
}

/// Purchases in a sentence.
fn told(purchases: &Purchases, currency: &str) -> String {
    let packs = |lots: &Lots| format!("{} × {} tokens at {currency} {}", lots.count, lots.tokens, lots.price);
    let all: Vec<String> = purchases.0.iter().map(packs).collect();
    let at = purchases.0.first().map_or(String::new(), |lots| day(lots.at));
    format!("on {at} {}, together {currency} {}", all.join(" and "), purchases.cost())
}

/// A date; its time where it is not midnight.
fn day(at: crate::meter::instant::Instant) -> String {
    iso(at).replace("T00:00:00Z", "")
}

fn share(of: Estimate) -> String {
    format!("{:.1} % ({:.1} … {:.1})", of.value * 100.0, of.low * 100.0, of.high * 100.0)
}

/// A share in per cent, with two digits at most.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (share * 10_000.0).round() / 100.0)
}
