//! `Newcomers`: who may come to a team, as those were who are or were there.

use crate::forecast::fit::shares::Shares;
use crate::forecast::fit::stay::{self, Stay};
use crate::forecast::history::History;

/// People who may come to a team.
#[derive(Clone, Debug)]
pub struct Newcomers {
    /// The number of the team.
    pub team: usize,
    /// How many came during the history.
    pub joined: usize,
    /// How many are to be expected in as many days.
    pub expected: f64,
    /// For each product that they may use days of use and days seen: a newcomer's own chance is drawn from them, so
    /// that newcomers differ as people of the team do.
    pub uses: Vec<(usize, f64, f64)>,
}

/// Who may come to each team.
#[expect(clippy::cast_precision_loss, reason = "people are few")]
pub(crate) fn of(history: &History, stays: &[Stay], shares: &[Vec<Shares>]) -> Vec<Newcomers> {
    let mut newcomers = Vec::new();
    for team in 0..history.teams.len() {
        let of_team: Vec<usize> =
            (0..history.people.len()).filter(|at| history.people[*at].team == team).collect();
        let joined = of_team.iter().filter(|at| stays[**at].joined.is_some()).count();
        if !stay::is_told(history) || of_team.is_empty() {
            continue;
        }
        let part = of_team.len() as f64 / history.people.len() as f64;
        let mut uses = Vec::new();
        for product in 0..history.products.len() {
            let of_person = |at: &usize| {
                let place = history.people[*at].uses.iter().position(|uses| uses.product == product);
                place.map_or((0.0, 1.0), |place| shares[*at][place].sums())
            };
            let seen: Vec<(f64, f64)> = of_team.iter().map(of_person).collect();
            let count = seen.len() as f64;
            let share = |(used, days): &(f64, f64)| used / days.max(1.0);
            let mean = seen.iter().map(share).sum::<f64>() / count;
            if mean <= 0.0 {
                continue;
            }
            let apart = seen.iter().map(|of| (share(of) - mean) * (share(of) - mean)).sum::<f64>() / count;
            // What a person's share differs from their chance by is no difference between people.
            let chance =
                seen.iter().map(|of| share(of) * (1.0 - share(of)) / of.1.max(1.0)).sum::<f64>() / count;
            let variance = (apart - chance).max(0.02 * mean * (1.0 - mean));
            let days = (mean * (1.0 - mean) / variance.max(1e-9) - 2.0).clamp(0.05, 1000.0);
            uses.push((product, mean * days, days));
        }
        newcomers.push(Newcomers { team, joined, expected: joined as f64 + stay::UNSEEN * part, uses });
    }
    newcomers
}
