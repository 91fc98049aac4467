//! The contract that an engine rests on, with the plainest of engines: shares started by `xargs`, one killed on its way,
//! all started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::shares::command::files;
use crate::support::{flexmeter, project, stderr, stdout, text_of};

const SHARES: u32 = 6;

/// A folder with a firm of so many people that a share of its year takes a while.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = text_of(&project().join("scenarios/large.toml")).replace("copies = 1000", "copies = 24");
    fs::write(folder.path().join("firm.toml"), text).expect("it is written");
    folder
}

/// Starts every share of a command, a few at a time, as the README shows; whether all of them ended well.
fn xargs(folder: &Path, command: &str) -> bool {
    let flexmeter = env!("CARGO_BIN_EXE_flexmeter");
    let line =
        format!("seq {SHARES} | xargs -P 3 -I K '{flexmeter}' {command} --shard K/{SHARES} --shares shares");
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(folder).stdout(Stdio::null());
    shell.status().expect("a shell with xargs").success()
}

/// The folder of a share under way, once the process has said how far it is.
fn under_way(folder: &Path, process: &mut Child) -> PathBuf {
    loop {
        let entries = fs::read_dir(folder.join("shares")).into_iter().flatten().flatten();
        let hidden = entries.map(|entry| entry.path()).find(|path| path.join("progress.json").exists());
        if let Some(path) = hidden {
            return path;
        }
        assert!(process.try_wait().expect("a process").is_none(), "it ended before anybody saw it at work");
        std::thread::yield_now();
    }
}

fn start(folder: &Path, arguments: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
    command.args(arguments.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the binary")
}

fn signal(process: &Child, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(process.id()).expect("a process"));
    kill_process(process.expect("a process"), signal).expect("it is there");
}

fn standing_of_second(folder: &Path) -> String {
    let output = flexmeter(folder, &["merge", "--status", "shares", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let status: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    status["shares"][1]["standing"].as_str().expect("a word").to_owned()
}

/// One share is killed in the middle, all are started again, and what is merged is what one machine writes.
fn check(command: &str, one: &dyn Fn(&Path), merged: &dyn Fn(&Path)) {
    let folder = folder();
    let folder = folder.path();
    let mut second = start(folder, &format!("{command} --shard 2/{SHARES} --shares shares"));
    let left = under_way(folder, &mut second);
    signal(&second, Signal::STOP);
    assert_eq!(standing_of_second(folder), "running");
    signal(&second, Signal::KILL);
    second.wait().expect("it was killed");
    assert_eq!(standing_of_second(folder), "lost");
    let refused = flexmeter(folder, &["merge", "shares", "--out", "merged"]);
    assert_eq!(refused.status.code(), Some(2), "nothing of it is merged");
    assert!(xargs(folder, command), "{command}");
    assert!(!left.exists(), "what was left behind is removed");
    let done = fs::read_dir(folder.join("shares")).expect("a folder").count();
    assert_eq!(done, SHARES as usize);
    one(folder);
    merged(folder);
}

fn run(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = flexmeter(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    output.stdout
}

#[test]
fn shares_by_xargs_become_the_run_of_one_machine_though_one_was_killed() {
    let one = |folder: &Path| _ = run(folder, &["run", "firm.toml", "--out", "one", "--quiet"]);
    let merged = |folder: &Path| {
        run(folder, &["merge", "shares", "--out", "merged", "--quiet"]);
        let (one, merged) = (files(&folder.join("one")), files(&folder.join("merged")));
        assert_eq!(one.len(), 10, "{:?}", one.keys());
        assert!(one == merged);
    };
    check("run firm.toml --quiet", &one, &merged);
}

#[test]
fn shares_by_xargs_become_the_forecast_of_one_machine_though_one_was_killed() {
    let merged = |folder: &Path| {
        let one = run(folder, &["forecast", "firm.toml", "--runs", "24", "--format", "json", "--quiet"]);
        assert!(run(folder, &["merge", "shares", "--format", "json"]) == one);
    };
    check("forecast firm.toml --runs 24 --quiet", &|_| (), &merged);
}

#[test]
fn ctrl_c_leaves_nothing_of_a_share() {
    let folder = folder();
    let folder = folder.path();
    let mut process = start(folder, "run firm.toml --shard 1/2 --shares shares");
    under_way(folder, &mut process);
    signal(&process, Signal::INT);
    assert_eq!(process.wait().expect("it ends").code(), Some(130));
    assert_eq!(fs::read_dir(folder.join("shares")).expect("a folder").count(), 0);
}
