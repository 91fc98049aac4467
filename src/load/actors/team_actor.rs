//! The actor of a team: its service answers one request after the other.

use std::marker::PhantomData;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

use crate::load::result::Audit;
use crate::load::service::{Ask, Service};

/// Passes requests to a service.
pub struct TeamActor<S>(PhantomData<fn() -> S>);

impl<S> Default for TeamActor<S> {
    fn default() -> Self {
        TeamActor(PhantomData)
    }
}

/// What a team is sent.
pub enum TeamMessage {
    /// A user asks.
    Ask(Ask),
    /// Nobody will ask any more: what was found?
    Close(RpcReplyPort<Audit>),
}

impl<S: Service> Actor for TeamActor<S> {
    type Msg = TeamMessage;
    type State = S;
    type Arguments = S;

    async fn pre_start(&self, _: ActorRef<TeamMessage>, service: S) -> Result<S, ActorProcessingErr> {
        Ok(service)
    }

    async fn handle(
        &self,
        _: ActorRef<TeamMessage>,
        message: TeamMessage,
        service: &mut S,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            TeamMessage::Ask(ask) => service.serve(ask).await,
            // Who asked and has gone needs no answer.
            TeamMessage::Close(port) => drop(port.send(service.close())),
        }
        Ok(())
    }
}
