//! Keys that tables can do without, and items of their lists.

use std::collections::BTreeSet;

use toml_edit::{Array, InlineTable, Item, Table};

use crate::audit::shrinking::Search;
use crate::scenario::document::{Document, LISTS};

/// Keys without which no table is right, or which tell a reader what it is about.
const NEEDED: [&str; 8] = ["at", "do", "name", "id", "title", "start", "end", "policy"];

/// Where a table stands.
#[derive(Clone, Copy)]
enum Place<'p> {
    /// The first level of the file.
    Root,
    /// The policies.
    Policies,
    /// A table of a list.
    Of(&'p str, usize),
}

impl<E> Search<'_, '_, E> {
    pub(super) fn drop_keys(&mut self) -> Result<(), E> {
        // The last first: a sign-out that names no device does for whatever device was signed in on.
        for list in LISTS {
            for place in (0..self.smallest.document.tables(list).count()).rev() {
                if place < self.smallest.document.tables(list).count() {
                    self.drop_keys_of(Place::Of(list, place))?;
                }
            }
        }
        self.drop_keys_of(Place::Policies)?;
        self.drop_keys_of(Place::Root)
    }

    fn drop_keys_of(&mut self, place: Place<'_>) -> Result<(), E> {
        let keys = self.table(place).map_or_else(Vec::new, |table| {
            let keys = table.iter().filter(|(_, item)| !item.is_array_of_tables());
            keys.map(|(key, _)| key.to_owned()).collect()
        });
        for key in keys.iter().rev().filter(|key| !NEEDED.contains(&key.as_str())) {
            let gone = self.attempt(|document| {
                // A step that is wrong without one of its keys has gone as a whole.
                let Some(table) = table_mut(document, place) else { return };
                table.remove(key);
                if table.is_empty() && matches!(place, Place::Policies) {
                    document.root_mut().remove("policy");
                }
            })?;
            if !gone {
                self.drop_items((place, key))?;
            }
        }
        Ok(())
    }

    /// Items of a list, then keys of those that are tables.
    fn drop_items(&mut self, (place, key): (Place<'_>, &str)) -> Result<(), E> {
        let count = |document: &Document| {
            let array = table(document, place).and_then(|table| table.get(key)?.as_array());
            array.map_or(0, Array::len)
        };
        self.drop_parts(count, |search, items| {
            search.attempt(|document| {
                if let Some(list) = list_mut(document, (place, key)) {
                    for item in items.iter().rev() {
                        remove_item(list, *item);
                    }
                    tidy(list);
                }
            })
        })?;
        for item in (0..count(&self.smallest.document)).rev() {
            let list = self.table(place).and_then(|table| table.get(key)?.as_array());
            let row = list.and_then(|list| list.get(item)?.as_inline_table());
            let keys: BTreeSet<String> = row.into_iter().flatten().map(|(key, _)| key.to_owned()).collect();
            for of_item in keys.iter().filter(|key| !NEEDED.contains(&key.as_str())) {
                self.attempt(|document| {
                    let list = list_mut(document, (place, key));
                    let row = list.and_then(|list| list.get_mut(item)?.as_inline_table_mut());
                    if let Some(row) = row {
                        remove_from(row, of_item);
                    }
                })?;
            }
        }
        Ok(())
    }

    fn table(&self, place: Place<'_>) -> Option<&Table> {
        table(&self.smallest.document, place)
    }
}

fn table<'d>(document: &'d Document, place: Place<'_>) -> Option<&'d Table> {
    match place {
        Place::Root => Some(document.root()),
        Place::Policies => document.root().get("policy")?.as_table(),
        Place::Of(list, place) => document.tables(list).nth(place),
    }
}

fn table_mut<'d>(document: &'d mut Document, place: Place<'_>) -> Option<&'d mut Table> {
    match place {
        Place::Root => Some(document.root_mut()),
        Place::Policies => document.root_mut().get_mut("policy")?.as_table_mut(),
        Place::Of(list, place) => document.table_mut(list, place),
    }
}

fn list_mut<'d>(document: &'d mut Document, (place, key): (Place<'_>, &str)) -> Option<&'d mut Array> {
    table_mut(document, place)?.get_mut(key).and_then(Item::as_array_mut)
}

/// An item goes with the comment behind it on its line, which is written before the next item or the end.
fn remove_item(list: &mut Array, place: usize) {
    let before = |list: &Array, place: usize| match list.get(place) {
        Some(item) => item.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or("").to_owned(),
        None => list.trailing().as_str().unwrap_or("").to_owned(),
    };
    let lines = |text: &str| text.find('\n').map(|end| (text[..end].to_owned(), text[end..].to_owned()));
    let (ours, next) = (before(list, place), before(list, place + 1));
    list.remove(place);
    let Some((behind_the_last, _)) = lines(&ours) else { return };
    let (_, own) = lines(&next).unwrap_or((String::new(), next));
    let prefix = behind_the_last + &own;
    match list.get_mut(place) {
        Some(item) => item.decor_mut().set_prefix(prefix),
        None => list.set_trailing(prefix),
    }
}

/// A list in one line begins and ends without spaces, whichever items went.
fn tidy(list: &mut Array) {
    let in_one_line = |text: &str| text.chars().all(|letter| letter == ' ');
    if let Some(first) = list.get_mut(0)
        && first.decor().prefix().and_then(|prefix| prefix.as_str()).is_some_and(in_one_line)
    {
        first.decor_mut().set_prefix("");
    }
}

/// A row keeps its space before the brace.
fn remove_from(row: &mut InlineTable, key: &str) {
    row.remove(key);
    let last = row.iter().map(|(key, _)| key.to_owned()).last();
    if let Some(last) = last.and_then(|last| row.get_mut(&last)) {
        last.decor_mut().set_suffix(" ");
    }
}
