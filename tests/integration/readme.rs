//! Every output in the README is what the command above it prints.

use std::fs;

use crate::support::{flexmeter, project, stdout};

/// Set `FLEXMETER_BLESS=1` to write the outputs anew after a change that is meant.
#[test]
fn outputs_in_the_readme_are_those_of_the_commands() {
    let path = project().join("README.md");
    let text = fs::read_to_string(&path).expect("README.md");
    let mut renewed = String::new();
    let mut shown = 0;
    for (place, part) in text.split("```").enumerate() {
        let block = part.strip_prefix("console\n$ flexmeter ").filter(|_| place % 2 == 1);
        let Some((command, _)) = block.and_then(|block| block.split_once('\n')) else {
            renewed += part;
            renewed += "```";
            continue;
        };
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(project().join("scenarios"), folder.path().join("scenarios"))
            .expect("a link");
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = flexmeter(folder.path(), &arguments);
        // What these show is a difference.
        let code = i32::from(command.starts_with("diff ") || command.starts_with("reconcile "));
        assert!(output.status.code() == Some(code) && output.stderr.is_empty(), "{command} succeeds");
        let output = stdout(&output);
        let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
        renewed += &format!("console\n$ flexmeter {command}\n{}\n```", lines.join("\n"));
        shown += 1;
    }
    let renewed = renewed.strip_suffix("```").expect("the text ends outside a block");
    if std::env::var_os("FLEXMETER_BLESS").is_some() {
        fs::write(&path, renewed).expect("README.md");
    } else {
        for (line, expected) in text.lines().zip(renewed.lines()) {
            assert_eq!(line, expected, "FLEXMETER_BLESS=1 writes the outputs anew");
        }
        assert_eq!(text.lines().count(), renewed.lines().count());
    }
    assert!(shown >= 3, "the README shows what the commands print");
}
