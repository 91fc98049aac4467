//! A trial whose every decision is on the disk before it is answered, and the bare store beside it.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::load::baseline::{Contestant, Round};
use crate::load::durable::{DurableService, repeat};
use crate::load::measure::nanoseconds;
use crate::load::population::LoadTeam;
use crate::load::result::{Header, LoadResult};
use crate::load::run::Measured;
use crate::load::service::MeterService;
use crate::load::store::bare::bare;
use crate::load::store::error::StoreError;
use crate::load::store::identity::Identity;
use crate::load::store::{Answers, Store};
use crate::load::trial::{Coming, Crowd, Second, Trial, WARMUP};
use crate::results::files::hex;

/// A trial before the store of a folder.
#[derive(Clone, Copy, Debug)]
pub struct DurableTrial<'t> {
    /// How sign-ins come.
    pub trial: Trial,
    /// Who asks.
    pub crowd: &'t Crowd,
    /// What is run, and where.
    pub header: &'t Header,
    /// The folder.
    pub folder: &'t Path,
}

impl DurableTrial<'_> {
    /// What the store's decisions are of.
    pub fn identity(&self) -> Identity {
        let mut users = vec![0; self.crowd.teams().len()];
        for team in self.crowd.team_of() {
            users[team] += 1;
        }
        // Who opens what follows from the file and the seed.
        let of = format!("{} {}", self.header.scenario_sha256, self.trial.seed);
        Identity::new(&hex(Sha256::new_with_prefix(of)), &users)
    }

    /// Carries it out in real time, after all that the store knows was decided again. Gives the sizes of its commits as
    /// well; answers are listed in `answers` once they are sent.
    ///
    /// # Errors
    /// What is wrong with the store, or with its disk.
    pub fn run(
        &self,
        answers: Option<Answers>,
        second: Second<'_>,
    ) -> Result<(LoadResult, Measured, Vec<u32>), StoreError> {
        let DurableTrial { trial, crowd, header, folder } = self;
        let (load, board) = (trial.load(crowd), trial.board(crowd));
        let meters = crowd.teams().iter().map(LoadTeam::meter);
        let mut services: Vec<_> =
            meters.map(|meter| MeterService::new(meter, board.clock.clone())).collect();
        let (store, recovered) = Store::open(folder, &self.identity(), &mut |kept| {
            repeat(&mut services[kept.team as usize], kept)
        })?;
        if let Some(latest) = recovered.latest {
            board.clock.begin_no_earlier(latest);
        }
        let (sender, written) = store.start(answers);
        let next = recovered.next.into_iter().chain(std::iter::repeat(0));
        let services = (0..).zip(services).zip(next);
        let services = services
            .map(|((team, service), next)| {
                DurableService::new(service, (team, next), (sender.clone(), board.clone()))
            })
            .collect();
        drop(sender);
        let (mut result, measured) = trial.measure(crowd, ((*header).clone(), second), |watcher| {
            load.run((services, &board), trial.threads, watcher)
        });
        let written = written.join().expect("the store does not panic")?;
        result.durable = Some(written.durable);
        Ok((result, measured, written.batches))
    }

    /// The same people in a closed loop, each time before a fresh store beside the folder's, and the bare store fed the
    /// same batches. The sizes of batches go from one to the other in `batches`.
    pub fn contestants<'c>(&'c self, batches: &'c RefCell<Vec<u32>>) -> [Contestant<'c>; 2] {
        let durable = move |each: Duration| {
            let fresh = self.fresh();
            let coming = Coming::Closed;
            let trial = Trial {
                coming,
                duration: WARMUP + each,
                warmup: WARMUP,
                in_flight: None,
                stalled: None,
                ..self.trial
            };
            let run = DurableTrial { trial, folder: fresh.path(), ..*self }.run(None, &mut |_, _, _| ());
            let (_, Measured { noted, .. }, sizes) = run.expect("a store that was made for this");
            *batches.borrow_mut() = sizes;
            let nanoseconds = noted.last_answer.saturating_sub(nanoseconds(WARMUP));
            Round { sign_ins: noted.admitted + noted.refused, charges: 0, nanoseconds }
        };
        let bare = move |_| {
            let fresh = self.fresh();
            let (decisions, nanoseconds) =
                bare(fresh.path(), &batches.borrow()).expect("a disk that has just been written");
            Round { sign_ins: decisions / 2, charges: 0, nanoseconds }
        };
        [
            Contestant {
                name: "actors",
                what: "an actor per user and per team, each decision on the disk before it is answered; after two \
                       seconds, when most users are inside a paid window",
                run: Box::new(durable),
            },
            Contestant {
                name: "bare store",
                what: "the embedded store alone, fed the same batches of bytes as fast as it takes them; two decisions \
                       are a sign-in with its sign-out",
                run: Box::new(bare),
            },
        ]
    }

    fn fresh(&self) -> tempfile::TempDir {
        let fresh = tempfile::Builder::new().prefix(".baseline-").tempdir_in(self.folder);
        fresh.expect("the folder of a store takes another")
    }
}
