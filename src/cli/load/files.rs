//! `Files`: what a load writes into its folder, each file whole or not at all.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::results_folder::{write_file, write_file_with};
use crate::cli::shown;
use crate::load::result::LoadResult;
use crate::load::run::Measured;
use crate::report::{latency, load, sheet};

/// The result itself.
pub(super) const RESULT: &str = "load.json";

/// Everything that a load leaves.
const NAMES: [&str; 6] = [RESULT, "load.csv", "load.hlog", "planned.hgrm", "sent.hgrm", "lateness.hgrm"];

/// The folder of a load's results.
pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    /// A folder that may be written: absent, or holding an earlier load's results and nothing else.
    pub(super) fn claim(folder: &Path) -> Result<Self, Failure> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => {
                entries.collect::<Result<Vec<_>, _>>().map_err(|error| unwritable(folder, &error))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unwritable(folder, &error)),
        };
        let other = entries.iter().find(|entry| NAMES.iter().all(|name| entry.file_name() != *name));
        if let Some(other) = other {
            let name = other.file_name().to_string_lossy().into_owned();
            return Err(Failure::input(format!(
                "{} holds something else ({name}) and is left alone; choose another --out",
                shown(folder)
            )));
        }
        Ok(Files { folder: folder.to_owned() })
    }

    /// Writes them; `log` is the interval log as it was written aside.
    pub(super) fn write(
        &self,
        (result, measured): (&LoadResult, &Measured),
        log: BufWriter<File>,
    ) -> Result<usize, Failure> {
        std::fs::create_dir_all(&self.folder).map_err(|error| unwritable(&self.folder, &error))?;
        let mut text = Vec::new();
        load::json(result, &mut text).expect("memory takes it");
        let text = String::from_utf8(text).expect("JSON is text");
        let Measured { planned, sent, lateness, .. } = measured;
        let texts = [
            ("load.csv", sheet::csv(&load::sheet(result))),
            ("planned.hgrm", latency::hgrm(planned)),
            ("sent.hgrm", latency::hgrm(sent)),
            ("lateness.hgrm", latency::hgrm(lateness)),
            (RESULT, text),
        ];
        for (name, text) in &texts {
            write_file(&self.folder.join(name), text)?;
        }
        let place = self.folder.join("load.hlog");
        write_file_with(&place, |out| {
            let copied = rewound(log).and_then(|mut log| io::copy(&mut log, out));
            copied.map_err(|error| unwritable(&place, &error))
        })?;
        Ok(texts.len() + 1)
    }
}

/// A file without a name, for what is written while the load runs.
pub(super) fn aside() -> Result<BufWriter<File>, Failure> {
    let file = tempfile::tempfile();
    file.map(BufWriter::new).map_err(|error| Failure::input(format!("can't write a temporary file: {error}")))
}

fn rewound(mut written: BufWriter<File>) -> io::Result<BufReader<File>> {
    written.flush()?;
    let mut file = written.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(BufReader::new(file))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::input(format!("can't write {}: {error}", shown(path)))
}
