//! `Tally`: the counts and totals of a run.

use std::collections::BTreeMap;

use crate::meter::answer::{Admission, ChargeKind, Refusal};
use crate::meter::contract::Contract;
use crate::meter::id::{ContractId, ProductId, ServerId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::licence_server::LicenceServer;
use crate::meter::pack::Pack;
use crate::meter::record::{ChargeRecord, CreditRecord, Record, TokenEventKind};
use crate::meter::session::SessionEnd;
use crate::meter::team::Plan;
use crate::meter::tokens::Tokens;
use crate::simulation::portable::portable;
use crate::simulation::team_group::TeamGroup;

/// What is charged to one user for one product by one team.
pub type Account = (UserId, ProductId, TeamId);

/// What is used of a contract's credits by one user for one service.
pub type CreditAccount = (ContractId, UserId, ProductId);

/// Counts and totals of a run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Admitted sign-ins and uses, in the order of [`Admission::ALL`].
    admitted: [u64; Admission::ALL.len()],
    /// Refused ones, in the order of [`Refusal::ALL`].
    refused: [u64; Refusal::ALL.len()],
    /// Ended sessions, in the order of [`SessionEnd::ALL`].
    sessions: [u64; SessionEnd::ALL.len()],
    /// Charges, in the order of [`ChargeKind::ALL`].
    charges: [u64; ChargeKind::ALL.len()],
    /// Expiries of tokens.
    expiries: u64,
    /// The sum of all charges, refunds taken off.
    pub tokens: Tokens,
    /// The part of it that no pack covered.
    pub uncovered: Tokens,
    /// Charges and their sum by who is charged for what by whom.
    pub accounts: BTreeMap<Account, Charged>,
    /// Charges that fell due without connection and that no contact had recorded by the end, and their tokens
    /// (RULES 3.8).
    pub unrecorded: (u64, Tokens),
    /// Each team's stock at the end.
    pub teams: BTreeMap<TeamId, TeamTally>,
    /// Users by the plan they have at the end, in the order of [`Plan::ALL`].
    plans: [u64; Plan::ALL.len()],
    /// Each contract of shared cloud credits at the end.
    pub contracts: BTreeMap<ContractId, Contract>,
    /// Shared cloud credits used, refunds taken off (RULES 5.2).
    pub credits: BTreeMap<CreditAccount, Tokens>,
    /// Each licence server at the end.
    pub servers: BTreeMap<ServerId, LicenceServer>,
}

/// What was charged on one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charged {
    /// Charges, refunds not counted.
    pub charges: u64,
    /// Their sum, refunds taken off.
    pub tokens: Tokens,
}

/// A team's stock at the end of a run: the sums of its packs' rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct TeamTally {
    /// What can be spent: remaining less debt.
    pub available: Tokens,
    /// Bought, whenever.
    pub tokens: Tokens,
    /// Charged.
    pub posted: Tokens,
    /// Lost at a pack's end.
    pub expired: Tokens,
    /// Left in unexpired packs.
    pub remaining: Tokens,
    /// The next pack end at which something would be lost, and how much.
    pub next_expiry: Option<(Instant, Tokens)>,
}

portable!(Tally {
    admitted,
    refused,
    sessions,
    charges,
    expiries,
    tokens,
    uncovered,
    accounts,
    unrecorded,
    teams,
    plans,
    contracts,
    credits,
    servers
});
portable!(Charged { charges, tokens });
portable!(TeamTally { available, tokens, posted, expired, remaining, next_expiry });

impl TeamTally {
    /// Charged without cover and not paid by a purchase yet (RULES 2.6).
    pub fn debt(&self) -> Tokens {
        self.remaining - self.available
    }

    /// Adds a pack as it stands at the end.
    pub(crate) fn add(&mut self, pack: &Pack) {
        self.tokens += pack.tokens;
        self.posted += pack.posted;
        self.expired += pack.expired;
        self.remaining += pack.remaining;
        if pack.remaining > Tokens::ZERO {
            let (ends, lost) = self.next_expiry.unwrap_or((pack.expires, Tokens::ZERO));
            self.next_expiry = match pack.expires.cmp(&ends) {
                std::cmp::Ordering::Less => Some((pack.expires, pack.remaining)),
                std::cmp::Ordering::Equal => Some((ends, lost + pack.remaining)),
                std::cmp::Ordering::Greater => Some((ends, lost)),
            };
        }
    }
}

impl Tally {
    /// Admitted sign-ins and uses by reason; reasons that did not occur are left out.
    pub fn admitted(&self) -> BTreeMap<&'static str, u64> {
        named(Admission::ALL.map(Admission::name), self.admitted)
    }

    /// Refused sign-ins and uses by reason.
    pub fn refused(&self) -> BTreeMap<&'static str, u64> {
        named(Refusal::ALL.map(Refusal::name), self.refused)
    }

    /// Ended sessions by how they ended.
    pub fn sessions(&self) -> BTreeMap<&'static str, u64> {
        named(SessionEnd::ALL.map(SessionEnd::name), self.sessions)
    }

    /// Charges by kind.
    pub fn charges(&self) -> BTreeMap<&'static str, u64> {
        named(ChargeKind::ALL.map(ChargeKind::name), self.charges)
    }

    /// Users by the plan they have at the end (RULES 3.12).
    pub fn plans(&self) -> BTreeMap<&'static str, u64> {
        named(Plan::ALL.map(Plan::name), self.plans)
    }

    /// Counts a user of that plan.
    pub(crate) fn count_plan(&mut self, plan: Plan) {
        self.plans[plan as usize] += 1;
    }

    /// Notes what each team has: its balance, and the sums of its packs' rows.
    pub(crate) fn note_stock(&mut self, balances: impl Iterator<Item = (TeamId, Tokens)>, packs: &[Pack]) {
        for (team, available) in balances {
            self.teams.insert(team, TeamTally { available, ..TeamTally::default() });
        }
        for pack in packs {
            self.teams.get_mut(&pack.team).expect("a team of these").add(pack);
        }
    }

    /// Everything that happened: sign-ins admitted and refused, sessions ended before the run did, charges
    /// and expiries.
    pub fn events(&self) -> u64 {
        let cut = self.sessions[SessionEnd::RunEnd as usize];
        let counts = [&self.admitted[..], &self.refused, &self.sessions, &self.charges];
        counts.into_iter().flatten().sum::<u64>() + self.expiries - cut
    }

    /// Counts what a record tells, all but the account of a charge; users by the group's numbers.
    pub(crate) fn count(&mut self, record: &Record) {
        match record {
            Record::SignIn(sign_in) => match sign_in.answer {
                Ok(admission) => self.admitted[admission as usize] += 1,
                Err(refusal) => self.refused[refusal as usize] += 1,
            },
            Record::Session(session) => self.sessions[session.end as usize] += 1,
            Record::Charge(charge) => {
                self.charges[charge.kind as usize] += 1;
                self.tokens += charge.tokens;
                self.uncovered += charge.uncovered;
            }
            Record::Credit(CreditRecord { contract, user, product, credits, .. }) => {
                *self.credits.entry((*contract, *user, *product)).or_default() += *credits;
            }
            Record::Notice(_) | Record::Transition(_) => {}
            Record::TokenEvent(event) => self.expiries += u64::from(event.kind == TokenEventKind::Expiry),
        }
    }

    /// Adds what came of another group of teams.
    pub(crate) fn add(&mut self, other: Tally) {
        let add = |ours: &mut [u64], theirs: &[u64]| {
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        };
        add(&mut self.admitted, &other.admitted);
        add(&mut self.refused, &other.refused);
        add(&mut self.sessions, &other.sessions);
        add(&mut self.charges, &other.charges);
        self.expiries += other.expiries;
        self.tokens += other.tokens;
        self.uncovered += other.uncovered;
        self.unrecorded.0 += other.unrecorded.0;
        self.unrecorded.1 += other.unrecorded.1;
        self.accounts.extend(other.accounts);
        self.teams.extend(other.teams);
        add(&mut self.plans, &other.plans);
        self.contracts.extend(other.contracts);
        self.credits.extend(other.credits);
        self.servers.extend(other.servers);
    }
}

fn named<const N: usize>(names: [&'static str; N], counts: [u64; N]) -> BTreeMap<&'static str, u64> {
    names.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
}

/// The accounts of one group of teams, by the group's numbers; a user has few.
#[derive(Clone, Debug)]
pub(crate) struct Accounts(Vec<Vec<(ProductId, TeamId, Charged)>>);

impl Accounts {
    /// No charges yet.
    pub(crate) fn new(users: usize) -> Self {
        Accounts(vec![Vec::new(); users])
    }

    /// Adds a charge.
    pub(crate) fn add(&mut self, charge: &ChargeRecord) {
        let of_user = &mut self.0[charge.user.index()];
        let known =
            of_user.iter().position(|(product, team, _)| (*product, *team) == (charge.product, charge.team));
        let place = known.unwrap_or_else(|| {
            of_user.push((charge.product, charge.team, Charged::default()));
            of_user.len() - 1
        });
        let charged = &mut of_user[place].2;
        charged.charges += u64::from(charge.kind != ChargeKind::Refund);
        charged.tokens += charge.tokens;
    }

    /// The accounts in the numbers of the scenario.
    pub(crate) fn named(self, group: &TeamGroup) -> BTreeMap<Account, Charged> {
        let mut accounts = BTreeMap::new();
        for (user, of_user) in (0..).map(UserId).zip(self.0) {
            for (product, team, charged) in of_user {
                accounts.insert((group.user(user), product, group.team(team)), charged);
            }
        }
        accounts
    }
}
