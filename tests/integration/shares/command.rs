//! `run --shard`, `forecast --shard` and `merge` as they are typed: what they write, skip and refuse.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::shares::smaller;
use crate::support::{flexmeter, project, stderr, stdout};

/// A folder with `firm.toml`, and its run in `one`.
fn firm() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("firm.toml"), smaller(4)).expect("it is written");
    done(folder.path(), "run firm.toml --out one --quiet");
    folder
}

/// What a command prints that must succeed.
fn done(folder: &Path, arguments: &str) -> String {
    let output = flexmeter(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{arguments}: {}", stderr(&output));
    stdout(&output)
}

/// What is said of bad input.
fn refused(folder: &Path, arguments: &str) -> String {
    let output = flexmeter(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(2), "{arguments}: {}{}", stdout(&output), stderr(&output));
    stderr(&output)
}

/// The files of a folder, but those of the wall clock.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let named = entries.map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, fs::read(path).expect("a file"))
    });
    named.filter(|(name, _)| !name.starts_with("latency") && name != "timing.json").collect()
}

fn shares(folder: &Path, of: u32) {
    for number in 1..=of {
        done(folder, &format!("run firm.toml --shard {number}/{of} --shares shares --quiet"));
    }
}

#[test]
fn merged_files_are_those_of_one_machine() {
    let folder = firm();
    let folder = folder.path();
    let one = files(&folder.join("one"));
    assert_eq!(one.len(), 10, "{:?}", one.keys());
    for of in [1, 3] {
        shares(folder, of);
        let told = done(folder, "merge shares --out merged");
        assert!(told.ends_with("Results: merged (12 files)\n"), "{told}");
        assert!(files(&folder.join("merged")) == one, "{of} shares");
        let latency = fs::read_to_string(folder.join("merged/latency.json")).expect("latencies");
        let count =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON")["count"].clone();
        let of_one = fs::read_to_string(folder.join("one/latency.json")).expect("latencies");
        assert_eq!(count(&latency), count(&of_one), "every decision once");
        fs::remove_dir_all(folder.join("shares")).expect("they go");
    }
    let printed = done(folder, "run firm.toml --out one --format json");
    shares(folder, 2);
    assert!(done(folder, "merge shares --out merged --format json") == printed);
    // Without names of folders: side by side below `results`.
    for number in [1, 2] {
        done(folder, &format!("run firm.toml --seed 9 --shard {number}/2 --detail charges --driver loop -q"));
    }
    done(folder, "run firm.toml --seed 9 --detail charges --out one --driver loop --quiet");
    assert_eq!(done(folder, "merge results/firm-9.shares --quiet"), "");
    assert!(files(&folder.join("results/firm-9")) == files(&folder.join("one")));
}

#[test]
fn a_merged_forecast_is_that_of_one_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let file = project().join("scenarios/an-architecture-studio-for-a-year.toml");
    fs::copy(file, folder.join("studio.toml")).expect("a copy");
    let asked = "studio.toml --runs 130 --tolerance 5% --seed 4 --cured-within 2h";
    for number in [3, 1, 2] {
        done(folder, &format!("forecast {asked} --shard {number}/3 --quiet"));
    }
    let merge = "merge results/studio-4.forecast.shares";
    for format in ["table", "json", "csv"] {
        let one = done(folder, &format!("forecast {asked} --format {format} --page one.html --quiet"));
        assert!(done(folder, &format!("{merge} --format {format} --page merged.html")) == one, "{format}");
    }
    assert!(
        fs::read(folder.join("merged.html")).expect("a page")
            == fs::read(folder.join("one.html")).expect("one")
    );
    let needed = refused(folder, "forecast studio.toml --shard 1/3");
    assert!(needed.contains("--shard needs --runs"), "{needed}");
}

#[test]
fn what_one_share_cannot_have_is_refused_with_the_way_out() {
    let folder = firm();
    let cases = [
        (
            "run firm.toml --shard 1/2 --out x",
            "--out can't be had of one share: `flexmeter merge --out` says where",
        ),
        ("run firm.toml --shard 1/2 --hide-names", "--hide-names can't be had of one share"),
        ("run firm.toml --shard 1/2 --until 2026-01-09 --checkpoint c", "--until can't be had of one share"),
        ("run firm.toml --shard 3/2", "from 1/1 to 10000/10000"),
        ("run firm.toml --shares x", "--shard <K/N>"),
        (
            "forecast firm.toml --runs 9 --shard 1/2 --page p.html",
            "--page can't be had of one share: give it to `flexmeter merge`",
        ),
        ("forecast firm.toml --runs 9 --shard 1/2 --format csv", "--format csv can't be had of one share"),
        ("merge nowhere", "can't read nowhere"),
        ("merge one", "there is no share"),
        ("merge --status one", "one holds no share, done or under way"),
    ];
    for (arguments, said) in cases {
        let refused = refused(folder.path(), arguments);
        assert!(refused.contains(said), "{arguments}: {refused}");
    }
}

/// Three shares, the second of which is made wrong in one way after another.
struct Wrong {
    folder: tempfile::TempDir,
}

impl Wrong {
    fn new() -> Self {
        let folder = firm();
        shares(folder.path(), 3);
        fs::rename(folder.path().join("shares"), folder.path().join("kept")).expect("it moves");
        Wrong { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn second(&self) -> PathBuf {
        self.path().join("shares/share-2-of-3")
    }

    /// What is wrong is told by the share's name, and nothing is written.
    fn check(&self, wrong: &dyn Fn(), expected: &[&str]) {
        let place = self.path().join("shares");
        let _ = fs::remove_dir_all(&place);
        copy(&self.path().join("kept"), &place);
        wrong();
        let said = refused(self.path(), "merge shares --out merged");
        for part in expected {
            assert!(said.contains(part), "expected {part:?} in {said}");
        }
        assert!(!self.path().join("merged").exists(), "{said}");
    }

    /// The second share made by another command.
    fn again(&self, arguments: &str) {
        fs::remove_dir_all(self.second()).expect("it goes");
        done(self.path(), &format!("{arguments} --shard 2/3 --shares shares --quiet"));
    }

    /// One of its files changed.
    fn edit(&self, name: &str, change: &dyn Fn(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.second().join(name)).expect("a file");
        change(&mut bytes);
        fs::write(self.second().join(name), bytes).expect("it is written");
    }
}

#[test]
fn a_share_of_something_else_is_refused_by_name() {
    let wrong = Wrong::new();
    let other = smaller(4).replace("rate = 2", "rate = 3");
    fs::write(wrong.path().join("other.toml"), other).expect("it is written");
    let of_file = ["share-2-of-3 is of another file: other.toml with SHA-256", "share 2/3 is missing"];
    wrong.check(&|| wrong.again("run other.toml"), &of_file);
    let of_seed = "share-2-of-3 is of another seed: 77, not 1";
    wrong.check(&|| wrong.again("run firm.toml --seed 77"), &[of_seed]);
    let asked = "share-2-of-3 was asked something else: detail \"charges\", not \"full\"";
    wrong.check(&|| wrong.again("run firm.toml --detail charges"), &[asked]);
    let of_command = "share-2-of-3 is of another command: forecast, not run";
    wrong.check(&|| wrong.again("forecast firm.toml --runs 3"), &[of_command]);
    let version = |bytes: &mut Vec<u8>| {
        let ours = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        let text = String::from_utf8(std::mem::take(bytes)).expect("text");
        *bytes = text.replace(&ours, "\"version\": \"0.0.9\"").into_bytes();
    };
    let of_version = "share-2-of-3 is of another version: flexmeter 0.0.9 wrote it";
    wrong.check(&|| wrong.edit("share.json", &version), &[of_version]);
    let copies = "copy-of-it and share-2-of-3 are both share 2/3; remove one";
    wrong.check(&|| copy(&wrong.second(), &wrong.path().join("shares/copy-of-it")), &[copies]);
    let missing = || fs::remove_dir_all(wrong.second()).expect("it goes");
    wrong.check(&missing, &["share 2/3 is missing"]);
    let of_four = "share-2-of-4 is one of 4 shares, not of 3";
    wrong.check(&|| _ = done(wrong.path(), "run firm.toml --shard 2/4 --shares shares"), &[of_four]);
}

#[test]
fn a_damaged_share_is_refused_by_name() {
    let wrong = Wrong::new();
    let kept = wrong.path().join("kept/share-2-of-3");
    let names = files(&kept).into_keys().chain(["timing.json", "latency.hdr"].map(str::to_owned));
    let of_some_bytes = |name: &String| fs::metadata(kept.join(name)).expect("a file").len() > 0;
    let names: Vec<String> = names.filter(of_some_bytes).collect();
    assert_eq!(names.len(), 10, "{names:?}");
    for name in names.iter().map(String::as_str) {
        let damaged = format!("share-2-of-3 is damaged: its {name} ");
        let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 2);
        wrong.check(&|| wrong.edit(name, &cut), &[&damaged]);
        wrong.check(&|| fs::remove_file(wrong.second().join(name)).expect("it goes"), &[&damaged]);
        // How long a share took has no digest, and changes nothing.
        if name != "timing.json" {
            wrong.check(&|| wrong.edit(name, &|bytes| bytes[10] ^= 4), &[&damaged]);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &to) } else { _ = fs::copy(&path, to).expect("a copy") }
    }
}

#[test]
fn a_finished_share_is_not_run_again_and_a_damaged_one_is() {
    let folder = firm();
    let folder = folder.path();
    let command = "run firm.toml --shard 1/2 --shares shares";
    assert!(done(folder, command).starts_with("Share 1/2: shares/share-1-of-2\n"));
    let share = folder.join("shares/share-1-of-2");
    let was = fs::metadata(&share).expect("a folder").modified().expect("a time");
    assert!(done(folder, command).starts_with("Share 1/2: was there already, whole: shares/share-1-of-2\n"));
    assert_eq!(fs::metadata(&share).expect("a folder").modified().expect("a time"), was);
    let whole = files(&share);
    fs::write(share.join("charges.rows"), "nothing").expect("it is written");
    let again = flexmeter(folder, &command.split(' ').collect::<Vec<_>>());
    assert!(stderr(&again).contains("its charges.rows is cut off or changed, 7 bytes instead of"));
    assert!(stderr(&again).contains("it is written again"));
    assert!(files(&share) == whole);
    // What is no share is nobody's to replace.
    let other = refused(folder, "run firm.toml --seed 5 --shard 1/2 --shares shares");
    assert!(other.contains("share-1-of-2 is of another seed: 1, not 5; choose another --shares"), "{other}");
    fs::remove_file(share.join("share.json")).expect("it goes");
    fs::write(share.join("diary.bin"), "mine").expect("it is written");
    let left = refused(folder, command);
    assert!(left.contains("is damaged: its share.json is not there"), "{left}");
    assert_eq!(fs::read_to_string(share.join("diary.bin")).expect("it is there"), "mine");
}

#[test]
fn the_standing_of_shares_is_told() {
    let folder = firm();
    let folder = folder.path();
    done(folder, "run firm.toml --shard 2/3 --shares shares --quiet");
    let status = |expected: i32| {
        let output = flexmeter(folder, &["merge", "--status", "shares", "--format", "json"]);
        assert_eq!(output.status.code(), Some(expected), "{}", stderr(&output));
        serde_json::from_str::<serde_json::Value>(&stdout(&output)).expect("JSON")
    };
    let first = status(1);
    let standing = |value: &serde_json::Value, place: usize| value["shares"][place]["standing"].clone();
    assert_eq!([0, 1, 2].map(|place| standing(&first, place)), ["missing", "done", "missing"]);
    assert_eq!((&first["done"], &first["missing"]), (&1.into(), &2.into()));
    assert!(first["seconds_left"].is_null(), "nobody is at work");
    done(folder, "run firm.toml --shard 1/3 --shares shares --quiet");
    done(folder, "run firm.toml --shard 3/3 --shares shares --quiet");
    assert_eq!(status(0)["seconds_left"], 0);
    let text = done(folder, "merge --status shares");
    assert!(text.starts_with("3 of 3 shares done, 0 running, 0 to begin\n"), "{text}");
    copy(&folder.join("shares/share-3-of-3"), &folder.join("shares/share-again"));
    let double = "share-3-of-3 and share-again are both share 3/3; remove one";
    assert_eq!(status(1)["out_of_place"], serde_json::json!([double]));
    fs::remove_dir_all(folder.join("shares/share-again")).expect("it goes");
    fs::write(folder.join("shares/share-3-of-3/sessions.rows"), "").expect("it is written");
    let damaged = status(1);
    assert_eq!(standing(&damaged, 2), "damaged");
    assert!(damaged["shares"][2]["reason"].as_str().is_some_and(|reason| reason.contains("sessions.rows")));
}
