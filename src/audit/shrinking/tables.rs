//! Tables that a file can do without: users and teams with all that names them, steps, products and the rest.

use std::collections::BTreeSet;

use crate::audit::shrinking::Search;
use crate::audit::shrinking::names::{forget, names_of};
use crate::scenario::document::Document;

/// The lists whose tables have names, in the order in which they go: most hangs on users.
const NAMED: [&str; 5] = ["user", "team", "product", "contract", "licence_server"];

/// Two steps that undo each other go together or not at all; of more steps than these not every pair is tried.
const PAIRS_MAX: usize = 24;

impl<E> Search<'_, '_, E> {
    pub(super) fn drop_tables(&mut self) -> Result<(), E> {
        self.drop_named("user")?;
        self.drop_list("expect")?;
        self.drop_list("step")?;
        self.drop_list("price")?;
        for list in NAMED {
            self.drop_named(list)?;
        }
        self.drop_pairs()
    }

    fn drop_list(&mut self, list: &str) -> Result<(), E> {
        self.drop_parts(
            |document| document.tables(list).count(),
            |search, places| search.attempt(|document| document.remove_all(list, &places)),
        )
    }

    /// Tables with names go with everything that names them, unless their names stand for something without them.
    fn drop_named(&mut self, list: &str) -> Result<(), E> {
        let go = |document: &mut Document, places: &BTreeSet<usize>| {
            let names = names_of(document, (list, places));
            document.remove_all(list, places);
            forget(document, (list, &names));
        };
        self.drop_parts(
            |document| document.tables(list).count(),
            |search, places| {
                // A product may be in the catalogue, or have another rate.
                Ok(list == "product" && search.attempt(|document| document.remove_all(list, &places))?
                    || search.attempt(|document| go(document, &places))?)
            },
        )
    }

    fn drop_pairs(&mut self) -> Result<(), E> {
        let count = |search: &Self| search.smallest.document.tables("step").count();
        let mut later = count(self).min(PAIRS_MAX);
        while later > 1 {
            later = (later - 1).min(count(self));
            for earlier in (0..later).rev() {
                let pair = BTreeSet::from([earlier, later]);
                if later < count(self) && self.attempt(|document| document.remove_all("step", &pair))? {
                    break;
                }
            }
        }
        Ok(())
    }
}
