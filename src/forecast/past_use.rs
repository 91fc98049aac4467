//! `PastUse`: the rows of several usage exports as one account of who used what on which day.

use std::collections::{BTreeMap, BTreeSet};

use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Day;
use crate::scenario::usage_export::column::{Column, Generation};
use crate::scenario::usage_export::{UsageExport, UsageRow};

/// Who used what on which day, as exports say.
#[derive(Clone, Debug)]
pub struct PastUse {
    /// What was used, in the order of days, teams, people and products, each once.
    pub rows: Vec<Used>,
    /// The first and the last day that the account covers.
    pub days: (Day, Day),
    /// Whether the rows are totals of all these days, as in the older usage report.
    pub is_total: bool,
    /// What had to be decided on the way, in sentences.
    pub notes: Vec<String>,
}

/// A product that somebody used on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// When; of totals the first of their days.
    pub day: Day,
    /// By whose balance; of exports that name no team `Team`.
    pub team: String,
    /// By whom; `None` where that is hidden, or several people were added up.
    pub user: Option<String>,
    /// What.
    pub product: String,
    /// Tokens; `None` where the export leaves the cell empty.
    pub tokens: Option<Tokens>,
    /// On how many days, by as many people or in as many rows: more than one in totals, and where users are hidden.
    pub times: u32,
}

/// One of the exports, and what it is called.
pub struct NamedExport {
    /// The name of its file.
    pub name: String,
    /// What it says.
    pub export: UsageExport,
}

/// What stands for a team that no row names.
const NO_TEAM: &str = "Team";

type Key = (Day, String, Option<String>, String);

/// What one file says of a key, and on which line it does so first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Said {
    tokens: Option<Tokens>,
    times: u32,
    line: u64,
}

impl PastUse {
    /// The account of some exports; `days` are those that they cover, where the rows do not say so, and `shown` what a
    /// user is called.
    ///
    /// # Errors
    /// Where they do not fit together: what is wrong, and the way out.
    pub fn of(
        exports: &[NamedExport],
        (from, to): (Option<Day>, Option<Day>),
        shown: &dyn Fn(&str) -> String,
    ) -> Result<PastUse, String> {
        let first = exports.first().ok_or("no usage export is named")?;
        let generation = first.export.generation;
        if let Some(other) = exports.iter().find(|other| other.export.generation != generation) {
            return Err(format!(
                "{} holds {}, and {} {}: they can't be added up; import them one by one",
                first.name,
                generation.name(),
                other.name,
                other.export.generation.name()
            ));
        }
        let is_total = generation == Generation::UsageReport;
        if is_total && exports.len() > 1 {
            return Err(
                "usage reports say totals of days that may overlap: import one, or token usage by day".into(),
            );
        }
        if is_total && (from.is_none() || to.is_none()) {
            return Err(format!(
                "{}: a usage report says how often, and not from when to when: name the first and last day of its \
                 range with --from and --to, or import token usage by day",
                first.name
            ));
        }
        let mut gathered = Gathered::default();
        for named in exports {
            gathered.add(named, from.filter(|_| is_total), shown)?;
        }
        gathered.finish((from, to), is_total, exports)
    }

    /// The same account up to a day, as if nothing later were known.
    #[must_use]
    pub fn until(&self, last: Day) -> PastUse {
        let rows = self.rows.iter().filter(|row| row.day <= last).cloned().collect();
        PastUse { rows, days: (self.days.0, last), ..self.clone() }
    }
}

/// Rows on their way into one account.
#[derive(Default)]
struct Gathered {
    /// What was said, and by which of the files.
    rows: BTreeMap<Key, (Said, usize)>,
    files: usize,
    twice: u64,
    free: u64,
    unnamed: u64,
    several: u64,
    no_team: bool,
}

impl Gathered {
    fn add(
        &mut self,
        NamedExport { name, export }: &NamedExport,
        total_from: Option<Day>,
        shown: &dyn Fn(&str) -> String,
    ) -> Result<(), String> {
        let mut said: BTreeMap<Key, Said> = BTreeMap::new();
        for row in &export.rows {
            let Some(day) = row.day.or(total_from) else { continue };
            if row.tokens.is_some_and(|tokens| tokens <= Tokens::ZERO) {
                self.free += 1;
                continue;
            }
            self.no_team |= row.team().is_none();
            let user = user(row).map(|user| shown(&user));
            self.unnamed += u64::from(user.is_none());
            let key = (day, plain(row.team().unwrap_or(NO_TEAM)), user, plain(&row.product));
            let times = if total_from.is_some() { row.days_used.unwrap_or(0) } else { 1 };
            match said.entry(key) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(Said { tokens: row.tokens, times, line: row.line });
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    self.several += u64::from(entry.key().2.is_some() && total_from.is_none());
                    let known = entry.get_mut();
                    known.tokens = match (known.tokens, row.tokens) {
                        (Some(one), Some(other)) => Some(one + other),
                        (one, other) => one.or(other),
                    };
                    known.times += times;
                }
            }
        }
        for (key, of_file) in said {
            match self.rows.get(&key) {
                None => {
                    self.rows.insert(key, (of_file, self.files));
                }
                Some((known, _)) if known.tokens == of_file.tokens && known.times == of_file.times => {
                    self.twice += 1;
                }
                Some((known, _)) => return Err(contradiction(&key, (known, &of_file), (name, export.unit))),
            }
        }
        self.files += 1;
        Ok(())
    }

    fn finish(
        self,
        (from, to): (Option<Day>, Option<Day>),
        is_total: bool,
        exports: &[NamedExport],
    ) -> Result<PastUse, String> {
        let notes = self.notes(exports);
        let rows = self.rows.into_iter().map(|((day, team, user, product), (said, _))| Used {
            day,
            team,
            user,
            product,
            tokens: said.tokens,
            times: said.times,
        });
        let rows: Vec<Used> = rows.filter(|row| from.is_none_or(|from| row.day >= from)).collect();
        let rows: Vec<Used> = rows.into_iter().filter(|row| to.is_none_or(|to| row.day <= to)).collect();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Err("the export has no row with a charge: there is nothing to learn from".into());
        };
        let days = (from.unwrap_or(first.day), to.unwrap_or(last.day));
        if days.1 < days.0 {
            return Err(format!("--to {} comes before --from {}", days.1.date(), days.0.date()));
        }
        Ok(PastUse { rows, days, is_total, notes })
    }

    fn notes(&self, exports: &[NamedExport]) -> Vec<String> {
        let mut notes = Vec::new();
        let mut say = |count: u64, text: String| {
            if count > 0 {
                notes.push(text);
            }
        };
        say(self.twice, format!("{} rows stand in two of the files, alike: they count once.", self.twice));
        say(
            self.free,
            format!("{} rows of 0 tokens are openings that were free: they are no demand.", self.free),
        );
        say(
            self.several,
            format!(
                "{} rows are a further one of a user, product and day: their tokens are added up.",
                self.several
            ),
        );
        let enterprise = exports[0].export.generation == Generation::Enterprise;
        if enterprise {
            say(
                1,
                "Token Flex of an enterprise agreement is another contract with other charging rules: it is read as \
                 demand by product and day, never as charges (RULES 5.8). It names no users."
                    .to_owned(),
            );
        } else {
            say(
                self.unnamed,
                format!(
                    "{} rows hide who used the product: they are fitted as people without names.",
                    self.unnamed
                ),
            );
        }
        if self.no_team && !enterprise {
            say(1, format!("Rows that name no team belong to one called `{NO_TEAM}`."));
        }
        let ignored: BTreeSet<&str> =
            exports.iter().flat_map(|named| named.export.ignored.iter().map(String::as_str)).collect();
        let ignored: Vec<String> = ignored.into_iter().map(|name| format!("`{name}`")).collect();
        say(
            ignored.len() as u64,
            format!("Columns that no report of the vendor has are ignored: {}.", ignored.join(", ")),
        );
        notes
    }
}

/// Two files that say different things of the same use.
fn contradiction(
    (day, team, user, product): &Key,
    (known, other): (&Said, &Said),
    (file, unit): (&str, &str),
) -> String {
    let tokens =
        |said: &Said| said.tokens.map_or("no tokens".to_owned(), |tokens| format!("{tokens} tokens"));
    let who = user.as_deref().map_or(String::new(), |user| format!(" by {user}"));
    format!(
        "{file}, {unit} {}: {product}{who} on {} in {team} is {}, and {} in {unit} {} of an earlier file: the files \
         overlap and differ; leave one out, or cut its rows of these days",
        other.line,
        day.date(),
        tokens(other),
        tokens(known),
        known.line
    )
}

/// Who used a product; e-mail addresses are the same in any case of their letters.
fn user(row: &UsageRow) -> Option<String> {
    let email = row.text(Column::Email).map(str::to_lowercase);
    email.or_else(|| row.names().into_iter().next()).map(|name| plain(&name))
}

/// A name as a scenario file may hold it.
fn plain(name: &str) -> String {
    let steers = |c: char| {
        c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    name.trim().replace(steers, "\u{fffd}")
}
