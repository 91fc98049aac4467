//! `Due`: what the rules charge, summed as finely as the export tells it.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::KnownUse;
use crate::audit::known_use::{History, day_of};
use crate::audit::reconciliation::Days;
use crate::meter::id::{ProductId, TeamId, UserId, VersionId};
use crate::meter::record::ChargeRecord;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;

/// What is compared as one; what the export does not tell is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) day: Option<Day>,
    /// `None` where the export hides who it was.
    pub(crate) user: Option<UserId>,
    pub(crate) product: ProductId,
    pub(crate) team: Option<TeamId>,
    /// Only where the export has several versions of one user and product.
    pub(crate) version: Option<String>,
}

/// How finely the export tells what it charges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grain {
    pub(crate) by_day: bool,
    pub(crate) by_team: bool,
    /// The days, products and teams of which some row hides who it was.
    pub(crate) hidden: BTreeSet<(Option<Day>, ProductId, Option<TeamId>)>,
    /// The users and products that it has several versions of.
    pub(crate) by_version: BTreeSet<(UserId, ProductId)>,
}

impl Grain {
    /// What is left of a whole key.
    pub(crate) fn coarse(&self, whole: Key) -> Key {
        let Key { day, user, product, team, version } = whole;
        let (day, team) = (day.filter(|_| self.by_day), team.filter(|_| self.by_team));
        let user = user.filter(|_| !self.hidden.contains(&(day, product, team)));
        let by_version = user.is_some_and(|user| self.by_version.contains(&(user, product)));
        Key { day, user, product, team, version: version.filter(|_| by_version) }
    }
}

/// What is due under one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Due<'k> {
    pub(crate) tokens: Tokens,
    /// The charges and refunds, in order of time.
    pub(crate) charges: Vec<&'k ChargeRecord>,
    /// Some opening was free, and is reported with 0 tokens (RULES 1.5).
    pub(crate) free: bool,
    /// The run ended before it was known what an opening costs.
    pub(crate) cut: bool,
    /// The days of charges and free openings.
    pub(crate) days: BTreeSet<Day>,
}

impl Due<'_> {
    /// Whether there is anything by the rules, be it 0 tokens.
    pub(crate) fn is_any(&self) -> bool {
        self.free || !self.charges.is_empty()
    }
}

/// What is due on some days.
pub(crate) fn dues<'k>(
    scenario: &Scenario,
    known: &'k KnownUse,
    (grain, days): (&Grain, Days),
) -> BTreeMap<Key, Due<'k>> {
    let zone = &scenario.policies.report_zone;
    let grace = scenario.policies.meter.grace;
    let version = |version: Option<VersionId>| {
        Some(version.map_or("", |version| scenario.directory.version_name(version)).to_owned())
    };
    let mut dues: BTreeMap<Key, Due<'k>> = BTreeMap::new();
    for ((user, product), history) in &known.histories {
        let (user, product) = (Some(*user), *product);
        let mut charged = BTreeSet::new();
        for charge in &history.charges {
            let day = day_of(zone, charge.window_start);
            charged.insert(day);
            if !days.has(day) {
                continue;
            }
            let version = version(charge.version);
            let whole = Key { day: Some(day), user, product, team: Some(charge.team), version };
            let due = dues.entry(grain.coarse(whole)).or_default();
            due.tokens += charge.tokens;
            due.charges.push(charge);
            due.days.insert(day);
        }
        for (sign_in, session) in history.free_openings(grace) {
            let day = day_of(zone, sign_in.at);
            if charged.contains(&day) || !days.has(day) {
                continue;
            }
            let version = version(Some(session.version));
            let whole = Key { day: Some(day), user, product, team: Some(sign_in.team), version };
            let due = dues.entry(grain.coarse(whole)).or_default();
            due.cut |= History::is_cut(session);
            due.free |= !History::is_cut(session);
            due.days.insert(day);
        }
    }
    dues
}
