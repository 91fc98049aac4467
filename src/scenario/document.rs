//! `Document`: a scenario file that is changed table by table; what is left alone keeps its comments and its order.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Key, Table, TableLike, Value};

use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::problem::Problem;

/// The tables of a file that may stand there many times.
pub const LISTS: [&str; 9] =
    ["product", "team", "user", "group", "contract", "licence_server", "step", "expect", "price"];

/// A scenario file under change.
#[derive(Clone, Debug)]
pub struct Document(DocumentMut);

impl Document {
    /// The document of a file's text; lists of tables in one line become tables of their own.
    ///
    /// # Errors
    /// Where the text is no TOML.
    pub fn read(text: &str) -> Result<Document, Vec<Problem>> {
        let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            let place = error.span().unwrap_or(0..0);
            vec![Problem::new(place, "not valid TOML", error.message().to_owned())]
        })?;
        for list in LISTS {
            if let Some(item) = document.get_mut(list)
                && item.is_value()
                && let Ok(tables) = std::mem::take(item).into_array_of_tables()
            {
                *item = Item::ArrayOfTables(tables);
            }
        }
        Ok(Document(document))
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// Reads and checks what the file has become.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn scenario(&self) -> Result<Scenario, Vec<Problem>> {
        Scenario::read(&self.text())
    }

    /// Reads the file; steps, expectations and contracts that name what has gone go as well, until it is right.
    ///
    /// # Errors
    /// What is wrong with other parts of it.
    pub fn mended(&mut self) -> Result<Scenario, Vec<Problem>> {
        loop {
            let text = self.text();
            let problems = match Scenario::read(&text) {
                Ok(scenario) => return Ok(scenario),
                Err(problems) => problems,
            };
            let heads = heads(&text);
            let mut wrong: Vec<(&str, usize)> =
                problems.iter().filter_map(|problem| around(&heads, problem.place.start)).collect();
            wrong.sort_unstable();
            wrong.dedup();
            wrong.retain(|(list, _)| ["step", "expect", "contract"].contains(list));
            if wrong.is_empty() {
                return Err(problems);
            }
            for list in ["step", "expect", "contract"] {
                let of_list = wrong.iter().filter(|(wrong, _)| *wrong == list);
                self.remove_all(list, &of_list.map(|(_, place)| *place).collect());
            }
        }
    }

    /// The tables of a list, in the order of the file.
    pub fn tables(&self, list: &str) -> impl Iterator<Item = &Table> {
        self.0.get(list).and_then(Item::as_array_of_tables).into_iter().flat_map(ArrayOfTables::iter)
    }

    /// A table of a list.
    pub fn table_mut(&mut self, list: &str, place: usize) -> Option<&mut Table> {
        self.0.get_mut(list)?.as_array_of_tables_mut()?.get_mut(place)
    }

    /// The table of a list that has that name.
    pub fn named_mut(&mut self, list: &str, name: &str) -> Option<&mut Table> {
        let place = self.tables(list).position(|table| name_of(table) == Some(name))?;
        self.table_mut(list, place)
    }

    /// Adds a table at the end of a list.
    pub fn push(&mut self, list: &str, table: Table) {
        let item = self.0.entry(list).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        item.as_array_of_tables_mut().expect("lists are tables of their own").push(table);
    }

    /// Removes a table of a list; the list goes with its last.
    pub fn remove(&mut self, list: &str, place: usize) {
        self.remove_all(list, &BTreeSet::from([place]));
    }

    /// Removes some tables of a list; the list goes with its last.
    pub fn remove_all(&mut self, list: &str, places: &BTreeSet<usize>) {
        let number = Cell::new(0);
        self.retain(list, |_| !places.contains(&number.replace(number.get() + 1)));
    }

    /// Keeps some tables of a list.
    pub fn retain(&mut self, list: &str, keep: impl Fn(&Table) -> bool) {
        let Some(tables) = self.0.get_mut(list).and_then(Item::as_array_of_tables_mut) else { return };
        tables.retain(keep);
        if tables.is_empty() {
            self.0.remove(list);
        }
    }

    /// Sets a policy; what is wrong with it is told when the scenario is read.
    pub fn set_policy(&mut self, key: &str, value: &str) {
        let policies = self.0.entry("policy").or_insert_with(|| Item::Table(Table::new()));
        if let Some(policies) = policies.as_table_like_mut() {
            policies.insert(key, toml_edit::value(value));
        }
    }

    /// The first level of the file: its keys, tables and lists.
    pub fn root(&self) -> &Table {
        self.0.as_table()
    }

    /// The first level of the file, to be changed.
    pub fn root_mut(&mut self) -> &mut Table {
        self.0.as_table_mut()
    }
}

/// A table of a list, key by key.
#[derive(Clone, Debug, Default)]
pub struct Entry(Table);

impl Entry {
    /// A step that does something at an instant.
    pub fn step(at: Instant, action: &str) -> Self {
        Entry::default().with("at", instant(at)).with("do", action)
    }

    /// With one more key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key, toml_edit::value(value));
        self
    }

    /// With a key of another table, where that has it.
    #[must_use]
    pub fn with_item(mut self, key: &str, item: Option<&Item>) -> Self {
        if let Some(item) = item {
            // The decoration of a key stays with the table it comes from.
            self.0.insert_formatted(&Key::new(key), item.clone());
        }
        self
    }

    /// The table.
    pub fn table(self) -> Table {
        self.0
    }
}

/// What a table is called.
pub fn name_of(table: &Table) -> Option<&str> {
    table.get("name")?.as_str()
}

/// The tables of a list inside a table, in one line or one by one.
pub fn rows(list: Option<&Item>) -> Vec<&dyn TableLike> {
    match list {
        Some(Item::ArrayOfTables(tables)) => tables.iter().map(|table| table as &dyn TableLike).collect(),
        Some(Item::Value(Value::Array(values))) => {
            let tables = values.iter().filter_map(Value::as_inline_table);
            tables.map(|table| table as &dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

/// The same, to be changed.
pub fn rows_mut(list: &mut Item) -> Vec<&mut dyn TableLike> {
    match list {
        Item::ArrayOfTables(tables) => tables.iter_mut().map(|table| table as &mut dyn TableLike).collect(),
        Item::Value(Value::Array(values)) => {
            let tables = values.iter_mut().filter_map(Value::as_inline_table_mut);
            tables.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

/// An instant as files write it.
pub fn instant(at: Instant) -> Value {
    let written: toml_edit::Datetime = iso(at).parse().expect("an instant is a date-time");
    written.into()
}

/// An amount as files write it, exactly.
pub fn amount(tokens: Tokens) -> Value {
    tokens.to_string().parse().expect("an amount is a number")
}

/// Where each table of a list begins in a text, in the order of the text.
fn heads(text: &str) -> Vec<(usize, &'static str, usize)> {
    let Ok(document) = toml_edit::Document::parse(text) else { return Vec::new() };
    let mut heads = Vec::new();
    for list in LISTS {
        let tables = document.get(list).and_then(Item::as_array_of_tables);
        for (place, table) in tables.into_iter().flat_map(ArrayOfTables::iter).enumerate() {
            heads.extend(table.span().map(|Range { start, .. }| (start, list, place)));
        }
    }
    // Other tables end the one before them.
    let others = document.iter().filter(|(_, item)| item.is_table());
    heads.extend(others.filter_map(|(_, item)| Some((item.span()?.start, "", 0))));
    heads.sort_unstable();
    heads
}

/// The table in which a byte lies.
fn around(heads: &[(usize, &'static str, usize)], byte: usize) -> Option<(&'static str, usize)> {
    let after = heads.partition_point(|(start, ..)| *start <= byte);
    let (_, list, place) = heads[..after].last()?;
    (!list.is_empty()).then_some((*list, *place))
}
