//! JSON: an array of objects, or an object that holds one. Numbers stay as they are written.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::scenario::usage_export::Flaw;
use crate::scenario::usage_export::sheet::{Cell, Line, Sheet};

/// Different keys of an array that are read; no export has nearly as many.
const KEYS_MAX: usize = 200;

/// Objects within objects in which an array is looked for.
const DEPTH_MAX: usize = 8;

/// Every array of objects that is found, with a line of its keys before its items.
pub(crate) fn sheets(text: &str) -> Result<Vec<Sheet>, Flaw> {
    let mut found = Vec::new();
    collect((None, text.trim()), DEPTH_MAX, &mut found)?;
    Ok(found)
}

fn collect((name, text): (Option<&str>, &str), depth: usize, found: &mut Vec<Sheet>) -> Result<(), Flaw> {
    if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| broken(&error))?;
        found.extend(sheet(name, &items)?);
    } else if text.starts_with('{') && depth > 0 {
        let object: Object<'_> = serde_json::from_str(text).map_err(|error| broken(&error))?;
        for (key, value) in &object.0 {
            collect((Some(key), value.get()), depth - 1, found)?;
        }
    }
    Ok(())
}

/// The sheet of an array; none where its items are no objects.
fn sheet(name: Option<&str>, items: &[&RawValue]) -> Result<Option<Sheet>, Flaw> {
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    let mut header = Vec::new();
    let mut lines = Vec::new();
    for (item, number) in items.iter().zip(1..) {
        if !item.get().starts_with('{') {
            return Ok(None);
        }
        let object: Object<'_> = serde_json::from_str(item.get()).map_err(|error| broken(&error))?;
        let mut cells = vec![Cell::Empty; keys.len()];
        for (key, value) in object.0 {
            if keys.len() == KEYS_MAX && !keys.contains_key(&key) {
                continue;
            }
            let place = *keys.entry(key).or_insert_with_key(|key| {
                header.push(Cell::of(key));
                header.len() - 1
            });
            cells.resize(cells.len().max(place + 1), Cell::Empty);
            cells[place] = cell(value)?;
        }
        lines.push(Line { number, cells });
    }
    for line in &mut lines {
        line.cells.resize(header.len(), Cell::Empty);
    }
    lines.insert(0, Line { number: 0, cells: header });
    Ok(Some(Sheet { name: name.map(str::to_owned), unit: "item", lines }))
}

fn cell(value: &RawValue) -> Result<Cell, Flaw> {
    let text = value.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => Cell::of(&serde_json::from_str::<String>(text).map_err(|error| broken(&error))?),
        Some(b'-' | b'0'..=b'9') => Cell::Number(text.to_owned()),
        Some(b'n') => Cell::Empty,
        _ => Cell::Text(text.to_owned()),
    })
}

fn broken(error: &serde_json::Error) -> Flaw {
    Flaw::of_file(format!("not JSON: {error}"), "export the report again")
}

/// An object with its keys in the order of the file, doubles included.
struct Object<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Object(entries))
    }
}
