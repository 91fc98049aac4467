//! `Poisson`: for theory, sign-ins at random instants, day and night.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "seconds of a run have fewer than 53 bits"
)]

use crate::meter::instant::Span;
use crate::scenario::agenda::{Act, Ends, IfRefused, Intention, Stretch, Visit};
use crate::scenario::calendar::Day;
use crate::scenario::distribution::Distribution;
use crate::scenario::group::Group;
use crate::scenario::problem::Problem;
use crate::scenario::random::Stream;
use crate::scenario::reader::{Problems, Table};

/// Sign-ins at random, regardless of the hour.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    /// Mean sign-ins per user, product and day, in thousandths.
    pub per_day: i64,
    /// How long a session lasts; at least a second.
    pub session: Distribution,
}

/// How far a person's sign-ins have been drawn, by product.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals(Vec<Arrival>);

#[derive(Clone, Debug)]
struct Arrival {
    stream: Stream,
    /// The next sign-in, in seconds from the run's start; `None` until the first is drawn.
    next: Option<f64>,
}

impl Poisson {
    /// Reads the table's keys beside its kind.
    pub(crate) fn read(table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let given = table.need("per_day", problems);
        let per_day = given.and_then(|value| value.amount(problems));
        let session = table.need("session", problems).and_then(|value| Distribution::read(value, problems));
        let (given, per_day, session) = (given?, per_day?.thousandths(), session?);
        if per_day == 0 || per_day > 1_000_000 {
            let label = "must be more than 0 and at most 1,000";
            problems.push(Problem::new(given.place(), "sign-ins per user, product and day", label));
            return None;
        }
        Some(Poisson { per_day, session })
    }

    /// The mean time between two sign-ins of a product, in seconds.
    fn mean_gap(self) -> f64 {
        86_400_000.0 / self.per_day as f64
    }
}

impl Arrivals {
    /// A person of that name before the run.
    pub(crate) fn new(group: &Group, name: &str) -> Self {
        let stream = |product: &str| Stream::new(name, &format!("visits to {product}"));
        let arrival = |product: &str| Arrival { stream: stream(product), next: None };
        Arrivals(group.products.iter().map(|product| arrival(&product.name)).collect())
    }

    /// Adds the sign-ins up to `until` that were not given before.
    pub(crate) fn plan(&mut self, group: &Group, poisson: Poisson, stretch: &mut Stretch<'_>) {
        let horizon = (stretch.until - group.start).seconds() as f64;
        for (arrival, product) in self.0.iter_mut().zip(&group.products) {
            if arrival.next.is_some_and(|next| next >= horizon) {
                continue;
            }
            let mut draws = arrival.stream.draw(stretch.seed);
            let mut next = arrival.next.unwrap_or_else(|| draws.exponential() * poisson.mean_gap());
            while next < horizon {
                let length = poisson.session.quantile(draws.unit()).max(Span::from_seconds(1));
                let at = group.start + Span::from_seconds(next as i64);
                let visit = Visit {
                    until: at + length,
                    ends: Ends::Closed,
                    operates_until: None,
                    if_refused: IfRefused::Ignore,
                };
                stretch.agenda.push(Intention {
                    at,
                    product: product.id,
                    device: group.places.desktop,
                    version: group.version,
                    day: Day::of(at),
                    act: Act::Open(visit),
                });
                next += draws.exponential() * poisson.mean_gap();
            }
            arrival.next = Some(next);
            arrival.stream = draws.stop();
        }
    }
}
