//! Exports as they come: read, or refused with the row, the reason and the way out; nothing is left behind.

use std::fs;

use flexmeter::scenario::Scenario;

use crate::fitting::firms::{charges, csv};
use crate::support::{flexmeter, stderr, stdout};

const HEADER: &str = "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used\n";

/// A name, the file, arguments beside it, and what is said.
type Broken = (&'static str, String, &'static [&'static str], &'static str);

fn broken() -> [Broken; 12] {
    let row = "2026-03-02,ann@x.com,,,,AutoCAD,North,7\n";
    let german = "Nutzungstag;E-Mail;Produkt;Verbrauchte Token\n2026-03-02;ann@x.com;AutoCAD;7\n";
    [
        ("half a row", format!("{HEADER}{row}2026-03-03,ann"), &[], "line 3: 2 cells, but the header has 8"),
        (
            "another language",
            german.to_owned(),
            &[],
            "line 1: no usage export: no line has the names of its columns",
        ),
        ("its headers", german.to_owned(), &[], "`Nutzungstag`, `E-Mail`, `Produkt`"),
        (
            "space for a separator",
            HEADER.replace(',', " ") + "2026-03-02 ann 7\n",
            &[],
            "line 1: no usage export",
        ),
        (
            "no date",
            format!("{HEADER}soon,ann@x.com,,,,AutoCAD,North,7\n"),
            &[],
            "line 2, column Day used: `soon` is no date",
        ),
        (
            "two dates",
            format!("{HEADER}3/2/2026,ann@x.com,,,,AutoCAD,North,7\n"),
            &[],
            "--dates mdy or --dates dmy",
        ),
        (
            "no number",
            format!("{HEADER}2026-03-02,ann@x.com,,,,AutoCAD,North,x\n"),
            &[],
            "line 2, column Tokens used: `x`",
        ),
        ("nothing", HEADER.to_owned(), &[], "no row with a charge"),
        (
            "a rate that nobody knows",
            format!("{HEADER}2026-03-02,ann@x.com,,,,Foo,North,\n"),
            &[],
            "what Foo costs a day is known from nowhere",
        ),
        (
            "totals",
            "email,product_name,days_used,tokens_used\nann@x.com,AutoCAD,9,63\n".to_owned(),
            &[],
            "name the first and last day of its range with --from and --to",
        ),
        ("another team", format!("{HEADER}{row}"), &["--balance", "South=5"], "the exports have North"),
        (
            "a pack that ended",
            format!("{HEADER}{row}"),
            &["--balance", "5", "--expires", "2026-03-01"],
            "--expires 2026-03-01 must lie after the start, 2026-03-03",
        ),
    ]
}

#[test]
fn broken_exports_are_refused_with_the_row_and_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text, more, said) in broken() {
        fs::write(folder.path().join("usage.csv"), text).expect("written");
        let arguments = [&["import", "usage.csv", "--out", "firm.toml"], more].concat();
        let output = flexmeter(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{name}: {}", stderr(&output));
        assert!(!folder.path().join("firm.toml").exists(), "{name}");
    }
}

#[test]
fn files_that_overlap_count_once_and_are_refused_where_they_differ() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = |tokens: u32| format!("{HEADER}2026-03-02,Ann@x.com,,,,AutoCAD,North,{tokens}\n");
    fs::write(folder.path().join("a.csv"), rows(7)).expect("written");
    fs::write(folder.path().join("b.csv"), rows(7).replace("Ann", "ann").replace(',', "|")).expect("written");
    fs::write(folder.path().join("c.csv"), rows(14)).expect("written");
    let output = flexmeter(folder.path(), &["import", "a.csv", "b.csv", "--out", "firm.toml"]);
    assert!(
        stdout(&output).contains("1 rows stand in two of the files, alike: they count once."),
        "{}",
        stderr(&output)
    );
    let output = flexmeter(folder.path(), &["import", "a.csv", "c.csv", "--out", "other.toml"]);
    let said =
        "c.csv, line 2: AutoCAD by ann@x.com on 2026-03-02 in North is 14 tokens, and 7 tokens in line 2";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    let output = flexmeter(folder.path(), &["import", "a.csv", "--out", "firm.toml"]);
    assert!(stderr(&output).contains("firm.toml is there already and is left alone"));
}

/// What others export of an enterprise agreement, with its comma at the end of each line.
#[test]
fn rule_5_8_an_enterprise_file_is_read_as_demand() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text =
        "\"contractYear\",\"tokenPool\",\"usageCategory\",\"usageDate\",\"productLineCode\",\"productName\",\
                    \"tokensConsumed\",\n"
            .to_owned();
    for day in 1..=31 {
        text += &format!(
            "\"1\",\"p\",\"c\",\"2016-01-{day:02} 00:00:00\",\"ACD\",\"AutoCAD\",\"{}.0\",\n",
            12 + day % 4 * 6
        );
    }
    fs::write(folder.path().join("usage.csv"), text).expect("written");
    let output = flexmeter(folder.path(), &["import", "usage.csv", "--out", "firm.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("never as charges (RULES 5.8)"), "{}", stdout(&output));
    assert!(fs::read_to_string(folder.path().join("firm.toml")).expect("it is there").contains("rate = 6 #"));
}

#[test]
fn what_is_imported_is_forecast_and_planned_as_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let (scenario, was) = charges(
        "start = 2026-01-01T00:00:00Z\nend = 2026-04-01T00:00:00Z\n[[team]]\nname = \"North\"\n[[group]]\n\
         name = \"ann o\\\"neil\"\nteam = \"North\"\ncount = 9\nproducts = [\"AutoCAD\"]\nhabit = \"h\"\n\
         [habit.h]\nkind = \"office\"\n",
    );
    fs::write(
        folder.path().join("usage.csv"),
        csv(&scenario, &was).replace('"', "\"\"").replace(",ann", ",\"ann").replace(",,,,", "\",,,,"),
    )
    .expect("written");
    let run = |arguments: &[&str]| {
        let output = flexmeter(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    run(&["import", "usage.csv", "--out", "firm.toml", "--balance", "2000", "--expires", "2027-03-01"]);
    assert!(run(&["forecast", "firm.toml", "--runs", "20", "--quiet"]).contains("2026-04"));
    assert!(run(&["check", "firm.toml"]).contains("firm.toml"));
    assert!(run(&["describe", "firm.toml"]).contains("ann o\"neil-1"));
    let backtest =
        run(&["backtest", "usage.csv", "--holdout", "4w", "--runs", "19", "--quiet", "--format", "csv"]);
    assert!(
        backtest.starts_with("month,used,tokens_p5,tokens_p50,tokens_p95,error_percent,inside\n"),
        "{backtest}"
    );
    let refused = flexmeter(folder.path(), &["backtest", "usage.csv", "--holdout", "3m"]);
    assert!(stderr(&refused).contains("at least 28 are needed"), "{}", stderr(&refused));
}

/// Groups of people with names: what is refused, with the words for it.
#[test]
fn users_of_a_group_are_checked_like_all_else() {
    let file = |users: &str| {
        format!(
            "start = 2026-03-02T00:00:00Z\nend = 2026-03-09T00:00:00Z\n[[team]]\nname = \"T\"\n[[user]]\n\
             name = \"di\"\nteams = [\"T\"]\n[habit.h]\nkind = \"office\"\n[[group]]\nname = \"g\"\nteam = \"T\"\n\
             products = [\"AutoCAD\"]\nhabit = \"h\"\n{users}\n"
        )
    };
    let cases = [
        ("users = [\"ann\", \"ann\"]", "`ann` is a member of the group twice"),
        ("users = [\"di\"]", "`di` is a [[user]] and a member of a group"),
        ("users = []", "the people of a group"),
        ("users = [\"ann\"]\ncount = 2", "the `users` of a group are those who are named"),
        ("", "[[group]] has no `count`"),
        ("[group.users]\nann = { Revit = 0.5 }", "the group does not open `Revit`"),
        ("[group.users]\nann = { Foo = 0.5 }", "unknown product `Foo`"),
        ("[group.users]\nann = { AutoCAD = [40, 39] }", "`use` is out of range"),
        ("[group.users]\nann = { AutoCAD = [1, 2, 3] }", "a chance as it was seen"),
        ("[group.users]\nann = { AutoCAD = { Mo = 0.5 } }", "unknown key `Mo`"),
        ("[group.users]\nann = 5", "`users` has the wrong type"),
    ];
    for (users, said) in cases {
        let problems = Scenario::read(&file(users)).expect_err(users);
        assert!(problems.iter().any(|problem| problem.title.contains(said)), "{users}: {problems:#?}");
    }
    let two = "[group.users]\nann = { AutoCAD = { Mon = [30, 39], Tue = 0.5 } }\nbo = { AutoCAD = [1, 9] }";
    let scenario = Scenario::read(&file(two)).expect("it is right");
    assert_eq!(scenario.directory.users.iter().collect::<Vec<_>>(), ["ann", "bo", "di"]);
}
