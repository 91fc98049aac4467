//! What simulated users do when the time for it has come, and what they do if refused.

use std::cmp::Reverse;

use crate::meter::answer::Answer;
use crate::meter::id::UserId;
use crate::meter::instant::{Instant, Span};
use crate::meter::request::{OpenSession, Phase, Request, SignIn};
use crate::scenario::agenda::{Act, Ends, IfRefused, Intention, Visit};
use crate::simulation::course::order::order;
use crate::simulation::course::{Course, Drive};

/// Nobody at work lets more time pass between two operations (RULES 1.8).
const OPERATES_EVERY: Span = Span::from_seconds(600);

/// Intentions that wait for their instant, by number; numbers are used again.
#[derive(Default)]
pub(super) struct Waiting {
    waiting: Vec<(UserId, Intention)>,
    free: Vec<usize>,
}

impl Course {
    /// A simulated user does what they meant to.
    pub(super) fn act(&mut self, user: UserId, intention: &Intention, driver: &mut impl Drive) {
        let Intention { at, product, device, version, .. } = *intention;
        let session = OpenSession { user, product, device: Some(device), version: Some(version) };
        match intention.act {
            Act::Open(visit) => self.open((user, intention), &visit, driver),
            Act::GoOn(visit) if self.meter.is_open(session) => {
                if visit.operates_until.is_some() {
                    driver.ask(&mut self.meter, Request::Touch(session), at);
                }
                self.opened(user, intention, &visit);
            }
            Act::GoOn(visit) => self.later(user, Intention { act: Act::Open(visit), ..*intention }),
            Act::Close => drop(driver.ask(&mut self.meter, Request::SignOut(session), at)),
            Act::Work { until } => {
                driver.ask(&mut self.meter, Request::Touch(session), at);
                self.operate_again(user, intention, until);
            }
            Act::GoOffline => drop(driver.ask(&mut self.meter, Request::GoOffline { user, device }, at)),
            Act::GoOnline => drop(driver.ask(&mut self.meter, Request::GoOnline { user, device }, at)),
        }
    }

    fn open(&mut self, (user, intention): (UserId, &Intention), visit: &Visit, driver: &mut impl Drive) {
        let Intention { at, product, device, version, day, .. } = *intention;
        if self.given_up.get(&(user, product)) == Some(&day) {
            return;
        }
        let sign_in = SignIn { user, product, device, version, unsupported: false };
        if let Answer::Refused(_) = driver.ask(&mut self.meter, Request::SignIn(sign_in), at) {
            self.refused(user, intention, visit);
        } else {
            self.opened(user, intention, visit);
        }
    }

    fn opened(&mut self, user: UserId, intention: &Intention, visit: &Visit) {
        if visit.ends == Ends::Closed {
            let order = order(Phase::Steps, user, intention.product);
            self.sign_outs.push(Reverse((visit.until, order, intention.device, intention.version)));
        }
        if let Some(until) = visit.operates_until {
            self.operate_again(user, intention, until);
        }
    }

    fn operate_again(&mut self, user: UserId, intention: &Intention, until: Instant) {
        let at = intention.at + OPERATES_EVERY;
        if at <= until {
            self.later(user, Intention { at, act: Act::Work { until }, ..*intention });
        }
    }

    /// What follows a refusal, as the user meant it.
    fn refused(&mut self, user: UserId, intention: &Intention, visit: &Visit) {
        let after = match visit.if_refused {
            IfRefused::Ignore => return,
            IfRefused::GiveUp => {
                self.given_up.insert((user, intention.product), intention.day);
                return;
            }
            IfRefused::Retry { after, .. } | IfRefused::Other { after, .. } => after,
        };
        let in_time = after < visit.until - intention.at;
        let mut product = intention.product;
        let mut visit = *visit;
        match visit.if_refused {
            IfRefused::Retry { times, .. } if times > 1 => {
                let after = Span::from_seconds(after.seconds().saturating_mul(2));
                visit.if_refused = IfRefused::Retry { after, times: times - 1 };
            }
            IfRefused::Other { product: other, .. } => {
                self.given_up.insert((user, product), intention.day);
                product = other;
                let idle_aware = &self.scenario.setup.products[product.index()].idle_aware;
                visit.operates_until = idle_aware.contains(&intention.version).then_some(visit.until);
                visit.ends = Ends::Closed;
                visit.if_refused = IfRefused::GiveUp;
            }
            _ => visit.if_refused = IfRefused::GiveUp,
        }
        if in_time {
            let at = intention.at + after;
            self.later(user, Intention { at, product, act: Act::Open(visit), ..*intention });
        }
    }

    fn later(&mut self, user: UserId, intention: Intention) {
        let (at, phase, product) = intention.order();
        let slot = self.intended.put((user, intention));
        self.again.push(Reverse((at, order(phase, user, product), slot)));
    }
}

impl Waiting {
    pub(super) fn put(&mut self, waiting: (UserId, Intention)) -> usize {
        if let Some(slot) = self.free.pop() {
            self.waiting[slot] = waiting;
            return slot;
        }
        self.waiting.push(waiting);
        self.waiting.len() - 1
    }

    pub(super) fn take(&mut self, slot: usize) -> (UserId, Intention) {
        self.free.push(slot);
        self.waiting[slot]
    }
}
