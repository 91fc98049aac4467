//! `Standing`: where things stand at an instant in the middle of a scenario.

use crate::meter::id::{ProductId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::meter::record::Record;
use crate::meter::view::KeyView;
use crate::simulation::course::Course;
use crate::simulation::tally::Tally;

/// Where things stand: everything before an instant has happened, and nothing on it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The instant.
    pub at: Instant,
    /// Counts and totals so far, and each team's stock.
    pub tally: Tally,
    /// The packs that have arrived, by number.
    pub packs: Vec<Pack>,
    /// Every user and product that something happened to, in the order of their names.
    pub keys: Vec<KeyStanding>,
}

/// How one user and product stand.
#[derive(Clone, Debug)]
pub struct KeyStanding {
    /// The user.
    pub user: UserId,
    /// The product.
    pub product: ProductId,
    /// Windows, holds, sessions and cover.
    pub view: KeyView,
}

impl KeyStanding {
    /// The end of the paid window that runs at an instant, and who paid it.
    pub fn window(&self, at: Instant) -> Option<(Instant, TeamId)> {
        self.view.paid.filter(|(end, _)| at < *end)
    }
}

impl Standing {
    /// Nobody and nothing yet.
    pub(crate) fn new(at: Instant) -> Self {
        Standing { at, tally: Tally::default(), packs: Vec::new(), keys: Vec::new() }
    }

    /// Adds how another group of teams stands; the order comes last.
    pub(crate) fn add(&mut self, mut other: Standing) {
        self.tally.add(other.tally);
        self.packs.append(&mut other.packs);
        self.keys.append(&mut other.keys);
    }

    /// In the order of names.
    pub(crate) fn sorted(mut self) -> Self {
        self.packs.sort_unstable_by_key(|pack| pack.id);
        self.keys.sort_unstable_by_key(|key| (key.user, key.product));
        self
    }
}

impl Course {
    /// Where the group stands now: what falls due by itself before this instant has happened.
    pub fn stand(mut self) -> (Standing, Vec<Record>) {
        self.meter.advance(self.now);
        self.note();
        let packs = self.count_stock();
        self.tally.accounts = self.accounts.clone().named(&self.group);
        self.tally.unrecorded = self.meter.unrecorded();
        let key = |(user, product): (UserId, ProductId)| {
            let view = self.group.view(self.meter.key_view(user, product));
            KeyStanding { user: self.group.user(user), product, view }
        };
        let keys = self.meter.keys().map(key).collect();
        (Standing { at: self.now, tally: self.tally, packs, keys }, self.rows)
    }
}
