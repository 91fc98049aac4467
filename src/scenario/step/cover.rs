//! Steps that begin or end a subscription or trial (RULES 3.5).

use crate::meter::cover::{Cover, CoverKind};
use crate::meter::id::UserId;
use crate::meter::request::Request;
use crate::scenario::problem::Problem;
use crate::scenario::step::{Step, Steps};

impl Steps<'_> {
    pub(super) fn cover(
        &mut self,
        step: &mut Step<'_, '_>,
        user: UserId,
        kind: CoverKind,
    ) -> Option<Request> {
        let product = self.product(step);
        let given = step.table.get("until");
        let until = given.map_or(Some(None), |value| value.instant(&step.zone, step.problems).map(Some));
        let (product, until) = (product?, until?);
        if until.is_some_and(|until| until <= step.at) {
            let title = "cover ends before it begins";
            step.problems.push(Problem::new(given?.place(), title, "`until` must lie after `at`"));
            return None;
        }
        self.covered.insert((user, product, kind));
        Some(Request::Cover { user, product, cover: Cover { kind, from: step.at, until } })
    }

    pub(super) fn end_cover(
        &mut self,
        step: &mut Step<'_, '_>,
        user: UserId,
        kind: CoverKind,
    ) -> Option<Request> {
        let product = self.product(step)?;
        if !self.covered.contains(&(user, product, kind)) {
            let (title, help) = match kind {
                CoverKind::Subscription => ("there is no subscription to end", "`subscribe` begins one"),
                CoverKind::Trial => ("there is no trial to end", "`start-trial` begins one"),
            };
            let place = step.table.place.clone();
            step.problems.push(Problem::new(place, title, "none for this user and product").help(help));
        }
        Some(Request::EndCover { user, product, kind })
    }
}
