//! `Request`: everything that can be asked of the meter, and its place within one instant.

use std::collections::BTreeSet;

use crate::meter::cover::{Cover, CoverKind};
use crate::meter::id::{DeviceId, PackId, ProductId, TeamId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::stock::Purchase;
use crate::meter::transition::{Role, TransitionStep};
use crate::meter::user::Assignment;

/// One request, applied at an instant.
#[derive(Clone, Debug)]
pub enum Request {
    /// A user opens a product (RULES 2.4, 3).
    SignIn(SignIn),
    /// A user uses a service once (RULES 1.9).
    Use(ServiceUse),
    /// A user closes the oldest matching session not opened by its host; none is no error.
    SignOut(OpenSession),
    /// A meaningful operation in the oldest matching session; none is no error (RULES 1.8).
    Touch(OpenSession),
    /// A pack arrives (RULES 2.1).
    Buy(Purchase),
    /// A pack changes teams (RULES 2.7).
    Move {
        /// The pack.
        pack: PackId,
        /// Its new team.
        to: TeamId,
    },
    /// A team's packs, debt and members go to another (RULES 2.7).
    Merge {
        /// The team that is left empty.
        team: TeamId,
        /// The team that receives.
        into: TeamId,
    },
    /// Products are assigned to a user (RULES 3.2).
    Assign {
        /// The user.
        user: UserId,
        /// The products, in addition to those assigned before.
        products: Assignment,
        /// Whether the user is told.
        notifies: Notifies,
    },
    /// Products are no longer assigned to a user (RULES 3.2).
    Unassign {
        /// The user.
        user: UserId,
        /// The products.
        products: Assignment,
    },
    /// A subscription or trial is noted, running or to come (RULES 3.5).
    Cover {
        /// The user.
        user: UserId,
        /// The product, or a collection for each of its members.
        product: ProductId,
        /// What, from when, until when.
        cover: Cover,
    },
    /// A running subscription or trial ends now (RULES 3.5).
    EndCover {
        /// The user.
        user: UserId,
        /// The product or collection.
        product: ProductId,
        /// Which of the two.
        kind: CoverKind,
    },
    /// A window was paid before the run (SCENARIO, `windows`).
    PaidBefore {
        /// The user.
        user: UserId,
        /// The product.
        product: ProductId,
        /// Who paid it.
        team: TeamId,
        /// Its end.
        until: Instant,
    },
    /// A product joins the catalogue (RULES 3.2).
    Release {
        /// The product.
        product: ProductId,
    },
    /// A product is removed from a device, which frees its place (RULES 3.6).
    Uninstall {
        /// The user.
        user: UserId,
        /// The product.
        product: ProductId,
        /// The device.
        device: DeviceId,
    },
    /// A team's default assignments are replaced (RULES 3.3).
    SetDefaults {
        /// The team.
        team: TeamId,
        /// The new list; none turns them off.
        products: BTreeSet<ProductId>,
        /// Whether guests get them; `None` leaves it as it was.
        guests: Option<bool>,
    },
    /// Somebody is invited (RULES 3.4).
    Invite {
        /// Who.
        user: UserId,
    },
    /// An invitation is accepted (RULES 3.4).
    Accept {
        /// By whom.
        user: UserId,
    },
    /// A step from a licence server to named users (RULES 6.2).
    Transition {
        /// Which, and whom it concerns.
        step: TransitionStep,
        /// Who does it.
        by: Role,
    },
    /// A device loses its connection (RULES 3.8).
    GoOffline {
        /// The user.
        user: UserId,
        /// The device.
        device: DeviceId,
    },
    /// A device is connected again, and reports (RULES 3.8).
    GoOnline {
        /// The user.
        user: UserId,
        /// The device.
        device: DeviceId,
    },
}

/// Whether an assignment sends a notice to the user (RULES 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifies {
    /// An individual assignment does.
    Individually,
    /// An import does not.
    ByImport,
}

/// A user opens a product version on a device.
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    /// Who.
    pub user: UserId,
    /// What.
    pub product: ProductId,
    /// Where.
    pub device: DeviceId,
    /// Which version.
    pub version: VersionId,
    /// A version from before 2020 on Linux, which Flex does not serve (RULES 3.11).
    pub unsupported: bool,
}

/// A use of a pay-per-result service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceUse {
    /// Who.
    pub user: UserId,
    /// Which service.
    pub product: ProductId,
    /// Results, hours or units, in thousandths; rate times units is a whole number of thousandths.
    pub units: i64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a service use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A result, which is paid for.
    Succeeded,
    /// None: the charge is given back.
    Failed,
}

/// Names open sessions of a user and product; a device or version left out means any.
#[derive(Clone, Copy, Debug)]
pub struct OpenSession {
    /// Who.
    pub user: UserId,
    /// What.
    pub product: ProductId,
    /// Where.
    pub device: Option<DeviceId>,
    /// Which version.
    pub version: Option<VersionId>,
}

/// The order of things that fall on one instant (RULES 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Packs, cover and offline allowances end.
    Ends,
    /// Grace periods end; holds are posted.
    GraceEnds,
    /// Packs bought then arrive.
    Purchases,
    /// Steps other than sign-ins and service uses.
    Steps,
    /// Charges fall due because a window or cover ended.
    Charges,
    /// Sign-ins and service uses.
    SignIns,
}

impl Request {
    /// The user whom it concerns; `None` where it concerns teams, packs or the catalogue.
    pub fn user_mut(&mut self) -> Option<&mut UserId> {
        match self {
            Request::SignIn(SignIn { user, .. })
            | Request::Use(ServiceUse { user, .. })
            | Request::SignOut(OpenSession { user, .. })
            | Request::Touch(OpenSession { user, .. })
            | Request::Assign { user, .. }
            | Request::Unassign { user, .. }
            | Request::Cover { user, .. }
            | Request::EndCover { user, .. }
            | Request::PaidBefore { user, .. }
            | Request::Uninstall { user, .. }
            | Request::Invite { user }
            | Request::Accept { user }
            | Request::GoOffline { user, .. }
            | Request::GoOnline { user, .. } => Some(user),
            Request::Transition { step, .. } => step.user_mut(),
            Request::Buy(_)
            | Request::Move { .. }
            | Request::Merge { .. }
            | Request::SetDefaults { .. }
            | Request::Release { .. } => None,
        }
    }

    /// Where in its instant the request falls.
    pub fn phase(&self) -> Phase {
        match self {
            Request::SignIn(_) | Request::Use(_) => Phase::SignIns,
            Request::Buy(_) => Phase::Purchases,
            _ => Phase::Steps,
        }
    }
}
