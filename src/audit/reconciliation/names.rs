//! `KnownNames`: whom and what of a scenario a row of an export names.

use std::collections::BTreeMap;

use crate::scenario::directory::Names;

/// Names as an export writes them; case matters only where two names differ in nothing else.
pub(crate) struct KnownNames<'n> {
    exact: BTreeMap<&'n str, u32>,
    /// `None` where several names are the same in lower case.
    lower: BTreeMap<String, Option<u32>>,
}

impl<'n> KnownNames<'n> {
    pub(crate) fn of(names: &'n Names) -> Self {
        let mut lower = BTreeMap::new();
        for (name, number) in names.iter().zip(0..) {
            lower.entry(name.to_lowercase()).and_modify(|known| *known = None).or_insert(Some(number));
        }
        KnownNames { exact: names.iter().zip(0..).collect(), lower }
    }

    /// The number of a name.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        let exact = self.exact.get(name).copied();
        exact.or_else(|| self.lower.get(&name.to_lowercase()).copied().flatten())
    }
}
