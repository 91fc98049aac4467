//! The corners of rule 3.8: the limit, late holds, contact.

use crate::history::{DAY, Name};
use crate::reference::{Answer, Hold, Key, Unrecorded, World};

impl World<'_> {
    /// The user's keys that have sessions on this device.
    pub(super) fn open_on(&self, user: Name, device: Name) -> impl Iterator<Item = &Key> {
        let of_user = (0..self.keys.len()).filter(move |key| self.user(*key).name == user);
        of_user.map(|key| &self.keys[key]).filter(move |key| key.sessions.iter().any(|s| s.device == device))
    }

    /// Counts the end of an allowance, before any session has ended.
    pub(crate) fn count_limit(&mut self, user: Name, device: Name) {
        self.count_limit_beside_seat(user, device);
        let any = |is: &dyn Fn(&Key) -> bool| self.open_on(user, device).any(is);
        let fresh = |key: &Key| key.sessions.iter().any(|session| self.in_grace(session));
        let window_ends = any(&|key| key.window_end == Some(self.now));
        let cover_ends = any(&|key| key.cover_end == Some(self.now));
        let grace_runs = any(&|key| key.hold.is_some() && fresh(key));
        let grace_ends = any(&|key| key.hold.is_some() && !fresh(key));
        self.count(&[
            ("offline-limit exactly at window end", window_ends),
            ("offline-limit exactly at cover end", cover_ends),
            ("offline-limit while a hold waits", grace_runs),
            ("offline-limit exactly at grace end", grace_ends),
        ]);
    }

    /// Counts what is about to be held late.
    pub(crate) fn count_late(&mut self, key: usize, kind: Name) {
        let short = self.payer(key, self.rate(key)).is_none();
        self.count(&[
            ("late sign-in that nobody can pay", short && kind == "sign-in"),
            ("late renewal that nobody can pay", short && kind == "renewal"),
            ("late resume", kind == "resume"),
            ("late charge at cover end", kind == "cover-end"),
        ]);
    }

    /// Counts a charge that has been posted but not recorded.
    pub(crate) fn count_post_late(&mut self, Unrecorded { key, device, hold }: &Unrecorded) {
        let contact = self.last_contact(*key, device);
        // The windows of other kinds may start before they fell due.
        let since = contact.is_some_and(|contact| contact > hold.start && hold.kind == "sign-in");
        let arrives = self.packs.iter().any(|pack| pack.bought == self.now);
        self.count(&[
            ("late hold posted in contact", contact.is_none()),
            ("late hold posted in contact, a pack arrives then", contact.is_none() && arrives),
            ("late hold posted offline after a contact", since),
        ]);
    }

    /// Counts a contact that ends an offline spell, with what it will record in the order of posting.
    pub(crate) fn count_contact(&mut self, since: i64, (user, device): (Name, Name), charges: &[Unrecorded]) {
        let late = |key: &Key| key.hold.as_ref().is_some_and(|hold| hold.late);
        let waits = self.open_on(user, device).any(late);
        let window_ends = self.open_on(user, device).any(|key| key.window_end == Some(self.now));
        let pairs = || charges.iter().zip(charges.iter().skip(1));
        let some = charges.iter().any(|charge| self.lack_together(charges, charge.hold.start));
        let (any, limit) = (!charges.is_empty(), since + DAY);
        self.count(&[
            ("contact exactly at the limit", self.now == limit && any),
            ("contact after the limit", self.now > limit && any),
            ("contact exactly at window end", window_ends),
            ("contact while a late hold waits", waits),
            ("contact: tokens for each of one start, not for all", some),
            ("contact: posted in another order", pairs().any(|(a, b)| a.hold.start > b.hold.start)),
        ]);
    }

    /// Whether each charge of a window start can be paid, but not all of them by one team.
    fn lack_together(&self, charges: &[Unrecorded], start: i64) -> bool {
        let together = || charges.iter().filter(|charge| charge.hold.start == start);
        let can = |tokens| self.payer(charges[0].key, tokens).is_some();
        let sum = together().map(|charge| charge.hold.tokens).sum();
        together().all(|charge| can(charge.hold.tokens)) && !can(sum)
    }

    /// Counts a charge with the tokens that have been drawn for it at last.
    pub(crate) fn count_record(&mut self, Unrecorded { key, hold: late, .. }: &Unrecorded, drawn: &Hold) {
        let left = drawn.tokens - drawn.uncovered;
        let in_debt = self.debts[drawn.team] > 0;
        self.count(&[
            ("recorded: uncovered in part", drawn.uncovered > 0 && left > 0),
            ("recorded: uncovered as a whole", drawn.uncovered > 0 && left == 0),
            ("recorded: uncovered beside a debt", drawn.uncovered > 0 && in_debt),
            ("recorded: paid by another team", drawn.team != late.team),
            ("recorded: not the last window", self.keys[*key].window_end != Some(late.start + DAY)),
        ]);
    }

    /// Counts the answer to a sign-in whose session is still to be opened.
    pub(crate) fn count_offline_sign_in(
        &mut self,
        key: usize,
        device: Name,
        (hosted, answer): (bool, Answer),
    ) {
        let refused = answer == Err("offline");
        let over = self.last_contact(key, device).map_or(-1, |contact| self.now - contact - DAY);
        let paid = answer.is_ok_and(|(reason, _)| reason == "paid-window");
        let elsewhere = self.unrecorded.iter().any(|other| other.key == key && other.device != device);
        self.count(&[
            ("offline: after the limit", refused && over > 0),
            ("offline: exactly at the limit", refused && over == 0),
            ("offline: unknown device", refused && over < 0),
            ("offline: though covered", refused && self.cover(key).is_some()),
            ("offline: hosted add-in, host opens", refused && hosted),
            ("paid-window of an unrecorded charge elsewhere", paid && elsewhere),
        ]);
    }

    /// Counts a take-over that is about to be decided.
    pub(crate) fn count_offline_take_over(&mut self, key: usize, device: Name) {
        let late = self.keys[key].hold.as_ref().is_some_and(|hold| hold.late);
        let short = self.payer(key, self.rate(key)).is_none();
        let due = !self.is_paid(key) && self.cover(key).is_none();
        let offline = self.is_offline(key, device);
        self.count(&[
            ("take-over of a late hold", late),
            ("take-over of a late hold that nobody can pay", late && !offline && short),
            ("take-over by an offline device that nobody can pay", offline && due && short),
        ]);
    }
}
