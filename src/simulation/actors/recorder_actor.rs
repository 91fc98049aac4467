//! The recorder's actor: takes rows from every group of teams, and gives each credit for the next.

use std::marker::PhantomData;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

use crate::meter::record::Record;
use crate::simulation::actors::Failure;
use crate::simulation::panicked::guarded;
use crate::simulation::recorder::{Recorder, Stopped};

/// Passes rows to a recorder, in the order in which they come.
pub(super) struct RecorderActor<R>(PhantomData<fn() -> R>);

impl<R> Default for RecorderActor<R> {
    fn default() -> Self {
        RecorderActor(PhantomData)
    }
}

/// What the recorder is sent.
pub(super) enum RecorderMessage {
    /// Rows of a group of teams, and where to say that it may send more.
    Take(Vec<Record>, oneshot::Sender<()>),
    /// All rows were sent.
    Finish,
}

/// What the actor starts with.
pub(super) struct Start<R> {
    pub(super) recorder: R,
    /// Where the recorder goes in the end.
    pub(super) kept: oneshot::Sender<R>,
    pub(super) failure: Failure,
    pub(super) seed: u64,
}

impl<R: Recorder + 'static> Actor for RecorderActor<R> {
    type Msg = RecorderMessage;
    type State = Option<Start<R>>;
    type Arguments = Start<R>;

    async fn pre_start(
        &self,
        _: ActorRef<RecorderMessage>,
        start: Start<R>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(Some(start))
    }

    async fn handle(
        &self,
        myself: ActorRef<RecorderMessage>,
        message: RecorderMessage,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            RecorderMessage::Take(rows, credit) => {
                let Some(Start { recorder, failure, seed, .. }) = state else { return Ok(()) };
                let count = rows.len();
                let said = || format!("take {count} rows");
                match guarded(*seed, || "the recorder".to_owned(), said, || recorder.take(rows))? {
                    // A team that has ended meanwhile needs no credit.
                    Ok(()) => drop(credit.send(())),
                    Err(error) => failure.set(Stopped::Unrecordable(error)),
                }
            }
            RecorderMessage::Finish => {
                if let Some(Start { recorder, kept, .. }) = state.take() {
                    // Nobody waits for the recorder of a run that has failed.
                    drop(kept.send(recorder));
                }
                myself.stop(None);
            }
        }
        Ok(())
    }
}
