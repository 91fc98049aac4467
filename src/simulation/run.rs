//! `Run`: what came of a scenario, without the rows that only files hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::meter::Meter;
use crate::meter::id::{ProductId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::meter::record::{
    ChargeRecord, NoticeRecord, Record, SessionRecord, SignInRecord, TransitionRecord,
};
use crate::meter::session::SessionEnd;
use crate::meter::team::Plan;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::expect::{Expect, Expectation};
use crate::simulation::portable::{Portable, portable};
use crate::simulation::recorder::Unrecorded;
use crate::simulation::replay;
use crate::simulation::tally::Tally;
use crate::simulation::team_group::TeamGroup;

/// A balance that an expectation asks for, after all that falls on the instant.
pub type Probe = (Instant, TeamId);

/// What came of a scenario: totals, and the rows that somebody asked for.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Counts and totals.
    pub tally: Tally,
    /// The first rows of each kind.
    pub first: FirstRows,
    /// The rows that expectations ask for.
    pub asked: AskedRows,
    /// The packs that arrived, as of the end.
    pub packs: Vec<Pack>,
    /// The balances that expectations ask for.
    pub probes: BTreeMap<Probe, Tokens>,
}

/// How many first rows of a kind are kept.
pub const FIRST_ROWS: usize = 25;

/// The first rows of a run, to be shown to a person.
#[derive(Clone, Debug, Default)]
pub struct FirstRows {
    /// Charges by window start, user and product.
    pub charges: Vec<ChargeRecord>,
    /// Refused sign-ins by instant, user and product.
    pub refusals: Vec<SignInRecord>,
    /// Sessions ended by a rule, by the instant, user and product.
    pub ended: Vec<SessionRecord>,
}

/// The rows of the users and products that expectations name.
#[derive(Clone, Debug, Default)]
pub struct AskedRows {
    /// Whose rows are kept.
    keys: BTreeSet<(UserId, ProductId)>,
    /// Charges and refunds.
    pub charges: Vec<ChargeRecord>,
    /// Sign-ins and uses.
    pub sign_ins: Vec<SignInRecord>,
    /// Sessions.
    pub sessions: Vec<SessionRecord>,
    /// The users whose notices and plans are kept.
    users: BTreeSet<UserId>,
    /// Notices.
    pub notices: Vec<NoticeRecord>,
    /// The plans of these users at the end.
    pub plans: BTreeMap<UserId, Plan>,
    /// Whether the refused steps of a transition are kept.
    wants_hindrances: bool,
    /// The refused steps of a transition.
    pub hindrances: Vec<TransitionRecord>,
}

portable!(Run { tally, first, asked, packs, probes });
portable!(FirstRows { charges, refusals, ended });
portable!(AskedRows {
    keys,
    charges,
    sign_ins,
    sessions,
    users,
    notices,
    plans,
    wants_hindrances,
    hindrances
});

impl Run {
    /// Replays a scenario from its first request to its end, without writing rows down.
    pub fn replay(scenario: &Arc<Scenario>) -> Run {
        replay::run(scenario, &mut Unrecorded, &()).unwrap_or_else(|stopped| panic!("{stopped}"))
    }

    /// Adds what came of another group of teams.
    pub fn add(&mut self, mut other: Run) {
        self.tally.add(other.tally);
        other.first.charges.drain(..).for_each(|row| self.first.offer_charge(&row));
        other.first.refusals.drain(..).for_each(|row| self.first.offer_refusal(row));
        other.first.ended.drain(..).for_each(|row| self.first.offer_ended(row));
        self.asked.charges.append(&mut other.asked.charges);
        self.asked.sign_ins.append(&mut other.asked.sign_ins);
        self.asked.sessions.append(&mut other.asked.sessions);
        self.asked.notices.append(&mut other.asked.notices);
        self.asked.plans.append(&mut other.asked.plans);
        self.asked.hindrances.append(&mut other.asked.hindrances);
        self.packs.append(&mut other.packs);
        self.probes.append(&mut other.probes);
    }

    /// The same in one order, whatever the order in which groups of teams were added.
    #[must_use]
    pub fn in_order(mut self) -> Run {
        fn order<T: Portable>(rows: &mut [T]) {
            rows.sort_by_cached_key(Portable::to_bytes);
        }
        order(&mut self.packs);
        order(&mut self.asked.charges);
        order(&mut self.asked.sign_ins);
        order(&mut self.asked.sessions);
        order(&mut self.asked.notices);
        order(&mut self.asked.hindrances);
        self
    }
}

impl FirstRows {
    /// How sessions end that no rule ends.
    pub const NOT_BY_A_RULE: [SessionEnd; 2] = [SessionEnd::SignOut, SessionEnd::RunEnd];

    /// Keeps what of a record belongs to the first rows.
    pub(crate) fn offer(&mut self, record: &Record) {
        match record {
            Record::Charge(charge) => self.offer_charge(charge),
            Record::SignIn(sign_in) if sign_in.answer.is_err() => self.offer_refusal(*sign_in),
            Record::Session(session) if !Self::NOT_BY_A_RULE.contains(&session.end) => {
                self.offer_ended(*session);
            }
            _ => {}
        }
    }

    fn offer_charge(&mut self, charge: &ChargeRecord) {
        let order = |row: &ChargeRecord| (row.window_start, row.user, row.product);
        if self.charges.len() < FIRST_ROWS
            || self.charges.last().is_some_and(|last| order(charge) < order(last))
        {
            keep_first(&mut self.charges, charge.clone(), order);
        }
    }

    fn offer_refusal(&mut self, sign_in: SignInRecord) {
        keep_first(&mut self.refusals, sign_in, |row| (row.at, row.user, row.product));
    }

    fn offer_ended(&mut self, session: SessionRecord) {
        keep_first(&mut self.ended, session, |row| (row.signed_out, row.user, row.product));
    }

    /// The same rows in the numbers of the scenario.
    pub(crate) fn named(self, group: &TeamGroup) -> FirstRows {
        FirstRows {
            charges: self.charges.into_iter().map(|row| group.charge(row)).collect(),
            refusals: self.refusals.into_iter().map(|row| group.sign_in(row)).collect(),
            ended: self.ended.into_iter().map(|row| group.session(row)).collect(),
        }
    }
}

/// Puts a row in its place among the first ones.
fn keep_first<T, K: Ord>(rows: &mut Vec<T>, row: T, order: impl Fn(&T) -> K) {
    let place = rows.partition_point(|known| order(known) <= order(&row));
    if place < FIRST_ROWS {
        rows.insert(place, row);
        rows.truncate(FIRST_ROWS);
    }
}

impl AskedRows {
    /// Nothing yet; rows of the users and products that expectations name will be kept, in the numbers of
    /// the group.
    pub(crate) fn of(scenario: &Scenario, group: &TeamGroup) -> Self {
        let keys = scenario.expects.iter().filter_map(|expect| match expect.expectation {
            Expectation::Charges(user, product, _)
            | Expectation::Refusals(user, product, _)
            | Expectation::Admissions(user, product, _)
            | Expectation::Sessions(user, product, _) => Some((group.find_user(user)?, product)),
            _ => None,
        });
        let users = scenario.expects.iter().filter_map(|expect| match expect.expectation {
            Expectation::Notices(user, _) | Expectation::Plan(user, _) => group.find_user(user),
            _ => None,
        });
        let hindrances = |expect: &Expect| matches!(expect.expectation, Expectation::Hindrances(_));
        AskedRows {
            keys: keys.collect(),
            users: users.collect(),
            wants_hindrances: scenario.expects.iter().any(hindrances),
            ..AskedRows::default()
        }
    }

    /// Keeps a record that was asked for.
    pub(crate) fn offer(&mut self, record: &Record) {
        match record {
            _ if self.keys.is_empty() && self.users.is_empty() && !self.wants_hindrances => {}
            Record::Charge(row) if self.keys.contains(&(row.user, row.product)) => {
                self.charges.push(row.clone());
            }
            Record::SignIn(row) if self.keys.contains(&(row.user, row.product)) => self.sign_ins.push(*row),
            Record::Session(row) if self.keys.contains(&(row.user, row.product)) => self.sessions.push(*row),
            Record::Notice(row) if self.users.contains(&row.user) => self.notices.push(*row),
            Record::Transition(row) if self.wants_hindrances && row.hindrance.is_some() => {
                self.hindrances.push(row.clone());
            }
            _ => {}
        }
    }

    /// Notes the plans that were asked for.
    pub(crate) fn note_plans(&mut self, meter: &Meter) {
        self.plans = self.users.iter().map(|user| (*user, meter.plan(*user))).collect();
    }

    /// The same rows in the numbers of the scenario.
    pub(crate) fn named(self, group: &TeamGroup) -> AskedRows {
        AskedRows {
            keys: self.keys.into_iter().map(|(user, product)| (group.user(user), product)).collect(),
            charges: self.charges.into_iter().map(|row| group.charge(row)).collect(),
            sign_ins: self.sign_ins.into_iter().map(|row| group.sign_in(row)).collect(),
            sessions: self.sessions.into_iter().map(|row| group.session(row)).collect(),
            users: self.users.into_iter().map(|user| group.user(user)).collect(),
            notices: self.notices.into_iter().map(|row| group.notice(row)).collect(),
            plans: self.plans.into_iter().map(|(user, plan)| (group.user(user), plan)).collect(),
            wants_hindrances: self.wants_hindrances,
            hindrances: self.hindrances.into_iter().map(|row| group.transition(row)).collect(),
        }
    }
}
