//! Rule 6.1: sessions that hold a seat of a licence server, apart from all those through Flex.
//!
//! Such a session meets the others in two places only: a host and its add-ins may be of different sorts (3.7),
//! and a sign-out or a touch names the oldest of either sort.

use super::{Answer, Session, World};
use crate::history::{LicenceServer, Name, SignIn, Which};

/// A session on a seat, which it holds until it ends.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) server: Name,
    pub(crate) key: usize,
    pub(crate) session: Session,
}

impl World<'_> {
    pub(crate) fn server_of(&self, user: Name) -> Option<&LicenceServer> {
        let user = self.users.iter().find(|known| known.name == user).expect("a user of the history");
        user.licence_server.and_then(|server| self.history.server(server))
    }

    /// The server through which a sign-in goes: it hands out the product, and this device has not been switched.
    /// One that is retired is still asked, in vain.
    pub(crate) fn asked(&self, key: usize, device: Name) -> Option<&LicenceServer> {
        let (user, product) = (self.user(key).name, self.product(key).name);
        let switched = self.way_out.switched.contains(&(user, product, device));
        self.server_of(user).filter(|server| server.hands_out(product) && !switched)
    }

    pub(crate) fn free_seats(&self, server: &LicenceServer, product: Name) -> i64 {
        let of_product = server.seats.iter().find(|(name, _)| *name == product);
        let taken = |seat: &&Seat| seat.server == server.name && self.product(seat.key).name == product;
        let taken = self.seats.iter().filter(taken).count();
        of_product.map_or(0, |(_, seats)| *seats) - i64::try_from(taken).expect("few seats")
    }

    /// What speaks against a seat: no connection, and no seat.
    fn objection_to_seat(&self, server: &LicenceServer, (key, device): (usize, Name)) -> Option<Name> {
        let retired = self.way_out.retired.contains(server.name);
        if self.is_offline(key, device) {
            Some("offline")
        } else if retired || self.free_seats(server, self.product(key).name) < 1 {
            Some("no-seat")
        } else {
            None
        }
    }

    /// A sign-in by hand or with its host (3.7), through the server or Flex; the session's number if it is
    /// admitted.
    pub(super) fn open(&mut self, key: usize, by: &SignIn, host: Option<usize>) -> Option<usize> {
        let Some(server) = self.asked(key, by.device) else { return self.sign_in(key, by, host) };
        let (server, objection) = (server.name, self.objection_to_seat(server, (key, by.device)));
        let answer: Answer = objection.map_or(Ok(("seat", None)), Err);
        self.count_seat(key, by, (host.is_some(), answer));
        self.answer(key, [by.device, by.version], answer);
        answer.ok()?;
        self.opened += 1;
        let SignIn { user, device, version, .. } = *by;
        let product = self.product(key).name;
        let (id, signed_in, touched, idle_aware) = (self.opened, self.now, self.now, false);
        let session = Session { id, device, version, signed_in, touched, idle_aware, host };
        self.seats.push(Seat { server, key, session });
        self.way_out.drawn.insert((user, product, device));
        Some(id)
    }

    /// The session on a seat that a sign-out or touch means: it is older than any other that it can mean, or as
    /// old. A sign-out passes over add-ins opened by their host.
    pub(crate) fn meant_seat(&self, which: &Which, pass_over: bool) -> Option<&Seat> {
        let key = self.key(which.user, which.product);
        let fits = |s: &Session| which.fits(s.device, s.version) && !(pass_over && s.host.is_some());
        let other = self.keys[key].sessions.iter().find(|session| fits(session));
        let seat = self.seats.iter().find(|seat| seat.key == key && fits(&seat.session))?;
        other.is_none_or(|other| seat.session.signed_in <= other.signed_in).then_some(seat)
    }

    /// The seat is free again.
    pub(super) fn end_seat(&mut self, id: usize, why: Name) {
        let place = self.seats.iter().position(|seat| seat.session.id == id).expect("a seat that is held");
        let seat = self.seats.remove(place);
        self.count_end_of_seat(&seat, why);
        self.session_row(seat.key, &seat.session, why);
        self.end_hosted(id, why);
    }

    /// 3.7: the add-ins' sessions, of either sort, end with their host's, for the same reason.
    pub(super) fn end_hosted(&mut self, host: usize, why: Name) {
        for add_in in 0..self.keys.len() {
            let hosted = |session: &&Session| session.host == Some(host);
            while let Some(session) = self.keys[add_in].sessions.iter().find(hosted) {
                self.end(add_in, session.id, why);
            }
        }
        while let Some(seat) = self.seats.iter().find(|seat| seat.session.host == Some(host)) {
            self.end_seat(seat.session.id, why);
        }
    }

    /// No server ever gives away more than it has.
    pub(super) fn check_seats(&self) {
        for server in &self.history.servers {
            for (product, _) in &server.seats {
                assert!(self.free_seats(server, product) >= 0, "seats of {product} on {}", server.name);
            }
        }
    }
}
