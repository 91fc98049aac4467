//! `Openings`: the sign-ins of a file, to find the steps that name a session which nothing opens.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::meter::id::{DeviceId, ProductId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::request::{OpenSession, SignIn};
use crate::scenario::problem::Problem;
use crate::scenario::reader::Problems;

/// Sign-ins, and the sessions that other steps name, in file order.
#[derive(Default)]
pub(crate) struct Openings {
    by_key: BTreeMap<(UserId, ProductId), Vec<Opening>>,
    named: Vec<Named>,
    /// How many sign-ins there were so far.
    count: usize,
}

struct Opening {
    device: DeviceId,
    version: VersionId,
    at: Instant,
    /// How many sign-ins of the file came before it.
    place: usize,
}

struct Named {
    session: OpenSession,
    at: Instant,
    /// How many sign-ins of the file came before it.
    place: usize,
    shown: Range<usize>,
}

impl Openings {
    /// A step signs in, or would have opened the add-in with its host.
    pub(crate) fn open(&mut self, sign_in: SignIn, at: Instant) {
        let SignIn { user, product, device, version, .. } = sign_in;
        let opening = Opening { device, version, at, place: self.count };
        self.by_key.entry((user, product)).or_default().push(opening);
        self.count += 1;
    }

    /// A step signs out or touches.
    pub(crate) fn name(&mut self, session: OpenSession, at: Instant, shown: Range<usize>) {
        self.named.push(Named { session, at, place: self.count, shown });
    }

    /// A session that no step opens before it is closed or touched is an error of the file.
    pub(crate) fn check(&self, problems: &mut Problems) {
        for named in &self.named {
            let session = named.session;
            let openings = self.by_key.get(&(session.user, session.product));
            let opened = openings.into_iter().flatten().any(|opening| {
                session.device.is_none_or(|device| device == opening.device)
                    && session.version.is_none_or(|version| version == opening.version)
                    && (opening.place < named.place || opening.at < named.at)
            });
            if !opened {
                let title = "no earlier step signs in the session that this one names";
                let help = "sign in with the same user, product, device and version first; \
                            leave `device` or `version` out to mean any";
                problems.push(Problem::new(named.shown.clone(), title, "nothing is open here").help(help));
            }
        }
    }
}
