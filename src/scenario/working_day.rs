//! `WorkingDay`: one person's hours, and the sessions with a product that fall into them.

use crate::meter::id::{DeviceId, ProductId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::scenario::agenda::{Act, Ends, IfRefused, Intention, Visit};
use crate::scenario::calendar::Day;
use crate::scenario::group::Group;
use crate::scenario::office::Office;
use crate::scenario::random::Draws;

/// A person's hours of one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkingDay {
    /// The date where the person is.
    pub(crate) day: Day,
    /// When work begins.
    pub(crate) arrival: Instant,
    /// When it ends.
    pub(crate) leaves: Instant,
    /// The break, first and last instant; it may fall outside the day.
    pub(crate) pause: (Instant, Instant),
    /// Whether open sessions are closed for it.
    pub(crate) signs_out: bool,
    /// The device of the day.
    pub(crate) device: DeviceId,
    /// The devices on which the person finds what they left open: the laptop is always with them, and who is
    /// not on a journey comes home.
    pub(crate) at_hand: [DeviceId; 3],
}

/// A product left open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeftOpen {
    /// Where.
    pub(crate) device: DeviceId,
    /// In which version.
    pub(crate) version: VersionId,
}

impl LeftOpen {
    /// The intention to close it.
    pub(crate) fn close(self, (day, at): (Day, Instant), product: ProductId) -> Intention {
        Intention { at, product, device: self.device, version: self.version, day, act: Act::Close }
    }
}

/// The sessions of one person with one product on one day.
pub(crate) struct Sessions<'d> {
    pub(crate) group: &'d Group,
    pub(crate) office: &'d Office,
    pub(crate) hours: &'d WorkingDay,
    /// The product's place among those of the group.
    pub(crate) place: usize,
    pub(crate) draws: &'d mut Draws,
    pub(crate) agenda: &'d mut Vec<Intention>,
}

/// A session before it is cut to the day.
struct Planned {
    starts: Instant,
    lasts: Span,
    device: DeviceId,
    version: VersionId,
    if_refused: IfRefused,
}

/// A session, or a part of one, as the day has room for it.
#[derive(Clone, Copy)]
struct Stay {
    at: Instant,
    works_until: Instant,
    until: Instant,
    ends: Ends,
}

/// Most sessions of a day.
const SESSIONS_MAX: u32 = 12;

/// A work-alike product is opened this long after a refusal.
const OTHER_AFTER: Span = Span::from_seconds(120);

/// Nobody tries again sooner.
const RETRY_SOONEST: Span = Span::from_seconds(300);

impl Sessions<'_> {
    /// A day of use; `left` is what stands open from an earlier day. Returns what is left open in the
    /// evening.
    pub(crate) fn use_product(&mut self, left: Option<LeftOpen>) -> Option<LeftOpen> {
        let count = self.count();
        let [forgets, closes] = std::array::from_fn(|_| self.draws.unit());
        let slot = Span::from_seconds((self.hours.leaves - self.hours.arrival).seconds() / i64::from(count));
        let mut session = self.first_session(slot);
        let mut goes_on = false;
        let mut elsewhere = None;
        if let Some(left) = left {
            goes_on = left.device == session.device;
            if goes_on {
                session.version = left.version;
            } else if closes < self.office.closes_elsewhere || self.hours.at_hand.contains(&left.device) {
                self.agenda.push(left.close((self.hours.day, session.starts), self.product()));
            } else {
                elsewhere = Some(left);
            }
        }
        for number in 1..count {
            let from = self.hours.arrival + Span::from_seconds(slot.seconds() * i64::from(number));
            let next = self.session(from, slot);
            self.open(&session, (next.starts, Ends::Closed), goes_on);
            (session, goes_on) = (next, false);
        }
        let tomorrow = self.office.works_on(self.hours.day.plus(1));
        let chance = if tomorrow { self.office.forgotten_overnight } else { self.office.forgotten_weekend };
        // What stands open elsewhere is what stays to be found.
        let ends = if forgets < chance && elsewhere.is_none() { Ends::Forgotten } else { Ends::Closed };
        self.open(&session, (self.hours.leaves, ends), goes_on);
        let here = LeftOpen { device: session.device, version: session.version };
        elsewhere.or((ends == Ends::Forgotten).then_some(here))
    }

    /// A product opened by accident, and closed as soon as that is noticed.
    pub(crate) fn open_by_accident(&mut self) {
        let stays = self.hours.leaves - self.hours.arrival;
        let mut session = self.session(self.hours.arrival, Span::from_seconds(stays.seconds() * 2));
        session.lasts = self.office.accidental_session.quantile(self.draws.unit());
        session.if_refused = IfRefused::Ignore;
        self.open(&session, (self.hours.leaves, Ends::Closed), false);
    }

    fn product(&self) -> ProductId {
        self.group.products[self.place].id
    }

    /// How many sessions: one, and more by a Poisson chance.
    fn count(&mut self) -> u32 {
        let more = self.office.sessions - 1.0;
        let mut left = self.draws.unit();
        let mut chance = self.office.no_second_session;
        let mut count = 1;
        while left >= chance && count < SESSIONS_MAX {
            left -= chance;
            chance *= more / f64::from(count);
            count += 1;
        }
        count
    }

    /// The first session of the day: within ten minutes of the arrival, or like any other.
    fn first_session(&mut self, slot: Span) -> Planned {
        const SOON: Span = Span::from_seconds(600);
        let soon = SOON.min(Span::from_seconds(slot.seconds() / 2));
        let (chance, start) = (self.office.opens_on_arrival, self.draws.unit());
        let starts = if start < chance {
            part(start / chance, soon)
        } else {
            part((start - chance) / (1.0 - chance) / 2.0, slot)
        };
        self.session_at(self.hours.arrival + starts)
    }

    /// A session that starts in the first half of a slot of the day.
    fn session(&mut self, from: Instant, slot: Span) -> Planned {
        let start = self.draws.unit();
        self.session_at(from + part(start / 2.0, slot))
    }

    fn session_at(&mut self, starts: Instant) -> Planned {
        let office = self.office;
        let [laptop, version, lasts, reaction, wait] = std::array::from_fn(|_| self.draws.unit());
        let in_office = self.hours.device == self.group.places.desktop;
        let takes_laptop = in_office && laptop < office.laptop;
        Planned {
            starts,
            lasts: office.session.quantile(lasts).max(Span::from_seconds(1)),
            device: if takes_laptop { self.group.places.laptop } else { self.hours.device },
            version: self.version(version),
            if_refused: self.if_refused(reaction, wait),
        }
    }

    fn version(&self, mut draw: f64) -> VersionId {
        let versions = &self.office.versions;
        let chosen = versions.iter().find(|(_, share)| {
            draw -= share;
            draw < 0.0
        });
        chosen.or(versions.last()).expect("an office opens some version").0
    }

    fn if_refused(&self, draw: f64, wait: f64) -> IfRefused {
        let refused = &self.office.refused;
        let products = &self.group.products;
        if draw < refused.retry && refused.retries > 0 {
            let after = refused.retry_after.quantile(wait).max(RETRY_SOONEST);
            IfRefused::Retry { after, times: refused.retries }
        } else if draw >= refused.retry && draw < refused.retry + refused.other_product && products.len() > 1
        {
            let other = &products[(self.place + 1) % products.len()];
            IfRefused::Other { product: other.id, after: OTHER_AFTER }
        } else {
            IfRefused::GiveUp
        }
    }

    /// Adds a session that is over at `until` at the latest, cut in two where it is closed for the break.
    fn open(&mut self, session: &Planned, (until, ends): (Instant, Ends), goes_on: bool) {
        let closes = if ends == Ends::Closed { until.min(session.starts + session.lasts) } else { until };
        if closes <= session.starts {
            // A day cut short has no room for it.
            return;
        }
        let (pause, back) = self.hours.pause;
        let paused = session.starts < pause && pause < back && back < closes;
        let first = if goes_on { Act::GoOn } else { Act::Open };
        let stay = |at, works_until, until, ends| Stay { at, works_until, until, ends };
        if !paused {
            self.push(session, first, stay(session.starts, closes, closes, ends));
        } else if self.hours.signs_out {
            self.push(session, first, stay(session.starts, pause, pause, Ends::Closed));
            self.push(session, Act::Open, stay(back, closes, closes, ends));
        } else {
            self.push(session, first, stay(session.starts, pause, closes, ends));
            if self.idle_aware(session) {
                self.agenda.push(self.intention(session, back, Act::Work { until: closes }));
            }
        }
    }

    fn push(&mut self, session: &Planned, act: fn(Visit) -> Act, stay: Stay) {
        let Stay { at, works_until, until, ends } = stay;
        let operates_until = self.idle_aware(session).then_some(works_until);
        let visit = Visit { until, ends, operates_until, if_refused: session.if_refused };
        self.agenda.push(self.intention(session, at, act(visit)));
    }

    fn intention(&self, session: &Planned, at: Instant, act: Act) -> Intention {
        let Planned { device, version, .. } = *session;
        Intention { at, product: self.product(), device, version, day: self.hours.day, act }
    }

    fn idle_aware(&self, session: &Planned) -> bool {
        self.group.products[self.place].idle_aware.contains(&session.version)
    }
}

/// A share of a span, in whole seconds.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a day has few seconds, and a share lies between 0 and 1"
)]
pub(crate) fn part(share: f64, span: Span) -> Span {
    Span::from_seconds((share * span.seconds() as f64) as i64)
}
