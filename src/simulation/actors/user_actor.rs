//! A simulated user's actor: says what the user means to do, one stretch of time after another.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::meter::instant::Instant;
use crate::scenario::agenda::Intention;
use crate::scenario::calendar::iso;
use crate::scenario::person::Person;
use crate::simulation::actors::Shared;
use crate::simulation::actors::team_actor::TeamMessage;
use crate::simulation::course::Agenda;
use crate::simulation::panicked::guarded;
use crate::simulation::team_group::TeamGroup;

pub(super) struct UserActor;

/// What a user is asked.
pub(super) enum UserMessage {
    /// What they mean to do until then, written into an empty agenda.
    Plan(Instant, Vec<Intention>),
}

/// What a user's actor starts with, and keeps.
pub(super) struct UserStart {
    pub(super) shared: Arc<Shared>,
    pub(super) group: Arc<TeamGroup>,
    pub(super) person: Person,
    pub(super) team: ActorRef<TeamMessage>,
}

impl Actor for UserActor {
    type Msg = UserMessage;
    type State = UserStart;
    type Arguments = UserStart;

    async fn pre_start(
        &self,
        _: ActorRef<UserMessage>,
        start: UserStart,
    ) -> Result<UserStart, ActorProcessingErr> {
        Ok(start)
    }

    async fn handle(
        &self,
        _: ActorRef<UserMessage>,
        message: UserMessage,
        user: &mut UserStart,
    ) -> Result<(), ActorProcessingErr> {
        let UserMessage::Plan(until, mut intentions) = message;
        let UserStart { shared, group, person, team } = user;
        let name = person.user;
        let who = || format!("user {}", shared.scenario.directory.users.get(group.user(name).0));
        let said = || format!("plan until {}", iso(until));
        let planned = || person.plan(shared.seed, until, &mut intentions);
        // Of a run that ends nothing is planned; the team's actor notes it at the next agenda.
        if !shared.stops() {
            guarded(shared.scenario.seed, who, said, planned)?;
        }
        // A team that has ended needs no agenda.
        drop(team.cast(TeamMessage::Agenda(Agenda { user: name, intentions })));
        Ok(())
    }
}
