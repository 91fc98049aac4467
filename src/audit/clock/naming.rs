//! Names as they are typed: whole, or only so much of them that no other is meant.

use crate::audit::clock::Trouble;
use crate::scenario::problem::nearest;

/// The name that is meant; of an unknown one the nearest are told.
pub(super) fn meant<'n>(
    noun: &str,
    typed: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Result<String, Trouble> {
    if let Some(name) = names.clone().find(|name| *name == typed) {
        return Ok(name.to_owned());
    }
    let lower = typed.to_lowercase();
    let begins = |name: &&str| !lower.is_empty() && name.to_lowercase().starts_with(&lower);
    let mut fitting = names.clone().filter(begins);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        (Some(one), Some(other)) => {
            Err(Trouble(format!("`{typed}` may be `{one}` or `{other}`; type more of the name")))
        }
        (None, _) => Err(Trouble(format!("unknown {noun} `{typed}`; {}", nearest(typed, names)))),
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::clock::naming::meant;

    #[test]
    fn names_are_found_by_their_beginning() {
        let names = ["Maya", "Mayo", "Revit", "Revit LT"];
        let cases = [
            ("Maya", "Maya"),
            ("maya", "Maya"),
            ("Revit", "Revit"),
            ("revit l", "Revit LT"),
            ("may", "`may` may be `Maya` or `Mayo`; type more of the name"),
            ("Ravit", "unknown product `Ravit`; did you mean `Revit`?"),
            ("", "unknown product ``; known are `Maya`, `Mayo`, `Revit`, `Revit LT`"),
        ];
        for (typed, expected) in cases {
            let found = meant("product", typed, names.into_iter());
            assert_eq!(found.unwrap_or_else(|trouble| trouble.0), expected, "{typed}");
        }
    }
}
