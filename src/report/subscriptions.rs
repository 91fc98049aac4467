//! Tokens or subscriptions as a sheet, and as JSON.

mod curves;

use std::io::{self, Write};

use crate::forecast::quantile::Estimate;
use crate::forecast::seats::cover::Cover;
use crate::forecast::seats::plan::Plan;
use crate::forecast::seats::{Advice, Seat, Use};
use crate::report::page::ROWS_MAX;
use crate::report::sheet::{Chart, Column, Section, Sheet, SheetTable};
use crate::report::terminal::{counted, titled};
use crate::scenario::price_list::{Money, PriceList};

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(advice: &Advice, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, advice)?;
    writeln!(out)
}

/// What a planner is told; CSV holds every user and product.
pub fn sheet(advice: &Advice) -> Sheet {
    let mut sections = vec![answer(advice)];
    sections.extend(seats(advice));
    sections.extend(curves::of_products(advice));
    sections.extend(without_offer(advice));
    sections.extend(covered(advice));
    let title = format!("{}: tokens or subscriptions", titled(&advice.title));
    Sheet { title, lines: lines(advice), sections, data: Some(data(advice)) }
}

fn lines(advice: &Advice) -> Vec<String> {
    let Advice { start, end, seed, futures, currency, per_token, months, .. } = advice;
    let last = seed.wrapping_add(*futures as u64 - 1);
    let mut lines = vec![
        format!(
            "{start} to {end}, {} touched, from {} (seeds {seed} to {last})",
            counted(months.len() as u64, "calendar month"),
            counted(*futures as u64, "future")
        ),
        format!(
            "A token costs {currency} {per_token}: the price of one, without discount for a pack or what expires"
        ),
    ];
    if advice.prices_are_assumed {
        lines.push(format!("Prices: {}", PriceList::ASSUMED));
    }
    lines
}

/// What all come to, and how often each plan is the likely best.
fn answer(advice: &Advice) -> Section {
    let heading = "What is recommended".to_owned();
    if advice.seats.is_empty() {
        let line = "There is nothing to choose: no subscription is offered for a product that anybody is charged for.";
        let way = "List what subscriptions cost: [[price]] with subscriptions = [{ product = \"AutoCAD\", year = 2030 }].";
        return Section { heading, lines: vec![line.to_owned(), way.to_owned()], ..Section::default() };
    }
    let totals = &advice.totals;
    let saved = if totals.tokens.value > 0.0 { totals.savings.value / totals.tokens.value } else { 0.0 };
    let in_futures = format!("in {} of the futures it costs no more", percent(totals.share_saved));
    let lines = vec![
        format!(
            "The recommended mix saves {} {}, {} of tokens for everybody; {in_futures}.",
            advice.currency,
            estimated(totals.savings),
            percent(saved)
        ),
        format!("Tokens for everybody: {}.", estimated(totals.tokens)),
        format!("As recommended: {}.", estimated(totals.recommended)),
    ];
    let row = |(plan, count): (&Plan, &usize)| vec![meaning(*plan).to_owned(), count.to_string()];
    let table = SheetTable {
        columns: vec![Column::text("plan", "likely cheapest"), Column::number("choices", "choices")],
        rows: totals.choices.iter().map(row).collect(),
    };
    let bar = |name: &str, of: Estimate| (name.to_owned(), of.value, format!("{:.0}", of.value));
    let bars = vec![bar("tokens for everybody", totals.tokens), bar("as recommended", totals.recommended)];
    let notes = vec![
        "In brackets: where the true mean lies with 95 % confidence. All are compared in the same futures.".to_owned(),
        "Decided in advance, from what is likely; a month or a year is paid whether it is used or not. The first year is \
         paid whole, however short the horizon; beyond whole years it counts in part. A month of which the horizon \
         holds a part counts in that part."
            .to_owned(),
        "Choices and costs come from the same futures: the fewer there are, the better the savings look.".to_owned(),
    ];
    Section { heading, lines, table: Some(table), chart: Some(Chart::Bars(bars)), notes }
}

/// The choices where most money is at stake.
fn seats(advice: &Advice) -> Option<Section> {
    if advice.seats.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text("user", "user"),
        Column::text("product", "product"),
        Column::text("choice", "choice"),
        Column::number("windows", "windows"),
        Column::number("p5", "P5"),
        Column::number("p95", "P95"),
        Column::number("break_even", "turns at"),
        Column::number("tokens", "tokens"),
        Column::number("subscription", "subscription"),
        Column::number("regret", "regret"),
        Column::number("wrong", "wrong %"),
        Column::number("at_stake", "at stake"),
    ];
    let row = |seat: &Seat| {
        let turns_at = seat.break_even_year.or(seat.break_even_month.map(|month| month * 12.0));
        let offers = seat.costs.iter().filter(|(plan, _)| !matches!(plan, Plan::Tokens | Plan::Apart));
        let is_decided = seat.within.is_none();
        vec![
            seat.user.clone(),
            seat.product.clone(),
            choice(seat),
            format!("{:.1}", seat.windows.mean),
            seat.windows.p5.to_string(),
            seat.windows.p95.to_string(),
            turns_at.map_or(String::new(), |days| format!("{days:.1}")),
            whole(seat.tokens),
            offers.map(|(_, cost)| *cost).min().map_or(String::new(), whole),
            if is_decided { whole(seat.regret) } else { String::new() },
            if is_decided { format!("{:.1}", seat.wrong * 100.0) } else { String::new() },
            seat.at_stake.map_or(String::new(), whole),
        ]
    };
    let rows = advice.seats.iter().take(ROWS_MAX).map(row).collect();
    let mut notes = vec![
        "Windows: days charged in the horizon, expected and in one future of twenty each way. Turns at: days in the \
         horizon from which a year is cheaper than tokens (where only months are sold, twelve times those of a month)."
            .to_owned(),
        "Regret: what the choice costs more, on average, than the best choice of somebody who knew the future. Wrong: \
         the futures in which another plan is cheaper. At stake: what the other way costs more, a subscription in place \
         of tokens or the reverse. --format csv has every user and product."
            .to_owned(),
    ];
    notes.extend(more(advice.seats.len()));
    Some(Section {
        heading: "Who: subscriptions by what they save, then tokens by use".to_owned(),
        table: Some(SheetTable { columns, rows }),
        notes,
        ..Section::default()
    })
}

/// A choice in words.
fn choice(seat: &Seat) -> String {
    let words = match (&seat.within, seat.choice) {
        (Some(collection), _) => format!("with {collection}"),
        (None, Plan::ByMonth) => {
            format!("{} months of {}", seat.subscribe_in.len(), seat.windows_by_month.len())
        }
        (None, plan) => plan.name().to_owned(),
    };
    match &seat.cover {
        Some(cover) => format!("{words} (has a {})", cover.kind),
        None => words,
    }
}

fn meaning(plan: Plan) -> &'static str {
    match plan {
        Plan::Tokens => "tokens all along",
        Plan::Apart => "products of a collection one by one",
        Plan::Yearly => "a subscription by the year",
        Plan::Monthly => "a subscription by the month, all along",
        Plan::ByMonth => "a subscription in some months, else tokens",
        Plan::Collection => "a collection",
    }
}

fn without_offer(advice: &Advice) -> Option<Section> {
    let row = |of: &Use| {
        let windows =
            [format!("{:.1}", of.windows.mean), of.windows.p5.to_string(), of.windows.p95.to_string()];
        [of.user.clone(), of.product.clone()].into_iter().chain(windows).chain([whole(of.tokens)]).collect()
    };
    let columns = vec![
        Column::text("user", "user"),
        Column::text("product", "product"),
        Column::number("windows", "windows"),
        Column::number("p5", "P5"),
        Column::number("p95", "P95"),
        Column::number("tokens", "tokens"),
    ];
    let rows = advice.without_offer.iter().take(ROWS_MAX).map(row).collect();
    let total: Money = advice.without_offer.iter().map(|of| of.tokens).sum();
    let line = format!(
        "No subscription price in the file: {}, {} {} in tokens, not counted above.",
        counted(advice.without_offer.len() as u64, "use"),
        advice.currency,
        whole(total)
    );
    (!advice.without_offer.is_empty()).then(|| Section {
        heading: "Without a choice".to_owned(),
        lines: vec![line],
        table: Some(SheetTable { columns, rows }),
        notes: more(advice.without_offer.len()).into_iter().collect(),
        ..Section::default()
    })
}

fn covered(advice: &Advice) -> Option<Section> {
    let row = |cover: &Cover| {
        let Cover { user, product, kind, from, until } = cover;
        let until = until.clone().unwrap_or_else(|| "no end known".to_owned());
        vec![user.clone(), product.clone(), (*kind).to_owned(), from.clone(), until]
    };
    let columns = ["user", "product", "cover", "from", "until"].map(|key| Column::text(key, key)).to_vec();
    let rows = advice.covered.iter().take(ROWS_MAX).map(row).collect();
    (!advice.covered.is_empty()).then(|| Section {
        heading: "Covered already".to_owned(),
        lines: vec!["What they use under it is charged to nobody, and counts nowhere above.".to_owned()],
        table: Some(SheetTable { columns, rows }),
        notes: more(advice.covered.len()).into_iter().collect(),
        ..Section::default()
    })
}

/// What a table leaves out that the page could not hold.
fn more(rows: usize) -> Option<String> {
    let rest = rows.checked_sub(ROWS_MAX).filter(|rest| *rest > 0)?;
    Some(format!("And {rest} more; JSON has them all."))
}

/// Every choice, with every figure: what CSV holds.
fn data(advice: &Advice) -> SheetTable {
    let texts = ["user", "product", "members", "choice", "within", "subscribe_in", "cover"];
    let numbers = [
        "windows",
        "windows_p5",
        "windows_p95",
        "break_even_month",
        "break_even_year",
        "cost_tokens",
        "cost_apart",
        "cost_yearly",
        "cost_monthly",
        "cost_by_month",
        "cost",
        "regret",
        "wrong",
        "at_stake",
    ];
    let mut columns = texts.map(|key| Column::text(key, key)).to_vec();
    columns.extend(numbers.map(|key| Column::number(key, key)));
    let row = |seat: &Seat| {
        let cost = |plan: Plan| seat.costs.get(&plan).map_or(String::new(), Money::to_string);
        let days = |days: Option<f64>| days.map_or(String::new(), |days| format!("{days:.3}"));
        vec![
            seat.user.clone(),
            seat.product.clone(),
            seat.members.join("; "),
            seat.choice.name().to_owned(),
            seat.within.clone().unwrap_or_default(),
            seat.subscribe_in.join("; "),
            seat.cover.as_ref().map_or(String::new(), |cover| cover.kind.to_owned()),
            format!("{:.3}", seat.windows.mean),
            seat.windows.p5.to_string(),
            seat.windows.p95.to_string(),
            days(seat.break_even_month),
            days(seat.break_even_year),
            seat.tokens.to_string(),
            cost(Plan::Apart),
            cost(Plan::Yearly),
            cost(Plan::Monthly),
            cost(Plan::ByMonth),
            seat.cost.to_string(),
            seat.regret.to_string(),
            format!("{:.4}", seat.wrong),
            seat.at_stake.map_or(String::new(), |stake| stake.to_string()),
        ]
    };
    SheetTable { columns, rows: advice.seats.iter().map(row).collect() }
}

/// Money without a fraction.
fn whole(money: Money) -> String {
    format!("{:.0}", money.number())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn estimated(of: Estimate) -> String {
    format!("{:.0} ({:.0}–{:.0})", of.value, of.low, of.high)
}
