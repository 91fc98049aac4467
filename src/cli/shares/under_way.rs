//! What of a task's shares is done, under way and missing.

use std::path::PathBuf;

use crate::cli::failure::Failure;
use crate::cli::shares::SharesFolder;
use crate::cli::shares::heartbeat::Beat;
use crate::cli::shares::verified::{listed, timing};
use crate::cli::shown;
use crate::results::share::out_of_place;
use crate::results::share_progress::{ShareProgress, Standing, TaskProgress};
use crate::simulation::shard::Shard;

impl SharesFolder {
    /// The folders of shares that somebody writes or wrote, of those whose names begin so, each with its last sign of
    /// life.
    pub(super) fn under_way(&self, beginning: &str) -> Result<Vec<(PathBuf, Beat)>, Failure> {
        let folders = self.folders(|name| name.starts_with(beginning))?;
        Ok(folders.into_iter().filter_map(|(_, path)| Beat::read(&path).map(|beat| (path, beat))).collect())
    }

    /// How far the shares are.
    pub(in crate::cli) fn progress(&self) -> Result<TaskProgress, Failure> {
        let (mut of_shard, mut known, mut found) = (Vec::new(), Vec::new(), Vec::new());
        for (name, path) in self.shares()? {
            let standing = match (listed(&path), timing(&path)) {
                (Ok(share), Ok(timing)) => {
                    known.push(share.shard());
                    let (host, started) = (timing.host, timing.started);
                    found.push((name.clone(), share.clone()));
                    of_shard.push((share.shard(), Standing::Done { host, started, seconds: timing.seconds }));
                    continue;
                }
                (Err(reason), _) | (_, Err(reason)) => {
                    Standing::Damaged { reason: format!("{name} {reason}") }
                }
            };
            if let Some(shard) = shard_of(&name) {
                of_shard.push((shard, standing));
            }
        }
        for (_, beat) in self.under_way(".share-")? {
            let (lives, started, now) = (beat.lives(), beat.started(), beat.at());
            let (Ok(shard), Some(started_at), Some(now)) = (beat.share.parse::<Shard>(), started, now) else {
                continue;
            };
            known.push(shard);
            let Beat { host, process, started, done, .. } = beat;
            let seconds = (now - started_at).seconds();
            let standing = if lives {
                Standing::Running { host, process, started, seconds, done }
            } else {
                Standing::Lost { host, process, started, seconds, done }
            };
            of_shard.push((shard, standing));
        }
        let count = known.iter().map(|shard| shard.of()).max();
        let any =
            known.iter().find(|shard| Some(shard.of()) == count).or(of_shard.first().map(|(shard, _)| shard));
        let Some(any) = any else {
            return Err(Failure::input(format!("{} holds no share, done or under way", shown(&self.path))));
        };
        let standing_of = |shard: Shard| {
            let standings =
                of_shard.iter().filter(|(of, _)| *of == shard).map(|(_, standing)| standing.clone());
            let standing = standings.min_by_key(Standing::rank).unwrap_or(Standing::Missing);
            ShareProgress { share: shard.to_string(), standing }
        };
        Ok(TaskProgress::of(any.all().map(standing_of).collect(), out_of_place(&found)))
    }
}

/// The share that a folder is named after.
fn shard_of(name: &str) -> Option<Shard> {
    name.strip_prefix("share-")?.replacen("-of-", "/", 1).parse().ok()
}
