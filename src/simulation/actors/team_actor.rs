//! The actor of a group of teams: gathers the agendas of a stretch, carries it out, hands on the rows.

use std::sync::Arc;

use hdrhistogram::Histogram;
use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;

use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::instant::Instant;
use crate::meter::record::Record;
use crate::meter::request::Request;
use crate::scenario::agenda::Intention;
use crate::scenario::calendar::iso;
use crate::simulation::actors::recorder_actor::RecorderMessage;
use crate::simulation::actors::user_actor::UserMessage;
use crate::simulation::actors::{Shared, histogram};
use crate::simulation::course::{Agenda, Course, Drive};
use crate::simulation::panicked::guarded;
use crate::simulation::run::Run;
use crate::simulation::team_group::TeamGroup;

pub(super) struct TeamActor;

/// What a group of teams is told.
pub(super) enum TeamMessage {
    /// Its users are there.
    Begin(Vec<ActorRef<UserMessage>>),
    /// What one of them means to do.
    Agenda(Agenda),
}

/// What a team's actor starts with.
pub(super) struct TeamStart {
    pub(super) shared: Arc<Shared>,
    pub(super) group: Arc<TeamGroup>,
    pub(super) course: Course,
    /// Where what came of it goes in the end.
    pub(super) done: Done,
}

/// Takes what came of a group, and how long its decisions took.
type Done = oneshot::Sender<(Run, Histogram<u64>)>;

/// A group of teams under way.
pub(super) struct Team {
    shared: Arc<Shared>,
    group: Arc<TeamGroup>,
    users: Vec<ActorRef<UserMessage>>,
    /// Those of this stretch that have come.
    agendas: Vec<Agenda>,
    until: Instant,
    stopwatch: Stopwatch,
    /// Comes when the recorder has taken the last rows.
    credit: Option<oneshot::Receiver<()>>,
    /// Until the group has come to its end.
    under_way: Option<(Course, Done)>,
}

/// Takes the time of each decision.
struct Stopwatch {
    shared: Arc<Shared>,
    latency: Histogram<u64>,
}

impl Drive for Stopwatch {
    fn ask(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        if !matches!(request, Request::SignIn(_)) {
            return meter.apply(request, at);
        }
        let clock = self.shared.company.clock;
        let before = clock();
        let answer = meter.apply(request, at);
        let took = clock() - before;
        self.latency.record(took).expect("a histogram that grows takes every value");
        answer
    }

    fn stops(&self) -> bool {
        self.shared.stops()
    }
}

impl Actor for TeamActor {
    type Msg = TeamMessage;
    type State = Team;
    type Arguments = TeamStart;

    async fn pre_start(
        &self,
        _: ActorRef<TeamMessage>,
        start: TeamStart,
    ) -> Result<Team, ActorProcessingErr> {
        let TeamStart { shared, group, course, done } = start;
        Ok(Team {
            users: Vec::new(),
            agendas: Vec::new(),
            until: course.now(),
            stopwatch: Stopwatch { shared: shared.clone(), latency: histogram() },
            credit: None,
            under_way: Some((course, done)),
            shared,
            group,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<TeamMessage>,
        message: TeamMessage,
        team: &mut Team,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            TeamMessage::Begin(users) => team.begin(users),
            TeamMessage::Agenda(agenda) => team.agendas.push(agenda),
        }
        let complete = team.agendas.len() == team.users.len();
        let ended = team.shared.stops() || (complete && !team.carry_out_stretch().await?);
        if ended {
            team.users.iter().for_each(|user| user.stop(None));
            myself.stop(None);
        }
        Ok(())
    }

    /// A user who fails is a failure of the team, and is told to the supervisor with the user's own name.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<TeamMessage>,
        event: SupervisionEvent,
        _: &mut Team,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(_, error) => Err(error),
            _ => Ok(()),
        }
    }
}

impl Team {
    fn begin(&mut self, users: Vec<ActorRef<UserMessage>>) {
        self.users = users;
        let empty = self.users.iter().map(|_| Vec::new()).collect();
        self.ask(empty);
    }

    /// Asks every user for the next stretch; the agendas' memory is used again.
    fn ask(&mut self, empty: Vec<Vec<Intention>>) {
        let (course, _) = self.under_way.as_ref().expect("a group that goes on");
        self.until = course.next_stretch();
        for (user, intentions) in self.users.iter().zip(empty) {
            // A user who has ended told the supervisor, who ends the run.
            drop(user.cast(UserMessage::Plan(self.until, intentions)));
        }
    }

    /// Carries out the stretch whose agendas are complete; returns whether there is another.
    async fn carry_out_stretch(&mut self) -> Result<bool, ActorProcessingErr> {
        let Team { shared, group, agendas, until, stopwatch, under_way, .. } = self;
        let (course, _) = under_way.as_mut().expect("a group that goes on");
        let who = || format!("team {}", group.name(&shared.scenario));
        let said = || format!("carry out until {}", iso(*until));
        let carried = || course.run_until(*until, agendas, stopwatch);
        let Ok(advance) = guarded(shared.scenario.seed, who, said, carried)? else { return Ok(false) };
        let (rows, ends) = (course.take_rows(), course.now() == shared.scenario.end);
        shared.company.observer.advanced(advance);
        if shared.stops() || !self.hand_on(rows).await {
            return Ok(false);
        }
        if !ends {
            let mut empty: Vec<_> = self.agendas.drain(..).map(|agenda| agenda.intentions).collect();
            empty.iter_mut().for_each(Vec::clear);
            self.ask(empty);
            return Ok(true);
        }
        let (course, done) = self.under_way.take().expect("a group that goes on");
        let (group, scenario) = (&self.group, &self.shared.scenario);
        let who = || format!("team {}", group.name(scenario));
        let (run, rows) = guarded(scenario.seed, who, || "finish".to_owned(), || course.finish())?;
        if self.hand_on(rows).await && self.hand_on(Vec::new()).await {
            // Nobody waits for a group of a run that has failed.
            drop(done.send((run, std::mem::replace(&mut self.stopwatch.latency, histogram()))));
        }
        Ok(false)
    }

    /// Sends rows to the recorder once it has taken the last ones; returns whether it could.
    async fn hand_on(&mut self, rows: Vec<Record>) -> bool {
        if let Some(credit) = self.credit.take()
            && credit.await.is_err()
        {
            return false;
        }
        if rows.is_empty() {
            return true;
        }
        let (give, credit) = oneshot::channel();
        self.credit = Some(credit);
        self.shared.recorder.cast(RecorderMessage::Take(rows, give)).is_ok()
    }
}
