//! Twelve random scenarios and the files that an independent model of the rules wrote for them.

use std::fs;

use crate::support::{project, result_files};

#[test]
fn samples_come_out_byte_for_byte() {
    let mut seen = 0;
    for entry in fs::read_dir(project().join("tests/samples")).expect("the samples") {
        let folder = entry.expect("an entry").path();
        let text = fs::read_to_string(folder.join("scenario.toml")).expect("a scenario");
        for file in result_files(&text).0 {
            let path = folder.join(file.name);
            if path.exists() {
                let expected = fs::read_to_string(&path).expect("a result file");
                assert_eq!(file.text, expected, "{}", path.display());
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 12 * 4, "twelve samples of four files");
}
