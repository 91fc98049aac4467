//! `KnownNames`: whom and what of a scenario a row of an export names.

use std::collections::BTreeMap;

use crate::scenario::directory::names::Names;

/// Names as an export writes them; case matters only where two names differ in nothing else.
pub(crate) struct KnownNames<'n> {
    exact: BTreeMap<&'n str, u32>,
    /// `None` where several names are the same in lower case.
    lower: BTreeMap<String, Option<u32>>,
}

impl<'n> KnownNames<'n> {
    pub(crate) fn of(names: &'n Names) -> Self {
        let mut lower = BTreeMap::new();
        // Hidden names may stand in the export as they are, or as they are shown.
        let shown = names.are_hidden().then(|| names.iter().zip(0..));
        let all = || names.own_iter().zip(0..).chain(shown.clone().into_iter().flatten());
        for (name, number) in all() {
            lower.entry(name.to_lowercase()).and_modify(|known| *known = None).or_insert(Some(number));
        }
        KnownNames { exact: all().collect(), lower }
    }

    /// The number of a name.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        let exact = self.exact.get(name).copied();
        exact.or_else(|| self.lower.get(&name.to_lowercase()).copied().flatten())
    }
}
