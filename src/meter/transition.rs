//! The way out of network licences: five steps, in their order (RULES 6.2, 6.3).

use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::id::{DeviceId, ProductId, ServerId, UserId};
use crate::meter::invitation::Membership;
use crate::meter::licence_server::NetworkUser;
use crate::meter::record::{NoticeKind, Record, TransitionRecord};
use crate::meter::request::Notifies;

/// Who does a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The primary administrator.
    PrimaryAdmin,
    /// A secondary administrator.
    SecondaryAdmin,
    /// The system administrator, by a script.
    SystemAdmin,
    /// The user.
    User,
}

/// One of the five steps, for one user where it concerns users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitionStep {
    /// The user becomes a named user.
    CreateUser(UserId),
    /// A product is assigned to the user.
    AssignProduct(UserId, ProductId, Notifies),
    /// The user's product goes through Flex on a device from now on.
    Switch(UserId, ProductId, DeviceId),
    /// The user is told.
    InformUser(UserId),
    /// The server hands out nothing any more.
    RetireServer(ServerId),
}

/// Why a step is refused; where several fit, the first is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The new subscription has not started (RULES 6.3).
    TooEarly,
    /// Not by this role (RULES 6.3).
    NotAllowed,
    /// The user is no named user yet: step 1 comes first.
    NotCreated,
    /// The product is not assigned to the user, nor covered: step 2 comes first.
    NotAssigned,
    /// Nothing of the user's is switched: step 3 comes first.
    NotSwitched,
    /// These users still sign in through the server.
    InUse(Vec<UserId>),
    /// These users were not told: step 4 comes first.
    NotInformed(Vec<UserId>),
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::PrimaryAdmin, Role::SecondaryAdmin, Role::SystemAdmin, Role::User];

    /// The word for it in scenario and result files.
    pub fn name(self) -> &'static str {
        match self {
            Role::PrimaryAdmin => "primary-admin",
            Role::SecondaryAdmin => "secondary-admin",
            Role::SystemAdmin => "system-admin",
            Role::User => "user",
        }
    }
}

impl TransitionStep {
    /// The words for the steps in scenario and result files, in their order.
    pub const NAMES: [&str; 5] =
        ["create-users", "assign-products", "switch", "inform-users", "retire-server"];

    /// The word for it.
    pub fn name(self) -> &'static str {
        let [create, assign, switch, inform, retire] = Self::NAMES;
        match self {
            TransitionStep::CreateUser(_) => create,
            TransitionStep::AssignProduct(..) => assign,
            TransitionStep::Switch(..) => switch,
            TransitionStep::InformUser(_) => inform,
            TransitionStep::RetireServer(_) => retire,
        }
    }

    /// The user it concerns.
    pub fn user(self) -> Option<UserId> {
        let mut step = self;
        step.user_mut().copied()
    }

    /// The user it concerns.
    pub fn user_mut(&mut self) -> Option<&mut UserId> {
        match self {
            TransitionStep::CreateUser(user)
            | TransitionStep::AssignProduct(user, ..)
            | TransitionStep::Switch(user, ..)
            | TransitionStep::InformUser(user) => Some(user),
            TransitionStep::RetireServer(_) => None,
        }
    }

    fn may_be_done_by(self, role: Role) -> bool {
        let admin = matches!(role, Role::PrimaryAdmin | Role::SecondaryAdmin);
        match self {
            TransitionStep::CreateUser(_)
            | TransitionStep::AssignProduct(..)
            | TransitionStep::RetireServer(_) => admin,
            TransitionStep::Switch(..) => matches!(role, Role::User | Role::SystemAdmin),
            TransitionStep::InformUser(_) => admin || role == Role::SystemAdmin,
        }
    }
}

impl Hindrance {
    /// The words for all of them, in order of precedence.
    pub const NAMES: [&str; 7] =
        ["too-early", "not-allowed", "not-created", "not-assigned", "not-switched", "in-use", "not-informed"];

    /// The word for it in scenario and result files.
    pub fn name(&self) -> &'static str {
        let [early, allowed, created, assigned, switched, in_use, informed] = Self::NAMES;
        match self {
            Hindrance::TooEarly => early,
            Hindrance::NotAllowed => allowed,
            Hindrance::NotCreated => created,
            Hindrance::NotAssigned => assigned,
            Hindrance::NotSwitched => switched,
            Hindrance::InUse(_) => in_use,
            Hindrance::NotInformed(_) => informed,
        }
    }

    /// The users who stand in the way.
    pub fn who_mut(&mut self) -> &mut [UserId] {
        match self {
            Hindrance::InUse(who) | Hindrance::NotInformed(who) => who,
            _ => &mut [],
        }
    }

    /// The users who stand in the way.
    pub fn who(&self) -> &[UserId] {
        match self {
            Hindrance::InUse(who) | Hindrance::NotInformed(who) => who,
            _ => &[],
        }
    }
}

impl Meter {
    /// A step of the transition, done or refused; both are written down.
    pub(super) fn transition(&mut self, step: TransitionStep, by: Role) -> Answer {
        let hindrance = self.hindrance(step, by);
        if hindrance.is_none() {
            self.carry_out(step);
        }
        let record = TransitionRecord { at: self.now, step, by, hindrance: hindrance.clone() };
        self.records.push(Record::Transition(record));
        hindrance.map_or(Answer::Done, Answer::Hindered)
    }

    fn hindrance(&self, step: TransitionStep, by: Role) -> Option<Hindrance> {
        let network = step.user().map(|user| self.network(user));
        let server = match (step, network) {
            (TransitionStep::RetireServer(server), _) => server,
            (_, network) => network.expect("every other step concerns a user").server,
        };
        let switch_from = self.servers[server.index()].switch_from;
        if switch_from.is_some_and(|from| self.now < from) {
            return Some(Hindrance::TooEarly);
        }
        if !step.may_be_done_by(by) {
            return Some(Hindrance::NotAllowed);
        }
        let created = network.is_none_or(|network| network.created);
        match step {
            TransitionStep::CreateUser(_) => None,
            TransitionStep::AssignProduct(..) => (!created).then_some(Hindrance::NotCreated),
            TransitionStep::Switch(user, product, _) => {
                let key = self.users[user.index()].keys.iter().find(|(of, _)| *of == product);
                let covered = key.is_some_and(|(_, key)| self.key(*key).covers.kind(self.now).is_some());
                if created {
                    (!covered && !self.assigned(user, product)).then_some(Hindrance::NotAssigned)
                } else {
                    Some(Hindrance::NotCreated)
                }
            }
            TransitionStep::InformUser(_) => {
                let switched = network.is_some_and(|network| !network.switched.is_empty());
                (!switched).then_some(Hindrance::NotSwitched)
            }
            TransitionStep::RetireServer(server) => {
                let using = self.still_using(server);
                let untold = |network: &NetworkUser| !network.switched.is_empty() && !network.informed;
                let untold: Vec<UserId> = self.users_of(server, untold).collect();
                let in_use = (!using.is_empty()).then_some(Hindrance::InUse(using));
                in_use.or((!untold.is_empty()).then_some(Hindrance::NotInformed(untold)))
            }
        }
    }

    fn network(&self, user: UserId) -> &NetworkUser {
        self.users[user.index()].network.as_ref().expect("a user of a licence server")
    }

    fn carry_out(&mut self, step: TransitionStep) {
        if let TransitionStep::RetireServer(server) = step {
            self.servers[server.index()].retired.get_or_insert(self.now);
        }
        if let TransitionStep::AssignProduct(user, product, notifies) = step {
            self.assign_one((user, product), notifies);
        }
        let Some(user) = step.user() else { return };
        let of_user = &mut self.users[user.index()];
        let network = of_user.network.as_mut().expect("a user of a licence server");
        match step {
            TransitionStep::CreateUser(_) => {
                network.created = true;
                of_user.membership = Membership::Accepted;
            }
            TransitionStep::Switch(_, product, device) => {
                network.switched.insert((product, device));
                if let Some(seats) = self.servers[network.server.index()].seats_of(product) {
                    seats.switched.get_or_insert(self.now);
                }
            }
            TransitionStep::InformUser(_) => {
                network.informed = true;
                self.notify(user, NoticeKind::Switch);
            }
            TransitionStep::AssignProduct(..) | TransitionStep::RetireServer(_) => {}
        }
    }
}
