//! What users and administrators do beside signing in: sessions closed and touched, packs bought and
//! moved, products assigned, covered and removed.

use std::collections::BTreeSet;

use crate::meter::Meter;
use crate::meter::cover::{Cover, CoverKind};
use crate::meter::due::Due;
use crate::meter::id::{DeviceId, KeyId, PackId, ProductId, SessionId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::key::Paid;
use crate::meter::product::ProductKind;
use crate::meter::record::{NoticeKind, TokenEventKind};
use crate::meter::request::{Notifies, OpenSession};
use crate::meter::session::{Session, SessionEnd};
use crate::meter::stock::{Draw, Purchase};
use crate::meter::user::Assignment;

impl Meter {
    /// Closes the oldest matching session that no host opened.
    pub(super) fn sign_out(&mut self, which: OpenSession) {
        let id = self.key_of((which.user, which.product));
        if let Some(session) = self.oldest(id, which, |session| session.host.is_none()) {
            self.end_session(session, SessionEnd::SignOut);
        }
    }

    /// A meaningful operation in the oldest matching session.
    pub(super) fn touch(&mut self, which: OpenSession) {
        let id = self.key_of((which.user, which.product));
        if let Some(session) = self.oldest(id, which, |_| true) {
            self.operate(session);
        }
    }

    /// The oldest open session of a key on the device and in the version asked for; of one instant those
    /// on a seat first.
    pub(super) fn oldest(
        &self,
        id: KeyId,
        which: OpenSession,
        fits: impl Fn(&Session) -> bool,
    ) -> Option<SessionId> {
        let is_meant = |session: &&SessionId| {
            let session = self.session(**session);
            which.device.is_none_or(|device| device == session.device)
                && which.version.is_none_or(|version| version == session.version)
                && fits(session)
        };
        let key = self.key(id);
        let through_flex = key.sessions.iter().find(is_meant);
        let on_seat = key.seats.iter().find(is_meant);
        on_seat
            .into_iter()
            .chain(through_flex)
            .copied()
            .min_by_key(|session| self.session(*session).signed_in)
    }

    /// A pack arrives, and its end is booked with it (RULES 2.1, 2.2).
    pub(super) fn buy(&mut self, purchase: &Purchase) {
        self.stock.buy(purchase, self.now);
        self.make_due(purchase.expires, Due::Pack(purchase.pack));
        let bought = Draw { pack: purchase.pack, tokens: purchase.tokens };
        self.record_token_event(purchase.team, TokenEventKind::Purchase, bought);
    }

    /// A pack changes teams; to its own team nothing happens (RULES 2.7).
    pub(super) fn move_pack(&mut self, id: PackId, to: TeamId) {
        let pack = self.stock.pack(id).expect("a pack that has arrived is moved");
        let from = pack.team;
        if from == to {
            return;
        }
        let moved = Draw { pack: id, tokens: pack.remaining };
        self.stock.relocate(id, to);
        self.record_token_event(from, TokenEventKind::MoveOut, moved);
        self.record_token_event(to, TokenEventKind::MoveIn, moved);
    }

    /// Packs, debt and members of a team go to another (RULES 2.7).
    pub(super) fn merge(&mut self, team: TeamId, into: TeamId) {
        if team == into {
            return;
        }
        let packs: Vec<PackId> = self.packs().filter(|pack| pack.team == team).map(|pack| pack.id).collect();
        for pack in packs {
            self.move_pack(pack, into);
        }
        self.stock.take_over_debt(team, into);
        for user in &mut self.users {
            if let Some(place) = user.teams.iter().position(|listed| *listed == team) {
                user.teams[place] = into;
                let mut seen = BTreeSet::new();
                user.teams.retain(|listed| seen.insert(*listed));
            }
        }
    }

    /// Assigns products in addition to those assigned before (RULES 3.2).
    pub(super) fn assign(&mut self, user: UserId, products: Assignment, notifies: Notifies) {
        let assignment = &mut self.users[user.index()].assignment;
        match (assignment, products) {
            (Assignment::All, _) => {}
            (Assignment::Listed(_), Assignment::Listed(more)) => {
                for product in more {
                    self.assign_one((user, product), notifies);
                }
            }
            (assignment, Assignment::All) => {
                *assignment = Assignment::All;
                if notifies == Notifies::Individually {
                    self.notify(user, NoticeKind::Assignment(None));
                }
            }
        }
    }

    /// Assigns one product, and tells the user if it is new to their own list (RULES 3.4).
    pub(super) fn assign_one(&mut self, (user, product): (UserId, ProductId), notifies: Notifies) {
        let assignment = &mut self.users[user.index()].assignment;
        let is_new = match assignment {
            Assignment::All => false,
            Assignment::Listed(listed) => listed.insert(product),
        };
        if is_new && notifies == Notifies::Individually {
            self.notify(user, NoticeKind::Assignment(Some(product)));
        }
    }

    /// Takes products away; from "all" it leaves every other product now in the catalogue (RULES 3.2).
    pub(super) fn unassign(&mut self, user: UserId, products: &Assignment) {
        let Assignment::Listed(fewer) = products else {
            self.users[user.index()].assignment = Assignment::Listed(BTreeSet::new());
            return;
        };
        let listed = match &self.users[user.index()].assignment {
            Assignment::Listed(listed) => listed.difference(fewer).copied().collect(),
            Assignment::All if self.catalogue().any(|product| fewer.contains(&product)) => {
                self.catalogue().filter(|product| !fewer.contains(product)).collect()
            }
            Assignment::All => return,
        };
        self.users[user.index()].assignment = Assignment::Listed(listed);
    }

    fn catalogue(&self) -> impl Iterator<Item = ProductId> {
        let released = self.products.iter().enumerate().filter(|(_, product)| product.released);
        released.map(|(number, _)| ProductId(crate::meter::number(number)))
    }

    /// Does something for a product, or for each member of a collection (RULES 3.5).
    pub(super) fn for_members(&mut self, product: ProductId, mut act: impl FnMut(&mut Meter, ProductId)) {
        if self.products[product.index()].kind == ProductKind::Collection {
            for member in self.products[product.index()].members.clone() {
                act(self, member);
            }
        } else {
            act(self, product);
        }
    }

    /// Notes a cover; when it ends, an open session may owe a charge (RULES 3.5).
    pub(super) fn cover(&mut self, key: (UserId, ProductId), through: ProductId, cover: Cover) {
        let id = self.key_of(key);
        self.key_mut(id).covers.add(through, cover);
        if let Some(until) = cover.until.filter(|until| *until > self.now) {
            self.make_due(until, Due::Cover(id));
        }
    }

    /// Ends a cover that runs; an open session may owe a charge at once (RULES 3.5).
    pub(super) fn end_cover(&mut self, key: (UserId, ProductId), through: ProductId, kind: CoverKind) {
        let id = self.key_of(key);
        if self.keys[id.0 as usize].covers.cancel(through, kind, self.now) {
            self.make_due(self.now, Due::Cover(id));
        }
    }

    /// Carries a window over that was paid before the run.
    pub(super) fn paid_before(&mut self, key: (UserId, ProductId), team: TeamId, until: Instant) {
        let id = self.key_of(key);
        self.key_mut(id).paid = Some(Paid { end: until, team });
        self.make_due(until, Due::Window(id));
    }

    /// Frees the device's place; sessions open on it go on (RULES 3.6).
    pub(super) fn uninstall(&mut self, key: (UserId, ProductId), device: DeviceId) {
        let id = self.key_of(key);
        self.key_mut(id).devices.retain(|installed| *installed != device);
        if let Some(network) = &mut self.users[key.0.index()].network {
            network.drew.remove(&(key.1, device));
        }
    }
}
