//! The calendar: a zone that was prepared gives the instants of one that was not.

use chrono::NaiveDate;
use flexmeter::meter::instant::Span;
use flexmeter::scenario::calendar::{Day, Zone};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const HOUR: i64 = 3600;

fn day(year: i32, month: u32, day: u32) -> Day {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date").into()
}

/// The zone as it is, and prepared for some days.
fn both(name: &str, first: Day, days: i32) -> [Zone; 2] {
    let zone = Zone::named(name).expect("a zone");
    [zone.clone(), zone.prepared(first.midnight(), first.plus(days).midnight())]
}

/// Every zone there is, over days that were prepared and days that were not, with times of day before the day
/// and beyond it.
#[test]
fn a_prepared_zone_gives_the_same_instants() {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    for name in Zone::names() {
        let first = day(1840, 1, 1).plus(chance.random_range(0..260 * 365));
        // Beyond a hundred years a zone is prepared no further.
        let days = if chance.random_bool(0.02) { 45_000 } else { chance.random_range(1..800) };
        let [plain, prepared] = both(&name, first, days);
        for _ in 0..2000 {
            let day = first.plus(chance.random_range(-5..days + 5));
            let time = Span::from_seconds(chance.random_range(-30 * HOUR..80 * HOUR));
            assert_eq!(
                prepared.moment(day, time),
                plain.moment(day, time),
                "{name}, {}, {time:?}",
                day.date()
            );
        }
    }
}

/// Days on which a zone did what no other does: the zone, the day, and what is odd about it.
#[test]
fn a_prepared_zone_gives_the_same_instants_on_odd_days() {
    let cases = [
        ("America/Nuuk", day(2023, 10, 28), "standard time moved as summer time ended"),
        ("Pacific/Apia", day(2011, 12, 30), "a day was left out"),
        ("America/Juneau", day(1867, 10, 18), "a day came twice"),
        ("Africa/Casablanca", day(2026, 3, 22), "clocks went forward after Ramadan"),
        ("Australia/Lord_Howe", day(2026, 4, 5), "clocks went back by half an hour"),
    ];
    for (name, day, odd) in cases {
        let [plain, prepared] = both(name, day, 1);
        for minutes in -24 * 60..48 * 60 {
            let time = Span::from_seconds(minutes * 60);
            assert_eq!(prepared.moment(day, time), plain.moment(day, time), "{name}, {odd}, {time:?}");
        }
    }
}
