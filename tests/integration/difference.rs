//! Where two runs part: against a naive comparison of all rows, in scenarios whose parting is known, and as the
//! command tells it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flexmeter::audit::difference::{Difference, Incomparable, ROWS_KEPT, Sides};
use flexmeter::audit::journal::MemoryTables;
use flexmeter::results::table_reader::{WrittenTables, columns};
use flexmeter::scenario::calendar::iso;
use serde_json::Value;

use crate::history::{History, thousandths};
use crate::support::{flexmeter, project, stderr, stdout, tables};

fn between(a: &MemoryTables, b: &MemoryTables) -> Result<Difference, Incomparable> {
    let runs: Sides<&dyn WrittenTables> = Sides { a, b };
    Difference::between(&runs)
}

fn boundary(name: &str) -> String {
    fs::read_to_string(project().join("scenarios/boundaries").join(name)).expect("a scenario")
}

/// The first event as `when table, rows in A, rows in B`.
fn first(difference: &Difference) -> String {
    let Some(parting) = &difference.first else { return "the same".to_owned() };
    let at = parting.at.map_or("at the end".to_owned(), iso);
    format!("{at} {}, {}, {}", parting.table, parting.only.a.count, parting.only.b.count)
}

#[test]
fn runs_part_at_the_first_event_that_differs() {
    let idle = "idle-resume-reanchors-the-window.toml";
    let short = "a-renewal-that-cannot-be-paid-stops-the-session.toml";
    let grid = ("[[product]]", "[policy]\nidle_resume = \"grid\"\n[[product]]");
    let policy = |word: &str| format!("[policy]\nrenewal_when_short = \"{word}\"\n[[team]]");
    let (run_on, negative) = (policy("run-on"), policy("negative"));
    let cases = [
        (idle, ("title", "title"), "the same", "0"),
        // A name that comes first gives every other one another number, and changes no row.
        (idle, ("[[team]]", "[[team]]\nname = \"Aalto\"\n[[team]]"), "the same", "0"),
        (idle, grid, "2026-03-04T10:30:00Z charges.csv, 1, 1", "7"),
        (idle, ("versions", "# versions"), "2026-03-03T08:00:00Z charges.csv, 0, 1", "14"),
        (idle, ("rate = 7", "rate = 0.5"), "2026-03-02T08:05:00Z charges.csv, 1, 1", "-13"),
        (idle, ("02T08:00:00Z\ndo", "02T07:59:59Z\ndo"), "2026-03-02T07:59:59Z sign_ins.csv, 0, 1", "0"),
        (idle, ("05T09:00:00Z\ndo", "05T08:59:59Z\ndo"), "2026-03-05T08:59:59Z sessions.csv, 0, 1", "0"),
        (idle, ("tokens = 100", "tokens = 99"), "2026-01-10T09:00:00Z token_events.csv, 1, 1", "0"),
        (
            idle,
            ("09:00:00Z }", "09:00:00Z, expires = 2027-02-01T00:00:00Z }"),
            "at the end packs.csv, 1, 1",
            "0",
        ),
        (short, ("[[team]]", &*run_on), "2026-03-03T08:00:00Z notices.csv, 1, 0", "0"),
        (short, ("[[team]]", &*negative), "2026-03-03T08:00:00Z notices.csv, 1, 0", "14"),
    ];
    for (name, (from, to), expected, more) in cases {
        let text = boundary(name);
        let (changed, _) = text.split_once("[[expect]]").expect("it expects something");
        assert!(changed.contains(from), "{name}: {from}");
        let changed = changed.replacen(from, to, 1);
        let (a, b) = (tables(&text), tables(&changed));
        let difference = between(&a, &b).expect("whole tables");
        assert_eq!(first(&difference), expected, "{name}: {to}");
        assert_eq!(difference.charged().more().to_string(), more, "{name}: {to}");
        assert_eq!(difference.is_none(), expected == "the same", "{name}: {to}");
        let back = between(&b, &a).expect("whole tables");
        assert_eq!(back.charged().more(), -difference.charged().more(), "{name}: {to}, the other way round");
    }
}

/// Every row of a run that one side has more often than the other, with its instant; the tables both have.
struct Naive {
    /// Instant, place of the table among those of one instant, table, row, and how often only in A (or in B, if
    /// negative).
    rows: Vec<(String, usize, &'static str, Vec<String>, i64)>,
    /// Thousandths of a token and charges in A and in B.
    accounts: BTreeMap<(String, String), [(i64, u64); 2]>,
}

/// The tables of one instant in order, each with the column of the instant.
const ORDER: [(&str, usize); 8] = [
    ("transition.csv", 0),
    ("token_events.csv", 0),
    ("notices.csv", 0),
    ("sign_ins.csv", 0),
    ("sessions.csv", 5),
    ("charges.csv", 7),
    ("credits.csv", 0),
    ("packs.csv", usize::MAX),
];

fn naive([a, b]: [&MemoryTables; 2]) -> Naive {
    let mut naive = Naive { rows: Vec::new(), accounts: BTreeMap::new() };
    for (place, (table, column)) in ORDER.into_iter().enumerate() {
        let (Some(in_a), Some(in_b)) = (a.get(table), b.get(table)) else { continue };
        let mut often: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for (side, bytes, step) in [(0, in_a, 1), (1, in_b, -1)] {
            for row in csv::Reader::from_reader(&bytes[..]).into_records() {
                let row: Vec<String> = row.expect("a row").iter().map(str::to_owned).collect();
                if table == "charges.csv" {
                    let account = naive.accounts.entry((row[1].clone(), row[2].clone())).or_default();
                    account[side].0 += in_thousandths(&row[4]);
                    account[side].1 += u64::from(row[6] != "refund");
                }
                *often.entry(row).or_default() += step;
            }
        }
        for (row, count) in often.into_iter().filter(|(_, count)| *count != 0) {
            let at = row.get(column).cloned().unwrap_or("at the end".to_owned());
            naive.rows.push((at, place, table, row, count));
        }
    }
    // "a" follows every digit: what is left at the end comes last.
    naive.rows.sort();
    naive
}

fn in_thousandths(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let size: i64 = format!("{}{fraction:0<3}", whole.trim_start_matches('-')).parse().expect("digits");
    if text.starts_with('-') { -size } else { size }
}

/// A history beside itself under other policies, beside one with a step less, and beside a stranger.
fn pair(seed: u64) -> [History; 2] {
    let history = History::random(seed);
    let mut other = History::random(seed + 1_000);
    match seed % 4 {
        0 => {}
        1 => {
            let steps = std::mem::take(&mut other.steps).len();
            other = history.clone();
            other.steps.remove(steps % history.steps.len());
        }
        _ => other = History { policy: other.policy, ..history.clone() },
    }
    if other.is_valid() { [history, other] } else { [history.clone(), history] }
}

#[test]
fn random_pairs_differ_as_a_naive_comparison_says() {
    let (mut partings, mut more): (BTreeMap<String, u64>, u64) = (BTreeMap::new(), 0);
    for seed in 0..240 {
        let [a, b] = pair(seed).map(|history| tables(&history.to_toml()));
        let difference = between(&a, &b).expect("whole tables");
        let naive = naive([&a, &b]);
        let count = |table: &str, sign: i64| -> u64 {
            let of_table = naive.rows.iter().filter(|row| row.2 == table && row.4.signum() == sign);
            of_table.map(|row| row.4.unsigned_abs()).sum()
        };
        for of in &difference.tables {
            let counts = (count(of.table, 1), count(of.table, -1));
            assert_eq!((of.only.a.count, of.only.b.count), counts, "seed {seed}: {}", of.table);
        }
        let expected = naive.rows.first().map(|(at, _, table, ..)| {
            let rows = naive.rows.iter().filter(|row| (&row.0, &row.2) == (at, table));
            let mut sides = [Vec::new(), Vec::new()];
            for (.., row, count) in rows {
                let side = &mut sides[usize::from(*count < 0)];
                side.extend((0..count.unsigned_abs()).map(|_| row.clone()));
            }
            (at.clone(), *table, sides)
        });
        let found = difference.first.as_ref().map(|parting| {
            let at = parting.at.map_or("at the end".to_owned(), iso);
            let texts = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
            let sides = [&parting.only.a, &parting.only.b].map(|only| only.rows.iter().map(texts).collect());
            (at, parting.table, sides)
        });
        assert_eq!(found, expected, "seed {seed}");
        let accounts = difference.accounts.iter().map(|account| {
            let charged = [&account.charged.a, &account.charged.b];
            let charged = charged.map(|charged| (charged.tokens.to_string(), charged.charges));
            ((account.user.clone(), account.product.clone()), charged)
        });
        let sums = naive.accounts.into_iter();
        let sums = sums.map(|(key, sides)| (key, sides.map(|(sum, charges)| (thousandths(sum), charges))));
        assert_eq!(accounts.collect::<BTreeMap<_, _>>(), sums.collect(), "seed {seed}");
        *partings.entry(found.map_or("none".to_owned(), |(_, table, _)| table.to_owned())).or_default() += 1;
        more += u64::from(difference.charged().more().thousandths() != 0);
    }
    println!("{partings:?}, another bill {more}");
    for table in ["none", "token_events.csv", "notices.csv", "sign_ins.csv", "sessions.csv", "charges.csv"] {
        assert!(partings.contains_key(table), "no pair parts in {table}: {partings:?}");
    }
    assert!(more >= 60, "many pairs come to another bill: {more}");
}

#[test]
fn at_one_instant_causes_come_before_consequences() {
    let row = |table: &str, instant: usize| {
        let cell = |(place, column): (usize, &&str)| match *column {
            _ if place == instant => "2026-03-02T08:00:00Z",
            "tokens" => "7",
            _ => "x",
        };
        let cells: Vec<&str> = columns(table).iter().enumerate().map(cell).collect();
        format!("{}\n{}\n", columns(table).join(","), cells.join(","))
    };
    let mut written: MemoryTables =
        ORDER.map(|(table, instant)| (table, row(table, instant).into_bytes())).into_iter().collect();
    let header = |table: &'static str| (table, (columns(table).join(",") + "\n").into_bytes());
    let empty: MemoryTables = ORDER.map(|(table, _)| header(table)).into_iter().collect();
    for (table, instant) in ORDER {
        let difference = between(&written, &empty).expect("whole tables");
        let at = if instant == usize::MAX { "at the end" } else { "2026-03-02T08:00:00Z" };
        assert_eq!(first(&difference), format!("{at} {table}, 1, 0"));
        written.insert(table, empty[table].clone());
    }
    assert!(between(&written, &empty).expect("whole tables").is_none());
}

#[test]
fn many_rows_are_counted_and_the_first_are_kept() {
    let header = "window_start,user,product,team,tokens,uncovered,kind,recorded_at,packs\n";
    let count = ROWS_KEPT + 5;
    let rows = (0..count).map(|number| {
        // The last row is recorded first.
        let at = format!("2026-03-02T0{}:00:00Z", if number + 1 == count { 8 } else { 9 });
        format!("2026-03-02T08:00:00Z,u{number:05},P,T,0.001,0,sign-in,{at},p:0.001\n")
    });
    let charges =
        |rows: String| MemoryTables::from([("charges.csv", (header.to_owned() + &rows).into_bytes())]);
    let difference = between(&charges(String::new()), &charges(rows.collect())).expect("whole tables");
    let only = &difference.tables[0].only.b;
    assert_eq!((only.count, only.rows.len()), (10_005, 10_000));
    let parting = difference.first.as_ref().expect("they part");
    assert_eq!(&parting.only.b.rows[0][1], "u10004", "a row that is not kept may be the first event");
    assert_eq!(difference.charged().more().to_string(), "10.005");
}

/// Two folders of results and their files, `a.toml` and `b.toml`.
fn two_runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, file) in
        [("a", "idle-resume-reanchors-the-window.toml"), ("b", "idle-resume-keeps-the-grid.toml")]
    {
        let path = folder.path().join(name);
        fs::write(path.with_extension("toml"), boundary(file)).expect("written");
        run(folder.path(), &[&format!("{name}.toml"), "--out", name]);
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) {
    let output = flexmeter(folder, &[&["run", "--quiet"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// What `diff` says after the names of the two, as JSON.
fn diff(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = flexmeter(folder, &[&["diff", "--format", "json"], arguments].concat());
    let mut value: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}, {}", stderr(&output)));
    let names = value.as_object_mut().expect("an object");
    assert!(names.remove("a").is_some() && names.remove("b").is_some(), "{arguments:?}");
    (output.status.code(), value)
}

#[test]
fn files_folders_and_policies_give_the_same_answer() {
    let folder = two_runs();
    let files = diff(folder.path(), &["a.toml", "b.toml"]);
    assert_eq!(files.0, Some(1));
    for pair in [["a", "b"], ["a.toml", "b"], ["a", "b.toml"]] {
        assert_eq!(diff(folder.path(), &pair), files, "{pair:?}");
    }
    let (code, mut policy) = diff(folder.path(), &["a.toml", "--policy", "idle_resume=grid"]);
    assert_eq!(code, Some(1));
    let mut expected = files.1;
    let terms = expected["terms"].take();
    assert_eq!(terms[0]["name"], "title", "{terms}");
    assert_eq!(terms[1], policy["terms"].take()[0], "the titles are the same, the policy is not");
    assert_eq!(policy, expected);
    for same in [["a", "a"], ["b.toml", "b"], ["b", "b.toml"], ["a.toml", "a.toml"]] {
        let (code, value) = diff(folder.path(), &same);
        assert_eq!(
            (code, &value["same"], &value["first"]),
            (Some(0), &true.into(), &Value::Null),
            "{same:?}"
        );
    }
    for same in [&["b.toml", "--policy", "idle_resume=grid"][..], &["a.toml", "--policy", "grace=300s"]] {
        assert_eq!(diff(folder.path(), same).0, Some(0), "{same:?}");
    }
    let entries = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(entries, 4, "a comparison leaves nothing");
}

#[test]
fn a_person_reads_where_two_runs_part() {
    let folder = two_runs();
    let output = flexmeter(folder.path(), &["diff", "a.toml", "b"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("A: a.toml\nB: b\n"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour codes where no terminal reads");
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "idle_resume reanchor grid",
        "They part on Wed 2026-03-04 10:30:00 UTC, in charges.csv",
        "Tokens: 14 in A, 21 in B, +7",
        "anna@noordbouw.example AutoCAD 14 21 +7 2 3",
        "all 14 21 +7 2 3",
        "charges.csv 2 3 1 2",
        "charges.csv: 1 row only in A, 2 only in B",
        "packs.csv: 1 row only in A, 1 only in B",
    ] {
        assert!(lines.iter().any(|line| line == expected), "expected {expected:?} in:\n{text}");
    }
    let output = flexmeter(folder.path(), &["diff", "a.toml", "a"]);
    assert_eq!(stdout(&output), "A: a.toml\nB: a\n\nThe same: 6 rows in 6 tables\n");
}

#[test]
fn of_many_rows_the_first_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = "scenarios/an-engineering-office-leaves-its-licence-server.toml";
    let text = fs::read_to_string(project().join(file)).expect("a scenario");
    let other = text.replacen("\nseed  = 8", "\nseed  = 9", 1);
    assert!(text != other, "another seed");
    fs::write(folder.path().join("a.toml"), text).expect("written");
    fs::write(folder.path().join("b.toml"), other).expect("written");
    let output = flexmeter(folder.path(), &["diff", "a.toml", "b.toml"]);
    let text = stdout(&output);
    assert!(text.lines().any(|line| line.split_whitespace().eq(["seed", "8", "9"])), "{text}");
    let (_, value) = diff(folder.path(), &["a.toml", "b.toml"]);
    let table =
        value["tables"].as_array().and_then(|tables| tables.iter().find(|of| of["table"] == "charges.csv"));
    let table = table.expect("charges are compared");
    let [a, b] = ["only_in_a", "only_in_b"].map(|side| {
        let count = table[side]["count"].as_u64().expect("a count");
        assert_eq!(table[side]["rows"].as_array().map(Vec::len), usize::try_from(count).ok(), "{side}");
        count
    });
    assert!(a > 1_000 && b > 1_000, "{a} and {b}");
    let section = text.split("\ncharges.csv: ").nth(1).expect("a section of charges");
    let section = section.split("\n\n").next().expect("its lines");
    assert!(section.starts_with(&format!("{a} rows only in A, {b} only in B\n")), "{section}");
    assert_eq!(section.lines().count(), 1 + 1 + 50 + 1, "title, header, rows, rest");
    assert!(section.ends_with(&format!(" … and {} more in --format json", a + b - 50)), "{section}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = two_runs();
    for detail in ["summary", "charges"] {
        run(folder.path(), &["a.toml", "--out", detail, "--detail", detail]);
    }
    let output = flexmeter(folder.path(), &["diff", "charges", "a"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("The same: 4 rows in 3 tables, as far as they can be compared\n"), "{text}");
    let list = "sign_ins.csv (only B has it), sessions.csv (only B has it), notices.csv (only B has it)\n";
    assert!(text.contains(&format!("Not compared: {list}")), "{text}");
    let (code, value) = diff(folder.path(), &["b", "charges"]);
    assert_eq!((code, &value["first"]["table"]), (Some(1), &"charges.csv".into()));
    let (code, value) = diff(folder.path(), &["summary", "b"]);
    assert_eq!(
        (code, &value["first"]["table"], &value["tokens"]),
        (Some(1), &"packs.csv".into(), &Value::Null)
    );
    assert_eq!(value["not_compared"].as_array().map(Vec::len), Some(5), "{value}");
    let output = flexmeter(folder.path(), &["diff", "summary", "summary"]);
    assert_eq!(output.status.code(), Some(2));
    let told = "neither run has charges.csv; run them again with --detail charges, or full";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    let credits = boundary("credits-are-drawn-before-tokens.toml");
    fs::write(folder.path().join("credits.toml"), credits).expect("written");
    let output = flexmeter(folder.path(), &["diff", "a", "credits.toml"]);
    assert!(
        stdout(&output).contains("\nNot compared: credits.csv (only B has it)\n\n"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_broken_folder_and_misuse_are_told_with_the_way_out() {
    let folder = two_runs();
    let charges = fs::read_to_string(folder.path().join("b/charges.csv")).expect("charges");
    let (header, rows) = charges.split_once('\n').expect("a header");
    let swapped: Vec<&str> = rows.lines().rev().collect();
    let cases = [
        (charges[..charges.len() - 1].to_owned(), "can't compare b: charges.csv, line 4: cut off"),
        (charges[..charges.len() - 9].to_owned(), "charges.csv, line 4: 8 columns where 9 belong"),
        (charges.replacen("user", "who", 1), "charges.csv, line 1: not the header"),
        (format!("{header}\n{}\n", swapped.join("\n")), "charges.csv, line 3: out of order"),
        (charges.replacen(",7,0,", ",seven,0,", 1), "line 2: `tokens` is `seven`, not tokens"),
        (
            charges.replacen("10:30:00Z", "half past ten", 1),
            "line 3: `recorded_at` is `2026-03-04Thalf past ten`",
        ),
    ];
    for (text, told) in cases {
        fs::write(folder.path().join("b/charges.csv"), text).expect("written");
        let output = flexmeter(folder.path(), &["diff", "a", "b"]);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(stderr(&output).contains(told) && output.stdout.is_empty(), "{told}: {}", stderr(&output));
    }
    fs::remove_file(folder.path().join("b/charges.csv")).expect("removed");
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    let cases: [(&[&str], &str); 9] = [
        (&["a", "b"], "b has lost its charges.csv; run the scenario again"),
        (&["a", "empty"], "empty holds no summary.json of a run; name a scenario file or the folder"),
        (&["a", "nothing"], "can't read nothing"),
        (&["a"], "<B>"),
        (&["a", "--policy", "grace=1m"], "a is a folder; name the scenario file"),
        (&["a.toml", "b.toml", "--policy", "grace=1m"], "cannot be used with"),
        (&["a.toml", "--policy", "grace"], "write KEY=VALUE"),
        (&["a.toml", "--policy", "idle_resume=never"], "`idle_resume` can't be \"never\""),
        (&["a.toml", "--policy", "patience=1m"], "unknown key `patience` in [policy]"),
    ];
    for (arguments, told) in cases {
        let output = flexmeter(folder.path(), &[&["diff"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(told), "{arguments:?}: {}", stderr(&output));
    }
}
