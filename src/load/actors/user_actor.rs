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
    /// The place among the users.
    pub number: usize,
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
            UserMessage::Turn(planned, request) => user.ask(planned, request).await,
            UserMessage::Work(sign_in, until) => user.work(sign_in, until).await,
            // Who asked and has gone needs no answer.
            UserMessage::Finish(port) => drop(port.send(())),
        }
        Ok(())
    }
}

impl User {
    async fn work(&self, sign_in: SignIn, until: u64) {
        loop {
            let now = self.board.clock.nanoseconds();
            if now >= until {
                break;
            }
            self.ask(now, Request::SignIn(sign_in)).await;
            self.ask(now, sign_out(sign_in)).await;
        }
    }

    async fn ask(&self, planned: u64, request: Request) {
        let _place = match &self.places {
            Some(places) => Some(places.acquire().await.expect("places are never closed")),
            None => None,
        };
        let note = Note { user: self.number, planned, kind: Kind::of(&request) };
        self.board.sending(note);
        let sent = self.board.clock.nanoseconds();
        let asked = self.team.call(|port| TeamMessage::Ask(Ask { request, port }), None).await;
        // Who has no answer is counted as waiting for it.
        if let Ok(CallResult::Success(answer)) = asked {
            self.board.answered(note, (sent, self.board.clock.nanoseconds()), &answer);
        }
    }
}
