//! Devices without a connection: what they may open, for how long, and what they owe at the next contact
//! (RULES 3.8).
//!
//! Offline everything is as online, only money waits: a charge that falls due is held without packs, and is
//! recorded when the device comes back.

use crate::meter::Meter;
use crate::meter::answer::ChargeKind;
use crate::meter::due::Due;
use crate::meter::id::{DeviceId, KeyId, SessionId, UserId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{ChargeRecord, NoticeKind, Record};
use crate::meter::request::SignIn;
use crate::meter::session::SessionEnd;
use crate::meter::tokens::Tokens;

/// The user is told this long after it, one hour before the end.
const NOTICE: Span = Span::from_seconds(23 * 3600);

/// A device works this long after its last contact.
const ALLOWANCE: Span = Span::from_seconds(24 * 3600);

/// A device of a user that has lost its connection.
#[derive(Clone, Debug)]
pub(crate) struct Offline {
    device: DeviceId,
    /// Its last contact.
    since: Instant,
    /// Whether its user was told that the allowance ends soon.
    told: bool,
    /// What it has to report, in the order in which it was posted.
    late: Vec<LateCharge>,
}

/// A charge whose window runs, and that no pack has paid yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LateCharge {
    pub(crate) key: KeyId,
    pub(crate) window_start: Instant,
    /// The version of the session that it is charged for.
    pub(crate) version: VersionId,
    /// The rate that was in force when it fell due (RULES 1.1).
    pub(crate) rate: Tokens,
    pub(crate) kind: ChargeKind,
}

impl Meter {
    /// A device loses its connection; its allowance runs from now, the last contact.
    pub(super) fn go_offline(&mut self, user: UserId, device: DeviceId) {
        if self.is_online(user, device) {
            let since = self.now;
            self.users[user.index()].offline.push(Offline { device, since, told: false, late: Vec::new() });
            self.make_due(since + NOTICE, Due::Allowance(user));
            self.make_due(since + ALLOWANCE, Due::Allowance(user));
        }
    }

    /// A device is connected again, and reports what fell due meanwhile by the windows' starts.
    pub(super) fn go_online(&mut self, user: UserId, device: DeviceId) {
        let offline = &mut self.users[user.index()].offline;
        let Some(place) = offline.iter().position(|offline| offline.device == device) else { return };
        let mut late = offline.remove(place).late;
        late.sort_by_key(|charge| charge.window_start);
        for charge in late {
            self.record_late(charge);
        }
    }

    /// The allowance of a user's device ends, and so do the sessions on it; or it will in an hour.
    pub(super) fn allowance_ends(&mut self, user: UserId) {
        for offline in self.users[user.index()].offline.clone() {
            let open = || self.open_on(user, offline.device);
            if offline.since + ALLOWANCE == self.now {
                for key in open() {
                    self.end_sessions(key, SessionEnd::OfflineLimit);
                }
            } else if offline.since + NOTICE == self.now && !offline.told && !open().is_empty() {
                self.told(user, offline.device);
            }
        }
    }

    /// Tells a user that a device comes to its limit, once.
    fn told(&mut self, user: UserId, device: DeviceId) {
        self.offline_mut(user, device).expect("a device without connection").told = true;
        self.notify(user, NoticeKind::OfflineLimit(device));
    }

    /// The keys of a user whose sessions, all on one device, are on this one.
    fn open_on(&self, user: UserId, device: DeviceId) -> Vec<KeyId> {
        let keys = self.users[user.index()].keys.iter().map(|(_, key)| *key);
        let on_it = |key: &KeyId| {
            self.key(*key).sessions.first().is_some_and(|session| self.session(*session).device == device)
        };
        keys.filter(on_it).collect()
    }

    /// Charges whose window runs and that no contact has recorded yet: how many, and their tokens.
    pub fn unrecorded(&self) -> (u64, Tokens) {
        let late = self.users.iter().flat_map(|user| &user.offline).flat_map(|offline| &offline.late);
        late.fold((0, Tokens::ZERO), |(count, tokens), charge| (count + 1, tokens + charge.rate))
    }

    /// Whether a device of the user has its connection.
    pub(super) fn is_online(&self, user: UserId, device: DeviceId) -> bool {
        self.offline(user, device).is_none()
    }

    fn offline(&self, user: UserId, device: DeviceId) -> Option<&Offline> {
        self.users[user.index()].offline.iter().find(|offline| offline.device == device)
    }

    fn offline_mut(&mut self, user: UserId, device: DeviceId) -> Option<&mut Offline> {
        self.users[user.index()].offline.iter_mut().find(|offline| offline.device == device)
    }

    /// Whether a sign-in lacks the connection it needs: a first one on the device, or one after the allowance.
    pub(super) fn needs_connection(&self, id: KeyId, sign_in: SignIn) -> bool {
        self.offline(sign_in.user, sign_in.device).is_some_and(|offline| {
            self.now >= offline.since + ALLOWANCE || !self.key(id).devices.contains(&sign_in.device)
        })
    }

    /// Whether the open sessions of a key are on a device without connection: no balance can be asked for
    /// what falls due in them.
    pub(super) fn is_offline(&self, id: KeyId) -> bool {
        let key = self.key(id);
        let device = |session: &SessionId| self.session(*session).device;
        key.sessions.first().is_some_and(|session| !self.is_online(key.user, device(session)))
    }

    /// A late charge is posted: it is recorded at the device's next contact, at once if that has come.
    pub(super) fn post_late(&mut self, charge: LateCharge) {
        let key = self.key(charge.key);
        let user = key.user;
        let device = self.session(key.sessions[0]).device;
        match self.offline_mut(user, device) {
            Some(offline) => offline.late.push(charge),
            None => self.record_late(charge),
        }
    }

    /// Draws what a late charge owes from what there is now; the rest stays uncovered, and is no debt.
    fn record_late(&mut self, charge: LateCharge) {
        let LateCharge { key: id, window_start, version, rate, kind } = charge;
        let (user, product) = (self.key(id).user, self.key(id).product);
        let team = self.payer(user, rate).unwrap_or(self.first_listed(user));
        let mut hold = self.stock.hold(team, rate);
        let uncovered = std::mem::take(&mut hold.owed);
        self.stock.post(&hold);
        let end = window_start + Span::WINDOW;
        if let Some(paid) = self.key_mut(id).paid.as_mut().filter(|paid| paid.end == end) {
            paid.team = team;
        }
        self.records.push(Record::Charge(ChargeRecord {
            window_start,
            user,
            product,
            version: Some(version),
            team,
            tokens: rate,
            uncovered,
            kind,
            recorded_at: self.now,
            packs: hold.draws,
        }));
    }
}
