//! `Generator`: sends users their turns at the planned instants, and notes how late it was itself.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ractor::ActorRef;
use tokio::time::Instant;

use crate::load::actors::user_actor::UserMessage;
use crate::load::machine::precise_timers;
use crate::load::measure::{Board, Kind, Note};
use crate::load::schedule::Departure;

/// So many requests may wait to be sent before further ones are only counted: memory has an end.
const WAITING_MAX: u64 = 500_000;

/// A generator that is so late after the end, in nanoseconds, goes no further.
const LATE_MAX: u64 = 10_000_000_000;

/// How often it is looked whether too many wait, in requests.
const LOOKED_AFTER: u64 = 1024;

/// Waits until an instant of the scheduler's clock, or for a time.
pub trait Timer: Send + Sync + 'static {
    /// Waits until then.
    fn until(&self, instant: Instant) -> impl Future<Output = ()> + Send;
}

/// A thread of its own, which sleeps: late by some microseconds, where the scheduler's timers tick in milliseconds.
#[derive(Debug)]
pub struct OwnThread;

impl OwnThread {
    /// The thread that calls, whose timers are to be precise from here on.
    pub fn here() -> Self {
        precise_timers();
        OwnThread
    }
}

impl Timer for OwnThread {
    async fn until(&self, instant: Instant) {
        std::thread::sleep(instant.saturating_duration_since(now()));
    }
}

/// The scheduler's timers, for a clock that stands still while somebody works.
#[derive(Debug)]
pub struct Scheduled;

impl Timer for Scheduled {
    async fn until(&self, instant: Instant) {
        tokio::time::sleep_until(instant).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a load is generated in real time")]
fn now() -> Instant {
    Instant::now()
}

/// A stall of the generator, to see that the measurement shows it.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// When it begins, in nanoseconds since the load began.
    pub at: u64,
    /// How long it is.
    pub length: Duration,
}

/// Sends users their turns.
pub struct Generator {
    /// The turns, by instant.
    pub departures: Box<dyn Iterator<Item = Departure> + Send>,
    /// Turns are sent until then, in nanoseconds since the load began.
    pub until: u64,
    /// The users.
    pub users: Vec<ActorRef<UserMessage>>,
    /// Where it is noted.
    pub board: Arc<Board>,
    /// Where it stalls.
    pub stall: Option<Stall>,
}

impl Generator {
    /// Sends every turn that is planned before the end.
    pub async fn run(self, timer: impl Timer) {
        let Generator { departures, until, users, board, mut stall } = self;
        let (mut made, mut too_many) = (0_u64, false);
        for departure in departures.take_while(|departure| departure.at < until && !board.is_over()) {
            if let Some(stall) = stall.take_if(|stall| stall.at <= departure.at) {
                timer.until(board.clock.at(board.clock.nanoseconds()) + stall.length).await;
            }
            let planned = departure.at;
            let mut now = board.clock.nanoseconds();
            if now < planned {
                timer.until(board.clock.at(planned)).await;
                now = board.clock.nanoseconds();
            }
            let kind = Kind::of(&departure.request);
            if now > until + LATE_MAX {
                // It can't make so many: that it was late is told already.
                break;
            }
            board.generated(Note { planned: Some(planned), kind }, now);
            if made.is_multiple_of(LOOKED_AFTER) {
                too_many = made.saturating_sub(board.requests_sent()) > WAITING_MAX;
            }
            if !too_many {
                made += 1;
                // A user who has gone is counted as not sent.
                let _ = users[departure.user].cast(UserMessage::Turn(planned, departure.request));
            }
        }
    }
}
