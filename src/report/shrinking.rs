//! What a file was shrunk to: what it still shows, and how many tables it has left.

use serde_json::{Value, json};

use crate::audit::shrinking::Size;
use crate::report::terminal::{GOOD, QUIET, counted, right, styled, table};

/// A search that is over.
pub struct Shrinkage<'s> {
    /// The file.
    pub file: &'s str,
    /// Where the smaller one was written.
    pub out: &'s str,
    /// What it shows.
    pub shown: &'s str,
    /// The tables before, simulated users written down, and after.
    pub sizes: (&'s Size, &'s Size),
    /// How often a candidate was run.
    pub runs: u64,
    /// Whether nothing more can go.
    pub is_smallest: bool,
}

/// The search for a person.
pub fn text(shrinkage: &Shrinkage<'_>, width: Option<u16>) -> String {
    let Shrinkage { file, out, shown, sizes: (before, after), runs, is_smallest } = shrinkage;
    let mut table = table(&["", "before", "after"], width);
    right(&mut table, &[1, 2]);
    for (list, count) in before.0.iter().filter(|(list, count)| count + after.count(list) > 0) {
        table.add_row([plural(list), &count.to_string(), &after.count(list).to_string()]);
    }
    let steps = format!("{} of {}", after.count("step"), counted(before.count("step") as u64, "step"));
    let mut text =
        format!("{}\nStill shown: {shown}\n\n{table}\n", styled(GOOD, &format!("{file}: {steps} left")));
    if !is_smallest {
        let rest =
            format!("More may go: the search ended after {}; --runs allows more", counted(*runs, "run"));
        text += &format!("\n{}\n", styled(QUIET, &rest));
    }
    text + &format!("\nWritten after {}: {out}\n", counted(*runs, "run"))
}

/// The search as data.
pub fn json(shrinkage: &Shrinkage<'_>) -> String {
    let Shrinkage { file, out, shown, sizes: (before, after), runs, is_smallest } = shrinkage;
    let tables = |size: &Size| -> Value {
        size.0.iter().map(|(list, count)| ((*list).to_owned(), json!(count))).collect()
    };
    let value = json!({
        "file": file,
        "found": true,
        "shown": shown,
        "out": out,
        "before": tables(before),
        "after": tables(after),
        "runs": runs,
        "smallest": is_smallest,
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

/// That there is nothing to shrink, as data.
pub fn absent_json(file: &str, why: &str) -> String {
    let value = json!({ "file": file, "found": false, "why": why });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

fn plural(list: &str) -> &str {
    match list {
        "product" => "products",
        "team" => "teams",
        "user" => "users",
        "contract" => "contracts",
        "licence_server" => "licence servers",
        "step" => "steps",
        "expect" => "expectations",
        other => other,
    }
}
