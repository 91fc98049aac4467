//! `Table`: the figures of everything that was measured, in one file that says what they depend on.

use std::path::PathBuf;

use flexmeter::load::machine::{ALLOCATOR, machine, utc_now};
use flexmeter::load::result::Machine;
use serde_json::Value;

/// A work that was measured.
pub(crate) struct Done {
    /// The part of flexmeter, and the work.
    pub(crate) name: String,
    /// What a turn of it consists of.
    pub(crate) elements: u64,
    /// What has come of it.
    pub(crate) digest: String,
}

/// Where figures come from and go to.
pub(crate) struct Table {
    /// Criterion's own files.
    folder: PathBuf,
    began: String,
    machine: Machine,
}

/// How long a turn of a work takes, in nanoseconds: the median, and its interval of 95 %.
struct Turn {
    median: f64,
    interval: [f64; 2],
}

impl Table {
    /// Before anything is measured: the machine as it is now.
    pub(crate) fn begin(folder: PathBuf) -> Self {
        Table { folder, began: utc_now(), machine: machine(ALLOCATOR) }
    }

    /// Writes the file that `BENCH_TABLE` names, where it names one.
    pub(crate) fn write(&self, done: &[Done]) {
        let Some(file) = std::env::var_os("BENCH_TABLE") else { return };
        let mut rows = csv::Writer::from_writer(self.heading().into_bytes());
        let mut row = |cells: [&str; 7]| rows.write_record(cells).expect("memory takes it");
        row(["work", "elements_per_second", "elements", "median_ns", "lower_ns", "upper_ns", "digest"]);
        for Done { name, elements, digest } in done {
            let Turn { median, interval: [lower, upper] } = self.turn(name);
            #[expect(clippy::cast_precision_loss, reason = "few elements")]
            let speed = *elements as f64 * 1e9 / median;
            let [speed, median, lower, upper] =
                [speed, median, lower, upper].map(|figure| format!("{figure:.0}"));
            row([name, &speed, &elements.to_string(), &median, &lower, &upper, digest]);
        }
        let bytes = rows.into_inner().expect("memory takes it");
        std::fs::write(&file, bytes)
            .unwrap_or_else(|error| panic!("can't write {}: {error}", file.display()));
    }

    fn heading(&self) -> String {
        let Machine { cpu, cores, memory_mib, kernel, load_before, allocator, build } = &self.machine;
        let asked: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        let command = if asked.is_empty() { String::new() } else { format!(" -- '{}'", asked.join("' '")) };
        [
            format!("# cargo bench{command}"),
            format!("# flexmeter {}, {build} build, {allocator}, {}", env!("CARGO_PKG_VERSION"), self.began),
            format!("# {cpu}, {cores} cores, {memory_mib} MiB, {kernel}, load before {load_before}"),
            "# scenarios: large.toml with fewer teams and a nearer end; an-architecture-studio-for-a-year.toml"
                .to_owned(),
            String::new(),
        ]
        .join("\n")
    }

    /// What Criterion has found just now.
    fn turn(&self, name: &str) -> Turn {
        let folder = self.folders().find(|folder| json(folder, "benchmark.json")["full_id"] == name);
        let folder = folder.unwrap_or_else(|| panic!("Criterion has kept no figures of {name}"));
        let median = &json(&folder, "estimates.json")["median"];
        let figure = |figure: &Value| figure.as_f64().expect("a number of nanoseconds");
        let bounds = &median["confidence_interval"];
        Turn {
            median: figure(&median["point_estimate"]),
            interval: [figure(&bounds["lower_bound"]), figure(&bounds["upper_bound"])],
        }
    }

    /// Where the newest figures of each work are: `<part>/<work>/new`.
    fn folders(&self) -> impl Iterator<Item = PathBuf> {
        let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let parts = below(self.folder.clone());
        parts.flat_map(move |part| below(part.path())).map(|work| work.path().join("new"))
    }
}

/// A file of Criterion's; null where it is not there.
fn json(folder: &std::path::Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}
