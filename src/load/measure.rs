//! `Board`: where everybody who takes part in a load notes what they measured, and what is made of it.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::load::clock::Clock;
use crate::load::intervals::IntervalHistograms;
use crate::meter::answer::Answer;
use crate::meter::request::Request;

/// Each thread that notes something has a slip of its own, as far as there are so many.
const SLIPS: usize = 16;

thread_local! {
    /// The slip of this thread.
    static SLIP: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed) % SLIPS
    };
}

/// What all notes come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// Sign-ins planned, after the warm-up.
    pub planned: u64,
    /// Of these, sent; none of what was not planned.
    pub sent: u64,
    /// Of these, admitted.
    pub admitted: u64,
    /// Of these, refused.
    pub refused: u64,
    /// Requests of every kind sent so far, from the beginning.
    pub requests_sent: u64,
    /// Of these, answered.
    pub requests_answered: u64,
    /// Sign-ins answered after the warm-up, whenever they were planned.
    pub served: u64,
    /// When the last sign-in was answered, in nanoseconds of the clock.
    pub last_answer: u64,
}

/// The notes of a load.
#[derive(Debug)]
pub struct Board {
    /// The clock of the load.
    pub clock: Clock,
    /// Sign-ins planned earlier are not counted, in nanoseconds of the clock.
    counted_from: u64,
    slips: Vec<Slip>,
    generator: Mutex<Generated>,
    /// Set once nothing is answered any more.
    is_over: AtomicBool,
}

/// The notes of a thread, apart from the others' in memory, so that none waits for another's.
#[derive(Debug)]
#[repr(align(128))]
struct Slip {
    sent: AtomicU64,
    served: AtomicU64,
    requests_sent: AtomicU64,
    requests_answered: AtomicU64,
    answered: Mutex<Answered>,
}

/// Answered sign-ins since they were last collected.
#[derive(Debug)]
struct Answered {
    planned: Histogram<u64>,
    sent: Histogram<u64>,
    admitted: u64,
    refused: u64,
    last: u64,
}

/// What the generator did since it was last collected.
#[derive(Debug)]
struct Generated {
    lateness: Histogram<u64>,
    planned: u64,
}

/// A request, by when it was planned and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// When it was to be sent, in nanoseconds of the clock; `None` where it follows the answer before it.
    pub planned: Option<u64>,
    /// Whether its latency counts: the others are counted alone.
    pub kind: Kind,
}

/// What is measured of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sign-in: its latency.
    SignIn,
    /// Anything else: that it was answered.
    Other,
}

impl Kind {
    /// What is measured of that request.
    pub fn of(request: &Request) -> Self {
        if matches!(request, Request::SignIn(_)) { Kind::SignIn } else { Kind::Other }
    }
}

impl Board {
    /// An empty board, for a load that begins with its clock; what is planned in the warm-up is not counted.
    pub fn new(clock: Clock, warmup: Duration) -> Self {
        let slip = |_| Slip {
            sent: AtomicU64::new(0),
            served: AtomicU64::new(0),
            requests_sent: AtomicU64::new(0),
            requests_answered: AtomicU64::new(0),
            answered: Mutex::new(Answered::new()),
        };
        Board {
            clock,
            counted_from: nanoseconds(warmup),
            slips: (0..SLIPS).map(slip).collect(),
            generator: Mutex::new(Generated { lateness: histogram(), planned: 0 }),
            is_over: AtomicBool::new(false),
        }
    }

    /// Nothing is answered any more: nobody needs to ask.
    pub fn give_up(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether nothing is answered any more.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// The generator came to a request at `now`.
    pub fn generated(&self, note: Note, now: u64) {
        if self.counts(note, now) {
            let mut generated = lock(&self.generator);
            generated.planned += 1;
            record(&mut generated.lateness, now.saturating_sub(note.planned.unwrap_or(now)));
        }
    }

    /// A user sends a request at `sent`.
    pub fn sending(&self, note: Note, sent: u64) {
        let slip = self.slip();
        slip.requests_sent.fetch_add(1, Ordering::Relaxed);
        // What was not planned is counted when it is answered.
        if note.planned.is_some() && self.counts(note, sent) {
            slip.sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A user who sent a request at `sent` has its answer at `now`.
    pub fn answered(&self, note: Note, (sent, now): (u64, u64), answer: &Answer) {
        let slip = self.slip();
        slip.requests_answered.fetch_add(1, Ordering::Relaxed);
        if note.kind == Kind::SignIn && now >= self.counted_from {
            slip.served.fetch_add(1, Ordering::Relaxed);
        }
        if !self.counts(note, sent) {
            return;
        }
        let mut answered = lock(&slip.answered);
        if let Some(planned) = note.planned {
            record(&mut answered.planned, now.saturating_sub(planned));
        }
        record(&mut answered.sent, now.saturating_sub(sent));
        match answer {
            Answer::Refused(_) => answered.refused += 1,
            _ => answered.admitted += 1,
        }
        answered.last = answered.last.max(now);
    }

    /// Requests that were sent and have no answer yet.
    pub fn under_way(&self) -> u64 {
        let sum = |of: fn(&Slip) -> &AtomicU64| -> u64 {
            self.slips.iter().map(|slip| of(slip).load(Ordering::Relaxed)).sum()
        };
        // Answers first: none is counted before its sending.
        let answered = sum(|slip| &slip.requests_answered);
        sum(|slip| &slip.requests_sent).saturating_sub(answered)
    }

    /// Requests sent so far, of every kind.
    pub fn requests_sent(&self) -> u64 {
        self.slips.iter().map(|slip| slip.requests_sent.load(Ordering::Relaxed)).sum()
    }

    fn slip(&self) -> &Slip {
        &self.slips[SLIP.with(|slip| *slip)]
    }

    fn counts(&self, note: Note, sent: u64) -> bool {
        note.kind == Kind::SignIn && note.planned.unwrap_or(sent) >= self.counted_from
    }
}

/// Takes the notes off a board, stretch by stretch.
#[derive(Debug)]
pub struct Collector {
    noted: Noted,
    from: u64,
    /// Changed for the notes of a slip, so that nobody waits while they are looked at.
    spare: Answered,
    spare_lateness: Histogram<u64>,
}

impl Default for Collector {
    fn default() -> Self {
        Collector { noted: Noted::default(), from: 0, spare: Answered::new(), spare_lateness: histogram() }
    }
}

impl Collector {
    /// What was noted since the last call.
    pub fn collect(&mut self, board: &Board) -> IntervalHistograms {
        let now = board.clock.nanoseconds();
        let (mut planned, mut sent) = (histogram(), histogram());
        for slip in &board.slips {
            mem::swap(&mut *lock(&slip.answered), &mut self.spare);
            add(&mut planned, &self.spare.planned);
            add(&mut sent, &self.spare.sent);
            self.noted.admitted += self.spare.admitted;
            self.noted.refused += self.spare.refused;
            self.noted.last_answer = self.noted.last_answer.max(self.spare.last);
            self.spare.reset();
        }
        let mut generated = lock(&board.generator);
        mem::swap(&mut generated.lateness, &mut self.spare_lateness);
        self.noted.planned += mem::take(&mut generated.planned);
        drop(generated);
        let lateness = self.spare_lateness.clone();
        self.spare_lateness.reset();
        let from = mem::replace(&mut self.from, now);
        let (from, length) = (Duration::from_nanos(from), Duration::from_nanos(now - from));
        IntervalHistograms { from, length, planned, sent, lateness }
    }

    /// What all notes so far come to.
    pub fn noted(&self, board: &Board) -> Noted {
        let sum = |of: fn(&Slip) -> &AtomicU64| -> u64 {
            board.slips.iter().map(|slip| of(slip).load(Ordering::Relaxed)).sum()
        };
        Noted {
            sent: sum(|slip| &slip.sent),
            served: sum(|slip| &slip.served),
            requests_sent: sum(|slip| &slip.requests_sent),
            requests_answered: sum(|slip| &slip.requests_answered),
            ..self.noted
        }
    }
}

impl Answered {
    fn new() -> Self {
        Answered { planned: histogram(), sent: histogram(), admitted: 0, refused: 0, last: 0 }
    }

    fn reset(&mut self) {
        self.planned.reset();
        self.sent.reset();
        (self.admitted, self.refused, self.last) = (0, 0, 0);
    }
}

/// A histogram of nanoseconds, to three digits.
pub fn histogram() -> Histogram<u64> {
    const SIGNIFICANT_DIGITS: u8 = 3;
    Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are allowed")
}

/// Adds what another histogram holds.
pub fn add(histogram: &mut Histogram<u64>, other: &Histogram<u64>) {
    histogram.add(other).expect("a histogram that grows takes every value");
}

/// Whole nanoseconds of a duration.
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("less than 500 years")
}

fn record(histogram: &mut Histogram<u64>, nanoseconds: u64) {
    histogram.record(nanoseconds).expect("a histogram that grows takes every value");
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
