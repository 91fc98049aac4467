//! `Picture`: a chart as a page shows it: drawn for wide and narrow screens, with its legend, in words, as a table.

use crate::meter::instant::Instant;
use crate::report::page::chart::{self, Bar};
use crate::report::page::filters::thousands;
use crate::report::sheet::plot::{self, COLOURS, NARROW, Room, WIDE, letters};
use crate::report::sheet::{Chart, Column, Fan, Lines, SheetTable};
use crate::scenario::calendar::utc;

/// Bars that the words of a chart name.
const NAMED_BARS: usize = 3;

/// A chart as a page shows it.
pub(crate) struct Picture {
    /// For which screens, and the drawing.
    pub(crate) drawings: Vec<(&'static str, String)>,
    /// What its lines and bands are.
    pub(crate) keys: Vec<Key>,
    /// What is to be seen, for who does not see it.
    pub(crate) words: String,
    /// What is drawn.
    pub(crate) table: SheetTable,
}

/// A line of the legend.
pub(crate) struct Key {
    /// How its sign looks: the classes of the style sheet.
    pub(crate) sign: String,
    /// What stands in the sign.
    pub(crate) letter: String,
    /// What it stands for.
    pub(crate) text: String,
}

impl Picture {
    /// The picture of a chart.
    pub(crate) fn of(chart: &Chart) -> Picture {
        let both =
            |draw: &dyn Fn(Room) -> String| vec![("wide-only", draw(WIDE)), ("narrow-only", draw(NARROW))];
        match chart {
            Chart::Fan(fan) => {
                let drawings = both(&|room| plot::fan(fan, room));
                Picture { drawings, keys: fan_keys(fan), words: fan_words(fan), table: fan_table(fan) }
            }
            Chart::Lines(lines) => {
                let drawings = both(&|room| plot::lines(lines, room));
                let (keys, words) = (line_keys(lines), line_words(lines));
                Picture { drawings, keys, words, table: line_table(lines) }
            }
            Chart::Bars(bars) => bar_picture(bars),
            Chart::Days(days) => {
                let drawings = both(&|room| plot::columns(days, room));
                let most = days.iter().copied().reduce(|most, of| if of.1 > most.1 { of } else { most });
                let words = most.map_or_else(
                    || "No days.".to_owned(),
                    |(at, value)| {
                        format!("{}. Most: {}, {}.", span(days.iter().map(|of| of.0)), day(at), figure(value))
                    },
                );
                let row = |(at, value): &(i64, f64)| vec![day(*at), figure(*value)];
                let table = SheetTable {
                    columns: vec![text_column("day"), number_column("value")],
                    rows: days.iter().map(row).collect(),
                };
                Picture { drawings, keys: Vec::new(), words, table }
            }
        }
    }
}

fn bar_picture(bars: &[(String, f64, String)]) -> Picture {
    let drawn: Vec<Bar> = bars
        .iter()
        .map(|(name, size, text)| Bar { name: name.clone(), size: *size, text: grouped(text) })
        .collect();
    let named = bars.iter().take(NAMED_BARS).map(|(name, _, text)| format!("{name}: {text}"));
    let rest = bars.len().saturating_sub(NAMED_BARS);
    let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
    let words = format!("Bars. {}{rest}.", named.collect::<Vec<_>>().join(", "));
    let table = SheetTable {
        columns: vec![text_column("name"), number_column("length")],
        rows: bars.iter().map(|(name, _, text)| vec![name.clone(), text.clone()]).collect(),
    };
    Picture { drawings: vec![("bars", chart::bars(&drawn))], keys: Vec::new(), words, table }
}

fn fan_keys(fan: &Fan) -> Vec<Key> {
    let line = |(place, (name, _)): (usize, &(String, Vec<f64>))| line_key(place, name);
    let band = |(place, (name, _, _)): (usize, &(String, Vec<f64>, Vec<f64>))| Key {
        sign: format!("band{}", place.min(2)),
        letter: String::new(),
        text: name.clone(),
    };
    fan.lines.iter().enumerate().map(line).chain(fan.bands.iter().enumerate().map(band)).collect()
}

fn line_keys(lines: &Lines) -> Vec<Key> {
    let series = lines.series.iter().enumerate().map(|(place, (name, _))| line_key(place, name));
    let marks = lines.marks.iter().zip(letters(lines.marks.len()));
    let marks = marks.map(|((name, x, y), letter)| Key {
        sign: "mark".to_owned(),
        letter,
        text: format!("{name} ({} · {})", figure(*x), figure(*y)),
    });
    series.chain(marks).collect()
}

fn line_key(place: usize, name: &str) -> Key {
    Key { sign: format!("line l{}", place % COLOURS.len()), letter: String::new(), text: name.to_owned() }
}

/// The span, and where everything is at its end.
fn fan_words(fan: &Fan) -> String {
    let lines =
        fan.lines.iter().filter_map(|(name, values)| Some(format!("{name} {}", figure(*values.last()?))));
    let bands = fan.bands.iter().filter_map(|(name, lower, upper)| {
        Some(format!("{name} {} to {}", figure(*lower.last()?), figure(*upper.last()?)))
    });
    let at_the_end: Vec<String> = lines.chain(bands).collect();
    format!("{}, {}. On the last day: {}.", fan.unit, span(fan.days.iter().copied()), at_the_end.join(", "))
}

/// Where each line begins and ends, and what is marked.
fn line_words(lines: &Lines) -> String {
    let at = |(x, y): &(f64, f64)| format!("{} at {}", figure(*y), figure(*x));
    let series = lines.series.iter().filter_map(|(name, points)| {
        Some(format!("{name}: {} to {}", at(points.first()?), at(points.last()?)))
    });
    let marks = lines.marks.iter().map(|(name, x, y)| format!("{name}: {}", at(&(*x, *y))));
    let all: Vec<String> = series.chain(marks).collect();
    format!("{} by {}. {}.", lines.y, lines.x, all.join("; "))
}

fn fan_table(fan: &Fan) -> SheetTable {
    let mut columns = vec![text_column("day")];
    columns.extend(fan.lines.iter().map(|(name, _)| number_column(name)));
    for (name, _, _) in &fan.bands {
        columns.extend([number_column(&format!("{name}, from")), number_column(&format!("{name}, to"))]);
    }
    let value = |values: &[f64], place: usize| values.get(place).copied().map_or(String::new(), figure);
    let row = |(place, at): (usize, &i64)| {
        let mut cells = vec![day(*at)];
        cells.extend(fan.lines.iter().map(|(_, values)| value(values, place)));
        cells.extend(
            fan.bands.iter().flat_map(|(_, lower, upper)| [value(lower, place), value(upper, place)]),
        );
        cells
    };
    SheetTable { columns, rows: fan.days.iter().enumerate().map(row).collect() }
}

fn line_table(lines: &Lines) -> SheetTable {
    let row = |name: &str, (x, y): (f64, f64)| vec![name.to_owned(), figure(x), figure(y)];
    let series =
        lines.series.iter().flat_map(|(name, points)| points.iter().map(move |point| row(name, *point)));
    let marks = lines.marks.iter().map(|(name, x, y)| row(name, (*x, *y)));
    let columns = vec![text_column("what"), number_column(&lines.x), number_column(&lines.y)];
    SheetTable { columns, rows: series.chain(marks).collect() }
}

fn text_column(heading: &str) -> Column {
    Column { key: "", heading: heading.to_owned(), numeric: false }
}

fn number_column(heading: &str) -> Column {
    Column { numeric: true, ..text_column(heading) }
}

/// A number as it is read: as many decimals as say something.
fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if value.is_finite() { thousands(if text == "-0" { "0" } else { text }) } else { "–".to_owned() }
}

/// A text that may be a number, with narrow spaces between thousands if it is.
pub(crate) fn grouped(text: &str) -> String {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    if is_number { thousands(text) } else { text.to_owned() }
}

/// A midnight as a date.
fn day(at: i64) -> String {
    utc(Instant::from_seconds(at)).format("%Y-%m-%d").to_string()
}

/// From when to when.
fn span(mut days: impl Iterator<Item = i64>) -> String {
    match (days.next(), days.last()) {
        (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
        (Some(only), None) => day(only),
        _ => "no days".to_owned(),
    }
}
