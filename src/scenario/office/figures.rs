//! The figures of an office habit as files give them, and their defaults.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::meter::id::{ProductId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::scenario::calendar::{Day, Zone};
use crate::scenario::chance::{Chance, Likelihood};
use crate::scenario::directory::Directory;
use crate::scenario::distribution::Distribution;
use crate::scenario::office::{Office, Pause, Refused, Season, Spells, Trips};
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// The weekdays by the words for them, Monday first.
pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Mon),
    ("Tue", Weekday::Tue),
    ("Wed", Weekday::Wed),
    ("Thu", Weekday::Thu),
    ("Fri", Weekday::Fri),
    ("Sat", Weekday::Sat),
    ("Sun", Weekday::Sun),
];

impl Office {
    /// Reads the table's keys beside its kind.
    pub(crate) fn read(
        table: &mut Table<'_>,
        directory: &mut Directory,
        run: (Instant, Instant),
        problems: &mut Problems,
    ) -> Option<Self> {
        let place = table.place.clone();
        let pause = table.get("break").and_then(|value| value.table("`break`", problems));
        let trips = table.get("trips").map(|value| Trips::read(value, run, problems));
        let offline = table.get("offline").and_then(|value| Spells::read(value, problems));
        let refused = table.get("if_refused").and_then(|value| value.table("`if_refused`", problems));
        let mut figures = Figures { table, problems };
        let uses = figures.uses(directory);
        let versions = figures.versions(directory);
        let sessions = figures.number("sessions", 2.0, (1.0, 12.0));
        let mut office = Office {
            goes: (0.0, 0.0),
            working_days: figures.working_days(),
            holidays: figures.list("holidays", read_holiday),
            seasons: figures.list("seasons", Season::read),
            arrives: figures.time("arrives", normal((9, 0), 30)),
            stays: figures.length("stays", normal((8, 30), 45)),
            uses: uses.0,
            uses_of: uses.1,
            sessions,
            no_second_session: libm::exp(1.0 - sessions),
            opens_on_arrival: figures.chance("opens_on_arrival", 0.5),
            session: figures.length("session", Distribution::lognormal(minutes(120), minutes(300))),
            accidental: figures.chance("accidental", 0.01),
            accidental_session: figures
                .length("accidental_session", Distribution::Uniform(Span::from_seconds(15), minutes(4))),
            forgotten_overnight: figures.chance("forgotten_overnight", 0.02),
            forgotten_weekend: figures.chance("forgotten_weekend", 0.02),
            closes_elsewhere: figures.chance("closes_elsewhere", 0.5),
            home: figures.chance("home", 0.1),
            laptop: figures.chance("laptop", 0.05),
            versions,
            days_off: figures.number("days_off", 25.0, (0.0, 366.0)),
            days_off_in_a_row: figures.number("days_off_in_a_row", 3.0, (1.0, 366.0)),
            pause: Pause::read(pause, figures.problems),
            trips: trips.flatten(),
            offline,
            refused: Refused::read(refused, figures.problems),
        };
        if office.share_off() + office.share_away() > 0.9 {
            let label = "days off and journeys must leave one working day in ten";
            problems.push(Problem::new(place, "a habit with more days away than at work", label));
            return None;
        }
        office.goes = office.chances_to_go(office.share_off());
        Some(office)
    }
}

/// `hours:minutes`, give or take some minutes.
fn normal((hours, and_minutes): (i64, i64), sd: i64) -> Distribution {
    Distribution::Normal { mean: minutes(hours * 60 + and_minutes), sd: minutes(sd) }
}

fn minutes(minutes: i64) -> Span {
    Span::from_seconds(minutes * 60)
}

/// Reads keys that have defaults; what is wrong is reported, and the default stands in.
struct Figures<'f, 't> {
    table: &'f mut Table<'t>,
    problems: &'f mut Problems,
}

impl<'t> Figures<'_, 't> {
    fn number(&mut self, key: &'static str, default: f64, range: (f64, f64)) -> f64 {
        let value = self.table.get(key);
        value.and_then(|value| value.decimal(range, self.problems)).unwrap_or(default)
    }

    fn chance(&mut self, key: &'static str, default: f64) -> f64 {
        self.number(key, default, (0.0, 1.0))
    }

    fn length(&mut self, key: &'static str, default: Distribution) -> Distribution {
        let value = self.table.get(key);
        value.and_then(|value| Distribution::read(value, self.problems)).unwrap_or(default)
    }

    fn time(&mut self, key: &'static str, default: Distribution) -> Distribution {
        let value = self.table.get(key);
        value.and_then(|value| Distribution::read_time(value, self.problems)).unwrap_or(default)
    }

    fn list<T>(&mut self, key: &'static str, read: impl Fn(Value<'t>, &mut Problems) -> Option<T>) -> Vec<T> {
        let items = self.table.get(key).and_then(|value| value.list(self.problems)).unwrap_or_default();
        items.into_iter().filter_map(|item| read(item, self.problems)).collect()
    }

    fn working_days(&mut self) -> Vec<Weekday> {
        if self.table.key_place("working_days").is_none() {
            return WEEKDAYS[..5].iter().map(|(_, day)| *day).collect();
        }
        let mut days = self.list("working_days", |value, problems| value.one_of(&WEEKDAYS, problems));
        days.sort_by_key(Weekday::num_days_from_monday);
        days.dedup();
        if days.is_empty() {
            let place = self.table.key_place("working_days").expect("it is there");
            self.problems.push(Problem::new(place, "an office that never works", "name a weekday"));
        }
        days
    }

    /// `use`: one chance, or one for each product by name.
    fn uses(&mut self, directory: &Directory) -> (Chance, Vec<(ProductId, Chance)>) {
        const DEFAULT: Chance = Chance::Every(Likelihood::Stated(0.6));
        let Some(value) = self.table.get("use") else { return (DEFAULT, Vec::new()) };
        if !value.is_table() {
            return (Chance::read(value, self.problems).unwrap_or(DEFAULT), Vec::new());
        }
        let named = value.table("`use`", self.problems).expect("it is a table").every("use");
        let chances = named.filter_map(|(name, value)| {
            let chance = Chance::read(value, self.problems);
            let product = directory.product_named(name, value.place(), self.problems);
            product.zip(chance)
        });
        (DEFAULT, chances.collect())
    }

    /// `versions`: one name, or the share of each by name.
    fn versions(&mut self, directory: &mut Directory) -> Vec<(VersionId, f64)> {
        let default = |directory: &mut Directory| vec![(directory.version("2026"), 1.0)];
        let Some(value) = self.table.get("versions") else { return default(directory) };
        if value.is_text() {
            let name = value.name(self.problems).unwrap_or("2026");
            return vec![(directory.version(name), 1.0)];
        }
        let Some(table) = value.table("`versions`", self.problems) else { return default(directory) };
        let shares: Vec<(VersionId, f64)> = table
            .every("versions")
            .filter_map(|(name, share)| {
                Some((directory.version(name), share.decimal((0.0, 1.0), self.problems)?))
            })
            .collect();
        if (shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() > 1e-9 {
            let label = "the shares of the versions must add up to 1";
            self.problems.push(Problem::new(value.place(), "shares of sessions", label));
        }
        shares
    }
}

impl Pause {
    fn read(table: Option<Table<'_>>, problems: &mut Problems) -> Self {
        let default = Pause {
            starts: normal((12, 30), 20),
            lasts: Distribution::Uniform(minutes(30), minutes(60)),
            signs_out: 0.3,
        };
        let Some(mut table) = table else { return default };
        let mut figures = Figures { table: &mut table, problems };
        let pause = Pause {
            starts: figures.time("starts", default.starts),
            lasts: figures.length("lasts", default.lasts),
            signs_out: figures.chance("signs_out", default.signs_out),
        };
        table.finish(problems);
        pause
    }
}

impl Trips {
    fn read(value: Value<'_>, (start, end): (Instant, Instant), problems: &mut Problems) -> Option<Self> {
        let mut table = value.table("`trips`", problems)?;
        table.need("per_year", problems);
        table.need("zones", problems);
        let mut figures = Figures { table: &mut table, problems };
        let per_year = figures.number("per_year", 0.0, (0.0, 100.0));
        let days = figures.number("days", 4.0, (1.0, 366.0));
        let zones = figures.list("zones", Value::zone);
        table.finish(problems);
        if zones.is_empty() {
            problems.push(Problem::new(value.place(), "trips that lead nowhere", "`zones` names time zones"));
            return None;
        }
        let zones = zones.into_iter().map(|zone| zone.prepared(start, end)).collect();
        Some(Trips { per_year, days, zones })
    }
}

impl Spells {
    fn read(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        let mut table = value.table("`offline`", problems)?;
        table.need("per_year", problems);
        let mut figures = Figures { table: &mut table, problems };
        let spells = Spells {
            per_year: figures.number("per_year", 0.0, (0.0, 200.0)),
            lasts: figures.length("lasts", Distribution::lognormal(minutes(6 * 60), minutes(30 * 60))),
        };
        table.finish(problems);
        Some(spells)
    }
}

impl Refused {
    fn read(table: Option<Table<'_>>, problems: &mut Problems) -> Self {
        let default = Refused {
            retry: 0.6,
            other_product: 0.1,
            retry_after: Distribution::Exponential(minutes(45)),
            retries: 3,
        };
        let Some(mut table) = table else { return default };
        let place = table.place.clone();
        let retries = table.get("retries").and_then(|value| value.whole(problems));
        let mut figures = Figures { table: &mut table, problems };
        let refused = Refused {
            retry: figures.chance("retry", default.retry),
            other_product: figures.chance("other_product", default.other_product),
            retry_after: figures.length("retry_after", default.retry_after),
            retries: retries.map_or(default.retries, |retries| u32::try_from(retries).unwrap_or(u32::MAX)),
        };
        table.finish(problems);
        if refused.retry + refused.other_product > 1.0 {
            let label = "`retry` and `other_product` must not exceed 1 together";
            problems.push(Problem::new(place, "chances of what a refused user does", label));
        }
        refused
    }
}

impl Season {
    fn read(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        let mut table = value.table("a season", problems)?;
        let mut month_day = |key: &'static str| {
            let value = table.need(key, problems)?;
            let text = value.text(problems)?;
            // A leap year, so that the 29 February can be named.
            let date = NaiveDate::parse_from_str(&format!("2024-{text}"), "%Y-%m-%d").ok();
            if date.is_none() {
                let label = "write month and day, such as \"06-15\"";
                problems.push(Problem::new(value.place(), format!("`{text}` is no day of the year"), label));
            }
            date.map(|date| (date.month(), date.day()))
        };
        let (from, until) = (month_day("from"), month_day("until"));
        let times = table.need("times", problems).and_then(|value| value.decimal((0.0, 100.0), problems));
        let sd = table.get("sd").and_then(|value| value.decimal((0.0, 100.0), problems)).unwrap_or(0.0);
        table.finish(problems);
        Some(Season { from: from?, until: until?, times: times?, sd })
    }
}

/// A date, or the first and last of several.
fn read_holiday(value: Value<'_>, problems: &mut Problems) -> Option<(Day, Day)> {
    let day = |value: Value<'_>, problems: &mut Problems| value.date(&Zone::utc(), problems).map(Day::of);
    if !value.is_table() {
        let day = day(value, problems)?;
        return Some((day, day));
    }
    let mut table = value.table("a holiday", problems)?;
    let from = table.need("from", problems).and_then(|value| day(value, problems));
    let until = table.need("until", problems).and_then(|value| day(value, problems));
    table.finish(problems);
    if from? > until? {
        problems.push(Problem::new(
            value.place(),
            "holidays end after they begin",
            "`until` is the last day",
        ));
    }
    Some((from?, until?))
}
