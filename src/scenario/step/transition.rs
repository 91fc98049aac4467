//! The five steps from a licence server to named users, as a file writes them (RULES 6.2).

use std::collections::BTreeSet;

use crate::meter::id::{ProductId, UserId};
use crate::meter::request::{Notifies, Request};
use crate::meter::transition::{Role, TransitionStep};
use crate::scenario::membership::read_products;
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::step::{Step, Steps};

/// Which of the five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fifth {
    Create,
    Assign,
    Switch,
    Inform,
    Retire,
}

impl Steps<'_> {
    /// The requests of one of the five steps: one for each user, and product, whom it concerns.
    pub(super) fn transition(&mut self, step: &mut Step<'_, '_>, which: Fifth) -> Option<Vec<Request>> {
        let roles = Role::ALL.map(|role| (role.name(), role));
        let by = step.table.word("by", &roles, step.problems);
        let default = if which == Fifth::Switch { Role::User } else { Role::PrimaryAdmin };
        let by = by.unwrap_or(default);
        let request = |step| Request::Transition { step, by };
        if which == Fifth::Retire {
            let server = self.directory.server(step.need("server")?, step.problems)?;
            return Some(vec![request(TransitionStep::RetireServer(server))]);
        }
        let users = self.users(step);
        let steps: Vec<TransitionStep> = match which {
            Fifth::Create => users?.into_iter().map(TransitionStep::CreateUser).collect(),
            Fifth::Assign => {
                let products = read_products(step.need("products")?, self.directory, step.problems);
                let notifies = step.notifies();
                let (users, products) = (users?, products?);
                let each = |user| {
                    let of_user =
                        move |product: &ProductId| TransitionStep::AssignProduct(user, *product, notifies);
                    products.iter().map(of_user)
                };
                users.into_iter().flat_map(each).collect()
            }
            Fifth::Switch => {
                let (product, device) = (self.product(step), self.device(step));
                let (users, product, device) = (users?, product?, device?);
                users.into_iter().map(|user| TransitionStep::Switch(user, product, device)).collect()
            }
            Fifth::Inform => users?.into_iter().map(TransitionStep::InformUser).collect(),
            Fifth::Retire => unreachable!("handled above"),
        };
        Some(steps.into_iter().map(request).collect())
    }

    /// The users of a step, by their names or as a group's, who all sign in through a licence server.
    fn users(&mut self, step: &mut Step<'_, '_>) -> Option<Vec<UserId>> {
        let (value, users) = if let Some(value) = step.table.get("group") {
            if let Some(place) = step.table.key_place("users") {
                step.table.get("users");
                step.problems.push(Problem::new(place, "`users` beside `group`", "write one of the two"));
            }
            let name = value.name(step.problems)?;
            let members = self.people.members.get(name).cloned();
            if members.is_none() {
                let title = format!("unknown group `{name}`");
                let help = nearest(name, self.people.members.keys().map(String::as_str));
                step.problems.push(Problem::new(value.place(), title, "not defined anywhere").help(help));
            }
            (value, members?)
        } else {
            let value = step.need("users")?;
            let listed = value.list(step.problems)?;
            let users = listed.into_iter().map(|user| self.directory.user(user, step.problems));
            let mut seen = BTreeSet::new();
            let mut users = users.collect::<Option<Vec<UserId>>>()?;
            // Doubles in a list count once.
            users.retain(|user| seen.insert(*user));
            (value, users)
        };
        if users.is_empty() {
            step.problems.push(Problem::new(
                value.place(),
                "a step about users names some",
                "nobody is listed",
            ));
            return None;
        }
        let on_none = users.iter().find(|user| self.people.users[user.index()].network.is_none());
        if let Some(user) = on_none {
            let name = self.directory.users.get(user.0);
            let title = format!("`{name}` signs in through no licence server (RULES 6.2)");
            let problem = Problem::new(value.place(), title, "nothing is to be switched");
            step.problems.push(problem.help("give the user, or the group, `licence_server = \"…\"`"));
            return None;
        }
        Some(users)
    }
}

impl Step<'_, '_> {
    /// Whether an assignment sends a notice: an import does not (RULES 3.4).
    pub(super) fn notifies(&mut self) -> Notifies {
        let import = self.table.get("import").and_then(|value| value.yes(self.problems));
        if import == Some(true) { Notifies::ByImport } else { Notifies::Individually }
    }
}
