//! What was learnt from usage exports, as a sheet, and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::json;

use crate::forecast::fit::FittedUse;
use crate::report::sheet::{Column, Section, Sheet, SheetTable};
use crate::scenario::calendar::Day;

/// A scenario that was fitted and written.
pub struct Imported {
    /// The file it stands in.
    pub file: String,
    /// Its title.
    pub title: String,
    /// What is known, and what is assumed.
    pub notes: Vec<String>,
    /// Its first day.
    pub start: Day,
    /// The day after its last.
    pub end: Day,
    /// Who used what how often.
    pub fitted: Vec<FittedUse>,
}

impl Imported {
    /// What a person is told.
    pub fn sheet(&self) -> Sheet {
        let (start, end) = (self.start.date(), self.end.date());
        let file = &self.file;
        let lines =
            vec![format!("{file}: from {start} to {end}"), format!("Next: flexmeter forecast {file}")];
        let known = Section {
            heading: "What is known, and what is assumed".to_owned(),
            lines: self.notes.clone(),
            ..Section::default()
        };
        // Of people without names nothing is known one by one.
        let products = (!self.fitted.is_empty()).then(|| self.products());
        let sections = [known].into_iter().chain(products).collect();
        Sheet { title: self.title.clone(), lines, sections, data: Some(self.shares()) }
    }

    /// Each product of a team, for a person.
    fn products(&self) -> Section {
        let mut products: BTreeMap<(&str, &str), (usize, f64)> = BTreeMap::new();
        for of in &self.fitted {
            let (users, used) = products.entry((&of.team, &of.product)).or_default();
            *users += 1;
            *used += of.used;
        }
        let columns = vec![
            Column::text("team", "team"),
            Column::text("product", "product"),
            Column::number("users", "users"),
            Column::number("days_used", "days used"),
        ];
        let row = |((team, product), (users, used)): ((&str, &str), (usize, f64))| {
            vec![team.to_owned(), product.to_owned(), users.to_string(), format!("{used:.0}")]
        };
        let table = Some(SheetTable { columns, rows: products.into_iter().map(row).collect() });
        let notes = vec!["--format csv says it for each user, and who came and left".to_owned()];
        Section { heading: "Use by product".to_owned(), table, notes, ..Section::default() }
    }

    /// Each user and product.
    fn shares(&self) -> SheetTable {
        let row = |of: &FittedUse| {
            let share = if of.days > 0.0 { of.used / of.days * 100.0 } else { 0.0 };
            let cells = [&of.user, &of.team, &of.product].map(Clone::clone);
            let numbers = [format!("{:.0}", of.used), format!("{:.0}", of.days), format!("{share:.0} %")];
            let since = of.since.map_or(String::new(), |day| day.date().to_string());
            let left = of.left.map_or(String::new(), |day| day.date().to_string());
            cells.into_iter().chain(numbers).chain([since, left]).collect()
        };
        let columns = vec![
            Column::text("user", "user"),
            Column::text("team", "team"),
            Column::text("product", "product"),
            Column::number("days_used", "days used"),
            Column::number("days_seen", "of days"),
            Column::number("share", "share"),
            Column::text("joined", "came"),
            Column::text("left", "left"),
        ];
        SheetTable { columns, rows: self.fitted.iter().map(row).collect() }
    }

    /// All of it.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn json(&self, mut out: impl Write) -> io::Result<()> {
        let use_of = |of: &FittedUse| {
            json!({
                "user": of.user,
                "team": of.team,
                "product": of.product,
                "days_used": of.used,
                "days_seen": of.days,
                "joined": of.since.map(|day| day.date().to_string()),
                "left": of.left.map(|day| day.date().to_string()),
            })
        };
        let value = json!({
            "file": self.file,
            "title": self.title,
            "start": self.start.date().to_string(),
            "end": self.end.date().to_string(),
            "notes": self.notes,
            "use": self.fitted.iter().map(use_of).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut out, &value)?;
        writeln!(out)
    }
}
