//! Calls between ractor's actors with nothing behind them: the most that actors of this shape can do.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio::sync::oneshot;

use crate::load::baseline::{Baselines, Course, Round, Until};
use crate::load::schedule::sign_out;
use crate::load::service::Ask;
use crate::meter::answer::Answer;
use crate::meter::request::{Request, SignIn};

/// Answers, and decides nothing.
struct Team;

/// Asks the team, and is done when the work is.
struct User;

/// What a user is sent.
struct Work {
    sign_in: SignIn,
    course: Course,
    /// Takes how many visits were made.
    done: RpcReplyPort<u64>,
}

impl Actor for Team {
    type Msg = Ask;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Ask>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Ask>, ask: Ask, (): &mut ()) -> Result<(), ActorProcessingErr> {
        drop(ask.port.send(Answer::Done));
        Ok(())
    }
}

impl Actor for User {
    type Msg = Work;
    type State = ActorRef<Ask>;
    type Arguments = ActorRef<Ask>;

    async fn pre_start(
        &self,
        _: ActorRef<Work>,
        team: ActorRef<Ask>,
    ) -> Result<ActorRef<Ask>, ActorProcessingErr> {
        Ok(team)
    }

    async fn handle(
        &self,
        _: ActorRef<Work>,
        Work { sign_in, course, done }: Work,
        team: &mut ActorRef<Ask>,
    ) -> Result<(), ActorProcessingErr> {
        let (mut visits, mut counted) = (0, 0);
        while let Some(counts) = course.next(visits) {
            for request in [Request::SignIn(sign_in), sign_out(sign_in)] {
                team.call(|port| Ask { request, sent: 0, port }, None).await?;
            }
            visits += 1;
            counted += counts;
        }
        drop(done.send(counted));
        Ok(())
    }
}

impl Baselines<'_> {
    /// An actor per user calls an actor per team.
    pub fn bare_calls(&self, until: Until) -> Round {
        self.runtime().block_on(async {
            let mut actors = Vec::new();
            let mut teams = Vec::new();
            for _ in &self.population.teams {
                let (team, ended) = Actor::spawn(None, Team, ()).await.expect("it starts");
                actors.push((team.get_cell(), ended));
                teams.push(team);
            }
            let mut users = Vec::new();
            for user in &self.population.users {
                let team = teams[user.team].clone();
                let (user, ended) = Actor::spawn(None, User, team).await.expect("it starts");
                actors.push((user.get_cell(), ended));
                users.push(user);
            }
            let course = self.begin(until);
            let mut under_way = Vec::with_capacity(users.len());
            for (user, of) in users.iter().zip(&self.population.users) {
                let (done, visits) = oneshot::channel();
                let work = Work { sign_in: of.sign_in, course: course.clone(), done: done.into() };
                user.cast(work).expect("it waits for work");
                under_way.push(visits);
            }
            let mut sign_ins = 0;
            for visits in under_way {
                sign_ins += visits.await.expect("a user is done in the end");
            }
            let nanoseconds = course.counted();
            for (actor, ended) in actors {
                actor.stop(None);
                ended.await.expect("it does not panic");
            }
            Round { sign_ins, charges: 0, nanoseconds }
        })
    }
}
