//! `Place`: where one share belongs; it is written aside and put there when it is whole.

use std::collections::BTreeMap;
use std::fs::{DirEntry, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use hdrhistogram::Histogram;
use sha2::{Digest, Sha256};

use crate::cli::aside::Aside;
use crate::cli::byte_progress::ByteProgress;
use crate::cli::execution::{RUN, Telling};
use crate::cli::failure::Failure;
use crate::cli::forecast::question::FUTURES;
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::cli::results_folder::unwritable;
use crate::cli::shares::SharesFolder;
use crate::cli::shares::heartbeat::{Beat, Heartbeat, PROGRESS, host};
use crate::cli::shares::verified::{LATENCY, TIMING, Timing, verified, write_latency};
use crate::cli::{Format, print, shown};
use crate::load::machine::utc_now;
use crate::results::files::{Hashed, ROWS, SCENARIO, hex};
use crate::results::share::{Content, SHARE, Share, Task};
use crate::scenario::calendar::from_iso;
use crate::simulation::shard::Shard;

/// Where a share belongs.
pub(in crate::cli) struct Place<'t> {
    folder: SharesFolder,
    shard: Shard,
    task: &'t Task,
}

/// A share in its place.
pub(in crate::cli) struct Placed {
    /// The share.
    pub(in crate::cli) share: Share,
    /// Its folder.
    pub(in crate::cli) path: PathBuf,
    /// Whether it was there before.
    pub(in crate::cli) was_there: bool,
}

impl Placed {
    /// Prints where it is.
    pub(in crate::cli) fn tell(&self, telling: &Telling) -> Result<ExitCode, Failure> {
        let (share, path) = (&self.share, shown(&self.path));
        match telling.format {
            _ if telling.quiet => {}
            Format::Json => print(&share.text())?,
            Format::Table => {
                let there = if self.was_there { "was there already, whole: " } else { "" };
                let folder = shown(self.path.parent().unwrap_or(Path::new(".")));
                let next = format!("`flexmeter merge --status {folder}` tells of the others.");
                print(&format!("Share {}: {there}{path}\n{next}\n", share.shard()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl<'t> Place<'t> {
    /// The place of a share of that task.
    pub(in crate::cli) fn of(task: &'t Task, (shard, folder): (Shard, SharesFolder)) -> Self {
        Place { folder, shard, task }
    }

    /// Carries a share out, unless it is there and whole.
    pub(in crate::cli) fn fill(
        &self,
        progress: &Arc<Progress>,
        work: impl FnOnce(&mut Writing) -> Result<(), Failure>,
    ) -> Result<Placed, Failure> {
        let path = self.path();
        if path.exists()
            && let Some(share) = self.finished()?
        {
            return Ok(Placed { share, path, was_there: true });
        }
        let mut writing = self.begin(progress)?;
        let written = work(&mut writing).and_then(|()| writing.finish(self));
        match written {
            Ok(share) => Ok(Placed { share, path, was_there: false }),
            // Who was taken to be gone finds its folder removed; but then somebody else has made the share.
            Err(failure) if interrupt::pressed() || !path.exists() => Err(failure),
            Err(failure) => match self.finished() {
                Ok(Some(share)) => Ok(Placed { share, path, was_there: true }),
                _ => Err(failure),
            },
        }
    }

    fn name(&self) -> String {
        format!("share-{}-of-{}", self.shard.number(), self.shard.of())
    }

    fn aside_prefix(&self) -> String {
        format!(".{}.partial-", self.name())
    }

    fn path(&self) -> PathBuf {
        self.folder.path.join(self.name())
    }

    /// The share that is there; `None` where it is damaged and is to be written again.
    fn finished(&self) -> Result<Option<Share>, Failure> {
        let path = self.path();
        let name = shown(&path);
        match verified(&path, &ByteProgress::of(0, "checking", true)) {
            Err(reason) if reason.starts_with("is damaged") && self.is_ours() => {
                // Nothing is left to be told when standard error itself is closed.
                let _ = anstream::stderr()
                    .write_all(format!("{name} {reason}; it is written again\n").as_bytes());
                Ok(None)
            }
            Err(reason) => Err(Failure::input(format!("{name} {reason}; choose another --shares"))),
            Ok(share) => match share.foreign_to(&Share::new(self.task, self.shard, BTreeMap::new())) {
                None if share.shard() == self.shard => Ok(Some(share)),
                None => {
                    Err(Failure::input(format!("{name} is share {}; choose another --shares", share.shard())))
                }
                Some(difference) => {
                    Err(Failure::input(format!("{name} {difference}; choose another --shares")))
                }
            },
        }
    }

    /// Whether the place holds files of a share and nothing else: else nothing is replaced.
    fn is_ours(&self) -> bool {
        let is_ours = |entry: DirEntry| {
            let known = [SHARE, TIMING, PROGRESS, LATENCY, SCENARIO, RUN, FUTURES];
            let named = known.iter().chain(&ROWS).any(|known| entry.file_name() == *known);
            named && entry.file_type().is_ok_and(|kind| kind.is_file())
        };
        std::fs::read_dir(self.path()).is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(is_ours)))
    }

    /// A share under way, beside its place.
    fn begin(&self, progress: &Arc<Progress>) -> Result<Writing, Failure> {
        let folder = &self.folder.path;
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        self.remove_abandoned()?;
        let first = Beat::first(self.shard.to_string());
        // In containers several processes have the same name and number.
        let prefix = format!("{}{}-{}-", self.aside_prefix(), host(), first.process);
        let fresh = tempfile::Builder::new().prefix(&prefix).tempdir_in(folder);
        let aside = Aside::begin(&self.path(), fresh.map_err(|error| unwritable(folder, &error))?.keep())?;
        let started = first.started.clone();
        let heartbeat = Heartbeat::start(&aside.path, first, progress.clone());
        let heartbeat = heartbeat.map_err(|error| aside.failed(&error))?;
        Ok(Writing { heartbeat, aside, files: BTreeMap::new(), latency: None, started })
    }

    /// Removes what was left here of the same share by who gives no sign of life any more.
    fn remove_abandoned(&self) -> Result<(), Failure> {
        for (path, beat) in self.folder.under_way(&self.aside_prefix())? {
            if !beat.lives() {
                // Left for the next where it can't be removed; it is in nobody's way.
                let _ = std::fs::remove_dir_all(path);
            }
        }
        Ok(())
    }
}

/// A share while it is written.
pub(in crate::cli) struct Writing {
    /// Ends before the folder does.
    heartbeat: Heartbeat,
    /// Its folder.
    pub(in crate::cli) aside: Aside,
    files: BTreeMap<String, Content>,
    latency: Option<Content>,
    started: String,
}

impl Writing {
    /// Writes one of the share's files.
    pub(in crate::cli) fn file(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let content = self.content(name, write).map_err(|error| self.aside.failed(&error))?;
        self.files.insert(name.to_owned(), content);
        Ok(())
    }

    /// Writes how long decisions took.
    pub(in crate::cli) fn latency(&mut self, latency: &Histogram<u64>) -> Result<(), Failure> {
        let content = write_latency(latency, |name, bytes| self.content(name, |out| out.write_all(bytes)));
        self.latency = Some(content.map_err(|error| self.aside.failed(&error))?);
        Ok(())
    }

    fn content(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Content> {
        let mut out = BufWriter::new(Hashed(self.aside.create(name)?, Sha256::new()));
        write(&mut out)?;
        let sha256 = out.into_inner().map_err(io::IntoInnerError::into_error)?.1;
        let file = File::open(self.aside.path.join(name))?;
        file.sync_all()?;
        Ok(Content { bytes: file.metadata()?.len(), sha256: hex(sha256) })
    }

    /// Puts the share in its place.
    fn finish(self, place: &Place<'_>) -> Result<Share, Failure> {
        let Writing { heartbeat, aside, files, latency, started } = self;
        let share = Share::new(place.task, place.shard, files);
        let seconds =
            from_iso(&utc_now()).zip(from_iso(&started)).map_or(0, |(now, from)| (now - from).seconds());
        let timing = Timing { host: host(), started, seconds, latency };
        aside.write(TIMING, &(serde_json::to_string_pretty(&timing).expect("plain data") + "\n"))?;
        aside.write(SHARE, &share.text())?;
        let synced =
            [TIMING, SHARE].map(|name| aside.path.join(name)).into_iter().chain([aside.path.clone()]);
        for path in synced {
            File::open(path).and_then(|file| file.sync_all()).map_err(|error| aside.failed(&error))?;
        }
        drop(heartbeat);
        aside.put_in_place(|| Ok(()))?;
        // Kept until here, so that who is killed before is known by it.
        let _ = std::fs::remove_file(place.path().join(PROGRESS));
        let folder = &place.folder.path;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| unwritable(folder, &error))?;
        Ok(share)
    }
}
