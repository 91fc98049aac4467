//! `Schedule`: which user asks what, when, planned before anything runs: a late answer puts off no question.

use crate::load::population::LoadUser;
use crate::meter::request::{OpenSession, Request, SignIn};
use crate::scenario::random::{Draws, Seed, Stream};

/// Nanoseconds of a second.
pub const SECOND: f64 = 1e9;

/// Something that a user is to ask.
#[derive(Clone, Debug)]
pub struct Departure {
    /// When, in nanoseconds since the load began.
    pub at: u64,
    /// Who, by the place among the load's users.
    pub user: usize,
    /// What, in the numbers of the user's team.
    pub request: Request,
}

/// The gaps between sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// All alike.
    Constant,
    /// Random and independent, exponential.
    Poisson,
}

impl Arrivals {
    /// The word for it in results.
    pub fn name(self) -> &'static str {
        match self {
            Arrivals::Constant => "constant",
            Arrivals::Poisson => "poisson",
        }
    }
}

/// Sign-ins at a rate without end: the users in a random order, round after round. Each signs out again half a round
/// after signing in, so that half of them work at any time.
pub struct Rounds {
    users: Vec<LoadUser>,
    order: Vec<usize>,
    arrivals: Arrivals,
    /// Nanoseconds between two sign-ins, on average.
    gap: f64,
    draws: Draws,
    /// Sign-ins so far.
    made: usize,
    /// When the last was, in nanoseconds.
    at: f64,
    /// The sign-in of an instant, after its sign-out.
    next: Option<Departure>,
}

impl Rounds {
    /// Sign-ins of these users, so many a second.
    ///
    /// # Panics
    /// If there are no users or the rate is not positive.
    pub fn new(users: &[LoadUser], (arrivals, rate): (Arrivals, f64), seed: u64) -> Self {
        assert!(rate > 0.0 && !users.is_empty(), "somebody signs in at some rate");
        let seed = Seed::new(seed);
        Rounds {
            order: shuffled(users.len(), seed),
            users: users.to_vec(),
            arrivals,
            gap: SECOND / rate,
            draws: Stream::new("load", "gaps").draw(seed),
            made: 0,
            at: 0.0,
            next: None,
        }
    }

    fn departure(&self, made: usize, request: impl Fn(SignIn) -> Request) -> Departure {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and years long"
        )]
        let at = self.at as u64;
        let user = self.order[made % self.order.len()];
        Departure { at, user, request: request(self.users[user].sign_in) }
    }
}

impl Iterator for Rounds {
    type Item = Departure;

    fn next(&mut self) -> Option<Departure> {
        if let Some(sign_in) = self.next.take() {
            return Some(sign_in);
        }
        if self.made > 0 {
            self.at += match self.arrivals {
                Arrivals::Constant => self.gap,
                Arrivals::Poisson => self.gap * self.draws.exponential(),
            };
        }
        let sign_in = self.departure(self.made, Request::SignIn);
        // In the first half of the first round nobody has a session to end yet; asking is the same work.
        let left = self.made + self.order.len() - (self.order.len() / 2).max(1);
        let sign_out = self.departure(left, sign_out);
        self.made += 1;
        self.next = Some(sign_in);
        Some(sign_out)
    }
}

/// What ends the session of a sign-in.
pub fn sign_out(sign_in: SignIn) -> Request {
    let SignIn { user, product, device, version, .. } = sign_in;
    Request::SignOut(OpenSession { user, product, device: Some(device), version: Some(version) })
}

/// The numbers below `count` in a random order.
fn shuffled(count: usize, seed: Seed) -> Vec<usize> {
    let mut draws = Stream::new("load", "order").draw(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for place in (1..count).rev() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the place")]
        #[expect(clippy::cast_precision_loss, reason = "fewer users than 2⁵³")]
        let other = (draws.unit() * (place + 1) as f64) as usize;
        order.swap(place, other);
    }
    order
}
