//! Rules 6.2 and 6.3: the five steps from a licence server to named users, each case decided on its own.

use super::World;
use crate::history::{Name, Transition, Way, instant};
use std::collections::BTreeSet;

pub(super) const TRANSITION: Name = "at,step,user,product,device,server,by,outcome,reason,who";

/// How far the way out of the licence servers has come, by names.
#[derive(Clone, Default)]
pub(crate) struct WayOut {
    /// The products that a user ever had a seat for on a device, through whichever server the user has.
    pub(crate) drawn: BTreeSet<(Name, Name, Name)>,
    /// What a user has switched on a device: it goes through Flex from then on.
    pub(crate) switched: BTreeSet<(Name, Name, Name)>,
    pub(crate) informed: BTreeSet<Name>,
    pub(crate) retired: BTreeSet<Name>,
}

/// What one row is about; empty where it doesn't apply.
#[derive(Clone, Copy, Default)]
pub(crate) struct Case {
    pub(crate) step: Name,
    pub(crate) user: Name,
    pub(crate) product: Name,
    pub(crate) device: Name,
    pub(crate) server: Name,
    pub(crate) import: bool,
}

/// Done, or refused for a reason, perhaps for what somebody still does or lacks.
pub(crate) type Outcome = Result<(), (Name, Vec<Name>)>;

fn cases(transition: &Transition) -> Vec<Case> {
    let step = transition.word();
    let of = |users: &[Name]| -> Vec<Case> {
        users.iter().map(|user| Case { step, user, ..Case::default() }).collect()
    };
    match &transition.way {
        Way::CreateUsers { users } | Way::InformUsers { users } => of(users),
        Way::AssignProducts { users, products, import } => {
            let each =
                |case: Case| products.iter().map(move |product| Case { product, import: *import, ..case });
            of(users).into_iter().flat_map(each).collect()
        }
        Way::Switch { users, product, device } => {
            of(users).into_iter().map(|case| Case { product, device, ..case }).collect()
        }
        Way::RetireServer { server } => vec![Case { step, server, ..Case::default() }],
    }
}

impl World<'_> {
    pub(super) fn transition(&mut self, transition: &Transition) {
        let by_default = if transition.word() == "switch" { "user" } else { "primary-admin" };
        let by = transition.by.unwrap_or(by_default);
        for case in cases(transition) {
            let outcome = self.outcome(&case, by);
            self.count_case(&case, &outcome);
            if outcome.is_ok() {
                self.do_step(&case);
            }
            let word = if outcome.is_ok() { "done" } else { "refused" };
            let (reason, who) = outcome.err().unwrap_or_default();
            let (at, who) = (instant(self.now), who.join(";"));
            let Case { step, user, product, device, server, .. } = case;
            self.row(TRANSITION, &[&at, step, user, product, device, server, by, word, reason, &who]);
        }
    }

    /// 6.2: first whether the way is open, then who may go it, then whether the step before was gone; what is
    /// done already is judged again, and done again.
    fn outcome(&self, case: &Case, by: Name) -> Outcome {
        let Case { step, user, product, server, .. } = *case;
        let concerned = if server.is_empty() { self.server_of(user) } else { self.history.server(server) };
        let opens = concerned.and_then(|server| server.switch_from);
        let refused = |reason: Name| Err((reason, Vec::new()));
        if opens.is_some_and(|opens| self.now < opens) {
            return refused("too-early"); // 6.3
        }
        let may: &[Name] = match step {
            "switch" => &["user", "system-admin"],
            "inform-users" => &["primary-admin", "secondary-admin", "system-admin"],
            _ => &["primary-admin", "secondary-admin"],
        };
        if !may.contains(&by) {
            return refused("not-allowed"); // 6.3
        }
        let created = self.membership.created.contains(user);
        match step {
            "assign-products" | "switch" if !created => refused("not-created"),
            "switch" => {
                let key = self.key(user, product);
                let usable = self.is_assigned(key) || self.cover(key).is_some(); // 6.4
                if usable { Ok(()) } else { refused("not-assigned") }
            }
            "inform-users" if !self.has_switched(user) => refused("not-switched"),
            "retire-server" => {
                let (using, uninformed) = (self.still_using(server), self.uninformed(server));
                if !using.is_empty() {
                    Err(("in-use", using))
                } else if !uninformed.is_empty() {
                    Err(("not-informed", uninformed))
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }

    fn do_step(&mut self, case: &Case) {
        let Case { step, user, product, device, server, import } = *case;
        match step {
            "create-users" => {
                self.membership.created.insert(user);
                self.membership.accepted.insert(user);
            }
            "assign-products" => self.assign(user, Some(&[product]), import),
            "switch" => _ = self.way_out.switched.insert((user, product, device)),
            "inform-users" => {
                self.way_out.informed.insert(user);
                self.notice(user, "switch", ["", ""]);
            }
            _retire_server => _ = self.way_out.retired.insert(server),
        }
    }

    fn has_switched(&self, user: Name) -> bool {
        self.way_out.switched.iter().any(|(switched, ..)| *switched == user)
    }

    /// Who still signs in through a server, by name: whoever holds a seat, or drew one on a device that is not
    /// switched.
    pub(crate) fn still_using(&self, server: Name) -> Vec<Name> {
        let WayOut { drawn, switched, .. } = &self.way_out;
        let holding = self.seats.iter().filter(|seat| seat.server == server);
        let holding = holding.map(|seat| self.user(seat.key).name);
        let used_to = drawn.difference(switched).map(|(user, ..)| *user);
        let used_to = used_to.filter(|user| self.server_of(user).is_some_and(|of| of.name == server));
        holding.chain(used_to).collect::<BTreeSet<Name>>().into_iter().collect()
    }

    pub(crate) fn uninformed(&self, server: Name) -> Vec<Name> {
        let of_server = self.users.iter().filter(|user| user.licence_server == Some(server));
        let names = of_server.map(|user| user.name);
        names.filter(|user| self.has_switched(user) && !self.way_out.informed.contains(user)).collect()
    }
}
