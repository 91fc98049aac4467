//! Making a failing history smaller.

use super::{History, Team, User};

/// Takes each change that makes a history smaller by one part.
type Changer<'c> = dyn FnMut(&dyn Fn(&mut History)) + 'c;

impl History {
    /// All histories that are smaller by one part, larger parts first.
    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut change = |change: &dyn Fn(&mut Self)| {
            let mut smaller = self.clone();
            change(&mut smaller);
            all.push(smaller);
        };
        for size in [16, 4, 1] {
            for from in (0..self.steps.len()).step_by(size).filter(|_| self.steps.len() >= size) {
                change(&|h| drop(h.steps.drain(from..self.steps.len().min(from + size))));
            }
        }
        for User { name: gone, .. } in &self.users {
            change(&|h| {
                h.users.retain(|user| user.name != *gone);
                h.steps.retain(|step| !step.action.named().0.contains(gone));
            });
        }
        for Team { name: gone, .. } in &self.teams {
            change(&|h| {
                h.teams.retain(|team| team.name != *gone);
                for user in &mut h.users {
                    user.teams.retain(|team| team != gone);
                    user.windows.retain(|window| window.team != *gone);
                }
                for contract in &mut h.contracts {
                    contract.teams.retain(|team| team != gone);
                }
                h.contracts.retain(|contract| !contract.teams.is_empty());
                h.users.retain(|user| !user.teams.is_empty());
                h.steps.retain(|step| !step.action.named().2.contains(gone));
            });
        }
        self.smaller_tables(&mut change);
        all.retain(|smaller| smaller != self);
        all
    }

    /// The parts that are no steps.
    fn smaller_tables(&self, change: &mut Changer<'_>) {
        for number in 0..self.contracts.len() {
            change(&|h| drop(h.contracts.remove(number)));
            change(&|h| h.contracts[number].teams.truncate(1));
            change(&|h| h.contracts[number].from = None);
            change(&|h| h.contracts[number].until = None);
        }
        for number in 0..self.servers.len() {
            change(&|h| drop(h.servers.remove(number)));
            for product in 0..self.servers[number].seats.len() {
                change(&|h| _ = h.servers[number].seats.remove(product));
            }
        }
        for (number, team) in self.teams.iter().enumerate() {
            change(&|h| h.teams[number].default_products.clear());
            change(&|h| h.teams[number].default_for_guests = false);
            for pack in 0..team.packs.len() {
                change(&|h| drop(h.teams[number].packs.remove(pack)));
                change(&|h| h.teams[number].packs[pack].used = 0);
            }
        }
        for number in 0..self.users.len() {
            change(&|h| h.users[number].add_ins.clear());
            change(&|h| h.users[number].subscriptions.clear());
            change(&|h| h.users[number].trials.clear());
            change(&|h| h.users[number].windows.clear());
            change(&|h| h.users[number].products = None);
            change(&|h| h.users[number].teams.truncate(1));
            change(&|h| h.users[number].guest = false);
            change(&|h| h.users[number].licence_server = None);
        }
        for number in 0..self.products.len() {
            change(&|h| drop(h.products.remove(number)));
            change(&|h| h.products[number].rates.truncate(1));
            change(&|h| h.products[number].credits = None);
        }
    }
}

/// Takes away steps, users, teams, packs and the rest one by one, as long as what is left `still_fails`.
pub(crate) fn shrink(mut history: History, still_fails: &mut dyn FnMut(&History) -> bool) -> History {
    let mut fails = |smaller: &History| smaller.is_valid() && still_fails(smaller);
    while let Some(smaller) = history.smaller().into_iter().find(&mut fails) {
        history = smaller;
    }
    history
}
