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

/// The names nearest to a misspelt one, as a phrase: "did you mean `a` or `b`?"
///
/// Where nothing is near and there are few, all are listed; where there are none, it says so.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let wanted = name.to_lowercase();
    let known: Vec<&str> = known.collect();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase());
    let best = known.iter().map(|candidate| distance(candidate)).min();
    let near = best.filter(|best| *best <= (wanted.chars().count() / 3).max(1));
    let nearest = known.iter().copied().filter(|candidate| Some(distance(candidate)) == near);
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    match nearest.take(3).collect::<Vec<_>>().as_slice() {
        [] if known.is_empty() => "none is defined".to_owned(),
        [] if known.len() == 1 => format!("there is only `{}`", known[0]),
        [] if known.len() <= 12 => format!("known are {}", quoted(&known).join(", ")),
        [] => format!("{} are known, none of a similar name", known.len()),
        near => format!("did you mean {}?", quoted(near).join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_names_are_suggested() {
        let cases = [
            ("AutCAD", "did you mean `AutoCAD`?"),
            ("autocad", "did you mean `AutoCAD`?"),
            ("Reveal", "known are `AutoCAD`, `Maya`, `Mayo`, `Revit`"),
            ("May", "did you mean `Maya` or `Mayo`?"),
            ("", "known are `AutoCAD`, `Maya`, `Mayo`, `Revit`"),
        ];
        for (name, phrase) in cases {
            assert_eq!(nearest(name, ["AutoCAD", "Maya", "Mayo", "Revit"].into_iter()), phrase, "{name}");
        }
        assert_eq!(nearest("x", [].into_iter()), "none is defined");
        assert_eq!(nearest("Wood", ["Studio"].into_iter()), "there is only `Studio`");
    }
}
