//! `User`: one identity, its teams, and the products assigned to it (RULES 3.1, 3.2).

use std::collections::BTreeSet;

use crate::meter::id::{KeyId, ProductId, TeamId};
use crate::meter::invitation::Membership;
use crate::meter::licence_server::NetworkUser;
use crate::meter::offline::Offline;

/// The products a user may open through Flex (RULES 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Every product of the catalogue, those released later included.
    All,
    /// These products.
    Listed(BTreeSet<ProductId>),
}

impl Assignment {
    /// Whether it names the product.
    pub(crate) fn includes(&self, product: ProductId) -> bool {
        match self {
            Assignment::All => true,
            Assignment::Listed(products) => products.contains(&product),
        }
    }
}

/// An add-in set to load with its host (RULES 3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostedAddIn {
    /// The product it loads with.
    pub host: ProductId,
    /// The add-in.
    pub add_in: ProductId,
}

/// A named user.
#[derive(Clone, Debug)]
pub struct User {
    /// The teams, in the user's own order; never empty.
    pub teams: Vec<TeamId>,
    /// The products assigned.
    pub assignment: Assignment,
    /// The add-ins that load with their host, in the order they load.
    pub add_ins: Vec<HostedAddIn>,
    /// A guest of the teams, who gets their default assignments only where they allow it (RULES 3.3).
    pub guest: bool,
    /// Whether they have joined (RULES 3.4).
    pub membership: Membership,
    /// What concerns only who signs in through a licence server (RULES 6).
    pub network: Option<Box<NetworkUser>>,
    /// The charge keys of this user that exist so far; few, so a list is searched.
    pub(crate) keys: Vec<(ProductId, KeyId)>,
    /// The devices that have no connection now (RULES 3.8).
    pub(crate) offline: Vec<Offline>,
}

impl User {
    /// A user who has used nothing yet.
    pub fn new(teams: Vec<TeamId>, assignment: Assignment, add_ins: Vec<HostedAddIn>) -> Self {
        assert!(!teams.is_empty(), "a user belongs to a team (RULES 3.1)");
        User {
            teams,
            assignment,
            add_ins,
            guest: false,
            membership: Membership::Accepted,
            network: None,
            keys: Vec::new(),
            offline: Vec::new(),
        }
    }
}
