//! The five steps from a licence server to named users (6.2, 6.3), and stories of them in and out of order.

use super::{DAY, HOUR, Key, Maker, Name, names};

/// One of the five steps by somebody; nobody named: whoever does it by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) way: Way,
    pub(crate) by: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    CreateUsers { users: Vec<Name> },
    AssignProducts { users: Vec<Name>, products: Vec<Name>, import: bool },
    Switch { users: Vec<Name>, product: Name, device: Name },
    InformUsers { users: Vec<Name> },
    RetireServer { server: Name },
}

const ROLES: [Name; 4] = ["primary-admin", "secondary-admin", "system-admin", "user"];

impl Transition {
    pub(super) fn to_toml(&self) -> String {
        let keys = match &self.way {
            Way::CreateUsers { users } | Way::InformUsers { users } => format!("users = {}\n", names(users)),
            Way::AssignProducts { users, products, import } => {
                let import = if *import { "import = true\n" } else { "" };
                format!("users = {}\nproducts = {}\n{import}", names(users), names(products))
            }
            Way::Switch { users, product, device } => {
                format!("users = {}\nproduct = {product:?}\ndevice = {device:?}\n", names(users))
            }
            Way::RetireServer { server } => format!("server = {server:?}\n"),
        };
        let by = self.by.map_or_else(String::new, |by| format!("by = {by:?}\n"));
        format!("do = {:?}\n{keys}{by}", self.word())
    }

    pub(crate) fn word(&self) -> Name {
        match &self.way {
            Way::CreateUsers { .. } => "create-users",
            Way::AssignProducts { .. } => "assign-products",
            Way::Switch { .. } => "switch",
            Way::InformUsers { .. } => "inform-users",
            Way::RetireServer { .. } => "retire-server",
        }
    }

    /// The users and products this step names.
    pub(super) fn named(&self) -> (Vec<Name>, Vec<Name>) {
        match &self.way {
            Way::CreateUsers { users } | Way::InformUsers { users } => (users.clone(), vec![]),
            Way::AssignProducts { users, products, .. } => (users.clone(), products.clone()),
            Way::Switch { users, product, .. } => (users.clone(), vec![product]),
            Way::RetireServer { .. } => (vec![], vec![]),
        }
    }
}

impl Maker {
    fn transition(&mut self, at: i64, way: Way, by: Option<Name>) {
        self.step(at, super::Action::Transition(Transition { way, by }));
    }

    /// Somebody who may do it, or now and then anybody.
    fn role(&self, may: &[Option<Name>]) -> Option<Name> {
        if self.percent(8) { Some(self.one_of(&ROLES)) } else { self.one_of(may) }
    }

    pub(super) fn create(&mut self, at: i64, users: &[Name]) {
        let by = self.role(&[None, None, Some(ROLES[0]), Some(ROLES[1])]);
        self.transition(at, Way::CreateUsers { users: users.to_vec() }, by);
    }

    pub(super) fn assign_products(&mut self, at: i64, users: &[Name], product: Name) {
        let mut products = vec![product];
        let others: Vec<Name> = self.history.products.iter().map(|product| product.name).collect();
        products.extend(others.into_iter().filter(|name| *name != product && self.percent(20)));
        let by = self.role(&[None, None, Some(ROLES[0]), Some(ROLES[1])]);
        let import = self.percent(30);
        self.transition(at, Way::AssignProducts { users: users.to_vec(), products, import }, by);
    }

    pub(super) fn switch(&mut self, at: i64, users: &[Name], (product, device): (Name, Name)) {
        let by = self.role(&[None, None, Some(ROLES[3]), Some(ROLES[2])]);
        self.transition(at, Way::Switch { users: users.to_vec(), product, device }, by);
    }

    fn inform(&mut self, at: i64, users: &[Name]) {
        let by = self.role(&[None, None, Some(ROLES[0]), Some(ROLES[1]), Some(ROLES[2])]);
        self.transition(at, Way::InformUsers { users: users.to_vec() }, by);
    }

    fn retire(&mut self, at: i64, key: Key) {
        let by = self.role(&[None, None, Some(ROLES[0]), Some(ROLES[1])]);
        if let Some(server) = self.user(key).licence_server {
            self.transition(at, Way::RetireServer { server }, by);
        }
    }

    /// The beginning of the run finds a user created, and perhaps switched.
    pub(super) fn prepared(&mut self, user: Name) {
        let (start, users) = (self.history.start, vec![user]);
        self.create(start, &users);
        let key = self.seat_key(Key { user, product: self.named("desktop")[0] });
        if let Some(Key { product, .. }) = key
            && self.percent(60)
        {
            self.assign_products(start, &users, product);
            for device in self.some_of(&super::DEVICES, self.below(3)) {
                self.switch(start, &users, (product, device));
            }
        }
    }

    /// All five in order, with sign-ins before, between and after.
    pub(super) fn way_out(&mut self, at: i64, key: Key) {
        let (users, on) = (self.colleagues(key), self.on());
        let few = if self.percent(60) { users.clone() } else { vec![key.user] };
        let (product, step) = (key.product, self.one_of(&[0, 1, 60, HOUR]));
        for user in &few {
            self.perhaps(60, |it| it.sign_in(at - 2 * HOUR, Key { user, product }, on));
            self.perhaps(70, |it| it.sign_out(at - HOUR, Key { user, product }, on));
        }
        self.create(at, &users);
        self.assign_products(at + step, &users, product);
        self.switch(at + 2 * step, &few, (product, on[0]));
        self.perhaps(75, |it| it.inform(at + 3 * step, &users));
        self.retire(at + 4 * step, key);
        let last = at + 4 * step + self.one_of(&[0, 1, HOUR]);
        self.sign_in(last, key, on);
        self.sign_in(last, Key { user: self.one_of(&users), ..key }, self.on());
        self.perhaps(60, |it| {
            let again = last + it.one_of(&[60, HOUR, DAY]);
            it.perhaps(60, |it| it.switch(again, &[key.user], (product, it.device())));
            it.perhaps(30, |it| it.inform(again, &users));
            it.retire(again, key);
            it.sign_in(again, key, it.on());
        });
    }

    /// Retired before anybody has switched, so that some are not informed when it is tried again.
    pub(super) fn retired_early(&mut self, at: i64, key: Key) {
        let (users, on) = (self.colleagues(key), self.on());
        self.create(at, &users);
        self.assign_products(at, &users, key.product);
        self.retire(at, key);
        let again = at + self.one_of(&[1, HOUR, DAY]);
        self.sign_in(again, key, on);
        self.switch(again, &users[..1], (key.product, on[0]));
        self.retire(again, key);
        self.perhaps(50, |it| it.inform(again + 1, &users));
        self.retire(again + 1, key);
    }

    /// Some of the five in any order, about when the way out opens.
    pub(super) fn some_steps(&mut self, at: i64, key: Key) {
        let server = self.user(key).licence_server;
        let opens = self.history.servers.iter().find(|s| Some(s.name) == server).and_then(|s| s.switch_from);
        let at = if self.percent(50) { opens.unwrap_or(at) } else { at }.max(self.history.start + 1);
        let users = self.colleagues(key);
        let mut on = self.on();
        for number in 0..self.below(6) + 2 {
            let at = self.near(at + number * self.one_of(&[0, 1, 60, HOUR]));
            let users = self.some_of(&users, self.one_of(&[1, 1, 2, 5]));
            match self.below(8) {
                0 | 1 => self.create(at, &users),
                2 => self.assign_products(at, &users, key.product),
                3 | 4 => self.switch(
                    at,
                    &users,
                    (self.one_of(&[key.product, key.product, self.key().product]), on[0]),
                ),
                5 => self.inform(at, &users),
                6 => self.retire(at, key),
                _ => {
                    on = self.on();
                    self.sign_in(at, Key { user: users[0], ..key }, on);
                    self.perhaps(50, |it| it.sign_out(at + it.one_of(&[0, 60, HOUR]), key, on));
                }
            }
        }
        self.perhaps(20, |it| {
            it.begin_cover(at - 1, key, (false, at + HOUR));
            it.unassign(at - 1, key);
            it.switch(at, &[key.user], (key.product, on[0]));
            it.switch(at + HOUR, &[key.user], (key.product, on[0]));
        });
    }
}
