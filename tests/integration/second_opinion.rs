//! Random histories: the metering core against the reference model, row by row.
//!
//! Instants are drawn near each other's boundaries on purpose; every class of boundary counts how often
//! it was met, and the test fails if one was not. `FLEXMETER_HISTORIES` sets how many are compared.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::boundaries::classes;
use crate::history::{History, shrink};
use crate::reference::{Rows, model};
use crate::support::result_files;

/// Histories compared where the environment does not say.
const HISTORIES: u64 = 20_000;

#[test]
fn random_histories_agree_with_the_reference_model() {
    let asked = std::env::var("FLEXMETER_HISTORIES").ok();
    let histories: u64 = asked.map_or(HISTORIES, |text| text.parse().expect("a number of histories"));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let shares: Vec<_> =
        (0..threads).map(|share| std::thread::spawn(move || compare(share, (histories, threads)))).collect();
    let mut hits: BTreeMap<&'static str, u64> = BTreeMap::new();
    for share in shares {
        for (class, count) in share.join().expect("all histories agree") {
            *hits.entry(class).or_default() += count;
        }
    }
    for class in classes() {
        let count = hits.get(class).copied().unwrap_or(0);
        assert!(count > 0, "no history met the boundary «{class}»");
        println!("{count:>9}  {class}");
    }
}

/// Compares every `threads`-th history from `share` on.
fn compare(share: u64, (histories, threads): (u64, u64)) -> BTreeMap<&'static str, u64> {
    let mut hits = BTreeMap::new();
    for seed in (share..histories).step_by(usize::try_from(threads).expect("few threads")) {
        let history = History::random(seed);
        let rows = model(&history);
        if difference(&history, &rows).is_some() {
            let small = shrink(history, &mut |smaller| difference(smaller, &model(smaller)).is_some());
            let found = difference(&small, &model(&small)).expect("still different");
            panic!("seed {seed}: {found}\nThe scenario file, for `flexmeter run`:\n\n{}", small.to_toml());
        }
        if seed % 16 == 0 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let shuffled = history.shuffled(&mut rng);
            let found = difference(&shuffled, &rows);
            assert_eq!(found, None, "seed {seed}: the order of the tables decides nothing");
        }
        for (class, count) in rows.hits {
            *hits.entry(class).or_default() += count;
        }
    }
    hits
}

/// The first line in which the two differ, if any.
fn difference(history: &History, rows: &Rows) -> Option<String> {
    let written = result_files(&history.to_toml()).0;
    let names: BTreeSet<&str> = written.iter().map(|file| file.name).collect();
    if !names.iter().eq(rows.files.keys()) {
        return Some(format!("the files {names:?}"));
    }
    for file in written {
        let expected = &rows.files[file.name];
        if file.text == *expected {
            continue;
        }
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            (file.text.lines().collect(), expected.lines().collect());
        let only = |these: &[&str], those: &[&str]| {
            let often = |lines: &[&str], line: &str| lines.iter().filter(|other| **other == line).count();
            let lines = these.iter().filter(|line| often(these, line) > often(those, line));
            let lines = lines.map(|line| format!("\n    {line}"));
            lines.collect::<String>()
        };
        let (meter, reference) = (only(&ours, &theirs), only(&theirs, &ours));
        return Some(format!("{}\n  only the meter:{meter}\n  only the reference:{reference}", file.name));
    }
    None
}
