//! `Habit`: when a simulated user opens a product and for how long, as a pure state machine.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "seconds of a run have fewer than 53 bits"
)]

use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::scenario::distribution::Distribution;
use crate::scenario::problem::Problem;
use crate::scenario::random::{Seed, Stream};
use crate::scenario::reader::{Problems, Table};

/// How the people of a group behave.
#[derive(Clone, Debug)]
pub enum Habit {
    /// For theory: sign-ins are a Poisson process, day and night.
    Poisson(Poisson),
}

/// Sign-ins at random, regardless of the hour.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    /// Mean sign-ins per user, product and day, in thousandths.
    pub per_day: i64,
    /// How long a session lasts.
    pub session: Distribution,
}

/// A user's intention to open a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// When.
    pub at: Instant,
    /// Who.
    pub user: UserId,
    /// What.
    pub product: ProductId,
    /// How long, if admitted: at least a second.
    pub length: Span,
}

/// A simulated user: a habit, and how far it has been lived.
#[derive(Clone, Debug)]
pub struct Person {
    user: UserId,
    habit: Habit,
    uses: Vec<Use>,
}

/// One product of a person.
#[derive(Clone, Debug)]
struct Use {
    product: ProductId,
    stream: Stream,
    /// The next visit, in seconds from the run's start; `None` until the first is drawn.
    next: Option<f64>,
}

impl Habit {
    /// Reads a `[habit.NAME]` table.
    pub(crate) fn read(mut table: Table<'_>, problems: &mut Problems) -> Option<Self> {
        let kind = table.need("kind", problems);
        let kind = kind.and_then(|value| value.one_of(&[("poisson", true), ("office", false)], problems))?;
        if !kind {
            let title = "the habit \"office\" is not part of this version of flexmeter";
            problems.push(Problem::new(table.place, title, "not simulated yet: nothing is run"));
            return None;
        }
        let given = table.need("per_day", problems);
        let per_day = given.and_then(|value| value.amount(problems));
        let session = table.need("session", problems).and_then(|value| Distribution::read(value, problems));
        table.finish(problems);
        let (given, per_day, session) = (given?, per_day?.thousandths(), session?);
        if per_day == 0 || per_day > 1_000_000 {
            let label = "must be more than 0 and at most 1,000";
            problems.push(Problem::new(given.place(), "sign-ins per user, product and day", label));
            return None;
        }
        Some(Habit::Poisson(Poisson { per_day, session }))
    }
}

impl Person {
    /// A person at the beginning of a run. The name, not the number, chooses their chance.
    pub(crate) fn new(user: UserId, name: &str, products: &[(ProductId, &str)], habit: Habit) -> Self {
        let uses = products.iter().map(|&(product, product_name)| Use {
            product,
            stream: Stream::new(name, &format!("visits to {product_name}")),
            next: None,
        });
        Person { user, habit, uses: uses.collect() }
    }

    /// Adds the visits up to `until` that were not given before.
    pub fn visit(&mut self, seed: Seed, (start, until): (Instant, Instant), visits: &mut Vec<Visit>) {
        let Habit::Poisson(poisson) = self.habit;
        let mean_gap = 86_400_000.0 / poisson.per_day as f64;
        let until = (until - start).seconds();
        for of in &mut self.uses {
            if of.next.is_some_and(|next| next >= until as f64) {
                continue;
            }
            let mut draws = of.stream.draw(seed);
            let mut next = of.next.unwrap_or_else(|| draws.exponential() * mean_gap);
            while next < until as f64 {
                let length = poisson.session.draw(&mut draws).max(Span::from_seconds(1));
                let at = start + Span::from_seconds(next as i64);
                visits.push(Visit { at, user: self.user, product: of.product, length });
                next += draws.exponential() * mean_gap;
            }
            of.next = Some(next);
            of.stream = draws.stop();
        }
    }
}
