//! The corners of invitations, default assignments and notices (3.3, 3.4, 3.8).

use crate::history::{Action, Name, SignIn, Team};
use crate::reference::{INVITATION, World};

pub(super) const CLASSES: &[&str] = &[
    "not-accepted",
    "not-accepted though covered",
    "invitation accepted 1 s before it lapses",
    "invitation accepted exactly when it lapses",
    "default lost while a session is open",
    "default lost exactly at window end",
    "default lost by a merge while a session is open",
    "default not for guests",
    "unassigned, still a default",
    "told of the limit, contact at that instant",
    "told of the limit, signed in or out at that instant",
    "not told of the limit for a seat alone",
];

impl World<'_> {
    pub(super) fn count_membership(&mut self, action: &Action) {
        match action {
            Action::Accept { user } if !self.membership.accepted.contains(user) => {
                let lapses = self.membership.invited.get(user).map(|sent| sent + INVITATION);
                self.count(&[
                    ("invitation accepted 1 s before it lapses", lapses == Some(self.now + 1)),
                    ("invitation accepted exactly when it lapses", lapses == Some(self.now)),
                ]);
            }
            Action::DefaultProducts { team, products, guests } => {
                let mut teams = self.membership.teams.clone();
                let set = teams.iter_mut().find(|known| known.name == *team).expect("a team");
                set.default_products.clone_from(products);
                set.default_for_guests = guests.unwrap_or(set.default_for_guests);
                let (lost, at_end) = self.defaults_lost(|world| world.membership.teams = teams);
                self.count(&[
                    ("default lost while a session is open", lost),
                    ("default lost exactly at window end", at_end),
                ]);
            }
            Action::Merge { team, into } => {
                let moved = |listed: &mut Name| *listed = if listed == team { into } else { listed };
                let (lost, _) = self.defaults_lost(|world| {
                    world.users.iter_mut().for_each(|user| user.teams.iter_mut().for_each(moved));
                });
                self.count(&[("default lost by a merge while a session is open", lost)]);
            }
            Action::Unassign { user, products } => {
                let own = |product: &&Name| {
                    let key = self.key(user, product);
                    let listed = self.user(key).products.as_ref().is_none_or(|list| list.contains(product));
                    listed && self.is_default(key) && self.is_assigned(key)
                };
                let still = products.iter().any(|product| own(&product));
                self.count(&[("unassigned, still a default", still)]);
            }
            _ => {}
        }
    }

    /// Whether a change takes the assignment from a key with open sessions, and whether from one whose window
    /// ends now.
    fn defaults_lost(&self, change: impl FnOnce(&mut Self)) -> (bool, bool) {
        let mut after = self.clone();
        change(&mut after);
        let lost = |key: &usize| {
            !self.keys[*key].sessions.is_empty() && self.is_assigned(*key) && !after.is_assigned(*key)
        };
        let lost: Vec<usize> = (0..self.keys.len()).filter(lost).collect();
        (!lost.is_empty(), lost.iter().any(|key| self.keys[*key].window_end == Some(self.now)))
    }

    /// Counts a sign-in through Flex that is about to be decided.
    pub(super) fn count_member(&mut self, key: usize, refused: Option<Name>) {
        let (user, product) = (self.user(key), self.product(key).name);
        let gives = |team: &Team| user.teams.contains(&team.name) && team.default_products.contains(&product);
        let guest = user.guest && self.membership.teams.iter().any(gives);
        self.count(&[
            ("not-accepted though covered", refused == Some("not-accepted") && self.cover(key).is_some()),
            ("default not for guests", refused == Some("not-assigned") && guest),
        ]);
    }

    /// Counts what comes an hour before the limit of a device.
    pub(crate) fn count_notice_of_limit(&mut self, user: Name, device: Name) {
        let open = self.open_on(user, device).next().is_some();
        let seat = self.seats.iter().any(|s| self.user(s.key).name == user && s.session.device == device);
        let at_once = |is: &dyn Fn(&Action) -> bool| {
            self.history.steps.iter().any(|step| step.at == self.now && is(&step.action))
        };
        let contact = at_once(&|action| *action == Action::GoOnline { user, device });
        let session = at_once(&|action| match action {
            Action::SignIn(SignIn { user: of, device: on, .. }) => (*of, *on) == (user, device),
            Action::SignOut(which) => which.user == user && which.device == Some(device),
            _ => false,
        });
        self.count(&[
            ("told of the limit, contact at that instant", open && contact),
            ("told of the limit, signed in or out at that instant", session),
            ("not told of the limit for a seat alone", seat && !open),
        ]);
    }
}
