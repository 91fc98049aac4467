//! Every scenario file is a test and an example at once.

use std::collections::BTreeMap;
use std::fs;

use flexmeter::simulation::run::Run;
use flexmeter::simulation::verdict::Verdict;

use crate::support::{project, result_files, scenario, scenario_files, text_of};

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
