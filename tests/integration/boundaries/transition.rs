//! The corners of the five steps out of the licence servers (6.2, 6.3).

use crate::reference::{Case, Outcome, World};

pub(super) const CLASSES: &[&str] = &[
    "step too-early",
    "step 1 s before the way opens",
    "step exactly when the way opens",
    "step not-allowed",
    "step not-created",
    "step not-assigned",
    "step not-switched",
    "step in-use",
    "in-use: holds a seat, has switched its device",
    "in-use: holds no seat",
    "step not-informed",
    "step done: retire-server",
    "switched under cover alone",
    "switched again, no longer assigned",
    "retired again, somebody not informed",
];

impl World<'_> {
    /// Counts a case that has been decided and is about to be done.
    pub(crate) fn count_case(&mut self, case: &Case, outcome: &Outcome) {
        let Case { step, user, product, device, server, .. } = *case;
        let of = if server.is_empty() { self.server_of(user) } else { self.history.server(server) };
        let opens = of.and_then(|server| server.switch_from);
        let done = outcome.is_ok();
        let reason = outcome.as_ref().err().map(|(reason, who)| (*reason, who));
        let is = |this: &str| reason.is_some_and(|(reason, _)| reason == this);
        let in_use = is("in-use");
        let holds = |name: &str| {
            self.seats.iter().any(|seat| seat.server == server && self.user(seat.key).name == name)
        };
        let who = reason.map(|(_, who)| who.clone()).unwrap_or_default();
        let unswitched = |name: &str| {
            self.way_out.drawn.difference(&self.way_out.switched).any(|(user, ..)| *user == name)
        };
        let key = (!product.is_empty()).then(|| self.key(user, product));
        let covered = key.is_some_and(|key| !self.is_assigned(key) && self.cover(key).is_some());
        let switched = self.way_out.switched.contains(&(user, product, device));
        let again = self.way_out.retired.contains(server);
        let (switches, retires) = (done && step == "switch", done && step == "retire-server");
        self.count(&[
            ("step 1 s before the way opens", opens == Some(self.now + 1)),
            ("step exactly when the way opens", opens == Some(self.now) && done),
            (
                "in-use: holds a seat, has switched its device",
                in_use && who.iter().any(|n| holds(n) && !unswitched(n)),
            ),
            ("in-use: holds no seat", in_use && who.iter().any(|name| !holds(name))),
            ("step done: retire-server", retires),
            ("retired again, somebody not informed", is("not-informed") && again),
            ("switched under cover alone", switches && covered && !switched),
            ("switched again, no longer assigned", is("not-assigned") && switched),
        ]);
        if let Some((reason, _)) = reason {
            self.count(&[(&format!("step {reason}"), true)]);
        }
    }
}
