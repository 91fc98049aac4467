//! Who is concerned by what two runs differ in: a smaller file is looked for about one of them.

use crate::audit::difference::{Difference, Side};
use crate::meter::id::UserId;
use crate::results::table_reader::place;
use crate::scenario::Scenario;

/// The users whose charges differ, then those of the first event at which the runs part: by name, or somebody of
/// the team it names.
pub fn concerned(difference: &Difference, scenario: &Scenario) -> Vec<UserId> {
    let directory = &scenario.directory;
    let accounts = difference.accounts.iter().filter(|account| account.differs());
    let mut users: Vec<UserId> =
        accounts.filter_map(|account| directory.user_number(&account.user)).collect();
    if let Some(parting) = &difference.first {
        let rows = [Side::A, Side::B].into_iter().flat_map(|side| &parting.only.of(side).rows);
        for row in rows {
            let cell = |column: &str| row.get(place(parting.table, column)?);
            users.extend(cell("user").and_then(|name| directory.user_number(name)));
            let team = cell("team").and_then(|name| directory.team_number(name));
            let of_team = |user: &UserId| {
                team.is_some_and(|team| scenario.setup.users[user.index()].teams.contains(&team))
            };
            users.extend((0..).map(UserId).take(scenario.setup.users.len()).find(of_team));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    users.retain(|user| seen.insert(*user));
    users
}
