//! Who belongs (3.4), what is assigned to whom (3.2, 3.3), and what they are told (3.4, 3.8, 2.6, 6.2).

use super::World;
use crate::history::{Action, DAY, HOUR, History, Name, Team, instant};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const NOTICES: Name = "at,user,notice,product,device";

/// For how long an invitation can be accepted (3.4).
pub(crate) const INVITATION: i64 = 7 * DAY;

#[derive(Clone)]
pub(crate) struct Membership {
    /// The teams as they are now, for their default assignments (3.3).
    pub(crate) teams: Vec<Team>,
    pub(crate) accepted: BTreeSet<Name>,
    /// The last invitation of each user.
    pub(crate) invited: BTreeMap<Name, i64>,
    /// The named users (6.2): all but those who begin on a licence server.
    pub(crate) created: BTreeSet<Name>,
}

impl Membership {
    pub(super) fn new(history: &History) -> Self {
        let names = || history.users.iter().map(|user| user.name);
        let invites = |user| history.steps.iter().any(|step| step.action == Action::Invite { user });
        let named = history.users.iter().filter(|user| user.licence_server.is_none());
        Self {
            teams: history.teams.clone(),
            accepted: names().filter(|user| !invites(user)).collect(),
            invited: BTreeMap::new(),
            created: named.map(|user| user.name).collect(),
        }
    }
}

impl World<'_> {
    /// 3.4, 6.1: whoever has not accepted or is no named user yet is refused whatever is used through Flex.
    pub(crate) fn is_member(&self, user: Name) -> bool {
        self.membership.accepted.contains(user) && self.membership.created.contains(user)
    }

    /// 3.4: one that is open lapses for a new one; nothing for those who have accepted.
    pub(super) fn invite(&mut self, user: Name) {
        if !self.membership.accepted.contains(user) {
            self.membership.invited.insert(user, self.now);
            self.notice(user, "invitation", ["", ""]);
        }
    }

    /// 3.4: the invitation is open in `[sent, sent + 7 d)`.
    pub(super) fn accept(&mut self, user: Name) {
        if self.membership.invited.get(user).is_some_and(|sent| self.now < sent + INVITATION) {
            self.membership.accepted.insert(user);
        }
    }

    /// 3.3: the list is replaced, whatever it was.
    pub(super) fn set_defaults(&mut self, team: Name, products: &[Name], guests: Option<bool>) {
        let mut teams = self.membership.teams.iter_mut();
        let team = teams.find(|known| known.name == team).expect("a team of the history");
        team.default_products = products.to_vec();
        team.default_for_guests = guests.unwrap_or(team.default_for_guests);
    }

    /// 3.3: what the teams give of which the user is a member now.
    pub(crate) fn is_default(&self, key: usize) -> bool {
        let (user, product) = (self.user(key), self.product(key).name);
        let gives = |team: &&Team| {
            let meant = !user.guest || team.default_for_guests;
            user.teams.contains(&team.name) && meant && team.default_products.contains(&product)
        };
        self.membership.teams.iter().any(|team| gives(&team))
    }

    /// 3.2; 3.4: told of each product that is new on the user's own list, unless it is an import.
    pub(super) fn assign(&mut self, user: Name, products: Option<&[Name]>, import: bool) {
        let Some(mut list) = self.user_named(user).products.clone() else { return };
        let mut told = Vec::new();
        if let Some(products) = products {
            for product in products {
                if !list.contains(product) {
                    list.push(product);
                    told.push(*product);
                }
            }
            self.user_named(user).products = Some(list);
        } else {
            self.user_named(user).products = None;
            told.push("all");
        }
        for product in told.into_iter().filter(|_| !import) {
            self.notice(user, "assignment", [product, ""]);
        }
    }

    /// One row of `notices.csv`.
    pub(super) fn notice(&mut self, user: Name, notice: Name, [product, device]: [Name; 2]) {
        self.row(NOTICES, &[&instant(self.now), user, notice, product, device]);
    }

    /// 3.8: an hour before the limit, where something is open that it would end.
    pub(super) fn limits_come(&mut self) {
        let comes = |contact: i64| contact + DAY - HOUR == self.now;
        let coming: Vec<_> = self.offline.iter().filter(|(_, at)| comes(**at)).map(|(of, _)| *of).collect();
        for (user, device) in coming {
            self.count_notice_of_limit(user, device);
            let open = |key: usize| {
                self.user(key).name == user && self.keys[key].sessions.iter().any(|s| s.device == device)
            };
            if (0..self.keys.len()).any(open) {
                self.notice(user, "offline-limit", ["", device]);
            }
        }
    }
}
