//! The corners of sessions on seats (6.1).

use crate::history::{Action, Name, SignIn, Which};
use crate::reference::{Answer, Seat, World};
use std::collections::BTreeSet;

pub(super) const CLASSES: &[&str] = &[
    "no-seat",
    "no-seat: the server is retired",
    "seat: the last free one",
    "seat: the last, given back at that instant",
    "seat: not without a connection",
    "seat: host, the add-in through Flex",
    "seat: add-in, the host through Flex",
    "seat: add-in ends with its host through Flex",
    "seat named before a Flex session of that instant",
    "Flex session named before a seat",
    "Flex sign-in beside a seat on another device",
    "Flex sign-in beside a seat on that device",
    "Flex sign-in on the fourth device, seats on others",
    "offline-limit beside a seat",
];

impl World<'_> {
    /// Counts the answer to a sign-in through the server whose session is still to be opened.
    pub(crate) fn count_seat(&mut self, key: usize, by: &SignIn, (hosted, answer): (bool, Answer)) {
        let server = self.asked(key, by.device).expect("a server").name;
        let product = self.product(key).name;
        let retired = self.way_out.retired.contains(server);
        let last = self.asked(key, by.device).is_some_and(|server| self.free_seats(server, product) == 1);
        let back = |action: &Action| {
            let Action::SignOut(Which { user, product: of, .. }) = action else { return false };
            *of == product && self.server_of(user).is_some_and(|of| of.name == server)
        };
        let back = self.history.steps.iter().any(|step| step.at == self.now && back(&step.action));
        let on_seat = self.asked(self.key(by.user, by.product), by.device).is_some();
        self.count(&[
            ("no-seat", answer == Err("no-seat") && !retired),
            ("no-seat: the server is retired", answer == Err("no-seat") && retired),
            ("seat: the last free one", answer.is_ok() && last),
            ("seat: the last, given back at that instant", answer.is_ok() && last && back),
            ("seat: not without a connection", answer == Err("offline")),
            ("seat: add-in, the host through Flex", answer.is_ok() && hosted && !on_seat),
        ]);
    }

    /// Counts a sign-in through Flex that is about to open its session.
    pub(super) fn count_beside_seat(&mut self, key: usize, by: &SignIn, hosted: bool) {
        let seats = || self.seats.iter().filter(|seat| seat.key == key);
        let (user, product, devices) = (by.user, self.product(key).name, &self.keys[key].devices);
        let drawn = self.way_out.drawn.iter().filter(|(of, what, _)| (*of, *what) == (user, product));
        let drawn: BTreeSet<Name> = drawn.map(|(_, _, device)| *device).collect();
        let fourth =
            !drawn.contains(by.device) && !devices.contains(by.device) && drawn.union(devices).count() >= 3;
        let host_on_seat = hosted && self.asked(self.key(by.user, by.product), by.device).is_some();
        let (there, elsewhere) = (
            seats().any(|seat| seat.session.device == by.device),
            seats().any(|seat| seat.session.device != by.device),
        );
        self.count(&[
            ("seat: host, the add-in through Flex", host_on_seat),
            ("Flex sign-in beside a seat on that device", there),
            ("Flex sign-in beside a seat on another device", elsewhere),
            ("Flex sign-in on the fourth device, seats on others", fourth),
        ]);
    }

    /// Counts a seat given back, whose session is no longer among the open ones.
    pub(crate) fn count_end_of_seat(&mut self, seat: &Seat, why: Name) {
        let hosted = seat.session.host.is_some();
        let elsewhere = self.seats.iter().any(|other| Some(other.session.id) == seat.session.host);
        let host_at_flex = hosted && !elsewhere && why != "run-end" && why != "sign-out";
        self.count(&[("seat: add-in ends with its host through Flex", host_at_flex)]);
    }

    /// Counts which of both sorts a sign-out or touch names.
    pub(super) fn count_meant(&mut self, which: &Which, pass_over: bool) {
        let key = self.key(which.user, which.product);
        let seat = self.meant_seat(which, pass_over).map(|seat| seat.session.signed_in);
        let (_, flex) = self.meant(which, pass_over);
        let seats =
            self.seats.iter().any(|s| s.key == key && which.fits(s.session.device, s.session.version));
        let like = self.keys[key]
            .sessions
            .iter()
            .any(|other| Some(other.signed_in) == seat && which.fits(other.device, other.version));
        self.count(&[
            ("seat named before a Flex session of that instant", like),
            ("Flex session named before a seat", seats && flex.is_some()),
        ]);
    }

    /// Counts the end of an allowance, before any session has ended.
    pub(super) fn count_limit_beside_seat(&mut self, user: Name, device: Name) {
        let seat = self.seats.iter().any(|s| self.user(s.key).name == user && s.session.device == device);
        self.count(&[("offline-limit beside a seat", seat)]);
    }
}
