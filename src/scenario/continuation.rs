//! `Continuation`: a scenario file with the steps of another appended, none of which touches what has happened.

use toml::Spanned;
use toml::de::DeTable;

use crate::meter::instant::Instant;
use crate::scenario::document::Document;
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::{Appended, Scenario, syntax_problem};

/// What the appended file may hold.
const LISTS: [&str; 2] = ["step", "expect"];

/// Two files, one after the other.
#[derive(Clone, Debug)]
pub struct Continuation {
    text: String,
    appended: Appended,
}

impl Continuation {
    /// A right scenario's text, and more of it from an instant on.
    pub fn new(base: &str, more: &str, happened: Instant) -> Self {
        // A list written in one line can't be followed by tables of the same name.
        let mut text = Document::read(base).map_or(base.to_owned(), |document| document.text());
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if !more.is_empty() {
            text.push('\n');
        }
        let appended = Appended { from: text.len(), happened };
        Continuation { text: text + more, appended }
    }

    /// The text of both.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in it the second begins.
    pub fn from(&self) -> usize {
        self.appended.from
    }

    /// Reads and checks both as one.
    ///
    /// # Errors
    /// Everything that is wrong with them, at its place in the text of both.
    pub fn scenario(&self) -> Result<Scenario, Vec<Problem>> {
        let problems = of_steps(&self.text[self.from()..]);
        if problems.is_empty() {
            return Scenario::read_with(&self.text, Some(self.appended));
        }
        Err(problems.into_iter().map(|problem| self.shifted(problem)).collect())
    }

    fn shifted(&self, problem: Problem) -> Problem {
        let from = self.from();
        Problem { place: problem.place.start + from..problem.place.end + from, ..problem }
    }
}

/// What keeps a text from being appended: it would go on with the last table of the other.
fn of_steps(text: &str) -> Vec<Problem> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return errors.iter().map(syntax_problem).collect();
    }
    let mut problems = Vec::new();
    for (key, _) in root.get_ref() {
        let name: &str = key.as_ref();
        let in_lines = text[..key.span().start].trim_end().ends_with("[[");
        if !LISTS.contains(&name) {
            let title = format!("unknown key `{name}` in a file of steps");
            let problem = Problem::new(key.span(), title, "it holds [[step]] and [[expect]] tables only");
            problems.push(problem.help(nearest(name, LISTS.into_iter())));
        } else if !in_lines {
            let title = format!("`{name}` must be written as [[{name}]] tables");
            problems.push(Problem::new(key.span(), title, "a file of steps is appended to another"));
        }
    }
    problems
}

/// A right scenario's text with that seed.
pub fn with_seed(text: &str, seed: u64) -> String {
    let (root, _) = DeTable::parse_recoverable(text);
    let written = root.get_ref().get("seed").map(Spanned::span);
    let start = root.get_ref().get_key_value("start").map_or(0, |(key, _)| key.span().start);
    match written {
        Some(place) if text[place.clone()] == *seed.to_string() => text.to_owned(),
        Some(place) => [&text[..place.start], &seed.to_string(), &text[place.end..]].concat(),
        None if seed == Scenario::SEED => text.to_owned(),
        None => [&text[..start], &format!("seed = {seed}\n"), &text[start..]].concat(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::continuation::with_seed;

    #[test]
    fn the_seed_is_written_where_it_belongs() {
        let cases = [
            ("start = 1\nseed = 4 # four\n[policy]\n", 5, "start = 1\nseed = 5 # four\n[policy]\n"),
            ("# why?\nstart = 1\n", 5, "# why?\nseed = 5\nstart = 1\n"),
            ("# why?\nstart = 1\n", 1, "# why?\nstart = 1\n"),
        ];
        for (text, seed, expected) in cases {
            assert_eq!(with_seed(text, seed), expected);
        }
    }
}
