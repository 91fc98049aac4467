//! `Intention`: what a simulated user means to do, and what they do if refused, as data.
//!
//! A user hands over a stretch of time at once. Whoever carries it out needs to ask nothing back: what
//! follows a refusal is part of the intention.

use crate::meter::id::{DeviceId, ProductId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::request::Phase;
use crate::scenario::calendar::Day;
use crate::scenario::random::Seed;

/// A stretch of time for which somebody is asked what they mean to do.
pub(crate) struct Stretch<'a> {
    /// The key of their chance.
    pub(crate) seed: Seed,
    /// Its end; it begins where the last one ended.
    pub(crate) until: Instant,
    /// What they say.
    pub(crate) agenda: &'a mut Vec<Intention>,
}

/// One thing a simulated user means to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intention {
    /// When.
    pub at: Instant,
    /// With which product.
    pub product: ProductId,
    /// Where.
    pub device: DeviceId,
    /// In which version.
    pub version: VersionId,
    /// The user's day it belongs to: who gives up a product gives it up for that day.
    pub day: Day,
    /// What.
    pub act: Act,
}

impl Intention {
    /// Its place among a person's intentions: by instant, then steps before sign-ins, then product
    /// (RULES 4).
    pub fn order(&self) -> (Instant, Phase, ProductId) {
        let phase = if matches!(self.act, Act::Open(_)) { Phase::SignIns } else { Phase::Steps };
        (self.at, phase, self.product)
    }
}

/// What a user means to do with a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Open it.
    Open(Visit),
    /// Go on with the session that was left open there; open it where that has ended meanwhile.
    GoOn(Visit),
    /// Close the session that was left open there, if it still is.
    Close,
    /// Work in the open session, operating at least every ten minutes until then (RULES 1.8).
    Work {
        /// The last operation at the latest.
        until: Instant,
    },
    /// The device loses its connection (RULES 3.8); the product does not matter.
    GoOffline,
    /// The device is connected again.
    GoOnline,
}

/// A session as it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// When the user has done with it; nobody tries again later.
    pub until: Instant,
    /// What then becomes of the session.
    pub ends: Ends,
    /// The last operation at the latest, where the version goes idle (RULES 1.8); `None` where it does not,
    /// so that nothing depends on operations.
    pub operates_until: Option<Instant>,
    /// What follows a refusal.
    pub if_refused: IfRefused,
}

/// What becomes of a session with which the user has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// The user closes it.
    Closed,
    /// It is forgotten and stays open.
    Forgotten,
}

/// What a user does who is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfRefused {
    /// Goes on with their plans as if nothing had happened.
    Ignore,
    /// Gives this product up for the day.
    GiveUp,
    /// Tries again, and gives up for the day after the last time.
    Retry {
        /// The wait before the first time; before each further one it is twice as long.
        after: Span,
        /// How many times more.
        times: u32,
    },
    /// Opens another product in its place, and gives up for the day if that is refused too.
    Other {
        /// Which.
        product: ProductId,
        /// The wait before.
        after: Span,
    },
}
