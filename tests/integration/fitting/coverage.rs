//! Nine of ten intervals of nine tenths hold.

#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of a few hundred")]

use std::sync::atomic::{AtomicU64, Ordering};

use flexmeter::forecast::backtest::{Backtest, Trial};
use flexmeter::scenario::calendar::Day;

use crate::fitting::firms::{Chance, charges, csv, firm, past};

/// A firm's export, and what is forecast of its last months.
fn backtest(seed: u64) -> Backtest {
    let mut chance = Chance::new(seed ^ 0xface);
    let months = [8, 12, 15, 18][chance.whole(0, 3) as usize];
    let holdout = chance.whole(1, 3) as u32;
    let (scenario, charges) = charges(&firm(seed, months));
    let past = past(&[&csv(&scenario, &charges)]);
    let end = scenario.end;
    let last = Day::of(end).date();
    let first = last.checked_sub_months(chrono::Months::new(holdout)).expect("a date");
    Trial::of(&past, Day::from(first), &[]).expect("enough to fit").run(59, &()).expect("it runs")
}

#[test]
fn of_two_hundred_backtests_nine_intervals_of_ten_hold() {
    let cases: u64 = std::env::var("FLEXMETER_BACKTESTS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let next = AtomicU64::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= cases {
                return done;
            }
            done.push((seed, backtest(seed)));
        }
    };
    let mut all: Vec<(u64, Backtest)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    let share = |inside: usize, of: usize| inside as f64 / of as f64;
    let totals = share(all.iter().filter(|(_, backtest)| backtest.total.inside).count(), all.len());
    let months: Vec<bool> = all.iter().flat_map(|(_, b)| b.months.iter().map(|month| month.inside)).collect();
    let products: Vec<bool> =
        all.iter().flat_map(|(_, b)| b.products.iter().map(|product| product.inside)).collect();
    let of = |held: &[bool]| share(held.iter().filter(|inside| **inside).count(), held.len());
    let weeks = all.iter().fold((0, 0), |(i, n), (_, b)| (i + b.weeks.inside, n + b.weeks.of));
    let days = all.iter().fold((0, 0), |(i, n), (_, b)| (i + b.days.inside, n + b.days.of));
    let error = all.iter().filter_map(|(_, b)| b.total.error).sum::<f64>() / all.len() as f64;
    println!(
        "totals {totals:.3} months {:.3} products {:.3} weeks {:.3} days {:.3} mean error {error:.2} %",
        of(&months),
        of(&products),
        share(weeks.0, weeks.1),
        share(days.0, days.1)
    );
    assert!((0.85..=0.95).contains(&totals), "totals: {totals}");
    assert!((0.85..=0.95).contains(&of(&months)), "months: {}", of(&months));
}
