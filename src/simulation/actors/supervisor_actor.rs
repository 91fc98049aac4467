//! The supervisor: an actor that fails ends the run, and the run says which.

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};

use crate::simulation::actors::Failure;
use crate::simulation::panicked::Panicked;
use crate::simulation::recorder::Stopped;

pub(super) struct SupervisorActor;

impl Actor for SupervisorActor {
    type Msg = ();
    type State = Failure;
    type Arguments = Failure;

    async fn pre_start(&self, _: ActorRef<()>, failure: Failure) -> Result<Failure, ActorProcessingErr> {
        Ok(failure)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<()>,
        event: SupervisionEvent,
        failure: &mut Failure,
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(_, error) = event {
            failure.set(Stopped::Panicked(panicked(error)));
            myself.stop_children(None);
        }
        Ok(())
    }
}

fn panicked(error: ActorProcessingErr) -> Panicked {
    let unknown = |error: ActorProcessingErr| Panicked {
        who: "somebody".to_owned(),
        task: String::new(),
        text: error.to_string(),
        seed: 0,
    };
    error.downcast::<Panicked>().map_or_else(unknown, |panicked| *panicked)
}
