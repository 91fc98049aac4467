//! What an existing engine needs to do work in shares and merge them, as text: Slurm, Kubernetes, `xargs`.
//! Nothing is started here; starting, placing and retrying are the engine's.

pub mod quoted;

use askama::Template;

use crate::report::cluster::quoted::{shell, shell_line, shown, yaml};

/// Work that is done in shares, which are then merged. Commands are lists of words.
#[derive(Clone, Debug)]
pub struct SharedWork {
    /// What it is called: the scenario file's stem.
    pub name: String,
    /// How many shares there are.
    pub shards: u32,
    /// The folder of the shares.
    pub folder: String,
    /// Does a share, once `--shard` and which one follow.
    pub share: Vec<String>,
    /// Puts the shares together.
    pub merge: Vec<String>,
    /// Tells how far they are; succeeds once all are done.
    pub status: Vec<String>,
}

impl SharedWork {
    /// The name without what would end a comment.
    fn title(&self) -> String {
        shown(&self.name)
    }

    /// The command of a share, up to which one.
    fn share_line(&self) -> String {
        shell_line(&self.share)
    }

    fn merge_line(&self) -> String {
        shell_line(&self.merge)
    }

    fn logs(&self) -> String {
        format!("{}/logs", self.folder)
    }
}

/// What each share is given.
#[derive(Clone, Debug)]
pub struct Allotment {
    /// Cores.
    pub cpus: u16,
    /// Memory, in a power of 1,024 bytes: `512M`, `2G`.
    pub memory: Option<String>,
}

/// A bash script that submits a Slurm job array of the shares, and the job that merges them.
///
/// What happens to a share that is killed was tried on Slurm 22.05.
#[derive(Clone, Debug, Template)]
#[template(path = "slurm.sh", escape = "none")]
pub struct SlurmScript<'a> {
    /// The work.
    pub work: &'a SharedWork,
    /// What each share is given; the job that merges gets as much memory.
    pub allotment: &'a Allotment,
    /// How long a job may take, as Slurm writes it: `2:00:00`.
    pub time: Option<String>,
    /// Where the jobs run.
    pub partition: Option<String>,
}

impl SlurmScript<'_> {
    /// A log's name as a pattern of Slurm's, in which a percent sign stands for itself when doubled.
    fn log(&self, name: &str) -> String {
        shell(&format!("{}/{name}", self.work.logs().replace('%', "%%")))
    }

    /// The options that both jobs have.
    fn limits(&self) -> String {
        let options = [
            ("mem", self.allotment.memory.as_ref()),
            ("time", self.time.as_ref()),
            ("partition", self.partition.as_ref()),
        ];
        let given =
            options.iter().filter_map(|(name, value)| Some(format!(" --{name}={}", shell((*value)?))));
        given.collect()
    }

    fn merge_name(&self) -> String {
        shell(&format!("{}-merge", self.work.title()))
    }

    /// What to type to see how far the shares are.
    fn look(&self) -> String {
        shell(&format!("look: {}", shell_line(&self.work.status)))
    }

    fn printed(&self) -> String {
        shell(&format!("what the merge prints: {}/merge.log", self.work.logs()))
    }
}

/// A manifest of a Kubernetes Indexed Job, whose indexes are the shares, and of the Job that merges them.
#[derive(Clone, Debug, Template)]
#[template(path = "kubernetes.yaml", escape = "none")]
pub struct KubernetesManifest<'a> {
    /// The work.
    pub work: &'a SharedWork,
    /// What each share is given.
    pub allotment: &'a Allotment,
    /// How many shares are done at a time.
    pub parallelism: u32,
    /// An image with flexmeter and a shell.
    pub image: String,
    /// The claim of a volume that many nodes can write to.
    pub volume_claim: String,
    /// Where it is mounted, and where relative names begin.
    pub mount: String,
}

impl KubernetesManifest<'_> {
    /// Letters, digits and hyphens of the name, as Kubernetes takes them: with an index behind it, 63 at most.
    fn name(&self) -> String {
        let taken = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let name: String = self.work.name.chars().map(taken).take(40).collect();
        let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "flexmeter".to_owned() } else { parts.join("-") }
    }

    /// A word of a command, in which Kubernetes would replace `$(NAME)`.
    fn word(word: &str) -> String {
        yaml(&word.replace('$', "$$"))
    }

    /// Ki, Mi, Gi and Ti are what Slurm writes K, M, G and T.
    fn memory(&self) -> Option<String> {
        self.allotment.memory.as_ref().map(|memory| yaml(&format!("{memory}i")))
    }
}

/// A line for a shell that does the shares on one machine, so many at a time, and merges them.
#[derive(Clone, Debug, Template)]
#[template(path = "xargs.sh", escape = "none")]
pub struct XargsLine<'a> {
    /// The work.
    pub work: &'a SharedWork,
    /// Shares at a time; `None` for as many as there are cores.
    pub jobs: Option<u32>,
}

impl XargsLine<'_> {
    /// What `xargs` replaces by a share's number: `{}`, unless a name has that in it.
    fn number(&self) -> String {
        let in_words = |mark: &String| self.work.share.iter().any(|word| word.contains(mark.as_str()));
        let mut marks = std::iter::once("{}".to_owned()).chain((1..).map(|number| format!("{{{number}}}")));
        marks.find(|mark| !in_words(mark)).expect("words are finite")
    }
}
