//! `Names`: names in the order of their numbers, and what is shown in their place where they are hidden
//! (RULES 5.7).
//!
//! Numbers decide ties and are those of the names themselves, so hiding changes nothing but what is shown.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What is shown in place of a name.
pub type Hider = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Names in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Names {
    own: Vec<String>,
    hidden: Option<Arc<Hidden>>,
}

/// What is shown in place of the names.
struct Hidden {
    texts: Vec<String>,
    /// The numbers in the order of the texts.
    order: Vec<u32>,
    /// Where each text stands in that order.
    ranks: Vec<u32>,
    hider: Hider,
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.texts).finish()
    }
}

impl Names {
    pub(crate) fn sorted(names: BTreeSet<String>) -> Self {
        Names { own: names.into_iter().collect(), hidden: None }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// The name with that number as it is shown.
    pub fn get(&self, number: u32) -> &str {
        let shown = self.hidden.as_ref().map_or(&self.own, |hidden| &hidden.texts);
        &shown[number as usize]
    }

    /// The name with that number as the file has it, hidden or not: never to be shown.
    pub fn own(&self, number: u32) -> &str {
        &self.own[number as usize]
    }

    /// The names by their numbers as they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.hidden.as_ref().map_or(&self.own, |hidden| &hidden.texts).iter().map(String::as_str)
    }

    /// The names by their numbers as the file has them: never to be shown.
    pub(crate) fn own_iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.own.iter().map(String::as_str)
    }

    /// Where the name with that number stands among all of them as they are shown.
    pub fn rank(&self, number: u32) -> u32 {
        self.hidden.as_ref().map_or(number, |hidden| hidden.ranks[number as usize])
    }

    /// Whether others are shown in their place.
    pub fn are_hidden(&self) -> bool {
        self.hidden.is_some()
    }

    /// A name, be it one of these or not, as it is shown; what is shown of one of these stays as it is.
    pub fn shown(&self, name: &str) -> String {
        match &self.hidden {
            Some(hidden) if hidden.find(name).is_none() => (hidden.hider)(name),
            _ => name.to_owned(),
        }
    }

    /// The number of the name that the file has, or that is shown.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        match self.own.binary_search_by(|known| known.as_str().cmp(name)) {
            Ok(place) => u32::try_from(place).ok(),
            Err(_) => self.hidden.as_ref()?.find(name),
        }
    }

    /// Shows others in their place.
    pub(crate) fn hide(&mut self, hider: Hider) {
        let texts: Vec<String> = self.own.iter().map(|name| hider(name)).collect();
        let mut order: Vec<u32> = (0..).take(texts.len()).collect();
        order.sort_unstable_by_key(|number| &texts[*number as usize]);
        let alike = |pair: &[u32]| texts[pair[0] as usize] == texts[pair[1] as usize];
        assert!(!order.windows(2).any(alike), "two users would be shown alike; choose another key");
        let mut ranks = vec![0; texts.len()];
        for (number, rank) in order.iter().zip(0..) {
            ranks[*number as usize] = rank;
        }
        self.hidden = Some(Arc::new(Hidden { texts, order, ranks, hider }));
    }

    /// Shows the others that are shown in place of `those`, if any.
    pub(crate) fn hide_like(&mut self, those: &Names) {
        if let Some(hidden) = &those.hidden {
            self.hide(hidden.hider.clone());
        }
    }

    /// The same names, not hidden.
    pub(crate) fn in_the_open(&self) -> Names {
        Names { own: self.own.clone(), hidden: None }
    }
}

impl Hidden {
    /// The number of the name in whose place a text is shown.
    fn find(&self, text: &str) -> Option<u32> {
        let place = self.order.binary_search_by(|number| self.texts[*number as usize].as_str().cmp(text));
        place.ok().map(|place| self.order[place])
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use crate::scenario::directory::names::Names;

    fn names() -> Names {
        Names::sorted(["ana", "bo", "cy"].map(str::to_owned).into())
    }

    #[test]
    fn rule_5_7_hiding_changes_what_is_shown_and_no_number() {
        let mut hidden = names();
        hidden.hide(Arc::new(|name| {
            format!("user-{}", name.bytes().rev().map(char::from).collect::<String>())
        }));
        assert_eq!(hidden.iter().collect::<Vec<_>>(), ["user-ana", "user-ob", "user-yc"]);
        assert_eq!((hidden.get(1), hidden.own(1), hidden.find("bo")), ("user-ob", "bo", Some(1)));
        assert_eq!(hidden.find("user-yc"), Some(2), "what is shown can be asked for");
        assert_eq!((hidden.shown("di"), hidden.shown("user-yc")), ("user-id".into(), "user-yc".into()));
        let mut turned = names();
        turned.hide(Arc::new(|name| name.replace("ana", "zoe")));
        assert_eq!([0, 1, 2].map(|number| turned.rank(number)), [2, 0, 1]);
    }

    #[test]
    fn rule_5_7_two_names_are_never_shown_alike() {
        let hide = || names().hide(Arc::new(|_| "somebody".to_owned()));
        assert!(catch_unwind(AssertUnwindSafe(hide)).is_err());
    }
}
