//! The rulebook on the terminal and as data: what each rule is about, what it leaves open, who shows it.

use serde_json::{Value, json};

use crate::report::terminal::{HEADING, QUIET, styled, table};
use crate::scenario::rulebook::{RULES, Rule};
use crate::scenario::terms::Policies;

/// The rulebook's text.
const TEXT: &str = include_str!("../rules.md");

/// A row per rule.
pub fn text(width: Option<u16>) -> String {
    let mut table = table(&["rule", "about", "policy and default", "shown by"], width);
    for rule in RULES {
        let policies = policies(rule).map(|(key, default)| format!("{key} = \"{default}\""));
        let policies = policies.collect::<Vec<_>>().join(", ");
        table.add_row([rule.number, rule.title, &policies, rule.scenario]);
    }
    let note = "`flexmeter rules 3.8` prints the text of a rule. The scenarios are below `scenarios/`; the test of a \
                rule is called after it, such as `rule_3_8_…`.";
    format!("{table}\n\n{}\n", styled(QUIET, note))
}

/// One rule with its text, or those of a chapter; `None` where there is none of that number.
pub fn one(number: &str) -> Option<String> {
    let chapter = RULES.iter().filter(|rule| rule.number.split('.').next() == Some(number));
    let chapter: Vec<String> = chapter.filter_map(|rule| one(rule.number)).collect();
    if !chapter.is_empty() {
        return Some(chapter.join("\n"));
    }
    let rule = RULES.iter().find(|rule| rule.number == number)?;
    let mut text =
        format!("{}\n\n{}\n", styled(HEADING, &format!("{} {}", rule.number, rule.title)), wording(rule));
    for (key, default) in policies(rule) {
        text += &format!("\nPolicy: {key}, by default \"{default}\"\n");
    }
    Some(text + &format!("\nShown by: scenarios/{}\n", rule.scenario))
}

/// The rules as data.
pub fn json() -> String {
    let row = |rule: &Rule| {
        json!({
            "rule": rule.number,
            "about": rule.title,
            "policies": policies(rule).collect::<std::collections::BTreeMap<_, _>>(),
            "scenario": rule.scenario,
            "text": wording(rule),
        })
    };
    let rows = Value::Array(RULES.iter().map(row).collect());
    serde_json::to_string_pretty(&rows).expect("plain data") + "\n"
}

/// The policies of a rule with their defaults.
fn policies(rule: &Rule) -> impl Iterator<Item = (&'static str, String)> {
    let rows = Policies::default().rows().into_iter();
    rows.filter(|row| rule.policies.contains(&row.key)).map(|row| (row.key, row.value))
}

/// The rulebook's own words: a row of its tables, or a chapter that has none.
fn wording(rule: &Rule) -> String {
    let row = TEXT.lines().find_map(|line| line.strip_prefix(&format!("| {} | ", rule.number)));
    if let Some(row) = row {
        return row.split(" | ").next().unwrap_or(row).trim_end_matches(" |").to_owned();
    }
    let chapter = TEXT.split("\n## ").find(|chapter| chapter.starts_with(&format!("{}. ", rule.number)));
    let body = chapter.and_then(|chapter| chapter.split_once("\n\n")).map_or("", |(_, body)| body);
    body.trim().to_owned()
}
