//! `flexmeter cluster`: what it prints is run with stand-ins for the engines, and says what was asked for, whatever
//! files are called. What can't be shared out is refused before anything is printed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{flexmeter, project, stderr, stdout};

/// Two teams that have nothing to do with one another, for two weeks.
const SCENARIO: &str = r#"
title = "Two offices"
start = 2026-01-05T00:00:00Z
end = 2026-01-19T00:00:00Z
seed = 7
[[team]]
name = "North"
packs = [{ id = "first", tokens = 300, bought = 2026-01-05T00:00:00Z }]
[[team]]
name = "South"
[[group]]
name = "north"
team = "North"
count = 5
products = ["AutoCAD"]
habit = "office"
[[group]]
name = "south"
team = "South"
count = 3
products = ["Revit"]
habit = "office"
[habit.office]
kind = "office"
use = 0.5
"#;

/// Names that a shell, a here-document, `xargs`, YAML and Kubernetes would each like to read something into.
const NAMES: [&str; 4] =
    ["firm.toml", "a b$c'd\".toml", "one\nSHARE\nMERGE\n$(two)\\.toml", "{} `x` $(HOME) $$.toml"];

/// Writes down what it is called with; a share may end with a status, or be killed.
const FLEXMETER: &str = r#"#!/usr/bin/env bash
# Stands in for flexmeter.
printf '%s\0' "$@" >"$RECORDS/flexmeter-$1-$$"
if [ "$1" != merge ] && [ "${STATUS:-0}" = killed ]; then kill -KILL $$; fi
if [ "$1" != merge ]; then exit "${STATUS:-0}"; fi
"#;

/// Writes down what it is called with and what it is given.
const SBATCH: &str = r#"#!/usr/bin/env bash
# Stands in for sbatch: the first job is 41.
job=$((41 + $(find "$RECORDS" -name 'sbatch-*' | wc -l)))
printf '%s\0' "$@" >"$RECORDS/sbatch-$job"
cat >"$RECORDS/job-$job"
echo "$job;a-cluster"
"#;

const SCONTROL: &str =
    "#!/usr/bin/env bash\n# Stands in for scontrol.\nprintf '%s\\0' \"$@\" >\"$RECORDS/scontrol-$1-$$\"\n";

/// A folder with scenarios, stand-ins and what they wrote down.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Bench(tempfile::tempdir().expect("a folder"));
        for folder in ["bin", "records", "work"] {
            fs::create_dir(bench.0.path().join(folder)).expect("a folder");
        }
        for (name, text) in [("flexmeter", FLEXMETER), ("sbatch", SBATCH), ("scontrol", SCONTROL)] {
            let path = bench.0.path().join("bin").join(name);
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        for name in NAMES {
            fs::write(bench.work().join(name), SCENARIO).expect("written");
        }
        bench
    }

    fn work(&self) -> PathBuf {
        self.0.path().join("work")
    }

    fn records(&self) -> PathBuf {
        self.0.path().join("records")
    }

    /// What `cluster` prints.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = flexmeter(&self.work(), &[&["cluster"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Starts a command with the stand-ins first on the path.
    fn start(&self, words: &[&str], more: &[(&str, &str)]) -> Output {
        let path =
            format!("{}:{}", self.0.path().join("bin").display(), std::env::var("PATH").expect("a path"));
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.work()).env("PATH", path).env("RECORDS", self.records());
        command.envs(more.iter().copied()).stdin(Stdio::null()).output().expect("it starts")
    }

    /// Every call of a stand-in since the last look, word by word.
    fn calls(&self, of: &str) -> BTreeSet<Vec<String>> {
        let entries =
            fs::read_dir(self.records()).expect("a folder").map(|entry| entry.expect("an entry").path());
        let is_of = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().starts_with(of);
        let calls = entries.filter(is_of).map(|path| {
            let words = fs::read_to_string(&path).expect("text");
            fs::remove_file(path).expect("it is ours");
            words.split_terminator('\0').map(str::to_owned).collect()
        });
        calls.collect()
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".toml").expect("its ending")
}

/// The calls that are expected of six shares.
fn six_shares(name: &str, folder: &str) -> BTreeSet<Vec<String>> {
    let share = |number| {
        let shard = format!("{number}/6");
        words(&[
            "run",
            name,
            "--detail",
            "charges",
            "--shares",
            folder,
            "--threads",
            "1",
            "--quiet",
            "--shard",
            &shard,
        ])
    };
    (1..=6).map(share).collect()
}

#[test]
fn names_come_through_xargs_whole() {
    let bench = Bench::new();
    for name in NAMES {
        let line = bench
            .printed(&["xargs", name, "--shards", "6", "--jobs", "3", "--", "run", "--detail", "charges"]);
        let folder = format!("results/{}-7.shares", stem(name));
        let output = bench.start(&["bash", "-c", &line], &[]);
        assert_eq!(output.status.code(), Some(0), "{line}\n{}", stderr(&output));
        assert_eq!(bench.calls("flexmeter-run"), six_shares(name, &folder), "{line}");
        assert_eq!(bench.calls("flexmeter-merge"), [words(&["merge", &folder])].into(), "{line}");

        let output = bench.start(&["bash", "-c", &line], &[("STATUS", "1")]);
        assert!(!output.status.success());
        assert_eq!(bench.calls("flexmeter-merge"), [].into(), "nothing is merged after a failure");
        bench.calls("");
    }
}

#[test]
fn names_come_through_slurm_whole() {
    let bench = Bench::new();
    for name in NAMES {
        let folder = format!("shares %a of {}", stem(name).replace('\\', ""));
        let arguments = ["slurm", name, "--shards", "6", "--shares", &folder, "--out", "it's out"];
        let script = bench.printed(&[&arguments[..], &["--", "run", "--detail", "charges"]].concat());
        let output = bench.start(&["bash", "-c", &script], &[]);
        assert_eq!(output.status.code(), Some(0), "{script}\n{}", stderr(&output));
        let told = stdout(&output);
        let expected = "shares: job 41, tasks 1 to 6\nmerge: job 42\nlook: squeue --jobs=41,42\nlook: flexmeter merge --status ";
        assert!(told.starts_with(expected), "{told}");
        assert!(bench.work().join(&folder).join("logs").is_dir());

        let submitted = bench.calls("sbatch");
        let log = |name: &str| format!("--output={}/logs/{name}.log", folder.replace('%', "%%"));
        let has = |option: String| submitted.iter().filter(|words| words.contains(&option)).count();
        assert_eq!(has("--array=1-6".to_owned()), 1, "{submitted:?}");
        assert_eq!(has("--dependency=afterok:41".to_owned()), 1, "{submitted:?}");
        assert_eq!((has(log("share-%a")), has(log("merge"))), (1, 1), "{submitted:?}");

        let [share, merge] =
            [41, 42].map(|job| fs::read_to_string(bench.records().join(format!("job-{job}"))));
        for number in 1..=6 {
            let output =
                bench.start(&["bash", "-c", share.as_ref().expect("a script")], &task(&number.to_string()));
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
        assert_eq!(bench.calls("flexmeter-run"), six_shares(name, &folder));
        bench.start(&["bash", "-c", &merge.expect("a script")], &[]);
        let merged = words(&["merge", &folder, "--out", "it's out"]);
        assert_eq!(bench.calls("flexmeter-merge"), [merged].into());
        bench.calls("");
    }
}

/// What Slurm tells a task of its array.
fn task(number: &str) -> [(&str, &str); 2] {
    [("SLURM_ARRAY_JOB_ID", "41"), ("SLURM_ARRAY_TASK_ID", number)]
}

#[test]
fn a_share_that_was_killed_is_requeued_three_times() {
    let bench = Bench::new();
    let script = bench.printed(&["slurm", "firm.toml", "--shards", "2"]);
    bench.start(&["bash", "-c", &script], &[]);
    let share = fs::read_to_string(bench.records().join("job-41")).expect("a script");
    for (status, restarts, code, requeued) in [
        ("0", "0", 0, false),
        ("2", "0", 2, false),
        ("130", "0", 130, false),
        ("143", "0", 143, false),
        ("139", "0", 139, true),
        ("killed", "2", 137, true),
        ("killed", "3", 137, false),
    ] {
        let more = [&task("2")[..], &[("STATUS", status), ("SLURM_RESTART_COUNT", restarts)]].concat();
        let output = bench.start(&["bash", "-c", &share], &more);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        let expected: BTreeSet<_> = requeued.then(|| words(&["requeue", "41_2"])).into_iter().collect();
        assert_eq!(bench.calls("scontrol"), expected, "after {status}, started again {restarts} times");
    }
}

#[test]
fn names_come_through_a_manifest_whole() {
    let bench = Bench::new();
    for name in NAMES {
        let manifest =
            bench.printed(&["kubernetes", name, "--shards", "6", "--", "run", "--detail", "charges"]);
        let folder = format!("results/{}-7.shares", stem(name));
        let [share, wait, merge] = commands(&manifest).try_into().expect("three containers");
        for index in 0..6 {
            run_container(&bench, &share, &[("JOB_COMPLETION_INDEX", &index.to_string())]);
        }
        assert_eq!(bench.calls("flexmeter-run"), six_shares(name, &folder), "{manifest}");
        run_container(&bench, &wait, &[]);
        assert_eq!(
            bench.calls("flexmeter-merge"),
            [words(&["merge", "--status", &folder])].into(),
            "{manifest}"
        );
        run_container(&bench, &merge, &[]);
        assert_eq!(bench.calls("flexmeter-merge"), [words(&["merge", &folder])].into(), "{manifest}");
    }
}

/// The words of each container's command: here strings of YAML are those of JSON.
fn commands(manifest: &str) -> Vec<Vec<String>> {
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if line == "command:" {
            commands.push(Vec::new());
        }
        let word = line
            .strip_prefix("- ")
            .filter(|_| inside)
            .map(|word| serde_json::from_str::<String>(word).expect(word));
        inside = line == "command:" || word.is_some();
        commands.last_mut().into_iter().for_each(|command| command.extend(word.clone()));
    }
    commands
}

/// Starts a command as Kubernetes does, for which a doubled dollar sign is one.
fn run_container(bench: &Bench, command: &[String], more: &[(&str, &str)]) {
    assert!(
        command.iter().all(|word| !word.replace("$$", "").contains("$(")),
        "{command:?} names no variable"
    );
    let words: Vec<String> = command.iter().map(|word| word.replace("$$", "$")).collect();
    let output = bench.start(&words.iter().map(String::as_str).collect::<Vec<_>>(), more);
    assert_eq!(output.status.code(), Some(0), "{command:?}: {}", stderr(&output));
}

#[test]
fn the_line_for_xargs_writes_what_one_machine_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a firm.toml"), SCENARIO).expect("written");
    let own = env!("CARGO_BIN_EXE_flexmeter");
    let printed =
        flexmeter(folder.path(), &["cluster", "xargs", "a firm.toml", "--shards", "2", "--flexmeter", own]);
    let bash = Command::new("bash").args(["-c", &stdout(&printed)]).current_dir(folder.path()).output();
    let output = bash.expect("bash starts");
    assert_eq!(output.status.code(), Some(0), "{}{}", stderr(&printed), stderr(&output));
    let alone = flexmeter(folder.path(), &["run", "a firm.toml", "--out", "alone", "--quiet"]);
    assert_eq!(alone.status.code(), Some(0));
    for name in ["charges.csv", "sign_ins.csv", "summary.json", "usage.parquet"] {
        let [one, shared] =
            ["alone", "results/a firm-7"].map(|at| fs::read(folder.path().join(at).join(name)));
        assert_eq!(one.expect("a file"), shared.expect("a file"), "{name}");
    }
}

/// Set `FLEXMETER_BLESS=1` to write the texts anew after a change that is meant.
#[test]
fn printed_texts_are_those_kept() {
    for (name, arguments) in [
        (
            "slurm.sh",
            "slurm scenarios/large.toml --shards 6 --cpus 4 --memory 2G --time 2:00:00 --partition long --out results/large",
        ),
        (
            "kubernetes.yaml",
            "kubernetes scenarios/large.toml --shards 6 --memory 512M --parallelism 3 -- forecast --runs 1000",
        ),
        ("xargs.sh", "xargs scenarios/large.toml --shards 6 -- run --detail charges --seed 5"),
        ("xargs-forecast.sh", "xargs scenarios/large.toml --shards 6 -- forecast --runs 1000"),
    ] {
        let mut words = vec!["cluster"];
        words.extend(arguments.split(' '));
        let output = flexmeter(project(), &words);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{arguments}");
        let path = project().join("tests/golden/cluster").join(name);
        if std::env::var_os("FLEXMETER_BLESS").is_some() {
            fs::write(&path, stdout(&output)).expect("written");
        }
        let kept = fs::read_to_string(&path).expect("the golden file");
        assert_eq!(stdout(&output), kept, "FLEXMETER_BLESS=1 writes {name} anew");
        if Path::new(name).extension().is_some_and(|extension| extension == "sh") {
            let checked = Command::new("bash").arg("-n").arg(&path).output().expect("bash starts");
            assert!(checked.status.success(), "{}", stderr(&checked));
        }
    }
}

#[test]
fn what_cannot_be_shared_out_is_refused_and_nothing_printed() {
    let bench = Bench::new();
    fs::write(bench.work().join("wrong.toml"), "start = 2026-01-05T00:00:00Z\n").expect("written");
    for (arguments, said) in [
        ("xargs nowhere.toml --shards 6", "can't read nowhere.toml"),
        ("xargs wrong.toml --shards 6", "in wrong.toml"),
        ("xargs firm.toml", "--shards <N>"),
        ("xargs firm.toml --shards 0", "1..=10000"),
        ("xargs firm.toml --shards 10001", "1..=10000"),
        ("xargs firm.toml --shards 6 -- check", "`check` can't be shared out"),
        ("xargs firm.toml --shards 6 -- --detail charges", "`--detail` can't be shared out"),
        ("xargs firm.toml --shards 6 -- run --detial charges", "unexpected argument '--detial' found"),
        ("xargs firm.toml --shards 6 -- run firm.toml", "unexpected argument 'firm.toml' found"),
        ("xargs firm.toml --shards 6 -- run --help", "prints help"),
        ("xargs firm.toml --shards 6 -- run --shards 8", "unexpected argument"),
        ("xargs firm.toml --shards 6 -- run --shard 1/6", "'--shard <K/N>' cannot be used multiple times"),
        (
            "xargs firm.toml --shards 6 -- run --out there",
            "--out can't be had of one share; give it before --",
        ),
        ("xargs firm.toml --shards 6 -- run --hide-names", "--hide-names can't be had of one share"),
        (
            "xargs firm.toml --shards 6 -- run --until 2026-01-06 --checkpoint c",
            "--until can't be had of one share",
        ),
        ("xargs firm.toml --shards 6 -- forecast", "-- forecast --runs 1000"),
        ("xargs firm.toml --shards 6 -- forecast --runs 9 --page p.html", "give them to `flexmeter merge`"),
        ("xargs firm.toml --shards 6 -- forecast --runs 9 --format csv", "give them to `flexmeter merge`"),
        ("xargs firm.toml --shards 6 -- forecast --runs 9 --team West", "no team is called `West`"),
        ("xargs firm.toml --shards 6 --out there -- forecast --runs 9", "--out is of runs"),
        ("xargs firm.toml --shards 6 --shares=--there", "can't share out"),
        ("xargs firm.toml --shards 6 --out=--there", "can't share out"),
        (r"slurm firm.toml --shards 6 --shares a\b", "no backslash"),
        ("slurm firm.toml --shards 6 --memory lots", "512M, 2G"),
        ("slurm firm.toml --shards 6 --time soon", "2:00:00"),
        ("kubernetes firm.toml --shards 6 --mount data", "/data"),
        ("kubernetes firm.toml --shards 6 --shares /tmp/shares", "/tmp/shares is not on the volume"),
        ("kubernetes ../work/firm.toml --shards 6", "../work/firm.toml is not on the volume"),
        ("hadoop firm.toml --shards 6", "unrecognized subcommand"),
    ] {
        let words: Vec<&str> = std::iter::once("cluster").chain(arguments.split(' ')).collect();
        let output = flexmeter(&bench.work(), &words);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{arguments}");
        assert!(stderr(&output).contains(said), "{arguments}: {}", stderr(&output));
    }
}

#[test]
fn shares_with_nothing_to_do_are_told() {
    let bench = Bench::new();
    for (arguments, said) in [
        (
            "xargs firm.toml --shards 6",
            "firm.toml has 2 groups of teams (teams that share users run together), so 4 of 6 shares will have nothing to do\n",
        ),
        ("xargs firm.toml --shards 2", ""),
        (
            "xargs firm.toml --shards 3 -- forecast --runs 1",
            "the forecast has 1 run, so 2 of 3 shares will have nothing to do\n",
        ),
        ("xargs firm.toml --shards 3 -- forecast --runs 3", ""),
    ] {
        let words: Vec<&str> = std::iter::once("cluster").chain(arguments.split(' ')).collect();
        let output = flexmeter(&bench.work(), &words);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), said), "{arguments}");
    }
}
