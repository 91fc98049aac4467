//! `Stated`: what an export says, in the names of the scenario, and the rows that can't be compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::reconciliation::due::{Grain, Key};
use crate::audit::reconciliation::names::KnownNames;
use crate::audit::reconciliation::{Class, Days, Subject};
use crate::meter::id::{ProductId, TeamId, UserId};
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::scenario::directory::names::Names;
use crate::scenario::problem::nearest;
use crate::scenario::usage_export::column::{Column, Generation};
use crate::scenario::usage_export::{UsageExport, UsageRow};

/// Unknown names for which the nearest known one is looked for; an export of another firm has thousands.
const GUESSES_MAX: usize = 50;

/// An export in the names of a scenario.
pub(crate) struct Stated<'e> {
    pub(crate) grain: Grain,
    pub(crate) rows: BTreeMap<Key, Vec<&'e UsageRow>>,
    pub(crate) strays: Vec<Stray<'e>>,
    pub(crate) notes: Vec<String>,
}

/// A row that has nothing beside it.
pub(crate) struct Stray<'e> {
    pub(crate) class: Class,
    pub(crate) row: &'e UsageRow,
    pub(crate) why: String,
}

impl<'e> Stated<'e> {
    pub(crate) fn of(scenario: &Scenario, export: &'e UsageExport, days: Days) -> Self {
        let mut reader = Reader::new(scenario);
        let mut strays = Vec::new();
        let mut known: Vec<(Subject, &UsageRow)> = Vec::new();
        for row in &export.rows {
            match reader.subject(row, days) {
                Ok(subject) => known.push((subject, row)),
                Err((class, why)) => strays.push(Stray { class, row, why }),
            }
        }
        let by_day = export.generation == Generation::TokenUsage;
        let by_team = !known.is_empty() && known.iter().all(|((_, _, team), _)| team.is_some());
        let mut grain = Grain { by_day, by_team, ..Grain::default() };
        let hidden = known.iter().filter(|((user, ..), _)| user.is_none());
        let hidden_rows = hidden.clone().count();
        grain.hidden = hidden
            .map(|((_, product, team), row)| (row.day.filter(|_| by_day), *product, team.filter(|_| by_team)))
            .collect();
        grain.by_version = several_versions(&known, by_day);
        let mut rows: BTreeMap<Key, Vec<&UsageRow>> = BTreeMap::new();
        for ((user, product, team), row) in known {
            let version = row.text(Column::Version).map(str::to_owned);
            let whole = Key { day: row.day, user, product, team, version };
            rows.entry(grain.coarse(whole)).or_default().push(row);
        }
        let notes = notes(export, (&grain, hidden_rows), days);
        Stated { grain, rows, strays, notes }
    }
}

/// The users and products with more than one version, where totals tell versions apart.
fn several_versions(known: &[(Subject, &UsageRow)], by_day: bool) -> BTreeSet<(UserId, ProductId)> {
    let mut versions: BTreeMap<(UserId, ProductId), BTreeSet<&str>> = BTreeMap::new();
    for ((user, product, _), row) in known {
        if let (Some(user), Some(version), false) = (user, row.text(Column::Version), by_day) {
            versions.entry((*user, *product)).or_default().insert(version);
        }
    }
    versions.into_iter().filter(|(_, versions)| versions.len() > 1).map(|(key, _)| key).collect()
}

fn notes(export: &UsageExport, (grain, hidden): (&Grain, usize), days: Days) -> Vec<String> {
    let mut notes = Vec::new();
    if export.rows.is_empty() {
        notes.push("the export has a header and no rows".to_owned());
    }
    if hidden > 0 {
        let what = match (grain.by_day, grain.by_team) {
            (true, true) => "day, product and team",
            (true, false) => "day and product",
            (false, true) => "product and team",
            (false, false) => "product",
        };
        notes.push(format!(
            "{hidden} of {} rows hide who used the product: they are compared per {what}. Whose charge is wrong \
             there can't be known, nor whether one user's error makes up for another's",
            export.rows.len()
        ));
    }
    if !grain.by_team && !export.rows.is_empty() {
        notes.push("not every row names a team: teams are not compared".to_owned());
    }
    if !grain.by_day {
        let (first, last) = (days.first.date(), days.last.date());
        notes.push(format!(
            "a usage report says totals and not of which days: it is compared with {first} to {last}; where it was \
             made for other days, say so with --from and --to"
        ));
    }
    if !export.ignored.is_empty() {
        let columns: Vec<String> = export.ignored.iter().map(|name| format!("`{name}`")).collect();
        notes.push(format!("columns that no report of the vendor has are ignored: {}", columns.join(", ")));
    }
    notes
}

/// Finds out what a row names.
struct Reader<'s> {
    scenario: &'s Scenario,
    users: KnownNames<'s>,
    products: KnownNames<'s>,
    teams: KnownNames<'s>,
    /// What was said of names that are not known.
    said: BTreeMap<String, String>,
}

impl<'s> Reader<'s> {
    fn new(scenario: &'s Scenario) -> Self {
        let directory = &scenario.directory;
        Reader {
            scenario,
            users: KnownNames::of(&directory.users),
            products: KnownNames::of(&directory.products),
            teams: KnownNames::of(&directory.teams),
            said: BTreeMap::new(),
        }
    }

    /// The numbers of what a row names; otherwise why it can't be compared.
    fn subject(&mut self, row: &UsageRow, days: Days) -> Result<Subject, (Class, String)> {
        if let Some(day) = row.day.filter(|day| !days.has(*day)) {
            let [first, last, day] = [days.first, days.last, day].map(Day::date);
            let why = format!("{day} is not among the days that are compared, {first} to {last}");
            return Err((Class::OutsideRun, why));
        }
        let scenario = self.scenario;
        let directory = &scenario.directory;
        let user = self.user(row)?;
        let product = self.products.find(&row.product).map(ProductId);
        let product = product.ok_or_else(|| self.unknown("product", &row.product, &directory.products))?;
        let team = match row.team() {
            None => None,
            Some(name) => {
                let team = self.teams.find(name).map(TeamId);
                Some(team.ok_or_else(|| self.unknown("team", name, &directory.teams))?)
            }
        };
        Ok((user, product, team))
    }

    /// Who used the product; `None` where the row hides it.
    fn user(&mut self, row: &UsageRow) -> Result<Option<UserId>, (Class, String)> {
        let names = row.names();
        if let Some(user) = names.iter().find_map(|name| self.users.find(name)) {
            return Ok(Some(UserId(user)));
        }
        let shows = [Column::Email, Column::FirstName, Column::LastName];
        match names.first().filter(|_| shows.iter().any(|column| row.text(*column).is_some())) {
            None => Ok(None),
            Some(name) => {
                let directory = &self.scenario.directory;
                Err(self.unknown("user", name, &directory.users))
            }
        }
    }

    fn unknown(&mut self, noun: &str, name: &str, names: &Names) -> (Class, String) {
        let guess = self.said.len() < GUESSES_MAX && !names.are_hidden();
        let name = &names.shown(name);
        let said = self.said.entry(format!("{noun} {name}")).or_insert_with(|| {
            let near = if guess { format!("; {}", nearest(name, names.iter())) } else { String::new() };
            format!("the scenario has no {noun} `{name}`, so that what is due can't be known{near}")
        });
        (Class::Unknown, said.clone())
    }
}
