//! Stories of invitations and assignments, default and individual (3.2 to 3.4), and of the notices (3.4, 3.8).

use super::{Action, DAY, HOUR, Key, MINUTE, Maker, Name};

const WEEK: i64 = 7 * DAY;

impl Maker {
    /// Teams with default assignments, guests, and users whose own list leaves them something to give.
    pub(super) fn make_defaults(&mut self) {
        if !self.percent(30) {
            return;
        }
        let products: Vec<Name> = self.history.products.iter().map(|product| product.name).collect();
        for team in 0..self.history.teams.len() {
            if self.percent(70) {
                let defaults = self.some_of(&products, self.one_of(&[1, 1, 2, 3]));
                self.history.teams[team].default_products = defaults;
            }
            self.history.teams[team].default_for_guests = self.percent(30);
        }
        for user in 0..self.history.users.len() {
            self.history.users[user].guest = self.percent(30);
            if self.percent(65) {
                self.history.users[user].products = Some(self.some_of(&products, self.below(2)));
            }
        }
    }

    pub(super) fn membership(&mut self, at: i64, key: Key) {
        match self.below(10) {
            0..3 => self.invitation(at, key),
            3..7 => self.defaults(at, key),
            7 | 8 => self.assigned(at, key),
            _ => self.told(at, key),
        }
    }

    /// 3.4: accepted about when the invitation lapses, sent again, and sign-ins around all of it.
    fn invitation(&mut self, at: i64, key: Key) {
        let (start, end, user) = (self.history.start, self.history.end, key.user);
        let at = if end - start > WEEK { at.min(end - WEEK - 2 * MINUTE) } else { at };
        let accepts = [WEEK, WEEK, WEEK, WEEK - 1, WEEK + 1, HOUR, 1, 0];
        let accepted = at + self.one_of(&accepts);
        self.step(at, Action::Invite { user });
        self.perhaps(25, |it| it.step(at + it.one_of(&[HOUR, DAY, 5 * DAY]), Action::Invite { user }));
        self.perhaps(85, |it| it.step(accepted, Action::Accept { user }));
        self.perhaps(25, |it| {
            it.step(accepted + it.one_of(&[0, HOUR]), Action::Invite { user });
            it.step(accepted + 2 * HOUR, Action::Accept { user });
        });
        for shift in self.some_of(&[-1, 0, 0, 1, HOUR, 3 * HOUR], 2) {
            self.sign_in(accepted + shift, key, self.on());
        }
        self.perhaps(30, |it| it.sign_in(at, key, it.on()));
        self.perhaps(20, |it| it.begin_cover(at, key, (false, accepted + HOUR)));
        if let Some(product) = self.named("service").first().copied() {
            let at = accepted - self.one_of(&[0, 1]);
            self.step(at, Action::Use { user, product, units: 1_000, failed: false });
        }
    }

    /// 3.3: lists change while sessions are open, and about when they are charged next.
    fn defaults(&mut self, at: i64, key: Key) {
        let on = self.on();
        let products: Vec<Name> = self.history.products.iter().map(|product| product.name).collect();
        let set = |it: &mut Self, at: i64, has: bool| {
            let mut list = it.some_of(&products, it.below(3));
            list.retain(|name| *name != key.product);
            list.extend(has.then_some(key.product));
            let guests = it.one_of(&[None, None, Some(true), Some(false)]);
            it.step(at, Action::DefaultProducts { team: it.team_of(key), products: list, guests });
        };
        self.perhaps(60, |it| set(it, at - it.one_of(&[0, 1, HOUR]), true));
        self.perhaps(30, |it| it.unassign(at - it.one_of(&[0, HOUR]), key));
        self.sign_in(at, key, on);
        let lost = at + self.one_of(&[1, HOUR, DAY - 1, DAY, DAY, DAY + 1]);
        match self.below(10) {
            0..6 => set(self, lost, false),
            6..9 => {
                if let [team, into] = self.some_of(&self.teams(), 2)[..] {
                    self.step(lost, Action::Merge { team, into });
                }
            }
            _ => {}
        }
        self.perhaps(30, |it| set(it, lost + it.one_of(&[0, 1, HOUR, DAY - HOUR]), true));
        self.perhaps(50, |it| it.sign_in(it.near(lost), key, on));
        self.perhaps(40, |it| it.touch(lost + it.one_of(&[0, HOUR, DAY]), key, on));
        self.perhaps(40, |it| it.sign_in(at + 2 * DAY, key, on));
    }

    /// 3.2, 3.4: products new on a list or on it already, one by one or all, with a notice or without.
    fn assigned(&mut self, at: i64, key: Key) {
        let all: Vec<Name> = self.history.products.iter().map(|product| product.name).collect();
        let user = key.user;
        self.perhaps(50, |it| it.unassign(at - HOUR, key));
        for number in 0..=self.below(3) {
            let mut products = self.some_of(&all, self.one_of(&[1, 2, 3]));
            products.extend(self.percent(10).then_some(products[0]));
            let products = (!self.percent(25)).then_some(products);
            let at = at + number * self.one_of(&[0, 1, HOUR, DAY]);
            self.step(at, Action::Assign { user, products, import: self.percent(30) });
            self.perhaps(40, |it| it.unassign(at + it.one_of(&[0, 1]), key));
        }
        self.sign_in(at + HOUR, key, self.on());
    }

    /// 3.8: what happens an hour before the limit, about when the notice is due.
    fn told(&mut self, at: i64, key: Key) {
        let on = self.on();
        let limit = 23 * HOUR;
        self.sign_in(at, key, on);
        let from = at + self.one_of(&[0, 1, HOUR, DAY]);
        self.step(from, Action::GoOffline { user: key.user, device: on[0] });
        self.perhaps(50, |it| it.sign_out(it.near(from + limit), key, on));
        self.perhaps(40, |it| it.sign_in(it.near(from + limit), key, on));
        self.perhaps(50, |it| {
            let back = it.near(from + limit);
            it.step(back, Action::GoOnline { user: key.user, device: on[0] });
            it.perhaps(30, |it| it.step(back, Action::GoOffline { user: key.user, device: on[0] }));
        });
    }
}
