//! `WorkingLife`: how far a person of an office has lived, and what comes next, day by day.
//!
//! What is drawn for a person's days comes from one stream, the sessions with each product from a stream of
//! their own: using one product more changes no session with another, unless the hours move with it (rest
//! after a long day or a journey).

use crate::meter::id::VersionId;
use crate::meter::instant::{Instant, Span};
use crate::scenario::agenda::{Act, Intention, Stretch};
use crate::scenario::calendar::Day;
use crate::scenario::group::Group;
use crate::scenario::habit::Habit;
use crate::scenario::inclination::Inclination;
use crate::scenario::office::Office;
use crate::scenario::random::{Draws, Stream};
use crate::scenario::working_day::{LeftOpen, Sessions, WorkingDay, part};

/// The state of a person between two days.
#[derive(Clone, Debug)]
pub(crate) struct WorkingLife {
    days: Stream,
    connection: Stream,
    /// The person's first and last day in the group; drawn on the first.
    employed: Option<(Day, Day)>,
    next_day: Day,
    /// The person's own chances, where they have some.
    inclination: Option<Box<Inclination>>,
    away: Away,
    /// When the person has rested from the last working day: no other begins before.
    rested_at: Instant,
    /// A time without connection that begins today.
    spell: Option<Spell>,
    /// When the device that has no connection is back.
    online_at: Instant,
    uses: Vec<Use>,
    /// What is done with each product today.
    today: Vec<Today>,
}

/// What a person does with a product on a day at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Today {
    Uses,
    /// Opens it by accident, unless it stands open anyway.
    ByAccident,
    Nothing,
}

impl Today {
    /// By a chance number, from 0 to 1.
    fn drawn(draw: f64, chance: f64, accidental: f64) -> Self {
        if draw < chance {
            Today::Uses
        } else if draw < chance + (1.0 - chance) * accidental {
            Today::ByAccident
        } else {
            Today::Nothing
        }
    }
}

/// A time without connection.
#[derive(Clone, Copy, Debug)]
struct Spell {
    /// When it begins, as a share of the working day.
    begins: f64,
    lasts: Span,
}

impl Spell {
    /// One that begins today: as many draws whether there is one or not.
    fn drawn(office: &Office, draws: &mut Draws) -> Option<Self> {
        let spells = office.offline.as_ref()?;
        let [comes, begins, lasts] = std::array::from_fn(|_| draws.unit());
        let lasts = spells.lasts.quantile(lasts).max(Span::from_seconds(1));
        (comes < office.chance_offline(spells)).then_some(Spell { begins, lasts })
    }
}

/// A person's use of one product.
#[derive(Clone, Debug)]
struct Use {
    sessions: Stream,
    /// Where and in which version it was left open.
    left_open: Option<LeftOpen>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Away {
    No,
    Off,
    /// On a journey to the zone with that number.
    Trip(usize),
}

impl Away {
    /// Where the person is on the next working day: days off and journeys go on by chance, and begin by
    /// chance, so that both have their mean length and their share of the year.
    fn next(
        self,
        office: &Office,
        (goes_off, goes_away): (f64, f64),
        (off, trip, zone): (f64, f64, f64),
    ) -> Away {
        let still_off = 1.0 - 1.0 / office.days_off_in_a_row;
        match (self, &office.trips) {
            (Away::Off, _) if off < still_off => Away::Off,
            (Away::Trip(place), Some(trips)) if trip < 1.0 - 1.0 / trips.days => Away::Trip(place),
            (Away::No, _) if off < goes_off => Away::Off,
            (Away::No, Some(trips)) if trip < goes_away => Away::Trip(pick(zone, trips.zones.len())),
            _ => Away::No,
        }
    }
}

/// One of `count` places, each as likely as the others.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a list of a file has few items, and a draw lies between 0 and 1"
)]
fn pick(draw: f64, count: usize) -> usize {
    (draw * count as f64) as usize
}

/// How long after the arrival the break begins, both given as times of day. Who arrives at 22:00 and takes it at
/// 02:00 takes it in the night that follows.
fn until_pause(arrives: Span, starts: Span) -> Span {
    const DAY: i64 = 24 * 3600;
    let after = starts.seconds() - arrives.seconds();
    Span::from_seconds(if after < 0 { after.rem_euclid(DAY) } else { after })
}

/// No zone is or was further ahead of UTC (Alaska was, before 1867): a local day begins no earlier than this
/// before the UTC day.
const FURTHEST_AHEAD: Span = Span::from_seconds(16 * 3600);

/// Nobody works again sooner after a working day, wherever a journey has taken them.
const REST: Span = Span::from_seconds(8 * 3600);

/// When the sessions of somebody who has left are closed for them.
const CLEARED: Span = Span::from_seconds(9 * 3600);

impl WorkingLife {
    /// A person of that name before the run.
    pub(crate) fn new(group: &Group, name: &str) -> Self {
        let sessions = |product: &str| Stream::new(name, &format!("sessions with {product}"));
        let uses = group.products.iter();
        let Habit::Office(office) = &group.habit else { unreachable!("a working life is one of an office") };
        WorkingLife {
            days: Stream::new(name, "days"),
            connection: Stream::new(name, "connection"),
            employed: None,
            next_day: Day::of(group.start).plus(-1),
            inclination: Inclination::of(group, office, name),
            away: Away::No,
            rested_at: Instant::MIN,
            spell: None,
            online_at: Instant::MIN,
            uses: uses.map(|of| Use { sessions: sessions(&of.name), left_open: None }).collect(),
            today: Vec::new(),
        }
    }

    /// Adds what is meant to be done on every day that may begin before `until`, days given before left out.
    pub(crate) fn plan(&mut self, group: &Group, office: &Office, stretch: &mut Stretch<'_>) {
        let mut draws = self.days.draw(stretch.seed);
        let mut connection = office.offline.map(|_| self.connection.draw(stretch.seed));
        let begins = self.employed.is_none();
        if let Some(own) = self.inclination.as_mut().filter(|_| begins) {
            own.draw(group, office, stretch.seed);
        }
        let own = self.inclination.as_deref();
        // Who never opens a product needs no chance for it.
        let opens = |place| office.accidental > 0.0 || own.is_none_or(|own| !own.never(place));
        let uses = self.uses.iter().enumerate();
        let mut sessions: Vec<Option<Draws>> =
            uses.map(|(place, of)| opens(place).then(|| of.sessions.draw(stretch.seed))).collect();
        if begins {
            self.begin(group, office, &mut draws);
        }
        while self.next_day.midnight() < stretch.until + FURTHEST_AHEAD {
            let day = self.next_day;
            self.next_day = day.plus(1);
            let (first, last) = self.employed.expect("drawn above");
            if day > last {
                self.leave(group, day, stretch.agenda);
            } else if first <= day && office.works_on(day) {
                let before = stretch.agenda.len();
                let own = self.inclination.as_deref();
                let products = group.products.iter().zip(&mut sessions).enumerate();
                let today = products.map(|(place, (product, draws))| {
                    let Some(draws) = draws else { return Today::Nothing };
                    let chance = match own {
                        None => office.chance_of(product.id, day),
                        Some(own) => own.chance(place, day, office),
                    };
                    Today::drawn(draws.unit(), chance, office.accidental)
                });
                self.today.clear();
                self.today.extend(today);
                self.spell = connection.as_mut().and_then(|draws| Spell::drawn(office, draws));
                if let Some(hours) = self.day((group, office), day, &mut draws) {
                    self.lose_connection(group, &hours, stretch.agenda);
                    self.live((group, office), (&hours, &mut sessions), stretch);
                }
                stretch.agenda[before..].sort_by_key(Intention::order);
            }
        }
        self.days = draws.stop();
        if let Some(drawn) = connection {
            self.connection = drawn.stop();
        }
        for (of, drawn) in self.uses.iter_mut().zip(sessions) {
            of.sessions = drawn.map_or(of.sessions, Draws::stop);
        }
        if begins {
            stretch.agenda.retain(|intention| intention.at >= group.start);
        }
    }

    /// Draws how long the person belongs to the group, and whether the run finds them off.
    fn begin(&mut self, group: &Group, office: &Office, draws: &mut Draws) {
        let [joins, on, leaves, until, off] = std::array::from_fn(|_| draws.unit());
        let share = if joins < group.joiners { on } else { 0.0 };
        let first = if share > 0.0 { group.day_at(share) } else { self.next_day };
        let last = group.day_at(share + until * (1.0 - share));
        let leavers = self.inclination.as_ref().map_or_else(|| group.leavers.mean(), |own| own.leavers);
        self.employed = Some((first, if leaves < leavers { last } else { Day(i32::MAX) }));
        if self.inclination.as_ref().is_some_and(|own| !own.is_there) {
            // Never there: the first day is beyond every run.
            self.employed = Some((Day(i32::MAX), Day(i32::MAX)));
        }
        if off < self.inclination.as_ref().map_or_else(|| office.share_off(), |own| own.share_off) {
            self.away = Away::Off;
        }
    }

    /// What a working day of the calendar brings, if work: as many draws whatever comes of them.
    fn day(&mut self, (group, office): (&Group, &Office), day: Day, draws: &mut Draws) -> Option<WorkingDay> {
        let [off, trip, zone, home, arrives] = std::array::from_fn(|_| draws.unit());
        let [stays, pause, pause_starts, pause_lasts] = std::array::from_fn(|_| draws.unit());
        let goes = self.inclination.as_ref().map_or(office.goes, |own| own.goes);
        self.away = self.away.next(office, goes, (off, trip, zone));
        if self.away == Away::Off || !(self.touches_any() || self.spell.is_some()) {
            return None;
        }
        let arrives = office.arrives.quantile(arrives);
        let pause_starts = office.pause.starts.quantile(pause_starts);
        let pause_lasts = office.pause.lasts.quantile(pause_lasts);
        let zone = match (self.away, &office.trips) {
            (Away::Trip(place), Some(trips)) => &trips.zones[place],
            _ => &group.zone,
        };
        let arrival = zone.moment(day, arrives);
        let pause_at = arrival + until_pause(arrives, pause_starts);
        let device = match self.away {
            Away::Trip(_) => group.places.laptop,
            _ if home < office.home => group.places.home,
            _ => group.places.desktop,
        };
        let hours = WorkingDay {
            day,
            arrival: arrival.max(self.rested_at),
            leaves: arrival + office.stays.quantile(stays),
            pause: (pause_at, pause_at + pause_lasts),
            signs_out: pause < office.pause.signs_out,
            device,
            at_hand: match self.away {
                Away::Trip(_) => [device, device, device],
                _ => [device, group.places.laptop, group.places.home],
            },
        };
        (hours.arrival < hours.leaves).then_some(hours)
    }

    /// Whether the day has anything to do with some product; on others the hours do not matter.
    fn touches_any(&self) -> bool {
        let mut products = self.uses.iter().zip(&self.today);
        products.any(|(of, today)| *today != Today::Nothing || of.left_open.is_some())
    }

    /// Adds what a day at work means for each product.
    fn live(
        &mut self,
        (group, office): (&Group, &Office),
        (hours, sessions): (&WorkingDay, &mut [Option<Draws>]),
        stretch: &mut Stretch<'_>,
    ) {
        self.rested_at = hours.leaves + REST;
        for (place, (of, draws)) in self.uses.iter_mut().zip(sessions).enumerate() {
            let Some(draws) = draws else { continue };
            let mut sessions = Sessions { group, office, hours, place, draws, agenda: stretch.agenda };
            match self.today[place] {
                Today::Uses => of.left_open = sessions.use_product(of.left_open),
                Today::ByAccident if of.left_open.is_none() => sessions.open_by_accident(),
                _ => {
                    if let Some(left) = of.left_open.take_if(|left| hours.at_hand.contains(&left.device)) {
                        let product = group.products[place].id;
                        stretch.agenda.push(left.close((hours.day, hours.arrival), product));
                    }
                }
            }
        }
    }

    /// Adds a time without connection, where the day brings one and no other still lasts.
    fn lose_connection(&mut self, group: &Group, hours: &WorkingDay, agenda: &mut Vec<Intention>) {
        let Some(Spell { begins, lasts }) = self.spell else { return };
        let from = hours.arrival + part(begins, hours.leaves - hours.arrival);
        if from < self.online_at {
            return;
        }
        self.online_at = from + lasts;
        let (product, device) = (group.products[0].id, hours.device);
        for (at, act) in [(from, Act::GoOffline), (self.online_at, Act::GoOnline)] {
            agenda.push(Intention { at, product, device, version: VersionId(0), day: hours.day, act });
        }
    }

    /// The day after the last: what stands open is closed for the person.
    fn leave(&mut self, group: &Group, day: Day, agenda: &mut Vec<Intention>) {
        for (of, product) in self.uses.iter_mut().zip(&group.products) {
            if let Some(left) = of.left_open.take() {
                agenda.push(left.close((day, group.zone.moment(day, CLEARED)), product.id));
            }
        }
    }
}
