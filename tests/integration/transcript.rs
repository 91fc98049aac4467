//! What simulated users did, written down as steps: the same rows without chance.

use flexmeter::audit::transcript::transcript;
use flexmeter::scenario::document::Document;

use crate::support::{result_files, scenario, scenario_files, text_of};

#[test]
fn a_transcript_gives_the_same_rows() {
    let mut simulated = 0;
    for path in scenario_files() {
        let text = text_of(&path);
        let scenario = scenario(&text);
        if scenario.simulated.is_empty() {
            continue;
        }
        simulated += 1;
        let document = Document::read(&text).expect("it was read before");
        let written = transcript(&document, &scenario, None).document.text();
        let (_, digests) = result_files(&text);
        let (_, again) = result_files(&written);
        assert_eq!(again, digests, "{}", path.display());
    }
    assert!(simulated > 5, "there are scenarios with simulated users");
}

#[test]
fn a_transcript_of_one_user_holds_who_shares_a_team_with_them() {
    let text = text_of(&crate::support::project().join("scenarios/large.toml"));
    let scenario = scenario(&text);
    let document = Document::read(&text).expect("it was read before");
    let user = scenario.simulated[0].user;
    let name = scenario.directory.users.get(user.0).to_owned();
    let written = transcript(&document, &scenario, Some(user)).document;
    let alone = crate::support::scenario(&written.text());
    assert_eq!(alone.directory.teams.len(), 1);
    let rows_of_user = |text: &str| -> Vec<String> {
        let (files, _) = result_files(text);
        let rows = files.iter().filter(|file| file.name != "packs.csv").flat_map(|file| file.text.lines());
        rows.filter(|row| row.contains(&format!(",{name},"))).map(str::to_owned).collect()
    };
    let rows = rows_of_user(&text);
    assert!(rows.len() > 10, "{name} has a week of rows");
    assert_eq!(rows_of_user(&written.text()), rows);
}
