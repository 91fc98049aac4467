//! `KnownUse`: what each user of a run did with each product, and what it cost by the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;

use crate::meter::answer::Admission;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{ChargeRecord, Record, SessionRecord, SignInRecord};
use crate::meter::session::SessionEnd;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, Zone};
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;

/// The rows of a run, by user and product, each in order of time.
#[derive(Clone, Debug, Default)]
pub struct KnownUse {
    pub(crate) histories: BTreeMap<(UserId, ProductId), History>,
    /// Charges that fell due without connection and were never recorded, and their tokens (RULES 3.8).
    pub(crate) unrecorded: (u64, Tokens),
}

/// What one user did with one product.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) charges: Vec<ChargeRecord>,
    pub(crate) sign_ins: Vec<SignInRecord>,
    pub(crate) sessions: Vec<SessionRecord>,
}

impl KnownUse {
    /// Carries a scenario out and keeps its rows.
    ///
    /// # Errors
    /// Where the observer ends the run, or something panics.
    pub fn of(scenario: &Arc<Scenario>, observer: &dyn Observer) -> Result<KnownUse, Stopped> {
        let mut known = KnownUse::default();
        let run = replay::run(scenario, &mut known, observer)?;
        known.unrecorded = run.tally.unrecorded;
        for history in known.histories.values_mut() {
            history.charges.sort_by_key(|charge| (charge.window_start, -charge.tokens));
            history.sign_ins.sort_by_key(|sign_in| sign_in.at);
            history.sessions.sort_by_key(|session| (session.signed_in, session.signed_out));
        }
        Ok(known)
    }

    /// What somebody did with a product; nothing where they never tried.
    pub(crate) fn history(&self, user: UserId, product: ProductId) -> Option<&History> {
        self.histories.get(&(user, product))
    }

    fn entry(&mut self, user: UserId, product: ProductId) -> &mut History {
        self.histories.entry((user, product)).or_default()
    }
}

impl Recorder for KnownUse {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            match row {
                Record::Charge(row) => self.entry(row.user, row.product).charges.push(row),
                Record::SignIn(row) => self.entry(row.user, row.product).sign_ins.push(row),
                Record::Session(row) => self.entry(row.user, row.product).sessions.push(row),
                _ => {}
            }
        }
        Ok(())
    }
}

impl History {
    /// The openings that would have begun a window and were free, because they ended within the grace period
    /// (RULES 1.5).
    pub(crate) fn free_openings(&self, grace: Span) -> impl Iterator<Item = (&SignInRecord, &SessionRecord)> {
        let beginnings = self.sign_ins.iter().filter(|row| row.answer == Ok(Admission::NewWindow));
        beginnings.filter_map(move |row| {
            let session = self.session_of(row)?;
            (session.signed_out - session.signed_in < grace).then_some((row, session))
        })
    }

    /// Whether the run ended before it was known what an opening costs.
    pub(crate) fn is_cut(session: &SessionRecord) -> bool {
        session.end == SessionEnd::RunEnd
    }

    /// The session that a sign-in opened.
    pub(crate) fn session_of(&self, sign_in: &SignInRecord) -> Option<&SessionRecord> {
        let first = self.sessions.partition_point(|session| session.signed_in < sign_in.at);
        let mut sessions =
            self.sessions[first..].iter().take_while(|session| session.signed_in == sign_in.at);
        sessions.find(|session| sign_in.opening == Some((session.device, session.version)))
    }

    /// A session that was open at an instant.
    pub(crate) fn open_at(&self, at: Instant) -> Option<&SessionRecord> {
        let begun = self.sessions.partition_point(|session| session.signed_in <= at);
        self.sessions[..begun].iter().find(|session| at < session.signed_out)
    }

    /// The days on which the product was open or a service was used, whatever was charged for it.
    pub(crate) fn days_of_use(&self, zone: &Zone) -> BTreeSet<Day> {
        let used = self.sign_ins.iter().filter(|row| row.answer.is_ok()).map(|row| day_of(zone, row.at));
        let mut days: BTreeSet<Day> = used.collect();
        for session in self.sessions.iter().filter(|session| session.signed_out > session.signed_in) {
            let last = session.signed_out + Span::from_seconds(-1);
            let (first, last) = (day_of(zone, session.signed_in), day_of(zone, last));
            days.extend((first.0..=last.0).map(Day));
        }
        days
    }
}

/// The date on which clocks of a zone show an instant: the usage day (RULES 5.4).
pub(crate) fn day_of(zone: &Zone, at: Instant) -> Day {
    Day::from(zone.local(at).date())
}
