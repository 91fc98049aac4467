//! Every scenario file is a test and an example at once.

use std::collections::BTreeMap;
use std::fs;

use flexmeter::simulation::run::Run;
use flexmeter::simulation::verdict::Verdict;

use crate::support::{files_below, project, result_files, scenario, scenario_files, text_of};

/// Digests of the results of each scenario, which every build on every machine must give.
const DIGESTS: &str = "tests/golden/digests.txt";

#[test]
fn scenarios_meet_their_expectations() {
    let files = scenario_files();
    assert!(files.len() >= 110, "the scenarios are there");
    for path in files {
        let scenario = scenario(&text_of(&path));
        let verdicts = Verdict::all(&scenario, &Run::replay(&scenario));
        assert!(!verdicts.is_empty(), "{} expects something", path.display());
        for verdict in verdicts {
            assert!(verdict.passed(), "{}: {verdict:#?}", path.display());
        }
    }
}

#[test]
fn scenarios_are_named_after_their_question() {
    for path in scenario_files() {
        let text = fs::read_to_string(&path).expect("a scenario file");
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ") && first.ends_with('?'), "{}: {first}", path.display());
    }
}

/// Set `FLEXMETER_BLESS=1` to write the digests anew after a change that is meant.
#[test]
fn results_keep_their_digests() {
    let mut digests = BTreeMap::new();
    for path in scenario_files() {
        let (files, sums) = result_files(&text_of(&path));
        let name = path.strip_prefix(project().join("scenarios")).expect("a scenario").display().to_string();
        for (file, sum) in sums.more {
            let rows = files.iter().find(|of| of.name == file).map_or(0, |of| of.text.lines().count());
            // Without rows there is nothing to hold on to.
            if rows > 1 {
                digests.insert(format!("{name} {file}"), sum);
            }
        }
        digests.insert(name, sums.run);
    }
    let lines: Vec<String> = digests.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    let lines = lines.concat();
    let path = project().join(DIGESTS);
    if std::env::var_os("FLEXMETER_BLESS").is_some() {
        fs::write(&path, &lines).expect("the golden file");
    }
    let golden = fs::read_to_string(&path).expect("the golden file");
    for (line, expected) in lines.lines().zip(golden.lines()) {
        assert_eq!(line, expected, "a result changed; FLEXMETER_BLESS=1 if that is meant");
    }
    assert_eq!(lines.lines().count(), golden.lines().count());
}

/// Every key that is read, every step and every column stands in the reference of the format.
#[test]
fn the_format_is_described_whole() {
    let format = fs::read_to_string(project().join("src/scenario/format.md")).expect("the reference");
    let says = |word: &str| {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        format.match_indices(word).any(|(place, _)| {
            !is_part(format[..place].chars().next_back())
                && !is_part(format[place + word.len()..].chars().next())
        })
    };
    let mut read = 0;
    let mut sources = files_below("src/scenario", "rs");
    sources.push(project().join("src/scenario.rs"));
    for source in sources {
        let text = fs::read_to_string(source).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for asks in
            ["get(\"", "need(\"", "word(\"", "tables(\"", "number(\"", "chance(\"", "list(\"", "    (\""]
        {
            for (place, _) in code.match_indices(asks) {
                let key = code[place + asks.len()..].split('"').next().unwrap_or_default();
                let plain = key.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c)) && key.len() > 1;
                if plain {
                    assert!(says(key), "`{key}` is read, and format.md does not say so");
                    read += 1;
                }
            }
        }
    }
    assert!(read > 100, "{read} keys");
    let (files, _) = result_files(&text_of(
        &project().join("scenarios/an-engineering-office-leaves-its-licence-server.toml"),
    ));
    for file in files {
        let header = file.text.lines().next().unwrap_or_default();
        assert!(format.contains(&format!("| `{}` | `{header}`", file.name)), "{}: {header}", file.name);
    }
}
