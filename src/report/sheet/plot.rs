//! Plots as SVG: bands and lines over days, lines over numbers, columns over days.

use charts_rs::{
    AxisType, BarChart, ChartBase, LineChart, LineStep, Series, SeriesBand, Symbol, YAxisConfig,
};

use crate::report::page::chart::{Role, plain, single};
use crate::report::sheet::{Fan, Lines};

/// Colours of lines, one after the other; then they begin again.
pub(crate) const COLOURS: [Role; 6] =
    [Role::Main, Role::Third, Role::Green, Role::Fourth, Role::Red, Role::Text];
/// Dashes of the same lines, so that they differ without colour too.
const DASHES: [Option<&str>; 6] =
    [None, Some("7 4"), Some("2 3"), Some("10 3 2 3"), Some("5 2"), Some("1 5")];
/// The place of the colour of marks.
const MARKS: usize = 5;
/// Days up to which the axis names days, not months.
const NAMED_DAYS_MAX: f64 = 150.0;
/// Days that have columns of their own.
const COLUMNS_MAX: usize = 100;
/// Parts of the axis that goes up, about.
const STEPS: f64 = 4.0;

/// Where a plot is seen: its width, its height, and the size of its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    width: f32,
    height: f32,
    font: f32,
}

/// On a screen or on paper.
pub(crate) const WIDE: Room = Room { width: 1080.0, height: 320.0, font: 12.5 };
/// On a telephone.
pub(crate) const NARROW: Room = Room { width: 400.0, height: 280.0, font: 12.0 };

/// Bands, the widest behind, with lines on top of them.
pub(crate) fn fan(fan: &Fan, room: Room) -> String {
    let bands = fan.bands.iter().map(|(name, lower, upper)| Series {
        name: name.clone(),
        index: Some(0),
        band: Some(SeriesBand { lower: drawn(lower), upper: drawn(upper), ..SeriesBand::default() }),
        ..Series::default()
    });
    let lines = fan.lines.iter().enumerate().map(|(place, (name, values))| line(name, drawn(values), place));
    let mut chart = LineChart::new(bands.chain(lines).collect(), Vec::new());
    let values = fan.bands.iter().flat_map(|(_, lower, upper)| lower.iter().chain(upper));
    let values = values.chain(fan.lines.iter().flat_map(|(_, values)| values)).copied();
    let along = Along::Days(&fan.days);
    axes(&mut chart.base, &mut chart.y_axis_configs[0], (along, &fan.unit, Scale::of(values), room));
    chart.svg().expect("a chart within its limits")
}

/// Lines over numbers, with marked points.
pub(crate) fn lines(lines: &Lines, room: Room) -> String {
    let mut all: Vec<Series> = Vec::new();
    for (place, (name, points)) in lines.series.iter().enumerate() {
        let x_values = Some(points.iter().map(|(x, _)| *x).collect());
        let values: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
        all.push(Series { x_values, ..line(name, drawn(&values), place) });
    }
    let letters = letters(lines.marks.len());
    for ((_, x, y), letter) in lines.marks.iter().zip(letters) {
        all.push(Series {
            x_values: Some(vec![*x]),
            index: Some(MARKS),
            label_show: !letter.is_empty(),
            symbol: Some(Symbol::Circle(5.0, Some(COLOURS[MARKS].into()))),
            ..line(&letter, drawn(&[*y]), 0)
        });
    }
    let mut chart = LineChart::new(all, Vec::new());
    let values = lines.series.iter().flat_map(|(_, points)| points.iter().map(|(_, y)| *y));
    let values = values.chain(lines.marks.iter().map(|(_, _, y)| *y));
    let along = Along::Numbers(&lines.x);
    axes(&mut chart.base, &mut chart.y_axis_configs[0], (along, &lines.y, Scale::of(values), room));
    chart.svg().expect("a chart within its limits")
}

/// A column for each day; of many days only what they are like together.
pub(crate) fn columns(days: &[(i64, f64)], room: Room) -> String {
    let instants: Vec<i64> = days.iter().map(|(day, _)| *day).collect();
    let values: Vec<f64> = days.iter().map(|(_, value)| *value).collect();
    let scale = Scale::of(values.iter().copied().chain([0.0]));
    let shown = (Along::Days(&instants), "", scale, room);
    if days.len() > COLUMNS_MAX {
        let steps = Series { step: Some(LineStep::Middle), fill: Some(true), ..line("", drawn(&values), 0) };
        let mut chart = LineChart::new(vec![steps], Vec::new());
        axes(&mut chart.base, &mut chart.y_axis_configs[0], shown);
        chart.series.stroke_width = 1.0;
        return chart.svg().expect("a chart within its limits");
    }
    let sizes = values.iter().map(|value| Some(single(*value)).filter(|value| *value != 0.0)).collect();
    let mut chart = BarChart::new(vec![Series::new_nullable(String::new(), sizes)], Vec::new());
    axes(&mut chart.base, &mut chart.y_axis_configs[0], shown);
    chart.svg().expect("a chart within its limits")
}

/// What marks are called in the plot: nothing where there is but one.
pub(crate) fn letters(count: usize) -> Vec<String> {
    match count {
        1 => vec![String::new()],
        _ => (1..=count).map(|place| place.to_string()).collect(),
    }
}

fn line(name: &str, data: Vec<Option<f32>>, place: usize) -> Series {
    Series {
        name: name.to_owned(),
        data,
        index: Some(place % COLOURS.len()),
        stroke_dash_array: DASHES[place % DASHES.len()].map(str::to_owned),
        ..Series::default()
    }
}

/// Values as the library draws them; what is no number leaves a gap.
fn drawn(values: &[f64]) -> Vec<Option<f32>> {
    values.iter().map(|value| Some(single(*value)).filter(|value| value.is_finite())).collect()
}

/// What lies along the bottom.
enum Along<'a> {
    /// Midnights, in seconds since 1970.
    Days(&'a [i64]),
    /// Numbers, and what they are.
    Numbers(&'a str),
}

/// The axis that goes up: round figures around all values, in equal steps.
struct Scale {
    bottom: f64,
    top: f64,
    steps: usize,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Scale {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Scale { bottom: 0.0, top: 1.0, steps: 1 };
        }
        // A narrow range far above nothing fills the plot; else the plot begins at nothing.
        let low = if low < high * 0.7 || low >= high { low.min(0.0) } else { low };
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / STEPS);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "about as many as steps")]
        let steps = (last - first).max(1.0) as usize;
        Scale { bottom: first * step, top: last * step, steps }
    }
}

/// The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is as large.
fn round_step(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// Axes with readable figures, and the colours of lines.
fn axes(
    chart: &mut ChartBase,
    y: &mut YAxisConfig,
    (along, title, scale, room): (Along<'_>, &str, Scale, Room),
) {
    plain(chart, (room.width, room.height), &COLOURS);
    (chart.margin.top, chart.margin.right) = (10.0, 14.0);
    // The library measures figures in a font that is narrower than some.
    chart.margin.left = 8.0;
    chart.series.stroke_width = 2.0;
    chart.series.symbol = Some(Symbol::None);
    chart.series.label.formatter = String::from("{a}");
    chart.series.label.font.color = Role::Text.into();
    chart.series.label.font.size = room.font;
    chart.grid.stroke_color = Role::Line.into();
    chart.grid.stroke_width = 1.0;
    let x = &mut chart.x_axis;
    x.font.color = Role::Text.into();
    x.font.size = room.font;
    x.stroke_color = Role::Line.into();
    x.height = 26.0;
    match along {
        Along::Days(days) => {
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 have fewer than 53 bits")]
            let instants: Vec<f64> = days.iter().map(|day| *day as f64).collect();
            let length = instants.last().zip(instants.first()).map_or(0.0, |(last, first)| last - first);
            let names_days = length <= NAMED_DAYS_MAX * 86_400.0;
            x.kind = AxisType::Time;
            x.formatter = Some(if names_days { "%d %b" } else { "%b %Y" }.to_owned());
            x.values = instants;
        }
        Along::Numbers(title) => {
            x.kind = AxisType::Value;
            title.clone_into(&mut x.title);
        }
    }
    y.font.color = Role::Text.into();
    y.font.size = room.font;
    y.stroke_color = Role::Line.into();
    y.title = Some(title.to_owned()).filter(|title| !title.is_empty());
    (y.min, y.max) = (Some(single(scale.bottom)), Some(single(scale.top)));
    y.split_number = scale.steps;
}
