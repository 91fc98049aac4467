//! A comparison of futures as a sheet, and as JSON.

use std::io::{self, Write};

use crate::forecast::charges::FirstDifference;
use crate::forecast::comparison::{Comparison, Side, VariantDifference};
use crate::forecast::quantile::Estimate;
use crate::report::sheet::{Chart, Column, Section, Sheet, SheetTable};
use crate::report::terminal::counted;

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(comparison: &Comparison, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, comparison)?;
    writeln!(out)
}

/// What a planner is told; `of` says what is compared.
pub fn sheet(comparison: &Comparison, (title, of): (&str, &str)) -> Sheet {
    let Comparison { start, end, seed, runs, currency, .. } = comparison;
    let last = seed.wrapping_add(runs - 1);
    let lines = vec![
        of.to_owned(),
        format!(
            "{start} to {end}, {} of each, on the same chance (seeds {seed} to {last})",
            counted(*runs, "future")
        ),
        "In brackets: where the true mean lies with 95 % confidence".to_owned(),
    ];
    let sides: Vec<&Side> = [&comparison.base]
        .into_iter()
        .chain(comparison.variants.iter().map(|variant| &variant.side))
        .collect();
    let bar = |side: &&Side| (side.name.clone(), side.tokens.value, format!("{:.0}", side.tokens.value));
    let differences = Section {
        heading: "Tokens, money and refusals".to_owned(),
        lines: Vec::new(),
        table: Some(differences(comparison)),
        chart: Some(Chart::Bars(sides.iter().map(bar).collect())),
        notes: vec![
            format!(
                "Cost in {currency}, at the price of the packs that tokens come from; of a misreading, at the list's"
            ),
            "Differ: the futures in which tokens differ at all".to_owned(),
            comparison.refusal_rule.clone(),
        ],
    };
    let first = Section {
        heading: "The first charge that differs".to_owned(),
        table: Some(firsts(comparison)),
        notes: vec!["`flexmeter run FILE --seed` writes all of that future down".to_owned()],
        ..Section::default()
    };
    Sheet { title: title.to_owned(), lines, sections: vec![differences, first], data: Some(data(comparison)) }
}

fn differences(comparison: &Comparison) -> SheetTable {
    let columns = vec![
        Column::text("name", "what"),
        Column::number("tokens", "tokens, mean"),
        Column::number("more_tokens", "more"),
        Column::number("more_share", "more, %"),
        Column::number("more_cost", "cost more"),
        Column::number("more_refusals", "true refusals more"),
        Column::number("differs", "differ, %"),
    ];
    let base = &comparison.base;
    let mut first = vec![base.name.clone(), format!("{:.1}", base.tokens.value)];
    first.extend(std::iter::repeat_n(String::new(), 5));
    let row = |variant: &VariantDifference| {
        vec![
            variant.side.name.clone(),
            format!("{:.1}", variant.side.tokens.value),
            with_interval(variant.more_tokens),
            format!("{:+.2}", variant.more_share * 100.0),
            with_interval(variant.more_cost),
            variant.more_refusals.map_or("–".to_owned(), with_interval),
            format!("{:.0}", variant.differs.value * 100.0),
        ]
    };
    SheetTable { columns, rows: [first].into_iter().chain(comparison.variants.iter().map(row)).collect() }
}

fn firsts(comparison: &Comparison) -> SheetTable {
    let columns = vec![
        Column::text("name", "what"),
        Column::text("seed", "seed"),
        Column::text("at", "when (UTC)"),
        Column::text("user", "user"),
        Column::text("product", "product"),
        Column::text("charges", "charged"),
    ];
    let row = |variant: &VariantDifference| {
        let name = variant.side.name.clone();
        let Some(FirstDifference { seed, at, user, product, base, variant }) = &variant.first else {
            return vec![
                name,
                String::new(),
                "no charge differs".to_owned(),
                String::new(),
                String::new(),
                String::new(),
            ];
        };
        let tokens = |tokens: &Option<_>| match tokens {
            Some(tokens) => format!("{tokens}"),
            None => "not".to_owned(),
        };
        let charged = format!("{} → {}", tokens(base), tokens(variant));
        vec![name, seed.to_string(), at.clone(), user.clone(), product.clone(), charged]
    };
    SheetTable { columns, rows: comparison.variants.iter().map(row).collect() }
}

/// Every variant with every figure: what CSV holds.
fn data(comparison: &Comparison) -> SheetTable {
    let estimates = [
        ("tokens", "tokens_low", "tokens_high"),
        ("more_tokens", "more_tokens_low", "more_tokens_high"),
        ("more_cost", "more_cost_low", "more_cost_high"),
        ("more_refusals", "more_refusals_low", "more_refusals_high"),
    ];
    let mut columns = vec![Column::text("name", "name")];
    for (value, low, high) in estimates {
        columns.extend([value, low, high].map(|key| Column::number(key, key)));
    }
    let cells = |estimate: Option<Estimate>| match estimate {
        Some(Estimate { value, low, high }) => [value, low, high].map(|one| format!("{one:.3}")),
        None => [const { String::new() }; 3],
    };
    let row = |side: &Side, more: [Option<Estimate>; 3]| {
        let estimates = [Some(side.tokens)].into_iter().chain(more);
        [side.name.clone()].into_iter().chain(estimates.flat_map(cells)).collect()
    };
    let base = row(&comparison.base, [None; 3]);
    let variants = comparison.variants.iter().map(|variant| {
        row(&variant.side, [Some(variant.more_tokens), Some(variant.more_cost), variant.more_refusals])
    });
    SheetTable { columns, rows: [base].into_iter().chain(variants).collect() }
}

fn with_interval(Estimate { value, low, high }: Estimate) -> String {
    format!("{value:+.1} ({low:+.1} … {high:+.1})")
}
