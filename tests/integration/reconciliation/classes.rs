//! What single rows come to, and the command around it.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use flexmeter::audit::KnownUse;
use flexmeter::audit::reconciliation::{Days, Incomparable, Reconciliation};
use flexmeter::results::export_file;
use flexmeter::scenario::usage_export::UsageExport;

use crate::support::{flexmeter, project, scenario, stderr, stdout};

/// Two people and a week: a renewal, a free opening, a trial, a service with a failed result.
const WEEK: &str = r#"
start = 2026-03-02T00:00:00Z
end = 2026-03-06T12:00:00Z
[[product]]
name = "Study"
kind = "service"
rate = 11
[[team]]
name = "North"
packs = [{ id = "p", tokens = 500, bought = 2026-01-10T00:00:00Z }]
[[team]]
name = "South"
packs = [{ id = "q", tokens = 500, bought = 2026-01-10T00:00:00Z }]
[[user]]
name = "ana@a.example"
teams = ["North"]
products = "all"
trials = [{ product = "Mudbox", from = 2026-03-01T00:00:00Z, until = 2026-03-04T00:00:00Z }]
[[user]]
name = "bo@a.example"
teams = ["South"]
products = ["AutoCAD"]
"#;

fn step(at: &str, what: &str, user: &str, product: &str) -> String {
    let (day, time) = at.split_once(' ').expect("a day and a time");
    let (what, more) = what.split_once(' ').unwrap_or((what, ""));
    format!(
        "[[step]]\nat = 2026-03-0{day}T{time}:00Z\ndo = \"{what}\"\nuser = \"{user}@a.example\"\n\
         product = \"{product}\"\n{more}\n"
    )
}

fn week() -> String {
    let steps = [
        step("2 08:00", "sign-in", "ana", "AutoCAD"),
        step("2 12:00", "sign-out", "ana", "AutoCAD"),
        step("2 13:00", "sign-in device=\"laptop\"", "ana", "AutoCAD"),
        step("3 09:00", "sign-out", "ana", "AutoCAD"),
        step("4 10:00", "sign-in", "bo", "AutoCAD"),
        step("4 10:04", "sign-out", "bo", "AutoCAD"),
        step("2 10:00", "sign-in", "ana", "Mudbox"),
        step("2 11:00", "sign-out", "ana", "Mudbox"),
        step("3 10:00", "use", "ana", "Study"),
        step("3 11:00", "use outcome=\"failed\"", "ana", "Study"),
        step("6 08:00", "sign-in", "bo", "AutoCAD"),
    ];
    WEEK.to_owned() + &steps.concat()
}

const CORRECT: [&str; 5] = [
    "2026-03-02,ana@a.example,AutoCAD,North,7",
    "2026-03-03,ana@a.example,AutoCAD,North,7",
    "2026-03-03,ana@a.example,Study,North,11",
    "2026-03-04,bo@a.example,AutoCAD,South,0",
    "2026-03-06,bo@a.example,AutoCAD,South,7",
];

const HEADER: &str = "Day used,Email,Product,Team,Tokens used\n";

fn compare(text: &str) -> Result<Reconciliation, Incomparable> {
    let scenario = scenario(&week());
    let known = KnownUse::of(&scenario, &()).expect("it runs");
    let sheets = export_file::sheets(text.as_bytes()).expect("CSV");
    let export = UsageExport::read(&sheets, None).expect("an export");
    Reconciliation::of(&scenario, &known, (&export, Days::of(&scenario)))
}

/// The findings that differ, a line each, and the notes after them.
fn differing(text: &str) -> Vec<String> {
    let found = compare(text).expect("it can be compared");
    let amount = |tokens: Option<flexmeter::meter::tokens::Tokens>| {
        tokens.map_or("-".to_owned(), |tokens| tokens.to_string())
    };
    let differ = found.findings.iter().filter(|finding| finding.class.name() != "agrees");
    let line = |finding: &flexmeter::audit::reconciliation::Finding| {
        let (due, charged) = (amount(finding.due), amount(finding.charged));
        format!("{} {due} {charged}: {}", finding.class.name(), finding.why)
    };
    differ.map(line).chain(found.notes.iter().map(|note| format!("note: {note}"))).collect()
}

/// The correct export with some rows in place of others.
fn changed(instead: &[(&str, &str)]) -> String {
    let mut text = HEADER.to_owned() + &CORRECT.join("\n") + "\n";
    for (row, other) in instead {
        let place = CORRECT.iter().find(|correct| correct.starts_with(row)).expect("a row");
        text = text.replace(&format!("{place}\n"), other);
    }
    text
}

/// Rows of the correct export by their beginning, and what stands in their place.
type Instead = &'static [(&'static str, &'static str)];

/// What is changed in the correct export, and what is found.
const CASES: &[(Instead, &[&str])] = &[
    (&[], &[]),
    (
        &[("2026-03-02,ana", "2026-03-02,ANA@a.example,autocad,North,14\n")],
        &[
            "charged-twice 7 14: 14 is 2 times 7; one window per user and product: opened at 08:00:00 and again at \
               13:00:00, also on another device, is one charge of 7 (RULES 1.2, 1.6)",
        ],
    ),
    (
        &[(
            "2026-03-02,ana",
            "2026-03-02,ana@a.example,AutoCAD,North,7\n2026-03-02,ana@a.example,AutoCAD,North,3\n",
        )],
        &[
            "charged-twice 7 10: 2 rows for 1 charge; one window per user and product: opened at 08:00:00 and again \
               at 13:00:00, also on another device, is one charge of 7 (RULES 1.2, 1.6)",
        ],
    ),
    (
        &[("2026-03-02,ana", "2026-03-02,ana@a.example,AutoCAD,North,10\n")],
        &["wrong-amount 7 10: the rate in force at 08:00:00 was 7 (RULES 1.1)"],
    ),
    (
        &[("2026-03-03,ana@a.example,A", "")],
        &["missing 7 -: no row; still open when the window ended at 08:00:00: renewed for 7 (RULES 1.6)"],
    ),
    (
        &[("2026-03-03,ana@a.example,A", "2026-03-03,ana@a.example,AutoCAD,North,\n")],
        &[
            "missing 7 -: the row has no amount; still open when the window ended at 08:00:00: renewed for 7 (RULES \
               1.6)",
        ],
    ),
    (
        &[("2026-03-04", "2026-03-04,bo@a.example,AutoCAD,South,7\n")],
        &[
            "not-due 0 7: the session 10:00:00 to 10:04:00 lasted 4m, less than the grace period of 5m: 0 tokens \
               (RULES 1.5)",
        ],
    ),
    (
        &[("2026-03-04", "")],
        &[
            "missing 0 -: the session 10:00:00 to 10:04:00 lasted 4m, less than the grace period of 5m: 0 tokens \
               (RULES 1.5); it is reported as use with 0 tokens (RULES 1.5)",
        ],
    ),
    (
        &[(
            "2026-03-04",
            "2026-03-04,bo@a.example,AutoCAD,South,0\n2026-03-02,ana@a.example,Mudbox,North,1\n",
        )],
        &["not-due - 1: opened at 10:00:00 under a trial: 0 tokens (RULES 3.5)"],
    ),
    (
        &[("2026-03-03,ana@a.example,S", "2026-03-03,ana@a.example,Study,North,22\n")],
        &[
            "charged-twice 11 22: 22 is 2 times 11; 3 charges of 11 together: a result at 10:00:00: 11 (RULES \
               1.9); a result at 11:00:00: 11 (RULES 1.9); and 1 more",
        ],
    ),
    (
        &[(
            "2026-03-04",
            "2026-03-04,bo@a.example,AutoCAD,South,0\n2026-03-05,bo@a.example,AutoCAD,South,7\n",
        )],
        &["not-due - 7: not opened then: nothing is due (RULES 1.6)"],
    ),
    (
        &[("2026-03-03,ana@a.example,A", "2026-03-04,ana@a.example,AutoCAD,North,7\n")],
        &[
            "missing 7 -: no row; still open when the window ended at 08:00:00: renewed for 7 (RULES 1.6); the same \
                 amount is charged on 2026-03-04 in North",
            "not-due - 7: not opened then: nothing is due (RULES 1.6); the same amount is missing on \
                 2026-03-03 in North",
        ],
    ),
    (
        &[(
            "2026-03-04",
            "2026-03-04,bo@a.example,AutoCAD,South,0\n2026-03-05,bo@a.example,AutoCAD,South,0\n",
        )],
        &[
            "unknown - 0: no session of that day is known; 0 tokens are charged, as for features that open a product \
               without charge",
        ],
    ),
    (
        &[(
            "2026-03-06",
            "2026-03-06,bo@a.example,AutoCAD,South,7\n2026-02-27,bo@a.example,AutoCAD,South,7\n",
        )],
        &["outside-run - 7: 2026-02-27 is not among the days that are compared, 2026-03-02 to 2026-03-06"],
    ),
    (
        &[("2026-03-06", "2026-03-06,bo@a.example,AutoCAD,South,14\n")],
        &[
            "outside-run 7 14: the run has only a part of this day, or ends before it is known what the use costs",
        ],
    ),
    (
        &[(
            "2026-03-06",
            "2026-03-06,cy@a.example,Revit,South,10\n2026-03-06,bo@a.example,Autocat,South,7\n",
        )],
        &[
            "unknown - 7: the scenario has no product `Autocat`, so that what is due can't be known; did you mean \
                 `AutoCAD`?",
            "unknown - 10: the scenario has no user `cy@a.example`, so that what is due can't be known; did you \
                 mean `bo@a.example`?",
        ],
    ),
];

#[test]
fn a_difference_is_told_with_its_rule() {
    for (instead, expected) in CASES {
        let mut found = differing(&changed(instead));
        // What of the last, half day of the run is missing is not known either.
        found.retain(|line| !line.starts_with("outside-run 7 -"));
        assert_eq!(found, *expected, "{instead:?}");
    }
}

#[test]
fn hidden_names_are_compared_without_users() {
    let hidden = |text: &str| text.replace("ana@a.example", "*****").replace("bo@a.example", "*****");
    let note = "note: 5 of 5 rows hide who used the product: they are compared per day, product and team.";
    let found = differing(&hidden(&changed(&[])));
    assert!(found.len() == 1 && found[0].starts_with(note), "{found:?}");
    let found = differing(&hidden(&changed(&[("2026-03-02", "2026-03-02,*****,AutoCAD,North,14\n")])));
    let said = "wrong-amount 7 14: 1 row for 1 charge of 7 together; whose is wrong can't be known";
    assert_eq!(found[0], said);
}

#[test]
fn the_older_report_is_compared_by_its_sums() {
    let report = |ana: &str| {
        format!(
            "Email,Team,Product,Version,Days used,Tokens used\nana@a.example,North,AutoCAD,{ana}\n\
             ana@a.example,North,Study,,1,11\nbo@a.example,South,AutoCAD,2026,2,7\nana@a.example,North,Mudbox,2026,1,\n"
        )
    };
    let cases = [
        ("2026,2,14", None),
        ("2026,2,21", Some("wrong-amount 14 21: 2 charges of 14 together; the rate in force at")),
        ("2026,2,28", Some("charged-twice 14 28: 28 is 2 times 14; 2 charges of 14 together")),
        (
            "2026,3,14",
            Some("wrong-amount 14 14: the tokens agree, but not the days: 3 in the export, 2 with a charge"),
        ),
    ];
    for (ana, said) in cases {
        let found = differing(&report(ana));
        let differ: Vec<_> = found.iter().filter(|line| !line.starts_with("note")).collect();
        assert_eq!(differ.len(), usize::from(said.is_some()), "{found:?}");
        assert!(differ.iter().all(|line| said.is_some_and(|said| line.starts_with(said))), "{found:?}");
        assert!(
            found.iter().any(|line| line.contains("compared with 2026-03-02 to 2026-03-06")),
            "{found:?}"
        );
    }
    let versions = report("2026,2,7\nana@a.example,North,AutoCAD,2025,0,7");
    let found = differing(&versions);
    assert!(found[0].starts_with("wrong-amount 14 7") && found[1].starts_with("not-due - 7"), "{found:?}");
}

#[test]
fn what_can_not_be_compared_is_refused_with_the_reason() {
    let enterprise = "usageDate,productName,tokensConsumed,\n2016-01-01 00:00:00,AutoCAD,45.0,\n";
    assert_eq!(compare(enterprise).err(), Some(Incomparable::Enterprise));
    let seats = "Day used,Email,Product\n2026-03-02,ana@a.example,AutoCAD\n";
    assert_eq!(compare(seats).err(), Some(Incomparable::NoTokens));
}

const EXPORT: &str = "scenarios/exports/a-week-at-studio-north.csv";
const SCENARIO: &str = "scenarios/a-week-at-studio-north.toml";

#[test]
fn the_command_tells_findings_and_exits_with_1_where_something_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("findings.csv");
    let csv_text = csv.to_str().expect("a path");
    let output = flexmeter(project(), &["reconcile", EXPORT, SCENARIO, "--csv", csv_text]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    for part in ["5 of 13 comparisons differ", "charged-twice", "RULES 1.5", "Sun 2026-03-08"] {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colour codes where no terminal reads");
    let findings = fs::read_to_string(&csv).expect("the findings");
    assert_eq!(findings.lines().count(), 14, "{findings}");
    let output = flexmeter(project(), &["reconcile", EXPORT, SCENARIO, "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["agrees"], false);
    assert_eq!(value["classes"]["not-due"]["charged"], "14");
    assert_eq!(value["findings"].as_array().map(Vec::len), Some(13));
    let output = flexmeter(project(), &["reconcile", EXPORT, SCENARIO, "--to", "2026-03-04", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "until Wednesday all agrees");
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn the_command_says_what_it_could_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    fs::write(
        place("dates.csv"),
        "Day used,Product,Tokens used\n".to_owned() + &"3/2/2026,Maya,6\n".repeat(30),
    )
    .expect("written");
    fs::write(place("seats.csv"), "Day used,Email,Product\n2026-03-02,x,Maya\n").expect("written");
    let scenario = project().join(SCENARIO);
    let scenario = scenario.to_str().expect("a path");
    let copy = place("copy.csv");
    fs::copy(project().join(EXPORT), &copy).expect("copied");
    let cases: &[(&[&str], &str)] = &[
        (&["dates.csv", scenario], "30 errors in dates.csv; the first 20 are shown; nothing was compared"),
        (&["dates.csv", scenario], "--dates mdy"),
        (&["seats.csv", scenario], "no column `Tokens used`"),
        (&["nothing.csv", scenario], "can't read nothing.csv"),
        (&[".", scenario], "is a folder"),
        (&["copy.csv", "nothing.toml"], "can't read nothing.toml"),
        (&["copy.csv", scenario, "--from", "2027-01-01"], "leave no day of the run"),
        (&["copy.csv", scenario, "--csv", "./copy.csv"], "choose another"),
    ];
    for (arguments, said) in cases {
        let arguments: Vec<&str> = ["reconcile"].into_iter().chain(arguments.iter().copied()).collect();
        let output = flexmeter(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn an_export_may_come_through_a_pipe() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
    command.current_dir(project()).args(["reconcile", "-", SCENARIO, "--dates", "mdy"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
    let export = fs::read_to_string(project().join(EXPORT)).expect("the export");
    let american = export.replace("2026-03-0", "3/");
    let american: String = american
        .lines()
        .map(|line| match line.split_once(',') {
            Some((day, rest)) if day.starts_with("3/") => format!("{day}/2026,{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    child.stdin.take().expect("a pipe").write_all(american.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("5 of 13 comparisons differ"), "{}", stdout(&output));
}
