//! Stories of devices without a connection (3.8).

use super::{Action, DAY, DEVICES, HOUR, Key, MINUTE, Maker, Name, On, SignIn};

impl Maker {
    /// What happens without a connection, and about the money at the next contact.
    pub(super) fn offline(&mut self, at: i64, key: Key) {
        match self.below(18) {
            0..3 => self.cut_off(at, key),
            3..6 => self.late_opening(at, key),
            6..8 => self.late_renewals(at, key),
            8..13 => self.late_together(at, key),
            13..15 => self.late_take_over(at, key),
            15 => self.late_host(at, key),
            16 => self.late_resume(at, key),
            _ => self.late_cover_end(at, key),
        }
    }

    /// Offline for about a day or less or more, or for good; sometimes in two spells, or told so twice.
    fn spell(&mut self, from: i64, user: Name, device: Name) -> i64 {
        let lengths = [self.grace() / 2, HOUR, DAY - HOUR, DAY, DAY, DAY + HOUR, 30 * HOUR, 2 * DAY, 3 * DAY];
        let until = self.near(from + self.one_of(&lengths)).max(from);
        self.step(from, Action::GoOffline { user, device });
        self.perhaps(15, |it| it.step(from + HOUR, Action::GoOffline { user, device }));
        self.perhaps(85, |it| it.step(until, Action::GoOnline { user, device }));
        self.perhaps(25, |it| {
            it.step(until + it.one_of(&[0, 1, HOUR]), Action::GoOffline { user, device });
            it.perhaps(70, |it| it.step(until + DAY + HOUR, Action::GoOnline { user, device }));
        });
        until
    }

    /// A device that has been used before, and is not in use: closed before its window ends.
    fn known(&mut self, at: i64, key: Key, on: On) {
        self.sign_in(at, key, on);
        self.sign_out(at + self.one_of(&[1, 1, self.grace() + 1, HOUR]), key, on);
    }

    /// The money at a contact: about it packs come, go and change teams.
    fn purse(&mut self, contact: i64, key: Key) {
        let at = contact + self.one_of(&[-HOUR, -1, 0, 0, 1]);
        match self.below(8) {
            0..3 => self.buy(at, self.team_of(key)),
            3 | 4 => self.move_pack(at, key),
            5 => {
                if let [team, into] = self.some_of(&self.teams(), 2)[..] {
                    self.step(at, Action::Merge { team, into });
                }
            }
            _ => {}
        }
    }

    /// Some sign-in of another story meets with a lost connection.
    fn cut_off(&mut self, at: i64, key: Key) {
        let told = self.history.steps.iter().filter_map(|step| match &step.action {
            Action::SignIn(by) => Some((step.at, *by)),
            _ => None,
        });
        let told: Vec<(i64, SignIn)> = told.collect();
        if told.is_empty() {
            return self.late_renewals(at, key);
        }
        let (at, SignIn { user, device, .. }) = self.one_of(&told);
        let shifts = [0, 1, self.grace() - 1, self.grace(), HOUR, DAY - HOUR, DAY, 2 * DAY, -HOUR];
        let contact = self.spell(at + self.one_of(&shifts), user, device);
        self.perhaps(30, |it| it.purse(contact, key));
    }

    /// A window starts offline, up to the limit and beyond it; the grace may last longer than the spell.
    fn late_opening(&mut self, at: i64, key: Key) {
        let (grace, on) = (self.grace(), self.on());
        self.known(at, key, on);
        let from = at + self.one_of(&[HOUR + MINUTE, DAY - HOUR, DAY]);
        let openings = [1, HOUR, HOUR, DAY - grace, DAY - grace, DAY - grace / 2, DAY - 1, DAY, DAY + 1];
        let opened = (from + self.one_of(&openings)).max(at + DAY);
        let closed = self.within_grace(opened);
        let contact = self.spell(from, key.user, on[0]);
        self.sign_in(opened, key, on);
        self.perhaps(40, |it| it.sign_out(closed, key, on));
        self.perhaps(30, |it| it.sign_in(it.within_grace(opened), key, [on[0], "2020"]));
        self.perhaps(40, |it| it.disturb(opened, key));
        self.perhaps(30, |it| it.sign_in(opened + 2 * HOUR, key, [it.device(), on[1]]));
        self.perhaps(30, |it| {
            let (user, device) = (key.user, on[0]);
            it.step(opened + 1, Action::GoOnline { user, device });
            it.perhaps(40, |it| it.buy(opened + it.grace(), it.team_of(key)));
            it.perhaps(50, |it| it.step(opened + 2, Action::GoOffline { user, device }));
        });
        self.purse(contact, key);
    }

    /// A session stays open; its window, or the pack that pays, ends about when the allowance does.
    fn late_renewals(&mut self, at: i64, key: Key) {
        let on = [self.device(), self.one_of(&["2026", "2026", "2027"])];
        self.sign_in(at, key, on);
        let from = at + self.one_of(&[1, self.grace() / 2, HOUR, DAY - HOUR, DAY - 1, DAY, DAY, 2 * DAY]);
        let contact = self.spell(from, key.user, on[0]);
        self.perhaps(20, |it| it.step(at + DAY, Action::GoOnline { user: key.user, device: on[0] }));
        self.perhaps(30, |it| it.unassign(from + it.one_of(&[0, HOUR, DAY]), key));
        self.perhaps(30, |it| it.sign_out(contact + it.one_of(&[-1, 0, 1]), key, on));
        self.purse(contact, key);
    }

    /// Several products late at once, so that the order in which they are recorded shows.
    fn late_together(&mut self, at: i64, key: Key) {
        let (on, mut others) = (self.on(), self.named("desktop"));
        others.retain(|name| *name != key.product);
        let others = self.some_of(&others, self.one_of(&[1, 1, 3]));
        let others: Vec<Key> = others.into_iter().map(|product| Key { product, ..key }).collect();
        self.known(at, key, on);
        if self.percent(80) {
            // One after the other, so that tokens for one of them may be all there are.
            for (hours, other) in (1..).zip(&others) {
                self.known(at + hours * HOUR, *other, on);
            }
        } else {
            // Renewed, and posted, while the hold of an earlier sign-in waits.
            self.sign_in(at + MINUTE, others[0], [on[0], "2026"]);
        }
        let opened = at + DAY + self.one_of(&[0, 0, 1, HOUR, 4 * HOUR]);
        let from = self.one_of(&[at + 5 * HOUR, opened - HOUR]);
        let contact = self.spell(from, key.user, on[0]).max(opened + HOUR);
        self.sign_in(opened, key, on);
        for other in &others {
            self.sign_in(opened + self.one_of(&[0, 0, 0, 0, 1]), *other, on);
        }
        self.perhaps(30, |it| it.sign_in(opened + 1, others[0], [on[0], "2020"]));
        self.perhaps(30, |it| it.buy(it.one_of(&[opened, contact]), it.team_of(key)));
        self.perhaps(60, |it| it.step(contact, Action::GoOnline { user: key.user, device: on[0] }));
        self.purse(contact, key);
    }

    /// 3.6: from a device that is offline, or by one.
    fn late_take_over(&mut self, at: i64, key: Key) {
        let devices = self.some_of(&DEVICES, 2);
        let (first, second) = ([devices[0], self.version()], [devices[1], self.version()]);
        self.known(at, key, second);
        self.known(at + HOUR + MINUTE, key, first);
        let begins = [DAY, DAY, DAY + HOUR];
        let opened = at + HOUR + MINUTE + self.one_of(&begins);
        self.spell(opened - HOUR, key.user, self.one_of(&devices));
        self.perhaps(20, |it| _ = it.spell(opened - HOUR, key.user, it.one_of(&devices)));
        self.sign_in(opened, key, first);
        self.sign_in(self.within_grace(opened), key, second);
    }

    /// 3.7: the host is known on the device, the add-in perhaps not (any more).
    fn late_host(&mut self, at: i64, key: Key) {
        let add_ins = self.user(key).add_ins.clone();
        if add_ins.is_empty() {
            return self.cut_off(at, key);
        }
        let (on, (host, product)) = (self.on(), self.one_of(&add_ins));
        let (key, [device, _]) = (Key { product: host, ..key }, on);
        let user = key.user;
        self.known(at, key, on);
        self.perhaps(50, |it| {
            it.known(at + HOUR + MINUTE, Key { user, product }, on);
            it.step(at + 3 * HOUR, Action::Uninstall { user, product, device });
        });
        self.spell(at + DAY - HOUR, user, device);
        self.sign_in(at + DAY, key, on);
        self.perhaps(30, |it| it.sign_out(it.within_grace(at + DAY), key, on));
    }

    /// 1.8: idle when the window ends, and touched offline.
    fn late_resume(&mut self, at: i64, key: Key) {
        let device = self.device();
        let (aware, other) = ([device, "2027"], [device, "2026"]);
        self.sign_in(at, key, aware);
        let contact = self.spell(at + self.one_of(&[HOUR, DAY - HOUR, DAY, DAY + 1]), key.user, device);
        let touched = at + DAY + self.one_of(&[1, HOUR, 23 * HOUR]);
        self.perhaps(40, |it| it.sign_in(touched - 1, key, other));
        self.touch(touched, key, aware);
        self.purse(contact, key);
    }

    /// 3.5: cover ends offline; it does not help on an unknown device.
    fn late_cover_end(&mut self, at: i64, key: Key) {
        let (on, trial) = (self.on(), self.percent(40));
        let until = at + self.one_of(&[HOUR, DAY, DAY + HOUR, 30 * HOUR]);
        let from = self.one_of(&[at + 1, at + HOUR, until - DAY, until - DAY]).max(at + 1);
        self.begin_cover(at, key, (trial, until));
        self.sign_in(at, key, on);
        let contact = self.spell(from, key.user, on[0]);
        self.perhaps(40, |it| {
            let other = it.device();
            it.step(from, Action::GoOffline { user: key.user, device: other });
            it.sign_in(from + MINUTE, key, [other, on[1]]);
        });
        self.purse(contact, key);
    }
}
