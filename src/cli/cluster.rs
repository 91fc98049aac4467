//! `flexmeter cluster`: what an existing engine needs to run a scenario in shares. It only prints.

mod shared;

use std::path::{Component, Path};
use std::process::ExitCode;

use askama::Template;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use crate::cli::cluster::shared::Shared;
use crate::cli::failure::Failure;
use crate::cli::print;
use crate::report::cluster::{Allotment, KubernetesManifest, SharedWork, SlurmScript, XargsLine};

const EXAMPLES: &str = "\
Examples:
  flexmeter cluster slurm firm.toml --shards 6 | bash
  flexmeter cluster slurm firm.toml --shards 100 --memory 2G --time 2:00:00 -- forecast --runs 10000
  flexmeter cluster kubernetes firm.toml --shards 6 --image registry.example/flexmeter:1 | kubectl apply -f -
  flexmeter cluster xargs firm.toml --shards 6 -- run --detail charges

Each prints text and starts nothing: read it, then hand it to the engine. Behind -- stands what is shared out, without the \
file: `run` or `forecast` with options. All of it is checked first, so that a mistake is found here and not in every job.

A share that is done is not done again, so whatever is printed can be run again after a failure. \
`flexmeter merge --status DIR` tells how far the shares are.";

/// What `cluster` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    engine: Engine,
}

/// Who starts the shares.
#[derive(Subcommand)]
enum Engine {
    /// A bash script that submits a Slurm job array, and a job that merges the shares.
    Slurm(Slurm),
    /// A manifest of a Kubernetes Indexed Job, and of a Job that merges; not run by flexmeter's makers.
    Kubernetes(Kubernetes),
    /// A line for the shell of one machine, or of several that have a folder in common.
    Xargs(Xargs),
}

/// What each share is given.
#[derive(Args)]
struct Allotted {
    /// Cores for each share
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    cpus: u16,
    /// Memory for each share: 512M, 2G
    #[arg(long, value_parser = memory)]
    memory: Option<String>,
}

#[derive(Args)]
struct Slurm {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    allotted: Allotted,
    /// How long a share may take, as Slurm writes it: 30 (minutes), 2:00:00, 1-12:00:00
    #[arg(long, value_parser = time)]
    time: Option<String>,
    /// The partition that the jobs run in
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    partition: Option<String>,
}

#[derive(Args)]
struct Kubernetes {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    allotted: Allotted,
    /// Shares at a time [default: all]
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parallelism: Option<u32>,
    /// An image with flexmeter and /bin/sh in it
    #[arg(long, default_value = concat!("flexmeter:", env!("CARGO_PKG_VERSION")))]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    image: String,
    /// The claim of a volume that all nodes can write to (`ReadWriteMany`), with the scenario on it
    #[arg(long, value_name = "NAME", default_value = "flexmeter")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    volume_claim: String,
    /// Where it is mounted, and where relative names begin
    #[arg(long, value_name = "PATH", default_value = "/data", value_parser = mount)]
    mount: String,
}

#[derive(Args)]
struct Xargs {
    #[command(flatten)]
    shared: Shared,
    /// Shares at a time [default: one per core; of a forecast, which uses all cores, 1]
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    jobs: Option<u32>,
}

/// Prints what the engine needs.
pub(super) fn cluster(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let text = match &arguments.engine {
        Engine::Slurm(slurm) => slurm.script()?,
        Engine::Kubernetes(kubernetes) => kubernetes.manifest()?,
        Engine::Xargs(xargs) => xargs.line()?,
    };
    print(&(text.trim_end().to_owned() + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

impl Allotted {
    fn allotment(&self) -> Allotment {
        Allotment { cpus: self.cpus, memory: self.memory.clone() }
    }
}

impl Slurm {
    fn script(&self) -> Result<String, Failure> {
        let work = self.shared.work(self.allotted.cpus)?;
        if work.folder.contains('\\') {
            // Slurm replaces nothing in the name of a log with one in it: all shares would write to the same.
            let text = "Slurm takes no backslash in the folder of its logs, which are with the shares; choose another --shares";
            return Err(Failure::input(text));
        }
        let (time, partition) = (self.time.clone(), self.partition.clone());
        let script = SlurmScript { work: &work, allotment: &self.allotted.allotment(), time, partition };
        Ok(rendered(&script))
    }
}

impl Kubernetes {
    fn manifest(&self) -> Result<String, Failure> {
        let work = self.shared.work(self.allotted.cpus)?;
        self.on_the_volume(&work)?;
        Ok(rendered(&KubernetesManifest {
            work: &work,
            allotment: &self.allotted.allotment(),
            parallelism: self.parallelism.unwrap_or(work.shards).min(work.shards),
            image: self.image.clone(),
            volume_claim: self.volume_claim.clone(),
            mount: self.mount.clone(),
        }))
    }

    /// A pod has no other folder in common with the rest.
    fn on_the_volume(&self, work: &SharedWork) -> Result<(), Failure> {
        let mut names =
            [Some(&self.shared.file), Some(&work.folder), self.shared.out.as_ref()].into_iter().flatten();
        let is_elsewhere = |name: &&String| {
            let path = Path::new(name);
            (path.is_absolute() && !path.starts_with(&self.mount))
                || path.components().any(|part| part == Component::ParentDir)
        };
        let Some(name) = names.find(is_elsewhere) else { return Ok(()) };
        let (name, mount) = (crate::cli::shown(Path::new(name)), &self.mount);
        let text = format!(
            "{name} is not on the volume, which pods see at {mount}; name it from there, as in firm.toml, or give another --mount"
        );
        Err(Failure::input(text))
    }
}

impl Xargs {
    fn line(&self) -> Result<String, Failure> {
        let work = self.shared.work(1)?;
        let jobs = self.jobs.or(self.shared.is_forecast().then_some(1));
        Ok(rendered(&XargsLine { work: &work, jobs }))
    }
}

fn rendered(template: &impl Template) -> String {
    template.render().expect("a string takes it")
}

fn memory(text: &str) -> Result<String, String> {
    let number = text.strip_suffix(['K', 'M', 'G', 'T']).filter(|number| is_number(number));
    number
        .map(|_| text.to_owned())
        .ok_or_else(|| "memory is a whole number and K, M, G or T: 512M, 2G".to_owned())
}

fn time(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let is_time = parts.len() <= 4 && parts.iter().all(|part| is_number(part));
    is_time
        .then(|| text.to_owned())
        .ok_or_else(|| "a time is minutes, or as in 2:00:00 or 1-12:00:00".to_owned())
}

fn mount(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && !text.contains(':');
    is_path
        .then(|| text.to_owned())
        .ok_or_else(|| "a place to mount begins with / and has no colon: /data".to_owned())
}

/// Whether it is digits of a number above 0, or of a part of a time.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
