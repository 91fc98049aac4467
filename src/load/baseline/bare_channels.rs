//! Tasks and channels of tokio with nothing behind them: what the actors' own machinery costs.

use tokio::sync::{mpsc, oneshot};

use crate::load::baseline::{Baselines, Course, Round, Until};
use crate::load::schedule::sign_out;
use crate::load::service::Ask;
use crate::meter::answer::Answer;
use crate::meter::request::{Request, SignIn};

/// Answers until nobody can ask any more, and decides nothing.
async fn answer(mut asked: mpsc::UnboundedReceiver<Ask>) {
    while let Some(ask) = asked.recv().await {
        drop(ask.port.send(Answer::Done));
    }
}

/// Asks the team; returns how many visits count.
async fn work(sign_in: SignIn, team: mpsc::UnboundedSender<Ask>, begin: oneshot::Receiver<Course>) -> u64 {
    let course = begin.await.expect("the work begins");
    let (mut visits, mut counted) = (0, 0);
    while let Some(counts) = course.next(visits) {
        for request in [Request::SignIn(sign_in), sign_out(sign_in)] {
            let (port, answer) = oneshot::channel();
            let asked = team.send(Ask { request, sent: 0, port: port.into() });
            asked.expect("a team answers as long as somebody can ask");
            answer.await.expect("a team answers");
        }
        visits += 1;
        counted += counts;
    }
    counted
}

impl Baselines<'_> {
    /// A task per user asks a task per team through an unbounded channel, with a way back for each request.
    pub fn bare_channels(&self, until: Until) -> Round {
        self.runtime().block_on(async {
            let (mut teams, mut answering) = (Vec::new(), Vec::new());
            for _ in &self.population.teams {
                let (team, asked) = mpsc::unbounded_channel();
                answering.push(tokio::spawn(answer(asked)));
                teams.push(team);
            }
            let (mut users, mut waiting) = (Vec::new(), Vec::new());
            for user in &self.population.users {
                let (begin, begun) = oneshot::channel();
                users.push(tokio::spawn(work(user.sign_in, teams[user.team].clone(), begun)));
                waiting.push(begin);
            }
            drop(teams);
            let course = self.begin(until);
            for begin in waiting {
                begin.send(course.clone()).expect("everybody waits");
            }
            let mut sign_ins = 0;
            for visits in users {
                sign_ins += visits.await.expect("a user does not panic");
            }
            let nanoseconds = course.counted();
            for answering in answering {
                answering.await.expect("a team does not panic");
            }
            Round { sign_ins, charges: 0, nanoseconds }
        })
    }
}
