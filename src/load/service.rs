//! `Service`: what answers a team's requests: a meter, or something in its place that is to be measured.

use std::future::Future;

use ractor::RpcReplyPort;

use crate::load::audit::Auditor;
use crate::load::clock::Clock;
use crate::load::generator::Stall;
use crate::load::result::Audit;
use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::instant::Instant;
use crate::meter::request::Request;

/// A request under way: answered by sending to its port.
#[derive(Debug)]
pub struct Ask {
    /// What is asked, in the numbers of the team's meter.
    pub request: Request,
    /// When, in nanoseconds of the load's clock: the meter answers as of then.
    pub sent: u64,
    /// Where the answer goes.
    pub port: RpcReplyPort<Answer>,
}

/// What answers the requests of one team, one after the other.
pub trait Service: Send + 'static {
    /// Answers, now or later; the next request comes once this has returned.
    fn serve(&mut self, ask: Ask) -> impl Future<Output = ()> + Send;

    /// Nothing will be asked any more: what was found while it served.
    fn close(&mut self) -> Audit;
}

/// A team's meter in real time, audited while it serves.
#[derive(Debug)]
pub struct MeterService {
    meter: Meter,
    auditor: Auditor,
    clock: Clock,
}

impl MeterService {
    /// A meter to which the past has happened.
    pub fn new(meter: Meter, clock: Clock) -> Self {
        MeterService { auditor: Auditor::of(&meter), meter, clock }
    }

    /// The answer to a request that was sent at an instant of the clock, and the meter's instant at which it was given.
    pub fn decide(&mut self, request: Request, sent: u64) -> (Answer, Instant) {
        self.decide_at(request, self.clock.meter_at(sent))
    }

    /// The same for a request that arrives at an instant of the meter.
    pub fn decide_at(&mut self, request: Request, at: Instant) -> (Answer, Instant) {
        let decided = self.meter.arrive(request, at);
        self.auditor.decided();
        self.auditor.watch(&mut self.meter);
        decided
    }
}

impl Service for MeterService {
    /// Answers at once: a future that held the request until then would only move it.
    fn serve(&mut self, Ask { request, sent, port }: Ask) -> impl Future<Output = ()> + Send {
        let (answer, _) = self.decide(request, sent);
        // A user who has gone needs no answer.
        drop(port.send(answer));
        std::future::ready(())
    }

    fn close(&mut self) -> Audit {
        self.auditor.count(&self.meter)
    }
}

/// A service that once stands still, to see that the measurement shows it.
pub struct Stalling<S> {
    /// What serves otherwise.
    pub service: S,
    /// When, until it has happened.
    pub stall: Option<Stall>,
    /// The clock by which it is.
    pub clock: Clock,
}

impl<S: Service> Service for Stalling<S> {
    async fn serve(&mut self, ask: Ask) {
        let now = self.clock.nanoseconds();
        if let Some(stall) = self.stall.take_if(|stall| stall.at <= now) {
            tokio::time::sleep(stall.length).await;
        }
        self.service.serve(ask).await;
    }

    fn close(&mut self) -> Audit {
        self.service.close()
    }
}
