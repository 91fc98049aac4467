//! What is fitted uses what was used, and says what it can't know.

#![expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "counts of a few thousand")]

use std::collections::BTreeMap;

use flexmeter::forecast::fit::Fit;
use flexmeter::forecast::fit::closed_days::Known;
use flexmeter::forecast::fitted_file::{FittedFile, notes};
use flexmeter::forecast::history::History;
use flexmeter::forecast::past_use::PastUse;
use flexmeter::meter::record::ChargeRecord;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::Day;
use flexmeter::scenario::random::{Seed, Stream};

use crate::fitting::firms::{charges, csv, past};

/// An office with two products, for nine months.
const OFFICE: &str = "\
start = 2026-01-01T00:00:00Z
end = 2026-10-01T00:00:00Z
[[team]]
name = \"Studio\"
[[group]]
name = \"drafter\"
team = \"Studio\"
count = 24
products = [\"AutoCAD\", \"Revit\"]
habit = \"office\"
[habit.office]
kind = \"office\"
working_days = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\"]
";

fn office(habit: &str) -> String {
    format!("{OFFICE}{habit}")
}

fn day(text: &str) -> Day {
    Day::from(text.parse::<chrono::NaiveDate>().expect("a date"))
}

/// The text of the file fitted to an account, for as many days as it covers.
fn fitted(past: &PastUse) -> (String, Fit, Vec<String>) {
    let history = History::of(past).expect("rates are known");
    let fit = Fit::of(&history, &[]);
    let notes = notes::of(&history, &fit);
    let (first, last) = past.days;
    let start = last.plus(1);
    let end = start.plus(last.0 - first.0 + 1);
    let file =
        FittedFile { history: &history, fit: &fit, title: "t", head: &notes, start, end, balances: &[] };
    (file.text(), fit, notes)
}

/// Mean tokens a run, by product and by user, over some seeds.
fn mean_use(text: &str, seeds: u64) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for seed in 0..seeds {
        let seeded = text.replacen("\nstart", &format!("\nseed = {seed}\nstart"), 1);
        let (scenario, charges) = charges(&seeded);
        add(&mut sums, &scenario, &charges, 1.0 / seeds as f64);
    }
    sums
}

fn add(sums: &mut BTreeMap<String, f64>, scenario: &Scenario, charges: &[ChargeRecord], part: f64) {
    for charge in charges {
        let tokens = charge.tokens.thousandths() as f64 / 1000.0 * part;
        let names =
            [scenario.directory.users.get(charge.user.0), scenario.directory.products.get(charge.product.0)];
        for name in names {
            *sums.entry(name.to_owned()).or_default() += tokens;
        }
        *sums.entry("all".to_owned()).or_default() += tokens;
    }
}

#[test]
fn what_is_fitted_uses_what_was_used_by_product_and_by_user() {
    let text = office("use = { AutoCAD = 0.7, Revit = 0.15 }\ndays_off = 20\nforgotten_weekend = 0.05\n");
    let (scenario, was) = charges(&text);
    let (fitted, fit, _) = fitted(&past(&[&csv(&scenario, &was)]));
    assert!((0.03..0.14).contains(&fit.absence.share), "{:?}", fit.absence);
    assert_eq!((fit.turnover.joined, fit.turnover.left), (0, 0));
    // Nobody comes or goes, so that each can be compared.
    let fitted: String = fitted
        .lines()
        .filter(|line| !line.starts_with("leavers") && !line.starts_with("come"))
        .fold(String::new(), |text, line| text + line + "\n");
    let fitted = fitted.replace("joiners = 1\n", "come = 0\n");
    let mut used = BTreeMap::new();
    add(&mut used, &scenario, &was, 1.0);
    let expected = mean_use(&fitted, 24);
    for (name, used) in used {
        let far = expected[&name] / used - 1.0;
        let most = if name.starts_with("drafter") { 0.06 } else { 0.025 };
        assert!(far.abs() < most, "{name}: used {used}, fitted {:.0}", expected[&name]);
    }
}

#[test]
fn days_without_tokens_are_no_lack_of_demand() {
    let text = office("use = 0.6\ndays_off = 20\n");
    let (scenario, all) = charges(&text);
    let was: Vec<ChargeRecord> = all
        .into_iter()
        .filter(|charge| {
            let on = Day::of(charge.window_start);
            // Tokens had run out for three weeks; a holiday on which only what stood open went on.
            let out = (day("2026-05-04")..=day("2026-05-22")).contains(&on);
            let holiday = on == day("2026-07-14") && charge.user.0 > 0;
            !out && !holiday
        })
        .collect();
    let (fitted, fit, notes) = fitted(&past(&[&csv(&scenario, &was)]));
    let closed: Vec<(Day, Day, Known)> =
        fit.closed.iter().map(|stretch| (stretch.first, stretch.last, stretch.known)).collect();
    assert_eq!(closed[0], (day("2026-05-04"), day("2026-05-22"), Known::Silent), "{closed:?}");
    assert!(closed.iter().any(|(first, ..)| *first == day("2026-07-14")), "{closed:?}");
    assert_eq!(closed.len(), 2, "{closed:?}");
    assert!(
        notes.iter().any(|note| note.contains("2026-05-04 to 2026-05-22: nobody used anything")),
        "{notes:#?}"
    );
    let (_, without_gap) = charges(&text);
    let mut demand = BTreeMap::new();
    add(&mut demand, &scenario, &without_gap, 1.0);
    let far = mean_use(&fitted, 12)["all"] / demand["all"] - 1.0;
    // Somebody new and somebody gone are expected, as is nobody.
    assert!(far.abs() < 0.04, "{far}");
}

#[test]
fn who_came_and_who_left_is_told_by_their_use() {
    let (scenario, all) = charges(&office("use = 0.6\n"));
    let name = |charge: &ChargeRecord| scenario.directory.users.get(charge.user.0).to_owned();
    let was: Vec<ChargeRecord> = all
        .into_iter()
        .filter(|charge| match name(charge).as_str() {
            "drafter-3" => Day::of(charge.window_start) >= day("2026-04-01"),
            "drafter-4" => Day::of(charge.window_start) < day("2026-07-01"),
            _ => true,
        })
        .collect();
    let (text, fit, notes) = fitted(&past(&[&csv(&scenario, &was)]));
    assert_eq!((fit.turnover.joined, fit.turnover.left), (1, 1));
    assert!(text.contains("\"drafter-3\" = ") && !text.contains("\"drafter-4\" = "), "who left is gone");
    assert!(notes.iter().any(|note| note.starts_with("1 came and 1 left")), "{notes:#?}");
}

#[test]
fn hidden_users_keep_their_demand_and_get_no_names() {
    let (scenario, was) = charges(&office("use = 0.4\n"));
    let hidden: String = csv(&scenario, &was)
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[1] != "Email" {
                cells[1] = "*****";
            }
            cells.join(",") + "\n"
        })
        .collect();
    let (text, _, notes) = fitted(&past(&[&hidden]));
    assert!(!text.contains("drafter"), "{text}");
    assert!(notes.iter().any(|note| note.contains("can't be known")), "{notes:#?}");
    let mut used = BTreeMap::new();
    add(&mut used, &scenario, &was, 1.0);
    let far = mean_use(&text, 12)["all"] / used["all"] - 1.0;
    assert!(far.abs() < 0.02, "{far}");
}

/// Chances as they were seen are drawn alike on every machine.
#[test]
fn beta_numbers_never_change() {
    let mut draws = Stream::new("ada", "beta").draw(Seed::new(3));
    let drawn = [(30.5, 9.5), (0.5, 39.5), (0.02, 1.03)].map(|(one, other)| draws.beta(one, other).to_bits());
    assert_eq!(drawn, [4_605_293_460_363_816_302, 4_574_422_831_028_556_650, 4_107_484_480_743_545_390]);
}

#[test]
fn seasons_are_told_from_a_year_and_not_from_less() {
    let season = "use = 0.7\nseasons = [{ from = \"07-01\", until = \"08-31\", times = 0.5 }]\n";
    let year = office(season).replace("end = 2026-10-01", "end = 2027-04-01");
    for (text, recurs) in [(&year, true), (&office(season), false)] {
        let (scenario, was) = charges(text);
        let (_, fit, _) = fitted(&past(&[&csv(&scenario, &was)]));
        assert_eq!(fit.seasons.recur, recurs);
        let july = fit.seasons.months[6];
        if recurs {
            assert!((0.42..0.62).contains(&july.0), "{july:?}");
        } else {
            assert!(july.0 == 1.0 && july.1 > 0.1, "unknown, and so wide: {july:?}");
        }
    }
}

#[test]
fn a_backtest_never_looks_at_what_it_forecasts() {
    use flexmeter::forecast::backtest::Trial;
    let (scenario, was) = charges(&office("use = 0.5\n"));
    let text = csv(&scenario, &was);
    let first = day("2026-07-01");
    let other: String = text
        .lines()
        .map(|line| {
            // All that is held out but the last row is different: other people, three times the tokens.
            let later = line.starts_with("2026-0") && line > "2026-07-01";
            if later {
                line.replace("drafter-1", "x").replace(",7", ",21") + "\n"
            } else {
                line.to_owned() + "\n"
            }
        })
        .collect();
    let forecast = |text: &str| {
        let backtest = Trial::of(&past(&[text]), first, &[]).expect("enough").run(19, &()).expect("it runs");
        (backtest.total.forecast, backtest.notes, backtest.total.used)
    };
    let (one, other) = (forecast(&text), forecast(&other));
    assert_eq!((one.0, one.1), (other.0, other.1));
    assert_ne!(one.2, other.2);
}
