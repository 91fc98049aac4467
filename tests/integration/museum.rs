//! A museum of billing bugs: each is a patch of the metering core, and the scenarios must catch it.
//!
//! An exhibit's head says what goes wrong and which public bug or published misreading it is modelled on. The
//! patches are applied to a copy of the tree, one after another; one that survives fails the test. What shows a
//! bug is then shrunk (`museum/shrunk.rs`).

mod shrunk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::shrunk::Shrunk;
use crate::support::project;

/// What the copy needs to be built.
const TREE: [&str; 6] = ["Cargo.toml", "Cargo.lock", "README.md", "askama.toml", "src", "benches"];

/// A bug.
struct Exhibit {
    name: String,
    /// The file it changes.
    file: PathBuf,
    patch: String,
}

impl Exhibit {
    /// All of them, by name.
    fn all() -> Vec<Exhibit> {
        let folder = fs::read_dir(project().join("tests/museum")).expect("the museum");
        let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths.iter().map(|path| Exhibit::read(path)).collect()
    }

    fn read(path: &Path) -> Exhibit {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(path).expect("a patch");
        let (head, patch) = text.split_at(text.find("--- a/").expect("a patch of one file"));
        assert!(
            head.lines().count() >= 2 && head.lines().all(|line| line.starts_with("# ")),
            "{name}: a head"
        );
        assert!(head.contains("\n# Modelled on: "), "{name} names what it is modelled on");
        let file = patch.lines().next().and_then(|line| line.strip_prefix("--- a/"));
        let file = PathBuf::from(file.expect("the patched file"));
        assert!(file.starts_with("src/meter"), "{name} is a bug of the meter");
        Exhibit { name, file, patch: patch.to_owned() }
    }

    /// The file with the bug in it.
    fn applied(&self) -> String {
        let text = fs::read_to_string(project().join(&self.file)).expect("the patched file");
        let patch =
            diffy::Patch::from_str(&self.patch).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        diffy::apply(&text, &patch).unwrap_or_else(|error| panic!("{} applies no more: {error}", self.name))
    }
}

#[test]
fn every_exhibit_is_caught() {
    let exhibits = Exhibit::all();
    assert!(exhibits.len() >= 20, "a museum, not a showcase");
    let tree = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("museum");
    for name in TREE {
        copy(&project().join(name), &tree.join(name));
    }
    assert_eq!(caught_by(&tree, "no bug"), Vec::<String>::new(), "without a bug all is well");
    let (mut survivors, mut shrunk) = (Vec::new(), Vec::new());
    for exhibit in exhibits {
        fs::write(tree.join(&exhibit.file), exhibit.applied()).expect("the copy is written");
        let caught = caught_by(&tree, &exhibit.name);
        copy(&project().join(&exhibit.file), &tree.join(&exhibit.file));
        println!("{:<45} {}", exhibit.name, caught.first().map_or("SURVIVED", String::as_str));
        let Some(caught) = caught.into_iter().next() else {
            survivors.push(exhibit.name);
            continue;
        };
        // The next bug is built while this one is shrunk.
        let build = tree.join(&exhibit.name);
        fs::copy(tree.join("target/debug/flexmeter"), &build).expect("the build is copied");
        shrunk.push(std::thread::spawn(move || Shrunk::of(&exhibit.name, &build, &caught)));
    }
    assert!(survivors.is_empty(), "no scenario notices {survivors:?}");
    let shrunk: Vec<Shrunk> = shrunk.into_iter().map(|of| of.join().expect("it is shrunk")).collect();
    for of in &shrunk {
        println!("{of}");
    }
    let too_long: Vec<&Shrunk> = shrunk.iter().filter(|of| of.steps.1 > shrunk::STEPS_MAX).collect();
    assert!(too_long.is_empty(), "more is left than need be: {too_long:#?}");
}

/// The scenarios that a copy of the tree fails; a run that panics fails as a whole.
fn caught_by(tree: &Path, name: &str) -> Vec<String> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--bin", "flexmeter"])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", tree.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{name} does not compile: {}", String::from_utf8_lossy(&built.stderr));
    let checked = Command::new(tree.join("target/debug/flexmeter"))
        .args(["check", "scenarios/boundaries", "scenarios/worked-examples"])
        .current_dir(project())
        .output()
        .expect("the copy runs");
    let text = String::from_utf8_lossy(&checked.stdout);
    let failed = text.lines().filter(|line| line.trim_end().ends_with("differs"));
    let failed = failed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    match checked.status.code() {
        Some(0) => Vec::new(),
        Some(1) => failed.collect(),
        _ => {
            let text = String::from_utf8_lossy(&checked.stderr).into_owned();
            vec![text.lines().find(|line| !line.is_empty()).unwrap_or_default().to_owned()]
        }
    }
}

/// Copies a file or folder; what is the same already is left alone, so that it is not built anew.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder") {
            let path = entry.expect("an entry").path();
            copy(&path, &to.join(path.file_name().expect("a name")));
        }
        return;
    }
    let text = fs::read(from).expect("a file");
    if fs::read(to).ok().as_ref() != Some(&text) {
        fs::create_dir_all(to.parent().expect("a folder")).expect("the copy's folder");
        fs::write(to, text).expect("the copy is written");
    }
}
