//! `Judge`: decides what comparing comes to, one key after another.

use crate::audit::KnownUse;
use crate::audit::known_use::History;
use crate::audit::reconciliation::due::{Due, Key};
use crate::audit::reconciliation::sentence::Sentences;
use crate::audit::reconciliation::{Class, Days, Finding};
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Span;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::usage_export::UsageRow;

/// What is due and what is charged under one key.
pub(crate) struct Case<'c> {
    pub(crate) key: &'c Key,
    pub(crate) due: &'c Due<'c>,
    pub(crate) rows: &'c [&'c UsageRow],
}

impl Case<'_> {
    /// What the rows say together; `None` where none has an amount.
    pub(crate) fn charged(&self) -> Option<Tokens> {
        let mut amounts = self.rows.iter().filter_map(|row| row.tokens).peekable();
        amounts.peek().is_some().then(|| amounts.sum())
    }

    /// More is charged than is due, by whole charges.
    fn is_charged_twice(&self, charged: Tokens) -> bool {
        let owed = self.due.tokens;
        let multiple = charged.thousandths() % owed.thousandths() == 0;
        let rows = self.rows.iter().filter_map(|row| row.tokens).filter(|tokens| *tokens > Tokens::ZERO);
        let whole = |tokens: &Tokens| self.due.charges.iter().any(|charge| charge.tokens == *tokens);
        charged > owed
            && (multiple
                || rows.clone().count() > self.due.charges.len() && rows.clone().any(|tokens| whole(&tokens)))
    }
}

/// Decides what comparing comes to.
pub(crate) struct Judge<'j> {
    pub(crate) scenario: &'j Scenario,
    pub(crate) known: &'j KnownUse,
    /// Whether the export tells days.
    pub(crate) daily: bool,
    pub(crate) days: Days,
}

impl Judge<'_> {
    /// The finding of a case; `None` where there is nothing to say.
    pub(crate) fn finding(&self, case: &Case<'_>) -> Option<Finding> {
        let Case { key, due, rows } = case;
        let class = match self.class(case)? {
            class if class.differs() && self.is_open_ended(case) => Class::OutsideRun,
            class => class,
        };
        let directory = &self.scenario.directory;
        let sentences = Sentences { scenario: self.scenario, known: self.known };
        Some(Finding {
            class,
            day: key.day,
            user: key.user.map_or("(hidden)", |user| directory.users.get(user.0)).to_owned(),
            product: directory.products.get(key.product.0).to_owned(),
            team: key.team.map_or("", |team| directory.teams.get(team.0)).to_owned(),
            due: due.is_any().then_some(due.tokens),
            charged: case.charged(),
            lines: rows.iter().map(|row| row.line).collect(),
            why: sentences.why(case, class),
        })
    }

    /// `None` where there is nothing to say.
    fn class(&self, case: &Case<'_>) -> Option<Class> {
        let owed = case.due.tokens;
        if case.rows.is_empty() {
            let missing = owed != Tokens::ZERO || self.daily && case.due.free;
            return missing.then_some(Class::Missing);
        }
        Some(match case.charged() {
            None if owed != Tokens::ZERO => Class::Missing,
            None | Some(Tokens::ZERO) if owed == Tokens::ZERO => {
                if self.is_used(case.key) {
                    self.days_class(case)
                } else {
                    Class::Unknown
                }
            }
            Some(charged) if charged == owed => self.days_class(case),
            Some(charged) if owed == Tokens::ZERO && charged > Tokens::ZERO => Class::NotDue,
            Some(charged)
                if case.key.user.is_some() && owed > Tokens::ZERO && case.is_charged_twice(charged) =>
            {
                Class::ChargedTwice
            }
            _ => Class::WrongAmount,
        })
    }

    /// The number of days in the older usage report: at least those of charges, at most those of use.
    fn days_class(&self, case: &Case<'_>) -> Class {
        let (Key { user: Some(user), product, version: None, .. }, [row]) = (case.key, case.rows) else {
            return Class::Agrees;
        };
        let Some(stated) = row.days_used.filter(|_| !self.daily) else { return Class::Agrees };
        let (least, most) = self.days_between(case.due, (*user, *product));
        if (least..=most).contains(&(stated as usize)) { Class::Agrees } else { Class::WrongAmount }
    }

    fn days_between(&self, due: &Due<'_>, (user, product): (UserId, ProductId)) -> (usize, usize) {
        let zone = &self.scenario.policies.report_zone;
        let days = |history: &History| {
            history.days_of_use(zone).into_iter().filter(|day| self.days.has(*day)).count()
        };
        (due.days.len(), self.known.history(user, product).map_or(0, days).max(due.days.len()))
    }

    /// Whether the product was open on that day: then a row of 0 tokens tells a use that cost nothing.
    fn is_used(&self, key: &Key) -> bool {
        let Some(day) = key.day else { return true };
        let zone = &self.scenario.policies.report_zone;
        let used = |history: &History| history.days_of_use(zone).contains(&day);
        if let Some(user) = key.user {
            return self.known.history(user, key.product).is_some_and(used);
        }
        let of_product = self.known.histories.iter().filter(|((_, product), _)| *product == key.product);
        of_product.map(|(_, history)| history).any(used)
    }

    /// Whether the run has only a part of a day, or ended before it was known what an opening costs. Totals are
    /// compared all the same: what one opening leaves open does not excuse the rest.
    fn is_open_ended(&self, case: &Case<'_>) -> bool {
        let Some(day) = case.key.day else { return false };
        let zone = &self.scenario.policies.report_zone;
        let [first, next] = [day, day.plus(1)].map(|day| zone.moment(day, Span::ZERO));
        case.due.cut || first < self.scenario.start || self.scenario.end < next
    }
}
