//! Two loads side by side, told: which figures differ by more than chance.

use std::io::{self, Write};

use crate::load::comparison::{Comparison, FigureComparison, Form};
use crate::report::load::machine::manner;
use crate::report::load::{rate, schema_of, time, written};
use crate::report::page::filters::thousands;
use crate::report::sheet::{Column, Section, Sheet, SheetTable};
use crate::report::terminal::counted;

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(comparison: &Comparison, out: impl Write) -> io::Result<()> {
    written(comparison, out)
}

/// The schema of that JSON.
pub fn schema() -> String {
    schema_of::<Comparison>("load-comparison", "Result of `flexmeter load --compare`; times in nanoseconds")
}

/// What a benchmarker is told.
pub fn sheet(comparison: &Comparison) -> Sheet {
    let (a, b) = &comparison.sides;
    let machine = &comparison.machine;
    let mut lines = verdict(comparison);
    lines.extend(comparison.warnings.iter().map(|warning| format!("CAREFUL: {warning}")));
    lines.extend([
        format!("A         {a}"),
        format!("B         {b}"),
        format!(
            "machine   {}, {} cores, {} MiB, {}, {} allocator, {} build",
            machine.cpu,
            machine.cores,
            thousands(&machine.memory_mib.to_string()),
            machine.kernel,
            machine.allocator,
            machine.build
        ),
    ]);
    lines.extend(manner(&comparison.manner));
    let notes = notes(comparison);
    let table = Some(table(comparison));
    let section = Section { heading: "B against A".to_owned(), table, notes, ..Section::default() };
    Sheet {
        title: "Two loads compared".to_owned(),
        lines,
        sections: vec![section],
        data: Some(data(comparison)),
    }
}

fn verdict(comparison: &Comparison) -> Vec<String> {
    let differing: Vec<&FigureComparison> =
        comparison.figures.iter().filter(|figure| figure.differs).collect();
    if differing.is_empty() {
        return vec!["No difference shown at 5 %".to_owned()];
    }
    let said = |figure: &&FigureComparison| format!("{} {}", figure.figure, percent(figure.ratio - 1.0));
    let all: Vec<String> = differing.iter().map(said).collect();
    vec![format!("B differs from A at 5 %: {}", all.join(", "))]
}

fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = vec![match comparison.of {
        Form::Pairs => format!(
            "{}, in turns A B, B A: t test on logarithms of ratios; p exact: all exchanges within pairs",
            counted(comparison.rounds as u64, "pair")
        ),
        Form::Intervals => "Two runs: Welch's t test on logarithms of their intervals. Intervals of one run are not \
                            independent runs: p speaks of these two runs, not of two builds; compare builds for that"
            .to_owned(),
    }];
    notes.push("In brackets: where the true difference lies with 95 % confidence. Differs: at 5 %; no means not shown".to_owned());
    notes.push(
        "Finds: the smallest difference, in %, that is found four times in five with as much noise"
            .to_owned(),
    );
    notes.push(
        "Each figure of equals differs one time in twenty by chance; one of five does so more often"
            .to_owned(),
    );
    notes
}

fn table(comparison: &Comparison) -> SheetTable {
    let columns = vec![
        Column::text("figure", ""),
        Column::number("a", "A"),
        Column::number("b", "B"),
        Column::number("difference", "B less A, %"),
        Column::number("p", "p"),
        Column::number("p_exact", "p exact"),
        Column::number("would_be_found", "finds"),
        Column::text("verdict", "differs"),
    ];
    let row = |figure: &FigureComparison| {
        let probability = |p: Option<f64>| p.map_or("–".to_owned(), chance);
        let difference = match (figure.low, figure.high) {
            (Some(low), Some(high)) => {
                let bare = |ratio: f64| format!("{:+.1}", (ratio - 1.0) * 100.0);
                format!("{} ({}…{})", bare(figure.ratio), bare(low), bare(high))
            }
            _ => format!("{:+.1}", (figure.ratio - 1.0) * 100.0),
        };
        let verdict = match figure.p {
            None => "–",
            Some(_) if figure.differs => "yes",
            Some(_) => "no",
        };
        vec![
            figure.figure.clone(),
            shown(figure, figure.a),
            shown(figure, figure.b),
            difference,
            probability(figure.p),
            probability(figure.p_exact),
            figure.would_be_found.map_or("–".to_owned(), |share| format!("{:.1}", share * 100.0)),
            verdict.to_owned(),
        ]
    };
    SheetTable { columns, rows: comparison.figures.iter().map(row).collect() }
}

fn shown(figure: &FigureComparison, value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "nanoseconds are counted")]
    let nanoseconds = value.round() as u64;
    if figure.unit == "ns" { time(nanoseconds) } else { rate(value) }
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

fn chance(p: f64) -> String {
    if p < 0.0005 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// Every figure; times in nanoseconds, ratios as they are.
fn data(comparison: &Comparison) -> SheetTable {
    let numbers = ["a", "b", "ratio", "ratio_low", "ratio_high", "p", "p_exact", "would_be_found"];
    let mut columns = vec![Column::text("figure", "figure"), Column::text("unit", "unit")];
    columns.extend(numbers.map(|key| Column::number(key, key)));
    columns.push(Column::text("differs", "differs"));
    let row = |of: &FigureComparison| {
        let mut row = vec![of.figure.clone(), of.unit.clone()];
        let numbers =
            [Some(of.a), Some(of.b), Some(of.ratio), of.low, of.high, of.p, of.p_exact, of.would_be_found];
        row.extend(numbers.map(|value| value.map_or(String::new(), |value| value.to_string())));
        row.push(of.differs.to_string());
        row
    };
    SheetTable { columns, rows: comparison.figures.iter().map(row).collect() }
}
