//! A usage export beside the rules, as a table for a person, as JSON and as CSV.

use anstyle::Style;
use comfy_table::{Cell, Color};
use serde_json::{Value, json};

use crate::audit::reconciliation::{Class, Finding, Reconciliation};
use crate::meter::tokens::Tokens;
use crate::report::terminal::{BAD, GOOD, HEADING, QUIET, heading, right, styled, table};
use crate::scenario::Scenario;
use crate::scenario::usage_export::{Flaw, UsageExport};
use crate::simulation::run::FIRST_ROWS;

/// Flaws of a file that are told before the rest is only counted.
const FLAWS_MAX: usize = 20;

/// The columns of the findings as CSV.
const COLUMNS: [&str; 9] =
    ["class", "day", "user", "product", "team", "due", "charged", "rows", "explanation"];

/// What was compared.
pub struct Compared<'c> {
    /// The scenario.
    pub scenario: &'c Scenario,
    /// The export's file, as it was named.
    pub file: &'c str,
    /// The export.
    pub export: &'c UsageExport,
    /// What came of it.
    pub reconciliation: &'c Reconciliation,
}

impl Compared<'_> {
    /// The findings by class, then those that differ. Lines are fitted to `width` columns, or stay whole.
    pub fn text(&self, width: Option<u16>) -> String {
        let mut text = heading(self.scenario);
        let (name, rows) = (self.export.generation.name(), self.reconciliation.rows);
        text += &format!("Export: {}, {name}, {}\n\n", self.file, counted(rows, "row"));
        text += &self.totals(width);
        for class in Class::ALL.into_iter().filter(|class| class.differs()) {
            text += &self.differing(class, width);
        }
        for note in &self.reconciliation.notes {
            text += &format!("\n{}\n", styled(QUIET, &format!("Note: {note}.")));
        }
        text + &format!("\n{}\n", self.verdict())
    }

    fn totals(&self, width: Option<u16>) -> String {
        let mut table = table(&["", "findings", "due", "charged", "too much", ""], width);
        right(&mut table, &[1, 2, 3, 4]);
        for class in Class::ALL {
            let (count, due, charged) = sums(self.reconciliation.of_class(class));
            if count == 0 && class != Class::Agrees {
                continue;
            }
            let colour = if class.differs() { Color::Red } else { Color::Green };
            let known = is_known(class);
            let difference = if known { (charged - due).to_string() } else { "-".to_owned() };
            table.add_row([
                Cell::new(class.name()).fg(colour),
                Cell::new(count),
                if known { Cell::new(due) } else { Cell::new("-") },
                Cell::new(charged),
                Cell::new(difference),
                Cell::new(meaning(class)),
            ]);
        }
        format!("{table}\n")
    }

    /// The first findings of a class.
    fn differing(&self, class: Class, width: Option<u16>) -> String {
        let count = self.reconciliation.of_class(class).count();
        if count == 0 {
            return String::new();
        }
        let unit = self.export.unit;
        let why = format!("why (times in {})", self.scenario.policies.report_zone);
        let mut table = table(&["day", "user", "product", "team", "due", "charged", unit, &why], width);
        right(&mut table, &[4, 5]);
        for finding in self.reconciliation.of_class(class).take(FIRST_ROWS) {
            let amount = |tokens: Option<Tokens>| tokens.map_or("-".to_owned(), |tokens| tokens.to_string());
            table.add_row([
                finding.day.map_or("-".to_owned(), |day| day.date().format("%a %Y-%m-%d").to_string()),
                shown(&finding.user),
                shown(&finding.product),
                shown(&finding.team),
                amount(finding.due),
                amount(finding.charged),
                lines(finding, ", "),
                shown(&finding.why),
            ]);
        }
        let title = format!("{}: {count}", class.name());
        let mut text = format!("\n{}\n{table}\n", styled(HEADING, &title));
        if count > FIRST_ROWS {
            let rest = format!(" … and {} more; --csv FILE writes all", count - FIRST_ROWS);
            text += &(styled(QUIET, &rest) + "\n");
        }
        text
    }

    fn verdict(&self) -> String {
        let findings = &self.reconciliation.findings;
        let differ = findings.iter().filter(|finding| finding.class.differs()).count();
        let compared = differ + self.reconciliation.of_class(Class::Agrees).count();
        let (_, due, charged) = sums(findings.iter().filter(|finding| is_known(finding.class)));
        let sum = match charged - due {
            Tokens::ZERO => "as many tokens as are due".to_owned(),
            more if more > Tokens::ZERO => format!("{more} tokens too many"),
            less => format!("{} tokens too few", -less),
        };
        let (style, text): (Style, String) = match differ {
            0 => (GOOD, format!("All agrees: {}", counted(compared, "comparison"))),
            _ => (BAD, format!("{differ} of {} differ: {sum} charged", counted(compared, "comparison"))),
        };
        styled(style, &text)
    }

    /// The findings as data, those that agree among them.
    pub fn json(&self) -> String {
        let class = |class: Class| {
            let (count, due, charged) = sums(self.reconciliation.of_class(class));
            let sums = json!({ "findings": count, "due": due.to_string(), "charged": charged.to_string() });
            (class.name().to_owned(), sums)
        };
        let finding = |finding: &Finding| {
            json!({
                "class": finding.class.name(),
                "day": finding.day.map(|day| day.date().to_string()),
                "user": finding.user,
                "product": finding.product,
                "team": finding.team,
                "due": finding.due.map(|tokens| tokens.to_string()),
                "charged": finding.charged.map(|tokens| tokens.to_string()),
                "rows": finding.lines,
                "explanation": finding.why,
            })
        };
        let value = json!({
            "export": self.file,
            "report": self.export.generation.name(),
            "rows": self.reconciliation.rows,
            "agrees": self.reconciliation.agrees(),
            "classes": Class::ALL.map(class).into_iter().collect::<serde_json::Map<String, Value>>(),
            "notes": self.reconciliation.notes,
            "findings": self.reconciliation.findings.iter().map(finding).collect::<Vec<_>>(),
        });
        serde_json::to_string_pretty(&value).expect("plain data") + "\n"
    }

    /// Every finding as a line.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let amount = |tokens: Option<Tokens>| tokens.map_or(String::new(), |tokens| tokens.to_string());
        writer.write_record(COLUMNS).expect("memory takes every line");
        for finding in &self.reconciliation.findings {
            let day = finding.day.map_or(String::new(), |day| day.date().to_string());
            let (due, charged) = (amount(finding.due), amount(finding.charged));
            let rows = lines(finding, ";");
            let names = [&finding.user, &finding.product, &finding.team].map(String::as_str);
            let [user, product, team] = names;
            let class = finding.class.name();
            let cells = [class, &day, user, product, team, &due, &charged, &rows, &finding.why];
            writer.write_record(cells).expect("memory takes every line");
        }
        String::from_utf8(writer.into_inner().expect("memory takes every line")).expect("text")
    }
}

/// What is wrong with an export, a paragraph each, and what is not done for it.
pub fn flaws(file: &str, flaws: &[Flaw], not_done: &str) -> String {
    let mut text = String::new();
    for flaw in flaws.iter().take(FLAWS_MAX) {
        let place = if flaw.place.is_empty() { String::new() } else { format!(" {}:", shown(&flaw.place)) };
        text += &format!("{}:{place} {}\n", styled(BAD, "error"), shown(&flaw.title));
        text += &format!("  {}: {}\n", styled(HEADING, "help"), shown(&flaw.help));
    }
    text += "\n";
    text += &match flaws.len() {
        count if count > FLAWS_MAX => format!("{count} errors in {file}; the first {FLAWS_MAX} are shown"),
        count => format!("{} in {file}", counted(count, "error")),
    };
    text + "; " + not_done
}

fn sums<'f>(findings: impl Iterator<Item = &'f Finding>) -> (usize, Tokens, Tokens) {
    findings.fold((0, Tokens::ZERO, Tokens::ZERO), |(count, due, charged), finding| {
        (count + 1, due + finding.due.unwrap_or_default(), charged + finding.charged.unwrap_or_default())
    })
}

/// The numbers of a finding's rows.
fn lines(finding: &Finding, separator: &str) -> String {
    finding.lines.iter().map(u64::to_string).collect::<Vec<_>>().join(separator)
}

/// Whether it is known what is due.
fn is_known(class: Class) -> bool {
    !matches!(class, Class::Unknown | Class::OutsideRun)
}

fn meaning(class: Class) -> &'static str {
    match class {
        Class::Agrees => "charged as the rules say, or used for nothing",
        Class::ChargedTwice => "more charges than were due",
        Class::WrongAmount => "due, but not that much",
        Class::NotDue => "charged, although nothing was due",
        Class::Missing => "due, but not in the export",
        Class::Unknown => "what is due can't be known",
        Class::OutsideRun => "not compared: the run has not, or only partly, that day",
    }
}

/// A text of the export as it may be printed: what would steer a terminal is replaced.
fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
