//! `Directory`: the names a file defines, and the numbers they get.
//!
//! Names are numbered by their bytes, because that order decides ties (RULES 2.3, 3.9, 4); the order
//! in the file decides nothing.

pub mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::meter::id::{ContractId, DeviceId, PackId, ProductId, ServerId, TeamId, UserId, VersionId};
use crate::scenario::catalogue::CATALOGUE;
use crate::scenario::directory::names::{Hider, Names};
use crate::scenario::problem::{Problem, nearest};
use crate::scenario::reader::{Problems, Value, whole_number};

/// The names of everything.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Products of the catalogue and the file.
    pub products: Names,
    /// Teams.
    pub teams: Names,
    /// Users.
    pub users: Names,
    /// Packs, those of the teams and those bought by steps.
    pub packs: Names,
    /// Contracts of shared cloud credits.
    pub contracts: Names,
    /// Licence servers.
    pub servers: Names,
    /// How often a team's table stands for a team, where it says so.
    copies: BTreeMap<String, u64>,
    devices: Interned,
    versions: Interned,
}

/// Names that are compared for equality only, numbered as they come.
#[derive(Clone, Debug, Default)]
struct Interned {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Interned {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("fewer names than bytes in a file");
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

impl Directory {
    /// Collects every name the file defines, whatever else may be wrong with it.
    pub(crate) fn scan(root: &DeTable<'_>) -> Self {
        let mut products = defined(root, "product", "name");
        products.extend(CATALOGUE.iter().map(|row| row.name.to_owned()));
        let mut packs = BTreeSet::new();
        let (mut teams, mut copies) = (BTreeSet::new(), BTreeMap::new());
        for team in tables(root, "team") {
            let of_team = defined(team, "packs", "id");
            let name = text(team, "name").unwrap_or_default();
            let Some(count) = count(team, "copies") else {
                packs.extend(of_team);
                teams.extend(text(team, "name"));
                continue;
            };
            teams.extend((1..=count).map(|copy| numbered(&name, copy)));
            packs.extend(of_team.iter().flat_map(|id| (1..=count).map(|copy| numbered(id, copy))));
            copies.insert(name, count);
        }
        for step in tables(root, "step") {
            if let Some(DeValue::Table(pack)) = step.get("pack").map(Spanned::get_ref) {
                packs.extend(text(pack, "id"));
            }
        }
        let mut users = defined(root, "user", "name");
        for group in tables(root, "group") {
            users.extend(named(group, "users"));
            let (Some(name), Some(count)) = (text(group, "name"), count(group, "count")) else { continue };
            let copies = text(group, "team").and_then(|team| copies.get(&team).copied());
            for copy in group_copies(copies).filter(|_| count * copies.unwrap_or(1) <= MEMBERS_MAX) {
                users.extend((1..=count).map(|member| member_name((&name, copy), member)));
            }
        }
        Directory {
            products: Names::sorted(products),
            teams: Names::sorted(teams),
            users: Names::sorted(users),
            packs: Names::sorted(packs),
            contracts: Names::sorted(defined(root, "contract", "name")),
            servers: Names::sorted(defined(root, "licence_server", "name")),
            copies,
            ..Directory::default()
        }
    }

    /// Shows others in place of the users' names: everything is as before but what is shown (RULES 5.7).
    ///
    /// # Panics
    /// If two users would be shown alike.
    pub fn hide_users(&mut self, hider: Hider) {
        self.users.hide(hider);
    }

    /// Hides users as another directory does, if it does.
    pub(crate) fn hide_like(&mut self, other: &Directory) {
        self.users.hide_like(&other.users);
    }

    /// The same directory with users' names as the file has them: never to be shown.
    pub(crate) fn in_the_open(&self) -> Directory {
        Directory { users: self.users.in_the_open(), ..self.clone() }
    }

    /// The product a value names.
    pub(crate) fn product(&self, value: Value<'_>, problems: &mut Problems) -> Option<ProductId> {
        let name = value.name(problems)?;
        self.product_named(name, value.place(), problems)
    }

    /// The product of a name that stands somewhere.
    pub(crate) fn product_named(
        &self,
        name: &str,
        place: Range<usize>,
        problems: &mut Problems,
    ) -> Option<ProductId> {
        let help = "; a product of your own is a [[product]] with `name` and `rate`; \
                    `flexmeter catalog` lists the built-in ones";
        look_up(&self.products, (name, place), ("product", help), problems).map(ProductId)
    }

    /// The team a value names.
    pub(crate) fn team(&self, value: Value<'_>, problems: &mut Problems) -> Option<TeamId> {
        let name = value.name(problems)?;
        look_up(&self.teams, (name, value.place()), ("team", ""), problems).map(TeamId)
    }

    /// The contract a value names.
    pub(crate) fn contract(&self, value: Value<'_>, problems: &mut Problems) -> Option<ContractId> {
        let name = value.name(problems)?;
        look_up(&self.contracts, (name, value.place()), ("contract", ""), problems).map(ContractId)
    }

    /// The licence server a value names.
    pub(crate) fn server(&self, value: Value<'_>, problems: &mut Problems) -> Option<ServerId> {
        let name = value.name(problems)?;
        let help = "; a licence server is a [[licence_server]] with `name` and `seats`";
        look_up(&self.servers, (name, value.place()), ("licence server", help), problems).map(ServerId)
    }

    /// How often the table of that team stands for a team; `None` where it stands for one, by its own name.
    pub(crate) fn copies(&self, team: &str) -> Option<u64> {
        self.copies.get(team).copied()
    }

    /// The number of a team known to exist.
    pub(crate) fn team_number(&self, name: &str) -> Option<TeamId> {
        self.teams.find(name).map(TeamId)
    }

    /// The user a value names.
    pub(crate) fn user(&self, value: Value<'_>, problems: &mut Problems) -> Option<UserId> {
        let name = value.name(problems)?;
        look_up(&self.users, (name, value.place()), ("user", ""), problems).map(UserId)
    }

    /// The number of a product of that name.
    pub fn product_number(&self, name: &str) -> Option<ProductId> {
        self.products.find(name).map(ProductId)
    }

    /// The number of a user of that name.
    pub fn user_number(&self, name: &str) -> Option<UserId> {
        self.users.find(name).map(UserId)
    }

    /// The pack a value names, in a copy of a team.
    pub(crate) fn pack(
        &self,
        value: Value<'_>,
        copy: Option<u64>,
        problems: &mut Problems,
    ) -> Option<PackId> {
        let name = value.name(problems)?;
        let name = &copy.map_or_else(|| name.to_owned(), |copy| numbered(name, copy));
        look_up(&self.packs, (name, value.place()), ("pack", ""), problems).map(PackId)
    }

    /// The number of a device, new or known.
    pub(crate) fn device(&mut self, name: &str) -> DeviceId {
        DeviceId(self.devices.number(name))
    }

    /// The number of a version, new or known.
    pub(crate) fn version(&mut self, name: &str) -> VersionId {
        VersionId(self.versions.number(name))
    }

    /// A device's name.
    pub fn device_name(&self, device: DeviceId) -> &str {
        &self.devices.names[device.index()]
    }

    /// A version's name.
    pub fn version_name(&self, version: VersionId) -> &str {
        &self.versions.names[version.index()]
    }
}

/// The most people of one group, its copies taken together, and the most copies of one team.
pub(crate) const MEMBERS_MAX: u64 = 1_000_000;

/// A name with a number, from 1.
pub(crate) fn numbered(name: &str, number: u64) -> String {
    format!("{name}-{number}")
}

/// The name of a group's member, from 1; in a copy of a team the copy's number comes first.
pub(crate) fn member_name((group, copy): (&str, Option<u64>), member: u64) -> String {
    copy.map_or_else(|| numbered(group, member), |copy| numbered(&numbered(group, copy), member))
}

/// The numbers of a group's copies; `None` where there is only the group itself.
pub(crate) fn group_copies(copies: Option<u64>) -> impl Iterator<Item = Option<u64>> {
    let itself = copies.is_none().then_some(None);
    itself.into_iter().chain((1..=copies.unwrap_or(0)).map(Some))
}

fn count(table: &DeTable<'_>, key: &str) -> Option<u64> {
    match table.get(key)?.get_ref() {
        DeValue::Integer(count) => whole_number(count).filter(|count| *count <= MEMBERS_MAX),
        _ => None,
    }
}

fn look_up(
    names: &Names,
    (name, place): (&str, Range<usize>),
    (noun, more_help): (&str, &str),
    problems: &mut Problems,
) -> Option<u32> {
    let found = names.find(name);
    if found.is_none() {
        let problem = Problem::new(place, format!("unknown {noun} `{name}`"), "not defined anywhere");
        problems.push(problem.help(nearest(name, names.iter()) + more_help));
    }
    found
}

fn tables<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> impl Iterator<Item = &'t DeTable<'i>> {
    // One table in single brackets is an error that is reported elsewhere; its name is known all the same.
    let (items, single) = match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::Array(items)) => (Some(items), None),
        Some(DeValue::Table(table)) => (None, Some(table)),
        _ => (None, None),
    };
    let listed = items.into_iter().flat_map(|items| items.iter()).filter_map(|item| match item.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    });
    listed.chain(single)
}

fn text(table: &DeTable<'_>, key: &str) -> Option<String> {
    match table.get(key)?.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The names of a table's keys, or of a list.
fn named(table: &DeTable<'_>, key: &str) -> Vec<String> {
    match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::Table(table)) => table.keys().map(|name| name.get_ref().to_string()).collect(),
        Some(DeValue::Array(items)) => {
            let names = items.iter().filter_map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            names.collect()
        }
        _ => Vec::new(),
    }
}

fn defined(table: &DeTable<'_>, key: &str, name: &str) -> BTreeSet<String> {
    tables(table, key).filter_map(|table| text(table, name)).collect()
}
