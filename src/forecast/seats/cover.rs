//! `Cover`: who has a subscription or a trial already, as the scenario says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::meter::cover;
use crate::meter::cover::CoverKind;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::request::Request;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;

/// A subscription or trial of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// Who has it.
    pub user: String,
    /// For which product or collection.
    pub product: String,
    /// `subscription` or `trial`.
    pub kind: &'static str,
    /// Its first instant.
    pub from: String,
    /// The instant at which it no longer covers; `None` while no end is known.
    pub until: Option<String>,
}

/// All of them, in the order in which they begin, with who and what they are for: one product, or the members of a
/// collection.
pub(crate) fn of(scenario: &Scenario) -> Vec<(UserId, Vec<ProductId>, Cover)> {
    let mut ends: BTreeMap<(UserId, ProductId, CoverKind), Vec<Instant>> = BTreeMap::new();
    for (at, request) in &scenario.timeline {
        if let Request::EndCover { user, product, kind } = request {
            ends.entry((*user, *product, *kind)).or_default().push(*at);
        }
    }
    let begun = scenario.timeline.iter().filter_map(|(_, request)| match request {
        Request::Cover { user, product, cover } => Some((*user, *product, *cover)),
        _ => None,
    });
    let told = |(user, product, cover): (UserId, ProductId, cover::Cover)| {
        let ended = ends.get(&(user, product, cover.kind)).into_iter().flatten().copied();
        let until = ended.filter(|at| *at > cover.from).chain(cover.until).min();
        let members = &scenario.setup.products[product.index()].members;
        let products = if members.is_empty() { vec![product] } else { members.clone() };
        let told = Cover {
            user: scenario.directory.users.get(user.0).to_owned(),
            product: scenario.directory.products.get(product.0).to_owned(),
            kind: match cover.kind {
                CoverKind::Subscription => "subscription",
                CoverKind::Trial => "trial",
            },
            from: iso(cover.from),
            until: until.map(iso),
        };
        (user, products, told)
    };
    begun.map(told).collect()
}
