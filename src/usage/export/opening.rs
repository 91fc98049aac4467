//! `Openings`: the sessions of a run with what their sign-ins were answered, from both tables side by side.

use crate::meter::answer::Admission;
use crate::meter::instant::{Instant, Span};
use crate::meter::session::SessionEnd;
use crate::results::table_reader::{TableReader, WrittenTables};
use crate::scenario::calendar::from_iso;
use crate::usage::untold::{Untold, open_if_written};

/// A session.
pub(crate) struct Opening {
    pub(crate) at: Instant,
    pub(crate) until: Instant,
    pub(crate) user: String,
    pub(crate) product: String,
    pub(crate) version: String,
    /// The team that would have paid a window; empty where none was to begin.
    pub(crate) team: String,
    /// It would have begun a window, and ended within its grace period (RULES 1.5).
    pub(crate) free: bool,
}

/// The sessions by their beginnings.
pub(crate) struct Openings<'t> {
    /// Both tables, where they were written.
    tables: Option<(TableReader<'t>, TableReader<'t>)>,
    grace: Span,
    /// The last opening asked for, and the team of its sign-in where that began a window.
    last: ([String; 5], Option<String>),
}

/// What tells openings apart, in both tables the first columns, by which they are sorted.
const KEY: [&str; 5] = ["at", "user", "product", "device", "version"];

impl<'t> Openings<'t> {
    pub(crate) fn of(tables: &'t dyn WrittenTables, grace: Span) -> Result<Self, Untold> {
        let sessions = open_if_written(tables, "sessions.csv")?;
        let sign_ins = open_if_written(tables, "sign_ins.csv")?;
        Ok(Openings { tables: sessions.zip(sign_ins), grace, last: Default::default() })
    }

    /// The next session.
    pub(crate) fn next(&mut self) -> Result<Option<Opening>, Untold> {
        let Some((sessions, sign_ins)) = &mut self.tables else { return Ok(None) };
        let Some(row) = sessions.row() else { return Ok(None) };
        let key: [String; 5] = std::array::from_fn(|column| row[column].to_owned());
        let cut = sessions.cell("end") == SessionEnd::RunEnd.name();
        let instant = |column| {
            let wrong = || sessions.wrong_cell(column, "an instant such as 2026-03-02T08:00:00Z");
            from_iso(sessions.cell(column)).ok_or_else(wrong)
        };
        let (at, until) = (instant("signed_in")?, instant("signed_out")?);
        if self.last.0 != key {
            let team = payer(sign_ins, &key)?;
            self.last = (key.clone(), team);
        }
        sessions.advance()?;
        let team = self.last.1.clone();
        let free = team.is_some() && until - at < self.grace && !cut;
        let [_, user, product, _, version] = key;
        Ok(Some(Opening { at, until, user, product, version, team: team.unwrap_or_default(), free }))
    }
}

/// The team that pays the window which the sign-in of an opening began, if it did.
fn payer(sign_ins: &mut TableReader<'_>, key: &[String; 5]) -> Result<Option<String>, Untold> {
    let mut team = None;
    while let Some(row) = sign_ins.row() {
        match row.iter().take(KEY.len()).cmp(key.iter().map(String::as_str)) {
            std::cmp::Ordering::Greater => break,
            std::cmp::Ordering::Equal if sign_ins.cell("reason") == Admission::NewWindow.name() => {
                team = Some(sign_ins.cell("team").to_owned());
            }
            _ => {}
        }
        sign_ins.advance()?;
    }
    Ok(team)
}
