//! Charts as SVG. Colours stand for roles; the style sheet gives each role its colour, light, dark and printed.

use charts_rs::{AxisType, BarChart, ChartBase, Color, HorizontalBarChart, PieChart, Series};

use crate::meter::tokens::Tokens;
use crate::report::page::filters::thousands;
use crate::usage::figures::DayTokens;

/// Bars of one chart at most: those with most.
pub(crate) const BARS_MAX: usize = 12;
/// Characters of a bar's name at most.
const NAME_MAX: usize = 24;
/// The height of a bar with its space.
const BAR_HEIGHT: f32 = 26.0;

/// The width of the chart of days. So few that a bar is wider than the space between two of them.
const DAYS_WIDTH: f64 = 560.0;
/// The width of its labels at the left.
const DAYS_LEFT: f64 = 26.0;

/// One bar of a chart.
pub(crate) struct Bar {
    /// Its name.
    pub(crate) name: String,
    /// Its length.
    pub(crate) size: f64,
    /// Its length as it is read.
    pub(crate) text: String,
}

impl Bar {
    /// A bar of tokens.
    pub(crate) fn tokens(name: &str, tokens: Tokens) -> Bar {
        Bar { name: name.to_owned(), size: drawn(tokens), text: thousands(&tokens.to_string()) }
    }

    /// A bar of a count.
    #[expect(clippy::cast_precision_loss, reason = "only the bar's length")]
    pub(crate) fn count(name: &str, count: u64) -> Bar {
        Bar { name: name.to_owned(), size: count as f64, text: thousands(&count.to_string()) }
    }
}

/// What the style sheet colours; it knows these by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// What the chart is about.
    Main = 1,
    /// What stands behind it.
    Second,
    /// Words and figures.
    Text,
    /// Axes and grids.
    Line,
    /// What is well.
    Green,
    /// What is not.
    Red,
    /// A third thing beside the main one.
    Third,
    /// A fourth one.
    Fourth,
}

impl From<Role> for Color {
    fn from(role: Role) -> Color {
        Color { r: 1, g: 2, b: role as u8, a: 255 }
    }
}

/// Bars that lie, the first at the top.
pub(crate) fn bars(bars: &[Bar]) -> String {
    let shown = &bars[..bars.len().min(BARS_MAX)];
    // The library begins at the bottom.
    let names = shown.iter().rev().map(label).collect();
    let sizes = shown.iter().rev().map(|bar| Some(single(bar.size))).collect();
    let mut chart = HorizontalBarChart::new(vec![Series::new_nullable(String::new(), sizes)], names);
    plain(&mut chart, (420.0, BAR_HEIGHT * single_count(shown.len())), &[Role::Main]);
    chart.grid.stroke_width = 0.0;
    chart.x_axis.hidden = true;
    chart.x_axis.font.color = Role::Text.into();
    chart.x_axis.font.size = 13.0;
    chart.x_axis.stroke_color = Role::Line.into();
    chart.y_axis_configs[0].min = Some(0.0);
    chart.svg().expect("a chart within its limits")
}

/// Tokens per day, from active packs and on top of them from expired ones.
pub(crate) fn days(days: &[DayTokens]) -> String {
    let series = |name: &str, tokens: fn(&DayTokens) -> Tokens| {
        let drawn = |day| Some(tokens(day)).filter(|tokens| *tokens != Tokens::ZERO).map(drawn).map(single);
        let mut series = Series::new_nullable(name.to_owned(), days.iter().map(drawn).collect());
        series.stack = Some(String::new());
        series
    };
    let list = vec![
        series("active packs", |day| day.active_packs),
        series("expired packs", |day| day.expired_packs),
    ];
    let mut chart = BarChart::new(list, Vec::new());
    plain(&mut chart, (single(DAYS_WIDTH), 120.0), &[Role::Main, Role::Second]);
    chart.margin.top = 4.0;
    chart.grid.stroke_color = Role::Line.into();
    chart.grid.stroke_width = 0.4;
    chart.x_axis.kind = AxisType::Time;
    let midnight = |day: &DayTokens| day.day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 have fewer than 53 bits")]
    let instants = days.iter().map(|day| midnight(day) as f64);
    chart.x_axis.values = instants.collect();
    chart.x_axis.formatter = Some("%b %Y".to_owned());
    chart.x_axis.font.color = Role::Text.into();
    chart.x_axis.font.size = 6.5;
    chart.x_axis.height = 14.0;
    chart.x_axis.name_gap = 3.0;
    chart.x_axis.stroke_color = Role::Line.into();
    chart.x_axis.stroke_width = Some(0.4);
    let axis = &mut chart.y_axis_configs[0];
    axis.width = Some(single(DAYS_LEFT));
    axis.font.color = Role::Text.into();
    axis.font.size = 6.5;
    axis.name_gap = 4.0;
    axis.split_number = 4;
    axis.min = Some(0.0);
    chart.svg().expect("a chart within its limits")
}

/// Where days lie in the chart of days: the left edge and the width in percent of the chart's width.
pub(crate) fn place_of_days((first, count): (usize, usize), days: usize) -> (f64, f64) {
    let percent = |width: f64| width / DAYS_WIDTH * 100.0;
    let day = percent(DAYS_WIDTH - DAYS_LEFT) / f64::from(single_count(days.max(1)));
    let at = |days: usize| day * f64::from(single_count(days));
    (percent(DAYS_LEFT) + at(first), at(count))
}

/// A ring with the share that is left, in the colour of its band.
pub(crate) fn ring(available: Tokens, total: Tokens, band: &str) -> String {
    let left = single(drawn(available).max(0.0));
    let rest = (single(drawn(total)) - left).max(if left > 0.0 { 0.0 } else { 1.0 });
    let part = |name: &str, size: f32| Series::new(name.to_owned(), vec![size]);
    let mut chart = PieChart::new(vec![part("available", left), part("gone", rest)]);
    let band = if band == "green" { Role::Green } else { Role::Red };
    plain(&mut chart, (120.0, 120.0), &[band, Role::Line]);
    (chart.radius, chart.inner_radius) = (48.0, 39.0);
    chart.rose_type = Some(false);
    chart.border_radius = Some(0.0);
    chart.min_show_label_angle = 361.0;
    chart.svg().expect("a chart within its limits")
}

/// A chart of that size without ground, legend and edge, in the page's font.
pub(crate) fn plain(chart: &mut ChartBase, (width, height): (f32, f32), series: &[Role]) {
    (chart.width, chart.height) = (width, height);
    chart.margin = 0.0.into();
    chart.compact = true;
    chart.font_family = String::from("inherit");
    chart.background_color = Color::transparent();
    chart.legend.show = Some(false);
    chart.series.colors = series.iter().copied().map(Color::from).collect();
}

/// What stands beside a bar. The library measures it in a font that is narrower than some: spaces make up for it.
fn label(bar: &Bar) -> String {
    let text = format!("{}\u{a0}\u{a0}{}", cut(&bar.name), bar.text);
    let spare = "\u{a0}".repeat(1 + text.chars().count() / 7);
    text + &spare
}

/// A name short enough to stand beside its bar; the table has all of it.
fn cut(name: &str) -> String {
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "only what is drawn")]
fn drawn(tokens: Tokens) -> f64 {
    tokens.thousandths() as f64 / 1000.0
}

/// A number as the library draws it.
#[expect(clippy::cast_possible_truncation, reason = "only what is drawn")]
pub(crate) fn single(size: f64) -> f32 {
    size as f32
}

#[expect(clippy::cast_precision_loss, reason = "bars and days are few")]
fn single_count(count: usize) -> f32 {
    count as f32
}
