//! `Inquiry`: a user and product of a journal, and the instant that is asked about.

use crate::audit::journal::{Entry, Journal};
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{ChargeRecord, Record, SessionRecord};
use crate::meter::request::Request;
use crate::scenario::Scenario;

/// Whose use of what a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The user.
    pub user: UserId,
    /// The product.
    pub product: ProductId,
}

impl Whose {
    /// Whether a row is of this user and product.
    pub fn is(self, user: UserId, product: ProductId) -> bool {
        (self.user, self.product) == (user, product)
    }

    /// The same user and product, by their names, in another scenario.
    pub fn named_in(self, ours: &Scenario, theirs: &Scenario) -> Option<Whose> {
        let user = theirs.directory.user_number(ours.directory.users.own(self.user.0))?;
        let product = theirs.directory.product_number(ours.directory.products.get(self.product.0))?;
        Some(Whose { user, product })
    }
}

/// What a question is about.
#[derive(Clone, Copy)]
pub(crate) struct Inquiry<'j> {
    pub(crate) journal: &'j Journal,
    pub(crate) whose: Whose,
    /// When: texts are in the zone where the user is then.
    pub(crate) at: Instant,
}

impl<'j> Inquiry<'j> {
    pub(crate) fn scenario(&self) -> &'j Scenario {
        &self.journal.scenario
    }

    /// An instant in the user's zone.
    pub(crate) fn moment(&self, at: Instant) -> String {
        self.scenario().zone_of(self.whose.user, self.at).written(at)
    }

    pub(crate) fn user(&self) -> &'j str {
        self.scenario().directory.users.get(self.whose.user.0)
    }

    /// The user's name as the file has it: never to be shown.
    pub(crate) fn own_user(&self) -> &'j str {
        self.scenario().directory.users.own(self.whose.user.0)
    }

    pub(crate) fn product(&self) -> &'j str {
        self.scenario().directory.products.get(self.whose.product.0)
    }

    pub(crate) fn grace(&self) -> Span {
        self.scenario().setup.policy.grace
    }

    /// The sessions of the user and product.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &'j SessionRecord> {
        let whose = self.whose;
        self.journal.entries.iter().filter_map(move |entry| match &entry.record {
            Record::Session(row) if whose.is(row.user, row.product) => Some(row),
            _ => None,
        })
    }

    /// The charges of the user and product.
    pub(crate) fn charges(&self) -> impl Iterator<Item = &'j ChargeRecord> {
        let whose = self.whose;
        self.journal.entries.iter().filter_map(move |entry| match &entry.record {
            Record::Charge(row) if whose.is(row.user, row.product) => Some(row),
            _ => None,
        })
    }

    /// The entry of a charge.
    pub(crate) fn entry(&self, charge: &ChargeRecord) -> &'j Entry {
        let is_it = |entry: &&Entry| matches!(&entry.record, Record::Charge(row) if row == charge);
        self.journal.entries.iter().find(is_it).expect("a row of the journal")
    }

    /// Whether a device reported the charge when it was connected again (RULES 3.8).
    pub(crate) fn at_contact(&self, charge: &ChargeRecord) -> bool {
        let entry = self.entry(charge);
        let asked = self.scenario().timeline.get(entry.before).filter(|_| entry.asked);
        asked.is_some_and(|(_, request)| matches!(request, Request::GoOnline { .. }))
    }
}
