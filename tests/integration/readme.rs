//! Every output in the README is what the command above it prints.

use std::fs;
use std::path::Path;

use crate::support::{flexmeter, project, stdout};

/// Set `FLEXMETER_BLESS=1` to write the outputs anew after a change that is meant.
///
/// The commands of a block are carried out one after the other in a folder of their own, with the scenarios and
/// the files of TOML that the README shows with their name in the first line.
#[test]
fn outputs_in_the_readme_are_those_of_the_commands() {
    let path = project().join("README.md");
    let text = fs::read_to_string(&path).expect("README.md");
    let (mut renewed, mut shown) = (String::new(), 0);
    let mut files: Vec<(&str, &str)> = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if let Some((name, file)) = part.strip_prefix("toml\n# ").and_then(|file| file.split_once('\n'))
            && place % 2 == 1
        {
            files.push((name, file));
        }
        let block = part.strip_prefix("console\n").filter(|block| block.starts_with("$ flexmeter"));
        // A session at the clock is a person's, and has a test of its own.
        let block = block.filter(|block| !block.starts_with("$ flexmeter clock"));
        // What is measured in real time is another figure every time, and so is who does what meanwhile.
        let block = block.filter(|block| !block.starts_with("$ flexmeter load"));
        let block = block.filter(|block| !block.starts_with("$ flexmeter merge --status"));
        let Some(block) = block.filter(|_| place % 2 == 1) else {
            renewed += part;
            renewed += "```";
            continue;
        };
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(project().join("scenarios"), folder.path().join("scenarios"))
            .expect("a link");
        for (name, file) in &files {
            fs::write(folder.path().join(name), file).expect("written");
        }
        let commands = block.lines().filter_map(|line| line.strip_prefix("$ flexmeter "));
        renewed += "console\n";
        renewed += &commands.map(|command| shown_command(folder.path(), command)).collect::<String>();
        renewed += "```";
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

/// A command and what it prints, line by line.
fn shown_command(folder: &Path, command: &str) -> String {
    let arguments: Vec<&str> = command.split(' ').collect();
    let output = flexmeter(folder, &arguments);
    // What these show is a difference.
    let code = i32::from(command.starts_with("diff ") || command.starts_with("reconcile "));
    assert!(output.status.code() == Some(code) && output.stderr.is_empty(), "{command} succeeds");
    let printed = stdout(&output);
    let lines = printed.lines().map(|line| line.trim_end().to_owned() + "\n");
    format!("$ flexmeter {command}\n") + &lines.collect::<String>()
}
