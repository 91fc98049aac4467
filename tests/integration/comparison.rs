//! Comparisons: misreadings by hand, variants future by future, and what the commands show.

use serde_json::Value;

use flexmeter::forecast::charges;
use flexmeter::forecast::comparison::{Change, Comparison, Effort, Variant, compare};
use flexmeter::forecast::misreading::Misreading;
use flexmeter::meter::instant::Span;
use flexmeter::scenario::calendar::{Zone, iso};
use flexmeter::scenario::document::Document;

use crate::support::{flexmeter, project, scenario, stderr, stdout, text_of};

const EFFORT: Effort = Effort { runs: 40, cured_within: Span::from_seconds(3600) };

/// Two people and what they open, as `user: from to` lines, in March 2026; AutoCAD costs 7.
fn opened(sessions: &str) -> String {
    let mut text = r#"
        start = 2026-03-01T00:00:00Z
        end = 2026-03-31T00:00:00Z
        [[team]]
        name = "Lab"
        time_zone = "America/New_York"
        packs = [{ id = "p", tokens = 1000, bought = 2026-03-01T00:00:00Z }]
        [[user]]
        name = "ann"
        teams = ["Lab"]
        products = ["AutoCAD"]
        [[user]]
        name = "bob"
        teams = ["Lab"]
        products = ["AutoCAD"]
        "#
    .to_owned();
    for line in sessions.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (step, at) in [("sign-in", words[1]), ("sign-out", words[2])] {
            text += &format!(
                "[[step]]\nat = 2026-03-{at}:00Z\ndo = \"{step}\"\nuser = \"{}\"\nproduct = \"AutoCAD\"\n",
                words[0]
            );
        }
    }
    text
}

#[test]
fn misreadings_count_as_they_are_told() {
    let utc = || Misreading::CalendarDay(Zone::utc());
    let local = || Misreading::CalendarDay(Zone::named("America/New_York").expect("a zone"));
    // sessions; the rule; by calendar day in UTC; in New York (UTC-5, from the 8th UTC-4); the first user opens.
    let cases = [
        // The published example: the second day is paid from eight, by calendar day from seven.
        (
            "ann 02T08:00 02T17:00\nann 03T07:00 03T17:00",
            "02T08 03T08",
            "02T08 03T07",
            "02T08 03T07",
            "02T08 03T08",
        ),
        // Overnight: one window, two days.
        ("ann 02T19:00 03T17:00", "02T19", "02T19 03T00", "02T19 03T05", "02T19"),
        // In UTC past midnight, in New York the same evening.
        ("ann 02T23:00 03T01:00", "02T23", "02T23 03T00", "02T23", "02T23"),
        // Over the weekend.
        (
            "ann 06T16:00 09T09:00",
            "06T16 07T16 08T16",
            "06T16 07T00 08T00 09T00",
            "06T16 07T05 08T05 09T04",
            "06T16 07T16 08T16",
        ),
        // Two people.
        (
            "ann 02T09:00 02T10:00\nbob 02T09:30 03T10:00",
            "02T09 02T09 03T09",
            "02T09 02T09 03T00",
            "02T09 02T09 03T05",
            "02T09 03T09",
        ),
        // Below the grace period.
        ("ann 02T09:00 02T09:04", "", "", "", ""),
    ];
    for (sessions, rule, in_utc, in_new_york, first_user) in cases {
        let scenario = scenario(&opened(sessions));
        let charges = charges::of(&scenario, EFFORT.cured_within, &()).expect("nothing ends it");
        let hours = |charges: &[charges::Charge]| {
            let hours: Vec<String> =
                charges.iter().map(|charge| iso(charge.window_start)[8..13].to_owned()).collect();
            hours.join(" ")
        };
        assert_eq!(hours(&charges.charges), rule, "{sessions}");
        for (misreading, expected) in
            [(utc(), in_utc), (local(), in_new_york), (Misreading::FirstUser, first_user)]
        {
            let counted = misreading.count(&scenario, &charges);
            assert_eq!(hours(&counted), expected, "{sessions}: {}", misreading.name());
        }
    }
}

/// The studio with tokens that last, and with a change to it.
fn studio_and(change: impl Fn(&mut Document)) -> Comparison {
    let text = text_of(&project().join("scenarios/an-architecture-studio-for-a-year.toml"));
    let mut document = Document::read(&text).expect("a scenario");
    let packs: toml_edit::Value =
        "[{ id = \"all\", tokens = 100000, bought = 2026-01-05T00:00:00Z }]".parse().expect("an array");
    document.table_mut("team", 0).expect("a team").insert("packs", toml_edit::Item::Value(packs));
    document.retain("expect", |_| false);
    let base = document.scenario().expect("right");
    change(&mut document);
    let other = document.scenario().expect("still right");
    let variant = Variant { name: "other".to_owned(), change: Change::Scenario(Box::new(other)) };
    compare(("base", &base), (&[variant], EFFORT), &()).expect("nothing ends it")
}

#[test]
fn the_same_scenario_differs_in_nothing() {
    let comparison = studio_and(|_| {});
    let variant = &comparison.variants[0];
    assert!(variant.first.is_none());
    let figures = [variant.more_tokens.low, variant.more_tokens.high, variant.differs.value];
    assert!(figures.iter().all(|figure| figure.abs() < 1e-12), "{figures:?}");
}

/// Without the add-in its tokens are gone and nothing else is: on the same chance the difference is told far more
/// closely than either side.
#[test]
fn a_change_is_told_apart_from_chance() {
    let comparison = studio_and(|document| {
        for place in 0..document.tables("group").count() {
            document.table_mut("group", place).expect("a group").remove("add_ins");
        }
    });
    let (base, variant) = (&comparison.base, &comparison.variants[0]);
    let first = variant.first.as_ref().expect("a charge differs");
    assert_eq!(first.product, "Energy Add-in");
    assert!(first.base.is_some() && first.variant.is_none(), "{first:?}");
    let more = variant.more_tokens;
    assert!(more.high < -3000.0, "the add-in costs some 4,300 tokens a year: {more:?}");
    let [alone, paired] = [base.tokens, more].map(|estimate| estimate.high - estimate.low);
    assert!(paired * 3.0 < alone, "±{paired} on the same chance, ±{alone} by itself");
    assert!(variant.differs.value > 0.999);
}

#[test]
fn commands_show_forecasts_and_comparisons_in_each_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let firm = opened("ann 02T08:00 02T17:00\nann 03T07:00 03T17:00");
    std::fs::write(folder.path().join("firm.toml"), &firm).expect("written");
    std::fs::write(folder.path().join("late.toml"), firm.replace("03T07:00", "03T08:30")).expect("written");
    let told = |arguments: &str| {
        let told = flexmeter(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
        assert!(told.status.success(), "{arguments}: {}", stderr(&told));
        stdout(&told)
    };
    let json = |arguments: &str| -> Value { serde_json::from_str(&told(arguments)).expect("JSON") };
    let forecast = json("forecast firm.toml --runs 5 --format json");
    assert_eq!((&forecast["runs"], &forecast["unlimited"]), (&5.into(), &false.into()));
    assert_eq!(forecast["tokens"]["p50"]["value"], "14", "nothing here is left to chance");
    assert_eq!(forecast["run_out"]["chance"]["value"], 0.0);
    assert_eq!(forecast["cost"]["used"]["p50"]["value"], "42", "at the list price of 3");
    let csv = told("forecast firm.toml --runs 5 --format csv");
    assert!(csv.starts_with("month,product,tokens_mean,tokens_p5,"), "{csv}");
    assert!(csv.contains("\n2026-03,AutoCAD,14.000,14,"), "{csv}");
    let text = told("forecast firm.toml --runs 5 --demand");
    assert!(text.contains("Tokens never run out here"), "{text}");
    let comparison = json("compare firm.toml late.toml --runs 3 --format json");
    let variant = &comparison["variants"][0];
    // Opened half an hour after the window's end, the second day is charged from there.
    assert_eq!(variant["more_tokens"]["value"], 0.0);
    assert_eq!(variant["first"]["at"], "2026-03-03T08:00:00Z");
    let policies = told("policies firm.toml --runs 3 --format csv");
    for name in
        ["grace = \"\"0s\"\"", "idle_resume = \"\"grid\"\"", "misread: by calendar day in America/New_York"]
    {
        assert!(policies.contains(name), "{name}: {policies}");
    }
    told("policies firm.toml --runs 3 --page policies.html");
    let page = std::fs::read_to_string(folder.path().join("policies.html")).expect("the page");
    assert!(page.contains("<svg") && page.contains("misread"), "a page with a picture");
    for (arguments, said) in [
        ("forecast firm.toml --team Nowhere", "no team is called `Nowhere`; teams are Lab"),
        ("forecast firm.toml --tolerance 0", "must be a share"),
        ("forecast firm.toml --runs 0", "0 is not in"),
        ("forecast firm.toml --page firm.toml", "is the scenario"),
        ("compare firm.toml", "required"),
        ("forecast nothing.toml", "can't read nothing.toml"),
    ] {
        let refused = flexmeter(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(refused.status.code(), Some(2), "{arguments}");
        assert!(stderr(&refused).contains(said), "{arguments}: {}", stderr(&refused));
    }
}
