//! The shape of the code, kept by reading it: the order of the modules, and what each must not have.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::files_below;

/// Lines a file may have before its tests.
const LINES_MAX: usize = 400;

/// Words that have no place in a module, outside comments and tests.
const BANNED: [(&str, &[&str]); 9] = [
    (
        "meter",
        &[
            "f64",
            "f32",
            "HashMap",
            "HashSet",
            "std::time",
            "std::fs",
            "std::io",
            "std::net",
            "std::thread",
            "tokio",
            "ractor",
            "rand",
            "serde",
            "chrono",
            "jiff",
            "println!",
            "eprintln!",
            "unsafe",
        ],
    ),
    ("scenario", &["std::fs", "std::io", "std::time", "std::net", "tokio", "println!", "eprintln!"]),
    ("simulation", &["f64", "std::fs", "std::io", "std::time", "println!", "eprintln!"]),
    ("results", &["std::fs", "std::time", "println!", "eprintln!"]),
    ("usage", &["f64", "std::fs", "std::time", "println!", "eprintln!"]),
    ("audit", &["f64", "std::fs", "std::time", "println!", "eprintln!"]),
    ("forecast", &["std::fs", "std::io", "std::time", "tokio", "ractor", "println!", "eprintln!"]),
    ("load", &["println!", "eprintln!", "HashMap", "HashSet"]),
    ("report", &["std::fs", "stdout", "stderr", "File", "std::time", "println!", "eprintln!"]),
];

#[test]
fn imports_point_up_the_list_of_modules() {
    let order = modules();
    assert_eq!(order.first().map(String::as_str), Some("meter"), "the core comes first");
    for (place, module) in order.iter().enumerate() {
        for (path, text) in files_of(module) {
            for (number, line) in code_lines(&text) {
                let at = format!("{}:{number}: {line}", path.display());
                assert!(
                    !line.contains("crate::{"),
                    "write one `use` per module, so that this test can read it: {at}"
                );
                assert!(!line.contains("super::"), "write the path from `crate::`: {at}");
                for named in line.split("crate::").skip(1) {
                    let named: String =
                        named.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    let target = order.iter().position(|known| *known == named);
                    let target = target.unwrap_or_else(|| panic!("unknown module in {at}"));
                    assert!(target <= place, "`{module}` must not use `{named}`: {at}");
                }
            }
        }
    }
}

#[test]
fn modules_lack_what_they_must_not_have() {
    for (module, banned) in BANNED {
        for (path, text) in files_of(module) {
            for (number, line) in code_lines(&text) {
                let words = |word: &str| {
                    line.match_indices(word).any(|(start, _)| {
                        let before = line[..start].chars().next_back();
                        let after = line[start + word.len()..].chars().next();
                        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                        !inside(before) && !inside(after)
                    })
                };
                for word in banned {
                    assert!(!words(word), "`{word}` in {module}, {}:{number}: {line}", path.display());
                }
            }
        }
    }
}

#[test]
fn files_open_with_their_purpose_and_stay_small() {
    for (path, text) in all_files() {
        assert!(text.starts_with("//! "), "{} says first what it is for", path.display());
        let lines = text.lines().take_while(|line| !line.contains("#[cfg(test)]")).count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines: one noun per file", path.display());
        assert_ne!(path.file_name().and_then(|name| name.to_str()), Some("mod.rs"));
    }
}

#[test]
fn zones_live_in_one_file() {
    for (path, text) in all_files() {
        let mentions = code_lines(&text).any(|(_, line)| line.contains("jiff::"));
        assert_eq!(mentions, path.ends_with("scenario/calendar.rs"), "{}", path.display());
    }
}

fn modules() -> Vec<String> {
    let text = fs::read_to_string(source().join("lib.rs")).expect("src/lib.rs");
    let names = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

fn files_of(module: &str) -> Vec<(PathBuf, String)> {
    let (file, folder) = (source().join(format!("{module}.rs")), source().join(module));
    let files: Vec<_> =
        all_files().into_iter().filter(|(path, _)| *path == file || path.starts_with(&folder)).collect();
    assert!(!files.is_empty(), "module {module} has files");
    files
}

fn all_files() -> Vec<(PathBuf, String)> {
    let with_text = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file");
        (path, text)
    };
    files_below("src", "rs").into_iter().map(with_text).collect()
}

/// The lines before a file's tests, numbered, without comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().take_while(|line| !line.contains("#[cfg(test)]"));
    lines.zip(1..).map(|(line, number)| (number, line.split("//").next().unwrap_or(line)))
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
