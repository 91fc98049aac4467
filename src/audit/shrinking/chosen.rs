//! `Chosen`: what a smaller file must still show.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::audit::inquiry::Whose;
use crate::audit::journal::Journal;
use crate::audit::transcript::Script;
use crate::meter::answer::{ChargeKind, Refusal};
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::record::Record;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::simulation::run::Run;
use crate::simulation::verdict::Verdict;

/// What a smaller file must still show; names instead of numbers, because those differ from file to file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// A charge or refund.
    Charge(Owner, ChosenCharge),
    /// A refused sign-in or use.
    Refusal(Owner, Instant, Refusal),
    /// An expectation that fails, in the same way.
    Failure(Verdict),
    /// That other policies change something.
    Policies(Vec<(String, String)>, Extent),
}

/// Whose charge or refusal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: String,
    /// The product.
    pub product: String,
}

/// What of a charge must be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenCharge {
    /// The window's start, or the instant of a use.
    pub window_start: Instant,
    /// The amount.
    pub tokens: Tokens,
    /// What made it.
    pub kind: ChargeKind,
}

/// What must differ between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The tokens of some user and product.
    Tokens,
    /// Any row.
    Rows,
}

/// What is charged to each user for each product.
type Bill = BTreeMap<(UserId, ProductId), Tokens>;

impl Chosen {
    /// The charge of a user and product with that window start, or else the refusal at that instant.
    pub fn at(journal: &Journal, whose: Whose, at: Instant) -> Option<Chosen> {
        let directory = &journal.scenario.directory;
        let owner = Owner {
            user: directory.users.own(whose.user.0).to_owned(),
            product: directory.products.get(whose.product.0).to_owned(),
        };
        let records = || journal.entries.iter().map(|entry| &entry.record);
        let charge = records().find_map(|record| match record {
            Record::Charge(row) if whose.is(row.user, row.product) && row.window_start == at => {
                Some(ChosenCharge { window_start: at, tokens: row.tokens, kind: row.kind })
            }
            _ => None,
        });
        let refusal = || {
            records().find_map(|record| match record {
                Record::SignIn(row) if whose.is(row.user, row.product) && row.at == at => row.answer.err(),
                _ => None,
            })
        };
        match charge {
            Some(charge) => Some(Chosen::Charge(owner, charge)),
            None => refusal().map(|refusal| Chosen::Refusal(owner, at, refusal)),
        }
    }

    /// What other policies change in a file: the tokens of somebody, or else some row.
    ///
    /// # Panics
    /// If a policy is wrong: that is for whoever reads them to tell.
    pub fn under(policies: Vec<(String, String)>, candidate: &Script) -> Option<Chosen> {
        let (ours, theirs) = both(candidate, &policies).expect("the policies are right");
        let extent = if bill(&ours) != bill(&theirs) {
            Extent::Tokens
        } else if ours.tables() != theirs.tables() {
            Extent::Rows
        } else {
            return None;
        };
        Some(Chosen::Policies(policies, extent))
    }

    /// Whether a candidate shows it.
    pub fn is_shown(&self, candidate: &Script) -> bool {
        match self {
            Chosen::Charge(owner, charge) => owner.records(candidate).any(|record| match record {
                Record::Charge(row) => {
                    (row.window_start, row.tokens, row.kind)
                        == (charge.window_start, charge.tokens, charge.kind)
                }
                _ => false,
            }),
            Chosen::Refusal(owner, at, refusal) => owner.records(candidate).any(
                |record| matches!(record, Record::SignIn(row) if row.at == *at && row.answer == Err(*refusal)),
            ),
            Chosen::Failure(failure) => {
                let run = Run::replay(&candidate.scenario);
                let is_it = |verdict: Verdict| Verdict { line: failure.line, ..verdict } == *failure;
                Verdict::all(&candidate.scenario, &run).into_iter().any(is_it)
            }
            Chosen::Policies(policies, extent) => {
                let Some((ours, theirs)) = both(candidate, policies) else { return false };
                match extent {
                    Extent::Tokens => bill(&ours) != bill(&theirs),
                    Extent::Rows => ours.tables() != theirs.tables(),
                }
            }
        }
    }
}

impl Owner {
    /// What happens to them in a candidate.
    fn records(&self, candidate: &Script) -> impl Iterator<Item = Record> {
        let directory = &candidate.scenario.directory;
        let whose = directory.user_number(&self.user).zip(directory.product_number(&self.product));
        let whose = whose.map(|(user, product)| Whose { user, product });
        let entries = whose.map(|_| Journal::of(&candidate.scenario).entries).unwrap_or_default();
        entries.into_iter().map(|entry| entry.record).filter(move |record| match record {
            Record::Charge(row) => whose.is_some_and(|whose| whose.is(row.user, row.product)),
            Record::SignIn(row) => whose.is_some_and(|whose| whose.is(row.user, row.product)),
            _ => false,
        })
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chosen::Charge(Owner { user, product }, charge) => {
                let ChosenCharge { window_start, tokens, kind } = charge;
                let (at, kind) = (iso(*window_start), kind.name());
                write!(f, "{tokens} tokens charged to {user} for {product} from {at} on ({kind})")
            }
            Chosen::Refusal(Owner { user, product }, at, refusal) => {
                write!(f, "{product} refused to {user} at {}: {}", iso(*at), refusal.name())
            }
            Chosen::Failure(Verdict { subject, .. }) => write!(f, "{subject}: not as expected"),
            Chosen::Policies(policies, extent) => {
                let list: Vec<String> =
                    policies.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let what = match extent {
                    Extent::Tokens => "other tokens",
                    Extent::Rows => "the same tokens but other rows",
                };
                write!(f, "{what} under {}", list.join(", "))
            }
        }
    }
}

/// What happens under a file's own policies, and under these; `None` where the file is wrong under these.
fn both(candidate: &Script, policies: &[(String, String)]) -> Option<(Journal, Journal)> {
    let mut document = candidate.document.clone();
    for (key, value) in policies {
        document.set_policy(key, value);
    }
    let theirs: Scenario = document.scenario().ok()?;
    Some((Journal::of(&candidate.scenario), Journal::of(&Arc::new(theirs))))
}

fn bill(journal: &Journal) -> Bill {
    let mut bill = Bill::new();
    for entry in &journal.entries {
        if let Record::Charge(row) = &entry.record {
            *bill.entry((row.user, row.product)).or_insert(Tokens::ZERO) += row.tokens;
        }
    }
    bill
}
