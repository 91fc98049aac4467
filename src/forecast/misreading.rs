//! `Misreading`: how the rule is told elsewhere, counted on the sessions of people to whom the rule is applied as it is.
//!
//! Two readings are in print: that a day is a calendar day, and that whoever opens a product first opens its window
//! for the whole organisation. They are no policies (RULES 1.2, 1.3 leave nothing open here), so the meter does not
//! know them; they are counted to show what believing them is worth.

use std::collections::{BTreeMap, BTreeSet};

use crate::forecast::charges::{Charge, Charges};
use crate::meter::id::{ProductId, TeamId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::SessionRecord;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, Zone};

/// A wrong reading of the rule.
#[derive(Clone, Debug)]
pub enum Misreading {
    /// A user is charged for each calendar day, in a zone, on which a product is open; midnight ends what is paid.
    CalendarDay(Zone),
    /// The first user of a team to open a product opens a window of 24 hours for all of the team.
    FirstUser,
}

impl Misreading {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Misreading::CalendarDay(zone) => format!("misread: by calendar day in {}", zone.name()),
            Misreading::FirstUser => "misread: first user opens the window for the team".to_owned(),
        }
    }

    /// What would be charged for the same sessions. The grace period is left as it is; so are services.
    pub fn count(&self, scenario: &Scenario, charges: &Charges) -> Vec<Charge> {
        let grace = scenario.setup.policy.grace;
        let lasts = |session: &&SessionRecord| session.signed_out - session.signed_in >= grace;
        let sessions = charges.sessions.iter().filter(lasts);
        let mut counted: Vec<Charge> =
            charges.charges.iter().filter(|charge| charge.is_result).copied().collect();
        match self {
            Misreading::CalendarDay(zone) => {
                let mut paid = BTreeSet::new();
                for session in sessions {
                    for (day, from) in days(session, zone) {
                        if paid.insert((session.user, session.product, day)) {
                            counted.push(charge(scenario, session, from));
                        }
                    }
                }
            }
            Misreading::FirstUser => {
                let mut paid: BTreeMap<(TeamId, ProductId), Instant> = BTreeMap::new();
                for session in sessions {
                    let team = scenario.setup.users[session.user.index()].teams[0];
                    let until = paid.entry((team, session.product)).or_insert(Instant::MIN);
                    while session.signed_in.max(*until) < session.signed_out {
                        let from = session.signed_in.max(*until);
                        counted.push(charge(scenario, session, from));
                        *until = from + Span::WINDOW;
                    }
                }
            }
        }
        counted.sort_by_key(|charge| (charge.window_start, charge.user, charge.product, charge.tokens));
        counted
    }
}

/// The days that a session touches, each with the first instant at which it does.
fn days(session: &SessionRecord, zone: &Zone) -> Vec<(Day, Instant)> {
    let (mut day, _) = zone.day_and_hour(session.signed_in);
    let mut days = vec![(day, session.signed_in)];
    loop {
        day = day.plus(1);
        let midnight = zone.moment(day, Span::from_seconds(0));
        if midnight >= session.signed_out {
            return days;
        }
        days.push((day, midnight));
    }
}

fn charge(scenario: &Scenario, session: &SessionRecord, at: Instant) -> Charge {
    Charge {
        window_start: at,
        user: session.user,
        product: session.product,
        team: scenario.setup.users[session.user.index()].teams[0],
        tokens: scenario.setup.products[session.product.index()].rate(at),
        is_result: false,
    }
}
