//! `[[contract]]`: shared cloud credits (RULES 5.2).

use crate::meter::contract::Contract;
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Zone;
use crate::scenario::directory::Directory;
use crate::scenario::membership::read_teams;
use crate::scenario::people::Seen;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table};

/// Reads the contracts; they come by number.
pub(crate) fn read_contracts(
    tables: Vec<Table<'_>>,
    directory: &Directory,
    problems: &mut Problems,
) -> Vec<Contract> {
    let mut seen = Seen::default();
    let mut contracts = Vec::new();
    for mut table in tables {
        let name = table.need("name", problems);
        seen.once(name, "contract", problems);
        let id = name.and_then(|value| directory.contract(value, problems));
        let teams = table.need("teams", problems);
        let teams = teams.map_or_else(Vec::new, |value| read_teams(value, directory, problems));
        let total = table.need("credits", problems).and_then(|value| value.amount(problems));
        let utc = Zone::utc();
        let from = table.get("from").and_then(|value| value.instant(&utc, problems));
        let ends = table.get("until");
        let until = ends.and_then(|value| value.instant(&utc, problems));
        table.finish(problems);
        let from = from.unwrap_or(Instant::MIN);
        if let (Some(until), Some(ends)) = (until, ends)
            && until <= from
        {
            let title = "a contract ends before it begins";
            problems.push(Problem::new(ends.place(), title, "`until` must lie after `from`"));
        }
        let (Some(id), Some(total)) = (id, total) else { continue };
        contracts.push((id, Contract { teams, total, used: Tokens::ZERO, from, until }));
    }
    contracts.sort_by_key(|(id, _)| *id);
    contracts.into_iter().map(|(_, contract)| contract).collect()
}
