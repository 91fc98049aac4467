//! `Charges`: every charge of one replication, and the sessions behind them.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use serde::Serialize;

use crate::forecast::shortage::Shortages;
use crate::meter::answer::{Admission, ChargeKind};
use crate::meter::id::{ProductId, TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::pack::Pack;
use crate::meter::record::{Record, SessionRecord};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;

/// A charge, as far as comparisons look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The window's first instant, or the instant of a service use.
    pub window_start: Instant,
    /// Who.
    pub user: UserId,
    /// What.
    pub product: ProductId,
    /// Who pays.
    pub team: TeamId,
    /// How much; negative for a refund.
    pub tokens: Tokens,
    /// Whether it is for a result of a service, or its refund: these have no window (RULES 1.9).
    pub is_result: bool,
}

/// What one replication was charged for.
#[derive(Clone, Debug)]
pub struct Charges {
    /// By instant, user and product.
    pub charges: Vec<Charge>,
    /// Sessions that tokens pay for, chargeable or not, by their beginning.
    pub sessions: Vec<SessionRecord>,
    /// Refusals.
    pub shortages: Shortages,
    /// The packs at the end.
    pub packs: Vec<Pack>,
}

/// A charge of either side, in words; of what only one side has, the other has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FirstDifference {
    /// The seed of the replication: `flexmeter run FILE --seed` shows it.
    pub seed: u64,
    /// When.
    pub at: String,
    /// Who.
    pub user: String,
    /// What.
    pub product: String,
    /// What the base is charged there.
    pub base: Option<Tokens>,
    /// What the variant is charged there.
    pub variant: Option<Tokens>,
}

impl Charges {
    /// Tokens that expired during the run.
    pub fn expired(&self, scenario: &Scenario) -> Tokens {
        let ended = self.packs.iter().filter(|pack| pack.expires >= scenario.start);
        ended.map(|pack| pack.expired).sum()
    }
}

/// Every charge of a replication.
///
/// # Errors
/// Where the replay ends early.
pub fn of(scenario: &Arc<Scenario>, cured_within: Span, observer: &dyn Observer) -> Result<Charges, Stopped> {
    let shortages = Shortages::new(cured_within);
    let charges = Charges { charges: Vec::new(), sessions: Vec::new(), shortages, packs: Vec::new() };
    let mut gathered = Gathered { charges, unpaid: BTreeSet::new() };
    let run = replay::run(scenario, &mut gathered, observer)?;
    let Gathered { mut charges, unpaid } = gathered;
    let key = |session: &SessionRecord| (session.signed_in, session.user, session.product);
    charges.sessions.retain(|session| !unpaid.contains(&key(session)));
    charges.sessions.sort_unstable_by_key(|session| (key(session), session.signed_out, session.device));
    charges.charges.sort_by_key(|charge| (charge.window_start, charge.user, charge.product, charge.tokens));
    charges.shortages = charges.shortages.finish();
    charges.packs = run.packs;
    Ok(charges)
}

/// Gathers the rows of a replay.
struct Gathered {
    charges: Charges,
    /// Sign-ins that tokens do not pay for.
    unpaid: BTreeSet<(Instant, UserId, ProductId)>,
}

impl Recorder for Gathered {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            match row {
                Record::Charge(charge) => self.charges.charges.push(Charge {
                    window_start: charge.window_start,
                    user: charge.user,
                    product: charge.product,
                    team: charge.team,
                    tokens: charge.tokens,
                    is_result: matches!(charge.kind, ChargeKind::Result | ChargeKind::Refund),
                }),
                Record::SignIn(sign_in) => {
                    self.charges.shortages.sign_in(&sign_in);
                    if matches!(
                        sign_in.answer,
                        Ok(Admission::Seat | Admission::Subscription | Admission::Trial)
                    ) {
                        self.unpaid.insert((sign_in.at, sign_in.user, sign_in.product));
                    }
                }
                Record::Session(session) => {
                    self.charges.shortages.session(&session);
                    self.charges.sessions.push(session);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A charge by the names of the file: when, who, what, how much.
type Row<'a> = (Instant, &'a str, &'a str, Tokens);

/// The first charge that only one of two sides has, by instant, user and product as the files name them.
pub fn first_difference(sides: [(&Arc<Scenario>, &[Charge]); 2]) -> Option<FirstDifference> {
    let [base, variant] = sides.map(|(scenario, charges)| rows(scenario, charges));
    let same = base.iter().zip(&variant).take_while(|(base, variant)| base == variant).count();
    let key = |row: &Row<'_>| (row.0, row.1.to_owned(), row.2.to_owned());
    let [base, variant] = [&base, &variant].map(|rows| rows.get(same).copied());
    let (base, variant) = match (base, variant) {
        (Some(base), Some(variant)) => match key(&base).cmp(&key(&variant)) {
            Ordering::Less => (Some(base), None),
            Ordering::Greater => (None, Some(variant)),
            Ordering::Equal => (Some(base), Some(variant)),
        },
        one => one,
    };
    let (at, user, product, _) = base.or(variant)?;
    Some(FirstDifference {
        seed: sides[0].0.seed,
        at: iso(at),
        user: user.to_owned(),
        product: product.to_owned(),
        base: base.map(|row| row.3),
        variant: variant.map(|row| row.3),
    })
}

fn rows<'a>(scenario: &'a Scenario, charges: &[Charge]) -> Vec<Row<'a>> {
    let directory = &scenario.directory;
    let row = |charge: &Charge| {
        let (user, product) = (directory.users.get(charge.user.0), directory.products.get(charge.product.0));
        (charge.window_start, user, product, charge.tokens)
    };
    let mut rows: Vec<Row<'_>> = charges.iter().map(row).collect();
    rows.sort_unstable();
    rows
}
