//! Curves: for each product everybody's windows against the day at which the choice turns.

use std::collections::BTreeMap;

use crate::forecast::seats::{Advice, Seat};
use crate::report::sheet::{Chart, Lines, Section};
use crate::report::terminal::counted;

/// Products that have a picture of their own: those that most people use.
const PRODUCTS_MAX: usize = 8;
/// People of one picture; of more every so manieth is drawn.
const POINTS_MAX: usize = 200;

/// A picture for each product.
pub(super) fn of_products(advice: &Advice) -> Vec<Section> {
    let mut products: BTreeMap<&str, Vec<&Seat>> = BTreeMap::new();
    for seat in advice.seats.iter().filter(|seat| seat.members.is_empty()) {
        products.entry(&seat.product).or_default().push(seat);
    }
    let mut products: Vec<_> = products.into_iter().filter(|(_, seats)| seats.len() > 1).collect();
    products.sort_by_key(|(_, seats)| std::cmp::Reverse(seats.len()));
    products.truncate(PRODUCTS_MAX);
    products.into_iter().filter_map(|(product, seats)| picture(advice, product, seats)).collect()
}

fn picture(advice: &Advice, product: &str, mut seats: Vec<&Seat>) -> Option<Section> {
    seats.sort_by(|a, b| b.windows.mean.total_cmp(&a.windows.mean).then_with(|| a.user.cmp(&b.user)));
    let first = seats.first()?;
    let (year, month) = (first.break_even_year, first.break_even_month);
    if year.is_none() && month.is_none() {
        return None;
    }
    let drawn: Vec<(u32, &Seat)> = (1..).zip(seats.iter().copied()).collect();
    let step = drawn.len().div_ceil(POINTS_MAX);
    let line = |value: &dyn Fn(&Seat) -> f64| -> Vec<(f64, f64)> {
        drawn.iter().step_by(step).map(|(place, seat)| (f64::from(*place), value(seat))).collect()
    };
    let mut series = vec![
        ("expected".to_owned(), line(&|seat| seat.windows.mean)),
        ("P95".to_owned(), line(&|seat| f64::from(seat.windows.p95))),
        ("P5".to_owned(), line(&|seat| f64::from(seat.windows.p5))),
    ];
    #[expect(clippy::cast_precision_loss, reason = "months are few")]
    let months = advice.months.len() as f64;
    series.extend(year.map(|days| ("a year turns".to_owned(), line(&|_| days))));
    series.extend(month.map(|days| ("months all along turn".to_owned(), line(&|_| days * months))));
    let turns = |days: Option<f64>, what: &str| {
        days.map(|days| {
            let above = seats.iter().filter(|seat| seat.windows.mean > days).count() as u64;
            let are = if above == 1 { "is" } else { "are" };
            format!(
                "{what} turns at {days:.1} days: {} of {} {are} likely above.",
                counted(above, "user"),
                seats.len()
            )
        })
    };
    Some(Section {
        heading: format!("{product}: windows against the break-even"),
        lines: [
            turns(year, "A subscription by the year"),
            turns(month.map(|days| days * months), "One by the month, all along,"),
        ]
        .into_iter()
        .flatten()
        .collect(),
        chart: Some(Chart::Lines(Lines {
            x: "users, by windows".to_owned(),
            y: "windows in the horizon".to_owned(),
            series,
            marks: Vec::new(),
        })),
        ..Section::default()
    })
}
