//! Licence servers (6.1), and stories about their seats.

use super::{Action, DAY, DEVICES, HOUR, Key, Maker, Name, On, instant, list};

/// Seats by product; the way out of it is open from an instant on, or always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LicenceServer {
    pub(crate) name: Name,
    pub(crate) seats: Vec<(Name, i64)>,
    pub(crate) switch_from: Option<i64>,
}

const SERVERS: [Name; 2] = ["lm-1", "LM 2"];

impl LicenceServer {
    pub(super) fn to_toml(&self) -> String {
        let Self { name, seats, switch_from } = self;
        let seats = list(seats, |(product, number)| format!("{product:?} = {number}"));
        let seats = seats.trim_matches(['[', ']']);
        let text = format!("\n[[licence_server]]\nname = {name:?}\nseats = {{ {seats} }}\n");
        let switch_from = switch_from.map(|from| format!("switch_from = {}\n", instant(from)));
        text + &switch_from.unwrap_or_default()
    }

    pub(crate) fn hands_out(&self, product: Name) -> bool {
        self.seats.iter().any(|(name, _)| *name == product)
    }
}

impl Maker {
    /// In a third of the histories some users have a licence server, and few seats to share.
    pub(super) fn make_servers(&mut self) {
        if !self.percent(34) {
            return;
        }
        let (desktops, add_ins) = (self.named("desktop"), self.named("add-in"));
        let names = self.some_of(&SERVERS, self.one_of(&[1, 1, 1, 2]));
        for name in &names {
            let mut products = match self.below(10) {
                0..2 => self.some_of(&desktops, 2),
                2..4 if !add_ins.is_empty() => self.some_of(&add_ins, 2),
                4..6 => [&desktops[..1], &self.some_of(&add_ins, 1)[..]].concat(),
                _ => vec![desktops[0]],
            };
            self.perhaps(30, |it| products.extend(it.some_of(&add_ins, 1)));
            products.sort_unstable();
            products.dedup();
            let seats = products.into_iter().map(|product| (product, self.one_of(&[1, 1, 1, 2, 2, 3])));
            let seats = seats.collect();
            let start = self.history.start;
            let froms = [start - DAY, start - 30 * DAY, start, self.pivot(), self.pivot()];
            let switch_from = self.percent(93).then(|| self.one_of(&froms));
            self.history.servers.push(LicenceServer { name, seats, switch_from });
        }
        for number in 0..self.history.users.len() {
            if self.percent(if number == 0 { 75 } else { 60 }) {
                self.history.users[number].licence_server = Some(self.one_of(&names));
                let name = self.history.users[number].name;
                self.perhaps(60, |it| it.prepared(name));
            }
        }
    }

    /// A user on a licence server, and a product that it hands out or one that is the key's, most often the
    /// first; nobody: no licence servers.
    pub(super) fn seat_key(&self, key: Key) -> Option<Key> {
        let on_server = |name: Name| {
            let user = self.history.users.iter().find(|user| user.name == name)?;
            self.history.servers.iter().find(|server| Some(server.name) == user.licence_server)
        };
        let users: Vec<Name> = self.history.users.iter().map(|user| user.name).collect();
        let users: Vec<Name> = users.into_iter().filter(|name| on_server(name).is_some()).collect();
        if users.is_empty() {
            return None;
        }
        let user = if users.contains(&key.user) { key.user } else { self.one_of(&users) };
        let (product, _) = self.one_of(&on_server(user)?.seats);
        Some(Key { user, product: if self.percent(90) { product } else { key.product } })
    }

    /// The users of the same licence server.
    pub(super) fn colleagues(&self, key: Key) -> Vec<Name> {
        let server = self.user(key).licence_server;
        let users = self.history.users.iter().filter(|user| user.licence_server == server);
        users.map(|user| user.name).collect()
    }

    pub(super) fn seats(&mut self, at: i64, key: Key) {
        let Some(key) = self.seat_key(key) else { return self.other_story(at, key) };
        match self.below(25) {
            0..5 => self.last_seat(at, key),
            5..9 => self.seat_and_add_ins(at, key),
            9..13 => self.seat_offline(at, key),
            13..18 => self.both_sorts(at, key),
            18..20 => self.seat_devices(at, key),
            20 | 21 => self.way_out(at, key),
            22 => self.retired_early(at, key),
            _ => self.some_steps(at, key),
        }
    }

    /// 6.1: the last free seat, about when another is given back.
    fn last_seat(&mut self, at: i64, key: Key) {
        let users = self.colleagues(key);
        let mut taken: Vec<(Key, On)> = Vec::new();
        for number in 0..=self.below(4) {
            let (key, on) = (Key { user: self.one_of(&users), ..key }, self.on());
            self.sign_in(at + number * self.one_of(&[0, 0, 1, 60]), key, on);
            taken.push((key, on));
        }
        let back = at + self.one_of(&[300, HOUR, DAY, DAY + HOUR]);
        for (key, on) in taken {
            self.perhaps(60, |it| it.sign_out(it.near(back), key, on));
        }
        for _ in 0..=self.below(3) {
            let key = Key { user: self.one_of(&users), ..key };
            self.sign_in(self.near(back), key, self.on());
        }
    }

    /// 3.7: a host through the server with its add-ins through Flex, or the other way round.
    fn seat_and_add_ins(&mut self, at: i64, key: Key) {
        let add_ins = self.user(key).add_ins.clone();
        if add_ins.is_empty() {
            return self.both_sorts(at, key);
        }
        let (host, add_in) = self.one_of(&add_ins);
        let (host, add_in) = (Key { product: host, ..key }, Key { product: add_in, ..key });
        let on = self.on();
        let (user, device) = (key.user, on[0]);
        self.perhaps(50, |it| it.sign_in(at - it.one_of(&[0, 1, HOUR]), add_in, on));
        self.sign_in(at, host, on);
        self.perhaps(40, |it| it.step(at + it.one_of(&[1, HOUR]), Action::GoOffline { user, device }));
        self.perhaps(30, |it| it.unassign(at + HOUR, it.one_of(&[host, add_in])));
        self.perhaps(40, |it| it.touch(it.near(at + DAY - HOUR / 4), it.one_of(&[host, add_in]), on));
        self.perhaps(40, |it| it.sign_in(at + it.one_of(&[60, HOUR, DAY]), host, [it.device(), on[1]]));
        self.perhaps(50, |it| it.sign_out(at + it.one_of(&[60, 299, 300, DAY + HOUR]), add_in, on));
        self.perhaps(60, |it| it.sign_out(at + it.one_of(&[60, 299, 300, DAY, 2 * DAY]), host, on));
    }

    /// 6.1, 3.8: no seat without a connection, but one that is held goes on.
    fn seat_offline(&mut self, at: i64, key: Key) {
        let (user, on) = (key.user, self.on());
        let add_ins = self.user(key).add_ins.clone();
        let host =
            add_ins.iter().find(|(_, add_in)| *add_in == key.product).map_or(key.product, |(host, _)| host);
        self.sign_in(at, Key { user, product: host }, on);
        let from = at + self.one_of(&[1, 60, HOUR]);
        self.step(from, Action::GoOffline { user, device: on[0] });
        let again = from + self.one_of(&[0, 1, HOUR, DAY - 1, DAY, DAY + HOUR]);
        self.sign_in(again, key, on);
        self.perhaps(30, |it| it.sign_in(again, Key { product: it.one_of(&it.named("desktop")), ..key }, on));
        let contact = from + self.one_of(&[HOUR, 23 * HOUR, DAY, DAY, 2 * DAY]);
        self.perhaps(50, |it| {
            it.step(contact, Action::GoOnline { user, device: on[0] });
            it.perhaps(50, |it| it.sign_in(contact, key, on));
        });
        self.perhaps(50, |it| it.sign_out(it.near(contact), key, on));
    }

    /// 6.2: switched while a seat is held; sign-outs and touches then name the oldest of both sorts.
    fn both_sorts(&mut self, at: i64, key: Key) {
        let users = vec![key.user];
        let devices = self.some_of(&DEVICES, 2);
        let (one, two) = ([devices[0], self.version()], [devices[1], self.version()]);
        self.perhaps(80, |it| it.sign_in(at - HOUR, key, one));
        self.perhaps(70, |it| it.create(at - it.one_of(&[1, HOUR, 2 * HOUR]), &users));
        self.perhaps(70, |it| it.assign_products(at - it.one_of(&[0, 1, HOUR]), &users, key.product));
        let switched = at - self.one_of(&[0, 1, 60, HOUR]);
        self.perhaps(90, |it| it.switch(switched, &users, (key.product, devices[0])));
        for on in self.one_of(&[vec![one, two], vec![two, one], vec![one], vec![one, one]]) {
            self.sign_in(at, key, on);
        }
        self.perhaps(30, |it| it.sign_in(at + it.one_of(&[1, 60, HOUR]), key, it.one_of(&[one, two])));
        self.perhaps(20, |it| it.switch(at + 60, &users, (key.product, devices[1])));
        self.perhaps(20, |it| it.sign_in(at + it.one_of(&[61, HOUR]), key, two));
        for _ in 0..self.below(4) {
            let out = at + self.one_of(&[0, 1, 299, 300, HOUR, DAY, DAY + HOUR]);
            let mut which = self.which(key, self.one_of(&[one, two]));
            which.device = which.device.filter(|_| self.percent(30));
            which.version = which.version.filter(|_| self.percent(30));
            let touches = self.percent(40);
            self.step(out, if touches { Action::Touch(which) } else { Action::SignOut(which) });
        }
        self.perhaps(40, |it| {
            let device = devices[0];
            it.step(at + HOUR, Action::GoOffline { user: key.user, device });
            it.perhaps(50, |it| it.sign_in(at + 2 * HOUR, key, one));
        });
    }

    /// 3.6: a seat is no use of a device.
    fn seat_devices(&mut self, at: i64, key: Key) {
        let (version, users) = (self.version(), vec![key.user]);
        let devices = self.some_of(&DEVICES, 4);
        let out = self.percent(60);
        self.create(at, &users);
        self.perhaps(60, |it| it.assign_products(at, &users, key.product));
        for (number, device) in (0..).zip(&devices) {
            let begin = at + number * HOUR;
            self.perhaps(40, |it| it.switch(begin, &users, (key.product, device)));
            self.sign_in(begin, key, [device, version]);
            if out {
                self.sign_out(begin + HOUR - 1, key, [device, version]);
            }
        }
    }

    /// What a history without licence servers tells in place of a story about them.
    fn other_story(&mut self, at: i64, key: Key) {
        match self.below(4) {
            0 => self.idle(at, key),
            1 => self.two_versions(at, key),
            2 => self.second_while_waiting(at, key),
            _ => self.offline(at, key),
        }
    }
}
