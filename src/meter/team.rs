//! `Team`: what its members get by belonging to it (RULES 3.3, 3.12).

use std::collections::BTreeSet;

use crate::meter::Meter;
use crate::meter::id::{ProductId, TeamId, UserId};

/// A team as its members inherit from it.
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// The products every present and future member may open; none turns default assignments off.
    pub default_products: BTreeSet<ProductId>,
    /// Whether guests get them too.
    pub default_for_guests: bool,
    /// The plan of its subscriptions.
    pub plan: Plan,
}

/// A plan, the higher one last (RULES 3.12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    /// Standard.
    #[default]
    Standard,
    /// Premium.
    Premium,
}

impl Plan {
    /// Every plan.
    pub const ALL: [Plan; 2] = [Plan::Standard, Plan::Premium];

    /// The word for it in scenario and result files.
    pub fn name(self) -> &'static str {
        match self {
            Plan::Standard => "standard",
            Plan::Premium => "premium",
        }
    }
}

impl Meter {
    /// The team that stands for the payer where none paid (RULES 3.9).
    pub(super) fn first_listed(&self, user: UserId) -> TeamId {
        self.users[user.index()].teams[0]
    }

    /// The user's plan, the highest of their teams' (RULES 3.12).
    pub fn plan(&self, user: UserId) -> Plan {
        let teams = self.users[user.index()].teams.iter();
        teams.map(|team| self.teams[team.index()].plan).max().expect("a user belongs to a team")
    }

    /// Whether the product is assigned to the user by a list of their own or of a team, and in the catalogue
    /// (RULES 3.2, 3.3).
    pub(super) fn assigned(&self, user: UserId, product: ProductId) -> bool {
        let of_user = &self.users[user.index()];
        let by_default = |team: &TeamId| {
            let team = &self.teams[team.index()];
            team.default_products.contains(&product) && (!of_user.guest || team.default_for_guests)
        };
        self.products[product.index()].released
            && (of_user.assignment.includes(product) || of_user.teams.iter().any(by_default))
    }

    /// The default assignments of a team are replaced; what is left out stays as it was (RULES 3.3).
    pub(super) fn set_defaults(&mut self, team: TeamId, products: BTreeSet<ProductId>, guests: Option<bool>) {
        let team = &mut self.teams[team.index()];
        team.default_products = products;
        team.default_for_guests = guests.unwrap_or(team.default_for_guests);
    }
}
