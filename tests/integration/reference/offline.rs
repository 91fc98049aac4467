//! Rule 3.8: devices without a connection, and the charges that are recorded at their next contact.
//!
//! Offline everything is as online, only money waits: what falls due there is held late, which is without
//! packs, and posted or voided as any hold; a team is asked when the device is in contact again.

use super::{Hold, World};
use crate::history::{DAY, HOUR, Name};

/// A charge that was posted offline: its window counts, no team has paid yet.
#[derive(Clone)]
pub(crate) struct Unrecorded {
    pub(crate) key: usize,
    pub(crate) device: Name,
    pub(crate) hold: Hold,
}

impl World<'_> {
    /// The last contact of a device that is offline.
    pub(crate) fn last_contact(&self, key: usize, device: Name) -> Option<i64> {
        self.offline.get(&(self.user(key).name, device)).copied()
    }

    pub(crate) fn is_offline(&self, key: usize, device: Name) -> bool {
        self.last_contact(key, device).is_some()
    }

    /// The refusal `offline`: a first sign-in needs a connection, and the others do after 24 h.
    pub(super) fn needs_contact(&self, key: usize, device: Name) -> bool {
        let known = self.keys[key].devices.contains(device);
        self.last_contact(key, device).is_some_and(|contact| !known || self.now >= contact + DAY)
    }

    pub(super) fn go_offline(&mut self, user: Name, device: Name) {
        if !self.offline.contains_key(&(user, device)) {
            self.offline.insert((user, device), self.now);
            self.instants.extend([self.now + DAY - HOUR, self.now + DAY]);
        }
    }

    /// 4, phase 1: 24 h after the last contact the sessions of every product end there.
    pub(super) fn allowances_end(&mut self) {
        let over = |contact: i64| contact + DAY == self.now;
        let ending: Vec<_> = self.offline.iter().filter(|(_, at)| over(**at)).map(|(of, _)| *of).collect();
        for (user, device) in ending {
            self.count_limit(user, device);
            for key in 0..self.keys.len() {
                // All sessions of a key are on one device (3.6).
                let there = self.keys[key].sessions.first().is_some_and(|session| session.device == device);
                if there && self.user(key).name == user {
                    self.end_all(key, "offline-limit");
                }
            }
        }
    }

    /// The rate in force now is what will be asked for (1.1), for the time being of the first-listed team.
    pub(super) fn hold_late(&mut self, key: usize, (start, kind): (i64, Name)) -> Name {
        self.count_late(key, kind);
        let (team, tokens) = (self.user(key).teams[0], self.rate(key));
        self.keys[key].hold =
            Some(Hold { start, kind, team, tokens, uncovered: 0, parts: Vec::new(), late: true });
        team
    }

    /// A late hold that has been posted waits on for a contact, unless its device has one.
    pub(super) fn post_late(&mut self, key: usize, hold: Hold) {
        let device = self.keys[key].sessions[0].device;
        let charge = Unrecorded { key, device, hold };
        self.count_post_late(&charge);
        if self.is_offline(key, device) {
            self.unrecorded.push(charge);
        } else {
            self.record(&charge);
        }
    }

    /// The contact: what waited is recorded, by window start, then in the order of posting.
    pub(super) fn go_online(&mut self, user: Name, device: Name) {
        let Some(since) = self.offline.remove(&(user, device)) else { return };
        let charges = std::mem::take(&mut self.unrecorded).into_iter();
        let of_device = |charge: &Unrecorded| self.user(charge.key).name == user && charge.device == device;
        let (mut charges, others): (Vec<_>, Vec<_>) = charges.partition(of_device);
        self.unrecorded = others;
        self.count_contact(since, (user, device), &charges);
        charges.sort_by_key(|charge| charge.hold.start);
        for charge in &charges {
            self.record(charge);
        }
    }

    /// 3.9 is asked now. Where no team can pay the whole, the first-listed pays what its packs have left, and
    /// no debt is made of the rest.
    fn record(&mut self, charge: &Unrecorded) {
        let Unrecorded { key, hold: Hold { start, kind, tokens, .. }, .. } = *charge;
        self.count_payer(key, tokens);
        let team = self.payer(key, tokens).unwrap_or(self.user(key).teams[0]);
        let hold = self.draw(team, tokens, (start, kind));
        self.count_record(charge, &hold);
        self.settle(&hold, true);
        self.charge(key, &hold, 1);
        let key = &mut self.keys[key];
        if key.window_end == Some(start + DAY) {
            key.payer = Some(team);
        }
    }
}
