//! Firms drawn at random, as scenario files, and their exports as CSV.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of small numbers"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use flexmeter::forecast::past_use::{NamedExport, PastUse};
use flexmeter::forecast::supply::unlimited;
use flexmeter::meter::record::ChargeRecord;
use flexmeter::meter::tokens::Tokens;
use flexmeter::results::export_file;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::Day;
use flexmeter::scenario::usage_export::UsageExport;
use flexmeter::simulation::replay;

use crate::support::Rows;

/// A number from 0 to 1, by its seed: splitmix64.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(seed)
    }

    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    pub(crate) fn whole(&mut self, low: u64, high: u64) -> u64 {
        low + (self.unit() * (high - low + 1) as f64) as u64
    }

    pub(crate) fn happens(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }
}

/// A firm's scenario file, from the first of a month for some months.
pub(crate) fn firm(seed: u64, months: u32) -> String {
    let mut chance = Chance::new(seed);
    let first = chrono::NaiveDate::from_ymd_opt(2024, 1 + seed as u32 % 12, 1).expect("a date");
    let end = first.checked_add_months(chrono::Months::new(months)).expect("a date");
    let mut text = format!(
        "start = {first}T00:00:00Z\nend = {end}T00:00:00Z\nseed = {seed}\n[[team]]\nname = \"Studio\"\n\
         time_zone = \"Europe/Amsterdam\"\n"
    );
    let season = chance.happens(0.3) && months >= 18;
    for group in 1..=chance.whole(2, 3) {
        let count = chance.whole(3, 9);
        let [joiners, leavers] = std::array::from_fn(|_| chance.unit().powi(2) * 0.3);
        let uses = [chance.between(0.1, 0.98), chance.between(0.02, 0.6)];
        let days_off = chance.between(10.0, 40.0);
        let in_a_row = chance.between(1.0, 6.0);
        let forgotten = chance.unit().powi(2) * 0.06;
        let saturday = if chance.happens(0.2) { ", \"Sat\"" } else { "" };
        let seasons =
            if season { "seasons = [{ from = \"07-01\", until = \"08-31\", times = 0.6 }]\n" } else { "" };
        text += &format!(
            "[[group]]\nname = \"g{group}\"\nteam = \"Studio\"\ncount = {count}\njoiners = {joiners:.3}\n\
             leavers = {leavers:.3}\nproducts = [\"AutoCAD\", \"Revit\"]\nhabit = \"h{group}\"\n[habit.h{group}]\n\
             kind = \"office\"\nworking_days = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\"{saturday}]\n\
             use = {{ AutoCAD = {:.3}, Revit = {:.3} }}\ndays_off = {days_off:.1}\n\
             days_off_in_a_row = {in_a_row:.1}\nforgotten_overnight = {forgotten:.3}\n\
             forgotten_weekend = {forgotten:.3}\n{seasons}",
            uses[0], uses[1]
        );
    }
    text
}

/// The charges of a scenario whose tokens never run out.
pub(crate) fn charges(text: &str) -> (Arc<Scenario>, Vec<ChargeRecord>) {
    let scenario = Scenario::read(text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    let scenario = Arc::new(unlimited(&scenario));
    let mut rows = Rows::default();
    replay::run(&scenario, &mut rows, &()).expect("it runs");
    (scenario, rows.charges)
}

/// The token usage of charges as the vendor's file has it.
pub(crate) fn csv(scenario: &Scenario, charges: &[ChargeRecord]) -> String {
    let mut rows: BTreeMap<(Day, &str, &str, &str), Tokens> = BTreeMap::new();
    let directory = &scenario.directory;
    for charge in charges {
        let user = directory.users.get(charge.user.0);
        let (product, team) = (directory.products.get(charge.product.0), directory.teams.get(charge.team.0));
        *rows.entry((Day::of(charge.window_start), user, product, team)).or_default() += charge.tokens;
    }
    let mut text = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used\n".to_owned();
    for ((day, user, product, team), tokens) in rows {
        text += &format!("{},{user},,,,{product},{team},{tokens}\n", day.date());
    }
    text
}

/// What some files say of past use.
pub(crate) fn past(files: &[&str]) -> PastUse {
    let named = files.iter().map(|text| {
        let sheets = export_file::sheets(text.as_bytes()).expect("a sheet");
        NamedExport {
            name: "usage.csv".to_owned(),
            export: UsageExport::read(&sheets, None).expect("an export"),
        }
    });
    let named: Vec<NamedExport> = named.collect();
    PastUse::of(&named, (None, None), &str::to_owned).expect("they fit together")
}
