//! `Heartbeat`: a share under way tells where it runs and how far it has come, every few seconds.
//!
//! What it writes is of the wall clock and goes when the share is done.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use rustix::system::uname;
use serde::{Deserialize, Serialize};

use crate::cli::progress::Progress;
use crate::load::machine::utc_now;
use crate::meter::instant::Instant;
use crate::scenario::calendar::from_iso;

/// The name of the file in the folder of a share under way.
pub(super) const PROGRESS: &str = "progress.json";

/// How often it is written.
const EVERY: Duration = Duration::from_secs(2);

/// Who has been silent for so many seconds is taken to be gone. Machines whose clocks differ by less, or that see each
/// other's files late, take nobody for gone who is not.
const SILENT: i64 = 300;

/// A sign of life.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Beat {
    /// Which share: `3/8`.
    pub(super) share: String,
    /// The machine's name.
    pub(super) host: String,
    /// Within which processes have these numbers, on that machine: in a container others are meant.
    pub(super) namespace: String,
    /// The process there.
    pub(super) process: u32,
    /// When it began, in UTC.
    pub(super) started: String,
    /// When this was written, in UTC.
    pub(super) now: String,
    /// How much of the simulation is done, from 0 to 1; what comes then is writing.
    pub(super) done: f64,
}

impl Beat {
    /// The first one of this process.
    pub(super) fn first(share: String) -> Self {
        let now = utc_now();
        let (host, namespace, process) = (host(), namespace(), std::process::id());
        Beat { share, host, namespace, process, started: now.clone(), now, done: 0.0 }
    }

    /// The one in a folder of a share under way.
    pub(super) fn read(folder: &Path) -> Option<Beat> {
        let text = std::fs::read_to_string(folder.join(PROGRESS)).ok()?;
        serde_json::from_str(&text).ok().filter(|beat: &Beat| beat.started().is_some() && beat.at().is_some())
    }

    /// When the share began.
    pub(super) fn started(&self) -> Option<Instant> {
        from_iso(&self.started)
    }

    /// When this was written.
    pub(super) fn at(&self) -> Option<Instant> {
        from_iso(&self.now)
    }

    /// Whether whoever wrote it still works, as far as can be told from here.
    pub(super) fn lives(&self) -> bool {
        let is_here = self.host == host() && self.namespace == namespace();
        let process = i32::try_from(self.process).ok().and_then(Pid::from_raw);
        let is_dead = process.is_none_or(|process| test_kill_process(process) == Err(Errno::SRCH));
        let silent = from_iso(&utc_now()).zip(self.at()).map(|(now, at)| (now - at).seconds());
        !(is_here && is_dead) && silent.is_some_and(|silent| silent <= SILENT)
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        let (place, aside) = (folder.join(PROGRESS), folder.join(format!("{PROGRESS}.new")));
        std::fs::write(&aside, serde_json::to_string(self)? + "\n")?;
        std::fs::rename(aside, place)
    }
}

/// The name of this machine.
pub(super) fn host() -> String {
    uname().nodename().to_string_lossy().into_owned()
}

/// What the numbers of processes are of, as the system names it.
fn namespace() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid");
    link.map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Writes signs of life until it is dropped.
pub(super) struct Heartbeat {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Begins in the folder of a share.
    pub(super) fn start(folder: &Path, first: Beat, progress: Arc<Progress>) -> io::Result<Self> {
        first.write(folder)?;
        let (end, ended) = channel();
        let (place, mut beat) = (folder.to_owned(), first);
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                beat = Beat { now: utc_now(), done: progress.done(), ..beat };
                // Who can't write this can't write the share either, and will say so.
                let _ = beat.write(&place);
            }
        });
        Ok(Heartbeat { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it only writes");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::shares::heartbeat::Beat;

    #[test]
    fn who_is_silent_or_dead_is_gone() {
        let here = Beat::first("1/2".to_owned());
        assert!(here.lives(), "this process");
        let elsewhere =
            Beat { host: "another machine".to_owned(), process: i32::MAX.unsigned_abs(), ..here.clone() };
        assert!(elsewhere.lives(), "its processes can't be seen from here");
        let dead = Beat { process: i32::MAX.unsigned_abs(), ..here.clone() };
        assert!(!dead.lives(), "there is no such process");
        for silent in [here, elsewhere] {
            assert!(!Beat { now: "2026-01-01T00:00:00Z".to_owned(), ..silent }.lives(), "for months");
        }
    }
}
