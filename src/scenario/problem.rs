//! `Problem`: one thing wrong with a scenario file, where it is, and the way out.

use std::ops::Range;

/// One error of a file; all of a file's are reported together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub title: String,
    /// The bytes of the file it is about.
    pub place: Range<usize>,
    /// What to say at that place.
    pub label: String,
    /// Another place that belongs to it, and what to say there.
    pub context: Option<(Range<usize>, String)>,
    /// What would be right.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place, with what to say there.
    pub fn new(place: Range<usize>, title: impl Into<String>, label: impl Into<String>) -> Self {
        Problem { title: title.into(), place, label: label.into(), context: None, help: None }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn context(mut self, place: Range<usize>, label: impl Into<String>) -> Self {
        self.context = Some((place, label.into()));
        self
    }
}

/// The names nearest to a misspelt one, best first, as a phrase: "did you mean `a` or `b`?"
///
/// Where nothing is near and there are few, all are listed; where there are none, it says so.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let wanted = name.to_lowercase();
    let known: Vec<&str> = known.collect();
    let mut scored: Vec<(f64, &str)> = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), *candidate))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let quoted = |names: &[&str]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match scored.iter().take(3).map(|(_, n)| *n).collect::<Vec<_>>().as_slice() {
        [] if known.is_empty() => "none is defined".to_owned(),
        [] if known.len() == 1 => format!("there is only {}", quoted(&known)),
        [] if known.len() <= 12 => format!("known are {}", quoted(&known)),
        [] => format!("{} are known, none of a similar name", known.len()),
        near => format!("did you mean {}?", quoted(near).replace(", ", " or ")),
    }
}
