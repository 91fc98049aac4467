//! A run in the vendor's columns: it comes back through the importer as it was, agrees with the rules, and hides
//! whom it should.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use flexmeter::audit::KnownUse;
use flexmeter::audit::journal::MemoryTables;
use flexmeter::audit::reconciliation::{Days, Reconciliation};
use flexmeter::meter::tokens::Tokens;
use flexmeter::report::export::{delimited, json, workbook};
use flexmeter::report::summary::Summary;
use flexmeter::results::export_file;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::usage_export::UsageExport;
use flexmeter::scenario::usage_export::column::{Column, Generation};
use flexmeter::simulation::recorder::Detail;
use flexmeter::simulation::replay;
use flexmeter::usage::balances::DaysShown;
use flexmeter::usage::export::{Columns, Export, People, Report};
use flexmeter::usage::ledger::Ledger;
use flexmeter::usage::run_summary::RunSummary;
use serde_json::Value;

use crate::privacy::{assert_nameless, odd, runs, told};
use crate::reconciliation::correct_export::rows_of;
use crate::support::{
    empty_tables, flexmeter, project, run_with_rows, scenario, scenario_files, stderr, stdout, text_of,
    written_with_ledger,
};

/// A run that is over, in memory.
struct Past {
    summary: RunSummary,
    tables: MemoryTables,
    ledger: Ledger,
}

impl Past {
    fn of(text: &str) -> Past {
        let scenario = scenario(text);
        let mut tables = empty_tables(&scenario);
        let run = replay::run(&scenario, &mut tables, &()).expect("nothing ends the run");
        let (files, digests, ledger) = written_with_ledger((&scenario, tables), &run);
        let tables = files.into_iter().map(|file| (file.name, file.text.into_bytes())).collect();
        let summary = Summary::new(&scenario, &run.tally, (Detail::Full, digests)).json();
        Past { summary: RunSummary::read(&summary).expect("a summary"), tables, ledger }
    }

    /// All of its days in those columns.
    fn export(&self, columns: Columns) -> Export<'_> {
        let zone = self.summary.zone();
        let [from, to] = [self.summary.start, self.summary.last()].map(|at| zone.local(at).date());
        let days = DaysShown { from, to };
        let people = People::Shown;
        Export { summary: &self.summary, tables: &self.tables, ledger: &self.ledger, people, days, columns }
    }
}

/// The usage of a run in every format.
fn files(export: &Export<'_>) -> [(&'static str, Vec<u8>); 3] {
    let reports = [Report::Usage];
    let [mut csv, mut of_json, mut xlsx] = [const { Vec::new() }; 3];
    let rows = delimited::write(export, Report::Usage, &mut csv).expect("memory takes it");
    assert_eq!(json::write(export, &reports, &mut of_json).expect("memory takes it"), [rows]);
    assert_eq!(workbook::write(export, &reports, &mut xlsx).expect("memory takes it"), [rows]);
    [("csv", csv), ("json", of_json), ("xlsx", xlsx)]
}

fn imported(bytes: &[u8]) -> UsageExport {
    let sheets = export_file::sheets(bytes).expect("a file");
    UsageExport::read(&sheets, None).unwrap_or_else(|flaws| panic!("an export: {flaws:#?}"))
}

/// Tokens by day, user, product and team.
fn by_day(export: &UsageExport) -> BTreeMap<[String; 4], Tokens> {
    let row = |row: &flexmeter::scenario::usage_export::UsageRow| {
        let text = |text: Option<&str>| text.expect("a cell").to_owned();
        let day = row.day.expect("a day").date().to_string();
        let key = [day, text(row.text(Column::Email)), row.product.clone(), text(row.team())];
        (key, row.tokens.expect("tokens"))
    };
    let rows: BTreeMap<_, _> = export.rows.iter().map(row).collect();
    assert_eq!(rows.len(), export.rows.len(), "a row per key");
    rows
}

fn texts() -> Vec<(String, String)> {
    let small = |path: &Path| {
        let text = text_of(path);
        (!text.contains("[[group]]")).then(|| (path.display().to_string(), text))
    };
    let mut texts: Vec<_> = scenario_files().iter().filter_map(|path| small(path)).collect();
    texts.push(("odd names".to_owned(), odd()));
    texts
}

#[test]
fn rule_5_8_usage_by_day_comes_back_through_the_importer() {
    for (name, text) in texts() {
        let scenario = scenario(&text);
        let (_, rows) = run_with_rows(&scenario);
        let expected: BTreeMap<[String; 4], Tokens> = rows_of(&scenario, &rows)
            .into_iter()
            .map(|row| ([row.key.0, row.key.1, row.key.2, row.key.3], row.tokens))
            .collect();
        if expected.is_empty() {
            continue;
        }
        let past = Past::of(&text);
        for (format, bytes) in files(&past.export(Columns::Of2026)) {
            let export = imported(&bytes);
            assert_eq!(export.generation, Generation::TokenUsage);
            assert_eq!(by_day(&export), expected, "{name}, {format}");
        }
    }
}

#[test]
fn rule_5_8_an_export_agrees_with_the_rules() {
    let mut compared = 0;
    for (name, text) in texts() {
        let scenario = scenario(&text);
        let known = KnownUse::of(&scenario, &()).expect("it runs");
        let past = Past::of(&text);
        for columns in [Columns::Of2026, Columns::UsageReport] {
            let [(_, csv), _, (_, xlsx)] = files(&past.export(columns));
            for bytes in [csv, xlsx] {
                let export = imported(&bytes);
                if export.rows.is_empty() {
                    continue;
                }
                let judged = Reconciliation::of(&scenario, &known, (&export, Days::of(&scenario)));
                let judged = judged.unwrap_or_else(|why| panic!("{name}: {}", why.text()));
                let differ: Vec<_> = judged.findings.iter().filter(|of| of.class.differs()).collect();
                assert!(judged.agrees(), "{name}, {columns:?}: {differ:#?}");
                compared += judged.findings.len();
            }
        }
    }
    assert!(compared > 300, "{compared} findings");
}

/// The totals are those of the days, whatever the columns.
#[test]
fn rule_5_8_totals_are_the_sums_of_days() {
    let text = text_of(&project().join("scenarios/a-week-at-studio-north.toml"));
    let past = Past::of(&text);
    let [(_, days), ..] = files(&past.export(Columns::Of2026));
    let [(_, totals), ..] = files(&past.export(Columns::UsageReport));
    let mut sums: BTreeMap<[String; 3], (Tokens, u32)> = BTreeMap::new();
    for ([_, user, product, team], tokens) in by_day(&imported(&days)) {
        let sum = sums.entry([user, product, team]).or_default();
        sum.0 += tokens;
        sum.1 += 1;
    }
    let mut found: BTreeMap<[String; 3], (Tokens, u32)> = BTreeMap::new();
    for row in imported(&totals).rows {
        let [user, team] = [row.text(Column::Email), row.team()].map(|text| text.expect("a cell").to_owned());
        let sum = found.entry([user, row.product.clone(), team]).or_default();
        sum.0 += row.tokens.expect("tokens");
        sum.1 += row.days_used.expect("days");
    }
    assert_eq!(found, sums);
    let text = String::from_utf8(totals).expect("text");
    let rows: Vec<&str> = text.lines().collect();
    let expected = ",,,jonas@studio-north.example,,Studio North,,Revit,2026,,,,active,,Flex,";
    assert!(rows.iter().any(|row| row.starts_with(expected)), "{text}");
}

/// Two versions and a service: the version is that of the session in which the window began.
#[test]
fn rule_5_8_versions_are_told_apart_in_total() {
    let path = "scenarios/worked-examples/two-versions-on-one-day-are-one-charge.toml";
    let past = Past::of(&text_of(&project().join(path)));
    let [(_, totals), ..] = files(&past.export(Columns::UsageReport));
    let versions: Vec<_> = imported(&totals)
        .rows
        .iter()
        .map(|row| (row.text(Column::Version).map(str::to_owned), row.tokens))
        .collect();
    assert_eq!(versions.len(), 1, "one charge: {versions:?}");
    assert!(versions[0].0.is_some());
}

#[test]
fn rule_5_8_the_headers_are_the_vendors() {
    let past = Past::of(&odd());
    let header = |columns: Columns, report: Report| {
        let mut csv = Vec::new();
        delimited::write(&past.export(columns), report, &mut csv).expect("memory takes it");
        String::from_utf8(csv).expect("text").lines().next().expect("a header").to_owned()
    };
    let rulebook = fs::read_to_string(project().join("src/rules.md")).expect("the rulebook");
    for columns in [Columns::Of2026, Columns::UsageReport] {
        let header = header(columns, Report::Usage);
        assert!(rulebook.contains(&format!("`{header}`")), "the rulebook knows {header}");
    }
    for (columns, team) in [(Columns::Of2026, "Team"), (Columns::UsageReport, "team_alias")] {
        let header = header(columns, Report::Subscriptions);
        let columns: Vec<&str> = header.split(',').collect();
        assert_eq!((columns[0], columns[9], columns.len()), (team, "seat_quantity", 12));
    }
    let users = "Autodesk ID,Email,Feature,First name,Last name,Product,Role,Team";
    assert_eq!(header(Columns::Of2026, Report::Users), users);
}

#[test]
fn rule_5_8_a_workbook_has_sheets_with_real_types() {
    let folder = runs(&odd());
    let folder = folder.path();
    let export = ["export", "shown", "--format", "xlsx", "--report", "usage,users,subscriptions", "--out"];
    let said = told(folder, &[&export[..], &["a.xlsx"]].concat());
    assert!(
        said.contains("Usage: 3 rows in a.xlsx") && said.contains("Subscriptions: 1 row in a.xlsx"),
        "{said}"
    );
    told(folder, &[&export[..], &["b.xlsx"]].concat());
    let bytes = fs::read(folder.join("a.xlsx")).expect("a workbook");
    assert_eq!(bytes, fs::read(folder.join("b.xlsx")).expect("a workbook"), "the same bytes");
    let mut workbook = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(workbook.sheet_names(), ["Subscriptions", "Users", "Usage"]);
    let usage = workbook.worksheet_range("Usage").expect("a sheet");
    let row: Vec<Data> = usage.rows().nth(1).expect("a row").to_vec();
    let Data::DateTime(day) = &row[0] else { panic!("a date: {row:?}") };
    assert_eq!(day.to_ymd_hms_milli(), (2026, 3, 2, 0, 0, 0, 0));
    assert_eq!(row[1], Data::String("<script>alert('ü')</script>".to_owned()));
    assert_eq!((&row[2], &row[7]), (&Data::Empty, &Data::Float(7.0)));
    let packs = workbook.worksheet_range("Subscriptions").expect("a sheet");
    let row: Vec<Data> = packs.rows().nth(1).expect("a row").to_vec();
    assert_eq!((row[2].to_string(), row[3].to_string()), ("p".to_owned(), "Active".to_owned()));
    assert_eq!(row[9], Data::Float(25.0));
    let users = workbook.worksheet_range("Users").expect("a sheet");
    assert_eq!(users.height(), 1 + 3 + 2, "three with AutoCAD, two with studies");
}

#[test]
fn rule_5_8_the_command_writes_each_format() {
    let folder = runs(&odd());
    let folder = folder.path();
    let all = "subscriptions,users,usage";
    told(folder, &["export", "shown", "--report", all, "--out", "tables"]);
    for name in ["subscriptions.csv", "users.csv", "usage.csv"] {
        assert!(folder.join("tables").join(name).is_file(), "{name}");
    }
    told(folder, &["export", "shown", "--out", "usage.csv"]);
    let of = |name: &str| fs::read(folder.join(name)).expect("a file");
    assert_eq!(of("usage.csv"), of("tables/usage.csv"));
    let agrees = |export: &str| {
        let output = flexmeter(folder, &["reconcile", export, "s.toml"]);
        assert_eq!(output.status.code(), Some(0), "{export}: {}{}", stdout(&output), stderr(&output));
    };
    agrees("usage.csv");
    told(folder, &["export", "shown", "--format", "json", "--report", all, "--out", "all.json"]);
    let value: Value = serde_json::from_slice(&of("all.json")).expect("JSON");
    let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["subscriptions", "usage", "users"]);
    assert_eq!(value["usage"][0]["Tokens used"], 7);
    assert_eq!(value["usage"][0]["Feature"], Value::Null);
    agrees("all.json");
    told(folder, &["export", "shown", "--format", "json", "--out", "usage.json"]);
    assert!(serde_json::from_slice::<Value>(&of("usage.json")).expect("JSON").is_array());
    agrees("usage.json");
    told(folder, &["export", "shown", "--columns", "usage-report", "--format", "xlsx", "--out", "."]);
    agrees("export.xlsx");
    let range = ["--from", "2026-03-03", "--to", "2026-03-03"];
    let said = told(folder, &[&["export", "shown", "--out", "tuesday.csv"], &range[..]].concat());
    assert!(said.contains("0 rows"), "{said}");
}

#[test]
fn rule_5_7_an_export_hides_names() {
    let folder = runs(&odd());
    let folder = folder.path();
    let scenario: &Scenario = &scenario(&odd());
    told(folder, &["run", "s.toml", "--hide-names", "--out", "hidden", "--quiet"]);
    for columns in ["2026", "usage-report"] {
        for format in ["csv", "json"] {
            let export = |run: &str, out: &str| {
                let options = ["--columns", columns, "--format", format, "--report", "usage,users"];
                let command = ["export", run, "--hide-names", "--out", out];
                let said = told(folder, &[&command[..], &options].concat());
                assert_nameless(scenario, ("export", &said));
                let path = if format == "csv" { format!("{out}/usage.csv") } else { out.to_owned() };
                fs::read_to_string(folder.join(path)).expect("text")
            };
            let of_names = export("shown", &format!("a-{columns}-{format}"));
            assert_nameless(scenario, ("an export", &of_names));
            assert_eq!(of_names, export("hidden", &format!("b-{columns}-{format}")));
            assert!(of_names.contains("*****") && of_names.contains("user-"), "{of_names}");
        }
    }
    let reconcile = ["reconcile", "a-2026-csv/usage.csv", "s.toml"];
    let known = flexmeter(folder, &[&reconcile[..], &["--hide-names"]].concat());
    assert_eq!(known.status.code(), Some(0), "{}", stdout(&known));
    assert_nameless(scenario, ("reconcile", &stdout(&known)));
    let unknown = flexmeter(folder, &reconcile);
    assert_eq!(unknown.status.code(), Some(1), "nobody is called so");
    // Whom the scenario does not know is hidden too, by whatever the sentences say.
    let text = "Day used,Email,Product,Team,Tokens used\n2026-03-02,Eva Extra,AutoCAD,North,7\n";
    fs::write(folder.join("more.csv"), text).expect("a file");
    let options = ["--hide-names", "--csv", "findings.csv"];
    let output = flexmeter(folder, &[&["reconcile", "more.csv", "s.toml"], &options[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let findings = fs::read_to_string(folder.join("findings.csv")).expect("text");
    for text in [&stdout(&output), &findings] {
        assert!(!text.contains("Eva") && text.contains("user-"), "{text}");
        assert_nameless(scenario, ("reconcile", text));
    }
}

#[test]
fn what_can_not_be_exported_is_told_with_the_way_out() {
    let folder = runs(&odd());
    let folder = folder.path();
    told(folder, &["run", "s.toml", "--detail", "summary", "--out", "summary", "--quiet"]);
    told(folder, &["run", "s.toml", "--detail", "charges", "--out", "charges", "--quiet"]);
    let refused = |arguments: &[&str], part: &str| {
        let output = flexmeter(folder, &[&["export"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
    };
    refused(&["summary", "--out", "x.csv"], "summary lacks its accounts.parquet");
    refused(&["s.toml", "--out", "x.csv"], "is no folder");
    refused(&["shown", "--out", "shown/usage.csv"], "lies among the results of a run");
    std::os::unix::fs::symlink(folder.join("charges/charges.csv"), folder.join("link.csv")).expect("a link");
    refused(&["shown", "--out", "charges/usage.csv"], "lies among the results of a run");
    refused(&["shown", "--out", "link.csv"], "lies among the results of a run");
    fs::remove_file(folder.join("link.csv")).expect("a link");
    refused(&["shown", "--out", "shown"], "lies among the results of a run");
    refused(&["shown", "--out", "x.csv", "--from", "2026-03-03", "--to", "2026-03-02"], "comes before");
    refused(&["shown", "--out", "nowhere/x.csv"], "can't write nowhere/x.csv");
    assert!(!folder.join("x.csv").exists());
    let said = told(folder, &["export", "charges", "--out", "charged.csv"]);
    assert!(said.contains("3 rows"), "charges are enough: {said}");
    let left: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|of| of.expect("an entry").file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("partial")), "{left:?}");
}
