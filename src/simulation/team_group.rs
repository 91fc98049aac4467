//! `TeamGroup`: teams that have something to do with one another, and what of a scenario concerns them.
//!
//! Teams that share a user, or between which a step moves a pack or members, need one meter. Other teams
//! share nothing with them, so a meter of their own gives the same results, and groups run in any order.

use std::collections::{BTreeMap, BTreeSet};

use crate::meter::contract::Contract;
use crate::meter::id::{PackId, ServerId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::licence_server::LicenceServer;
use crate::meter::pack::Pack;
use crate::meter::record::{
    ChargeRecord, CreditRecord, NoticeRecord, Record, SessionRecord, SignInRecord, TokenEvent,
    TransitionRecord,
};
use crate::meter::request::Request;
use crate::meter::stock::{Draw, Purchase};
use crate::meter::transition::{Hindrance, TransitionStep};
use crate::meter::user::User;
use crate::meter::view::KeyView;
use crate::meter::{Meter, Setup};
use crate::scenario::Scenario;
use crate::scenario::group::Member;

/// Connected teams. Within the group its teams, users and packs have numbers of their own, in the order of
/// the scenario's; products, devices and versions keep the scenario's.
#[derive(Clone, Debug, Default)]
pub struct TeamGroup {
    teams: Vec<TeamId>,
    users: Vec<UserId>,
    packs: Vec<PackId>,
    /// The licence servers of its users, in the numbers of the scenario.
    servers: Vec<ServerId>,
    /// What is asked of the group's meter, in the numbers of the group.
    pub(crate) timeline: Vec<(Instant, Request)>,
    /// The simulated users, in the numbers of the scenario.
    pub(crate) members: Vec<Member>,
}

impl TeamGroup {
    /// The groups of a scenario, by their first team.
    pub fn split(scenario: &Scenario) -> Vec<TeamGroup> {
        let group_of_team = connect(scenario);
        // A licence server may stand alone.
        let alone = usize::from(!scenario.setup.servers.is_empty());
        let count = group_of_team.iter().max().map_or(alone, |last| last + 1);
        let mut groups = vec![TeamGroup::default(); count];
        for (team, &group) in (0..).zip(&group_of_team) {
            groups[group].teams.push(TeamId(team));
        }
        let group_of_user = |user: UserId| {
            let first = scenario.setup.users[user.index()].teams[0];
            group_of_team[first.index()]
        };
        for user in (0..).map(UserId).take(scenario.setup.users.len()) {
            groups[group_of_user(user)].users.push(user);
        }
        for member in &scenario.simulated {
            groups[group_of_user(member.user)].members.push(*member);
        }
        let mut group_of_server = vec![0; scenario.setup.servers.len()];
        for user in (0..).map(UserId).take(scenario.setup.users.len()) {
            if let Some(network) = &scenario.setup.users[user.index()].network {
                group_of_server[network.server.index()] = group_of_user(user);
            }
        }
        for (server, &group) in (0..).map(ServerId).zip(&group_of_server) {
            groups[group].servers.push(server);
        }
        let mut group_of_pack = BTreeMap::new();
        for (_, request) in &scenario.timeline {
            if let Request::Buy(purchase) = request {
                let group = group_of_team[purchase.team.index()];
                group_of_pack.insert(purchase.pack, group);
                groups[group].packs.push(purchase.pack);
            }
        }
        for group in &mut groups {
            group.packs.sort_unstable();
        }
        for (at, request) in &scenario.timeline {
            let group = match request {
                Request::Release { .. } => None,
                Request::Buy(Purchase { team, .. })
                | Request::Merge { team, .. }
                | Request::SetDefaults { team, .. } => Some(group_of_team[team.index()]),
                Request::Move { pack, .. } => Some(group_of_pack[pack]),
                Request::Transition { step: TransitionStep::RetireServer(server), .. } => {
                    Some(group_of_server[server.index()])
                }
                of_user => of_user.clone().user_mut().map(|user| group_of_user(*user)),
            };
            let concerned = group.map_or(0..groups.len(), |group| group..group + 1);
            for group in &mut groups[concerned] {
                let request = group.local_request(request);
                group.timeline.push((*at, request));
            }
        }
        groups
    }

    /// Who and what there is when the group's meter starts.
    pub(crate) fn setup(&self, scenario: &Scenario) -> Setup {
        let local = |user: &UserId| {
            let user = &scenario.setup.users[user.index()];
            let teams = user.teams.iter().map(|team| self.local_team(*team)).collect();
            User { teams, ..user.clone() }
        };
        Setup {
            policy: scenario.setup.policy.clone(),
            products: scenario.setup.products.clone(),
            teams: self.teams.iter().map(|team| scenario.setup.teams[team.index()].clone()).collect(),
            users: self.users.iter().map(local).collect(),
            contracts: scenario
                .setup
                .contracts
                .iter()
                .map(|contract| self.local_contract(contract))
                .collect(),
            servers: scenario.setup.servers.clone(),
        }
    }

    /// The group's name for messages: its first team's, and how many there are beside it.
    pub(crate) fn name(&self, scenario: &Scenario) -> String {
        let first = self.teams.first().map_or("", |team| scenario.directory.teams.get(team.0));
        match self.teams.len() {
            0 | 1 => first.to_owned(),
            count => format!("{first} and {} more", count - 1),
        }
    }

    /// How many users it has.
    pub fn users(&self) -> usize {
        self.users.len()
    }

    /// The group's numbers of its teams, and the scenario's.
    pub(crate) fn teams(&self) -> impl Iterator<Item = (TeamId, TeamId)> + '_ {
        (0..).map(TeamId).zip(self.teams.iter().copied())
    }

    /// The scenario's numbers of its teams.
    pub fn numbers(&self) -> impl Iterator<Item = TeamId> + '_ {
        self.teams.iter().copied()
    }

    /// The group's number of a user, if the user is in it.
    pub(crate) fn find_user(&self, user: UserId) -> Option<UserId> {
        place(&self.users, &user).map(UserId)
    }

    /// The group's number of a team, if the team is in it.
    pub(crate) fn find_team(&self, team: TeamId) -> Option<TeamId> {
        place(&self.teams, &team).map(TeamId)
    }

    /// The scenario's number of a user.
    pub(crate) fn user(&self, local: UserId) -> UserId {
        self.users[local.index()]
    }

    /// The scenario's number of a team.
    pub(crate) fn team(&self, local: TeamId) -> TeamId {
        self.teams[local.index()]
    }

    /// The licence servers of its users, as they stand on its meter.
    pub(crate) fn servers(&self, meter: &Meter) -> BTreeMap<ServerId, LicenceServer> {
        let own = self.servers.iter().map(|id| (*id, meter.licence_servers()[id.index()].clone()));
        own.collect()
    }

    /// A pack's row in the numbers of the scenario.
    pub(crate) fn pack(&self, pack: &Pack) -> Pack {
        Pack { id: self.packs[pack.id.index()], team: self.team(pack.team), ..pack.clone() }
    }

    /// How a user and product stand, in the numbers of the scenario.
    pub(crate) fn view(&self, mut view: KeyView) -> KeyView {
        let paid = view.paid.iter_mut().map(|(_, team)| team);
        for team in paid.chain(view.hold.iter_mut().map(|hold| &mut hold.team)) {
            *team = self.team(*team);
        }
        view
    }

    /// A record in the numbers of the scenario.
    pub(crate) fn record(&self, record: Record) -> Record {
        match record {
            Record::SignIn(record) => Record::SignIn(self.sign_in(record)),
            Record::Session(record) => Record::Session(self.session(record)),
            Record::Charge(record) => Record::Charge(self.charge(record)),
            Record::Notice(record) => Record::Notice(self.notice(record)),
            Record::Credit(record) => Record::Credit(CreditRecord { user: self.user(record.user), ..record }),
            Record::Transition(record) => Record::Transition(self.transition(record)),
            Record::TokenEvent(record) => Record::TokenEvent(TokenEvent {
                team: self.team(record.team),
                pack: self.packs[record.pack.index()],
                ..record
            }),
        }
    }

    /// A sign-in in the numbers of the scenario.
    pub(crate) fn sign_in(&self, record: SignInRecord) -> SignInRecord {
        SignInRecord { user: self.user(record.user), team: self.team(record.team), ..record }
    }

    /// A session in the numbers of the scenario.
    pub(crate) fn session(&self, record: SessionRecord) -> SessionRecord {
        SessionRecord {
            user: self.user(record.user),
            free: record.free.map(|team| self.team(team)),
            ..record
        }
    }

    /// A notice in the numbers of the scenario.
    pub(crate) fn notice(&self, record: NoticeRecord) -> NoticeRecord {
        NoticeRecord { user: self.user(record.user), ..record }
    }

    /// A step of the transition in the numbers of the scenario.
    pub(crate) fn transition(&self, mut record: TransitionRecord) -> TransitionRecord {
        if let Some(user) = record.step.user_mut() {
            *user = self.user(*user);
        }
        let who = record.hindrance.iter_mut().flat_map(Hindrance::who_mut);
        who.for_each(|user| *user = self.user(*user));
        record
    }

    /// A charge in the numbers of the scenario.
    pub(crate) fn charge(&self, mut record: ChargeRecord) -> ChargeRecord {
        for Draw { pack, .. } in &mut record.packs {
            *pack = self.packs[pack.index()];
        }
        ChargeRecord { user: self.user(record.user), team: self.team(record.team), ..record }
    }

    /// A contract as far as it concerns the group.
    fn local_contract(&self, contract: &Contract) -> Contract {
        let teams = contract.teams.iter().filter_map(|team| self.find_team(*team)).collect();
        Contract { teams, ..contract.clone() }
    }

    fn local_user(&self, user: UserId) -> UserId {
        self.find_user(user).expect("a user of the group")
    }

    fn local_team(&self, team: TeamId) -> TeamId {
        self.find_team(team).expect("a team of the group")
    }

    fn local_pack(&self, pack: PackId) -> PackId {
        PackId(place(&self.packs, &pack).expect("a pack of the group"))
    }

    fn local_request(&self, request: &Request) -> Request {
        let mut request = request.clone();
        match &mut request {
            Request::Release { .. } | Request::Transition { step: TransitionStep::RetireServer(_), .. } => {}
            Request::Buy(Purchase { team, pack, .. }) => {
                (*team, *pack) = (self.local_team(*team), self.local_pack(*pack));
            }
            Request::SetDefaults { team, .. } => *team = self.local_team(*team),
            Request::Merge { team, into } => {
                (*team, *into) = (self.local_team(*team), self.local_team(*into));
            }
            Request::Move { pack, to } => (*pack, *to) = (self.local_pack(*pack), self.local_team(*to)),
            Request::PaidBefore { user, team, .. } => {
                (*user, *team) = (self.local_user(*user), self.local_team(*team));
            }
            of_user => {
                let user = of_user.user_mut().expect("everything else concerns a user");
                *user = self.local_user(*user);
            }
        }
        request
    }
}

fn place<T: Ord>(sorted: &[T], wanted: &T) -> Option<u32> {
    let place = sorted.binary_search(wanted).ok()?;
    Some(u32::try_from(place).expect("no more than in the scenario"))
}

/// For each team the number of its group, by the order of their first teams.
fn connect(scenario: &Scenario) -> Vec<usize> {
    // Each team points at one of its group with a lower number, the first at itself.
    let mut lower: Vec<usize> = (0..scenario.directory.teams.len()).collect();
    let mut link = |one: TeamId, other: TeamId| {
        let (one, other) = (first_of(&mut lower, one.index()), first_of(&mut lower, other.index()));
        lower[one.max(other)] = one.min(other);
    };
    for user in &scenario.setup.users {
        user.teams.iter().for_each(|team| link(user.teams[0], *team));
    }
    for contract in &scenario.setup.contracts {
        contract.teams.iter().for_each(|team| link(contract.teams[0], *team));
    }
    let mut first_of_server = BTreeMap::new();
    for user in &scenario.setup.users {
        if let Some(network) = &user.network {
            link(*first_of_server.entry(network.server).or_insert(user.teams[0]), user.teams[0]);
        }
    }
    let mut bought_by = BTreeMap::new();
    for (_, request) in &scenario.timeline {
        match request {
            Request::Buy(purchase) => drop(bought_by.insert(purchase.pack, purchase.team)),
            Request::Merge { team, into } => link(*team, *into),
            Request::PaidBefore { user, team, .. } => {
                link(scenario.setup.users[user.index()].teams[0], *team);
            }
            _ => {}
        }
    }
    for (_, request) in &scenario.timeline {
        if let Request::Move { pack, to } = request {
            link(bought_by[pack], *to);
        }
    }
    let firsts: Vec<usize> = (0..lower.len()).map(|team| first_of(&mut lower, team)).collect();
    let ordered: BTreeSet<usize> = firsts.iter().copied().collect();
    let number: BTreeMap<usize, usize> = ordered.into_iter().zip(0..).collect();
    firsts.iter().map(|first| number[first]).collect()
}

fn first_of(lower: &mut [usize], team: usize) -> usize {
    let mut first = team;
    while lower[first] != first {
        lower[first] = lower[lower[first]];
        first = lower[first];
    }
    first
}
