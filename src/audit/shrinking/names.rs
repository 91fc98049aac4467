//! What tables are called, and everything in a file that names them.

use std::collections::BTreeSet;

use toml_edit::{Item, Table, Value};

use crate::scenario::document::{Document, LISTS, name_of};

/// What tables of a list are called that no other table of it is called.
pub(super) fn names_of(document: &Document, (list, places): (&str, &BTreeSet<usize>)) -> BTreeSet<String> {
    let name = |table: &Table| name_of(table).map(str::to_owned);
    let of = |inside: bool| {
        let tables = document.tables(list).enumerate();
        let tables = tables.filter(move |(place, _)| places.contains(place) == inside);
        tables.filter_map(move |(_, table)| name(table))
    };
    let elsewhere: BTreeSet<String> = of(false).collect();
    of(true).filter(|name| !elsewhere.contains(name)).collect()
}

/// Removes whatever names something of a list: items of lists, keys, and steps and expectations whole.
pub(super) fn forget(document: &mut Document, (list, names): (&str, &BTreeSet<String>)) {
    if names.is_empty() {
        return;
    }
    let keys = keys_for(list);
    for of in LISTS {
        let mut emptied = BTreeSet::new();
        for place in 0..document.tables(of).count() {
            let table = document.table_mut(of, place).expect("just counted");
            if forget_in(table, (keys, names)) && ["step", "expect"].contains(&of) {
                emptied.insert(place);
            }
        }
        document.remove_all(of, &emptied);
    }
}

/// The keys under which tables name something of a list.
fn keys_for(list: &str) -> &'static [&'static str] {
    match list {
        "user" => &["user", "users"],
        "team" => &["team", "teams", "into", "to"],
        "product" => &["product", "products", "default_products", "members", "host", "add_in", "seats"],
        "contract" => &["contract"],
        "licence_server" => &["licence_server", "server"],
        _ => &[],
    }
}

/// Whether a key went because it named something.
fn forget_in(table: &mut Table, (keys, names): (&[&str], &BTreeSet<String>)) -> bool {
    let is_one = |value: &Value| value.as_str().is_some_and(|name| names.contains(name));
    let mut lost = Vec::new();
    for (key, item) in table.iter_mut() {
        let is_key = keys.contains(&key.get());
        let gone = match item {
            Item::Value(Value::Array(list)) => {
                let before = list.len();
                list.retain(|item| match item {
                    // Packs have ids of their own, and stay whatever those are.
                    Value::InlineTable(pair) => {
                        !pair.iter().any(|(key, of)| keys.contains(&key) && is_one(of))
                    }
                    item => !is_key || !is_one(item),
                });
                list.is_empty() && before > 0
            }
            Item::Value(Value::InlineTable(seats)) if is_key => {
                seats.retain(|name, _| !names.contains(name));
                seats.is_empty()
            }
            Item::Value(value) => is_key && is_one(value),
            Item::Table(seats) if is_key => {
                seats.retain(|name, _| !names.contains(name));
                seats.is_empty()
            }
            _ => false,
        };
        if gone {
            lost.push(key.get().to_owned());
        }
    }
    for key in &lost {
        table.remove(key);
    }
    !lost.is_empty()
}
