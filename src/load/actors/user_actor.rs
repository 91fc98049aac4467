//! The actor of a user: asks when its turn comes, waits for the answer, and notes how long that took.

use std::sync::Arc;

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio::sync::Semaphore;

use crate::load::actors::team_actor::TeamMessage;
use crate::load::measure::{Board, Kind, Note};
use crate::load::schedule::sign_out;
use crate::load::service::Ask;
use crate::meter::request::{Request, SignIn};

/// Asks for its user.
pub struct UserActor;

/// A user under way.
pub struct User {
    /// The user's team.
    pub team: ActorRef<TeamMessage>,
    /// Where it is noted.
    pub board: Arc<Board>,
    /// As many places as there may be requests under way; `None` where each user may have one.
    pub places: Option<Arc<Semaphore>>,
}

/// What a user is sent.
pub enum UserMessage {
    /// Ask that, planned for an instant in nanoseconds of the clock.
    Turn(u64, Request),
    /// Sign in and out, again and again, until an instant in nanoseconds of the clock.
    Work(SignIn, u64),
    /// Nothing will come any more; answered when everything before it is done.
    Finish(RpcReplyPort<()>),
}

impl Actor for UserActor {
    type Msg = UserMessage;
    type State = User;
    type Arguments = User;

    async fn pre_start(&self, _: ActorRef<UserMessage>, user: User) -> Result<User, ActorProcessingErr> {
        Ok(user)
    }

    async fn handle(
        &self,
        _: ActorRef<UserMessage>,
        message: UserMessage,
        user: &mut User,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            UserMessage::Turn(planned, request) => user.turn(planned, request).await,
            UserMessage::Work(sign_in, until) => user.work(sign_in, until).await,
            // Who asked and has gone needs no answer.
            UserMessage::Finish(port) => drop(port.send(())),
        }
        Ok(())
    }
}

impl User {
    /// Signs in and out until then. The clock is looked at twice for each sign-in, and not for its sign-out.
    async fn work(&self, sign_in: SignIn, until: u64) {
        let mut now = self.board.clock.nanoseconds();
        while now < until && !self.board.is_over() {
            let note = Note { planned: None, kind: Kind::SignIn };
            now = self.ask(note, now, || Request::SignIn(sign_in)).await;
            let note = Note { planned: None, kind: Kind::Other };
            now = self.ask(note, now, || sign_out(sign_in)).await;
        }
    }

    async fn turn(&self, planned: u64, request: Request) {
        let note = Note { planned: Some(planned), kind: Kind::of(&request) };
        let now = self.board.clock.nanoseconds();
        self.ask(note, now, || request).await;
    }

    /// Asks at an instant, or once there is a place; returns an instant after the answer. The request is made where it is
    /// sent: moving it there from one future to the next took a tenth of the time.
    async fn ask(&self, note: Note, now: u64, request: impl FnOnce() -> Request) -> u64 {
        let (_place, sent) = match &self.places {
            Some(places) => {
                let place = places.acquire().await.expect("places are never closed");
                (Some(place), self.board.clock.nanoseconds())
            }
            None => (None, now),
        };
        self.board.sending(note, sent);
        let asked =
            self.team.call(|port| TeamMessage::Ask(Ask { request: request(), sent, port }), None).await;
        let now = self.board.clock.nanoseconds();
        // Who has no answer is counted as waiting for it.
        if let Ok(CallResult::Success(answer)) = asked {
            self.board.answered(note, (sent, now), &answer);
        }
        now
    }
}
