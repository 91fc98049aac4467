//! `transcript`: what simulated users did, written down as steps of a scenario file without chance.
//!
//! The file runs by itself and gives the same rows. In it everybody asks for what they asked for, whatever is
//! changed: who is refused or admitted by a change does not try again, and does not stay longer.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml_edit::{Item, Table, Value};

use crate::meter::Meter;
use crate::meter::answer::Answer;
use crate::meter::id::{DeviceId, ProductId, TeamId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::request::{Request, SignIn};
use crate::scenario::Scenario;
use crate::scenario::directory::{Directory, numbered};
use crate::scenario::document::{Document, Entry, name_of, rows, rows_mut};
use crate::scenario::group::{Group, Member};
use crate::simulation::course::Drive;
use crate::simulation::recorder::Unrecorded;
use crate::simulation::replay::advance;
use crate::simulation::team_group::TeamGroup;

/// The scenario of a document without simulated users: what they did are steps. Of a scenario with some, only
/// the teams and users are left that have something to do with `whose`; what it expects of others goes.
///
/// # Panics
/// If the document does not say the scenario.
pub fn transcript(document: &Document, scenario: &Arc<Scenario>, whose: Option<UserId>) -> Script {
    let mut written = document.clone();
    if scenario.simulated.is_empty() {
        return Script { document: written, scenario: scenario.clone() };
    }
    let mut kept = Kept::default();
    let mut steps = Vec::new();
    for group in TeamGroup::split(scenario) {
        if whose.is_none_or(|user| group.find_user(user).is_some()) {
            kept.add(scenario, &group);
            steps.extend(asked(scenario, &Arc::new(group)));
        }
    }
    // Groups share nothing, and steps of one group keep their order.
    steps.sort_by_key(|(at, request)| (*at, request.phase()));
    name_people(&mut written, scenario, &kept);
    for (at, request) in steps {
        written.push("step", step(&scenario.directory, at, &request));
    }
    let transcribed = written.mended();
    let mut transcribed =
        transcribed.unwrap_or_else(|problems| panic!("a transcript is right: {problems:#?}"));
    transcribed.directory.hide_like(&scenario.directory);
    Script { document: written, scenario: Arc::new(transcribed) }
}

/// A file without simulated users, and what it says.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file.
    pub document: Document,
    /// What it says.
    pub scenario: Arc<Scenario>,
}

/// Notes what simulated users ask.
#[derive(Default)]
struct Scribe(Vec<(Instant, Request)>);

impl Drive for Scribe {
    fn ask(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        self.0.push((at, request.clone()));
        meter.apply(request, at)
    }

    fn ask_scripted(&mut self, meter: &mut Meter, request: Request, at: Instant) -> Answer {
        meter.apply(request, at)
    }

    fn stops(&self) -> bool {
        false
    }
}

/// Whose tables stay.
#[derive(Default)]
struct Kept {
    teams: BTreeSet<String>,
    users: BTreeSet<String>,
}

impl Kept {
    fn add(&mut self, scenario: &Scenario, group: &TeamGroup) {
        let team = |(_, team): (TeamId, TeamId)| scenario.directory.teams.get(team.0).to_owned();
        self.teams.extend(group.teams().map(team));
        let user = |local| scenario.directory.users.own(group.user(local).0).to_owned();
        self.users.extend((0..).map(UserId).take(group.users()).map(user));
    }
}

/// What the simulated users of a group asked of its meter, in the numbers of the scenario.
fn asked(scenario: &Arc<Scenario>, group: &Arc<TeamGroup>) -> Vec<(Instant, Request)> {
    let mut scribe = Scribe::default();
    let carried = advance(scenario, (group, scenario.end), (&mut Unrecorded, &(), &mut scribe));
    carried.unwrap_or_else(|stopped| panic!("{stopped}"));
    for (_, request) in &mut scribe.0 {
        let user = request.user_mut().expect("people ask for themselves");
        *user = group.user(*user);
    }
    scribe.0
}

/// Groups become users, copies become teams, and who has nothing to do with it goes.
fn name_people(document: &mut Document, scenario: &Scenario, kept: &Kept) {
    let teams: Vec<Table> = document.tables("team").flat_map(teams_of_their_own).collect();
    let groups: Vec<Table> = document.tables("group").cloned().collect();
    document.retain("team", |_| false);
    for team in teams {
        if name_of(&team).is_some_and(|name| kept.teams.contains(name)) {
            document.push("team", team);
        }
    }
    document.retain("user", |user| name_of(user).is_some_and(|name| kept.users.contains(name)));
    for member in &scenario.simulated {
        let user = scenario.directory.users.own(member.user.0);
        if kept.users.contains(user) {
            let group = &scenario.groups[member.group as usize];
            let table = groups.iter().find(|table| name_of(table) == Some(&group.name));
            let table = table.expect("the table of a group");
            document.push("user", user_of(group, (user, table), &scenario.directory));
        }
    }
    for key in ["group", "habit"] {
        document.root_mut().remove(key);
    }
    for place in 0..document.tables("step").count() {
        let step = document.table_mut("step", place).expect("just counted");
        if let Some(group) = step.remove("group") {
            let of_group =
                |member: &&Member| group.as_str() == Some(&scenario.groups[member.group as usize].name);
            let members = scenario.simulated.iter().filter(of_group);
            let names = members.map(|member| scenario.directory.users.own(member.user.0));
            let names = names.filter(|name| kept.users.contains(*name));
            step.insert("users", toml_edit::value(names.collect::<Value>()));
        }
    }
}

/// A member of a group as a user.
fn user_of(group: &Group, (user, table): (&str, &Table), directory: &Directory) -> Table {
    let teams = group.teams.iter().map(|team| directory.teams.get(team.0));
    let mut entry = Entry::default().with("name", user).with("teams", teams.collect::<Value>());
    // Who signs in through a licence server is assigned products on the way out of it (RULES 6.2).
    if !table.contains_key("licence_server") {
        let add_ins = rows(table.get("add_ins"));
        let add_ins = add_ins.iter().filter_map(|pair| pair.get("add_in")?.as_str());
        let opened = group.products.iter().map(|product| product.name.as_str());
        let opened: BTreeSet<&str> = opened.chain(add_ins).collect();
        entry = entry.with("products", opened.into_iter().collect::<Value>());
    }
    let keys = ["licence_server", "add_ins", "subscriptions", "trials", "time_zone"];
    keys.into_iter().fold(entry, |entry, key| entry.with_item(key, table.get(key))).table()
}

/// A team's table, or one for each of its copies.
fn teams_of_their_own(table: &Table) -> Vec<Table> {
    let (Some(copies), Some(team)) = (table.get("copies").and_then(Item::as_integer), name_of(table)) else {
        return vec![table.clone()];
    };
    let copy = |number: u64| {
        let mut copy = table.clone();
        copy.remove("copies");
        copy.insert("name", toml_edit::value(numbered(team, number)));
        for pack in copy.get_mut("packs").map(rows_mut).into_iter().flatten() {
            if let Some(id) = pack.get("id").and_then(Item::as_str).map(|id| numbered(id, number)) {
                pack.insert("id", toml_edit::value(id));
            }
        }
        copy
    };
    (1..=u64::try_from(copies).expect("a checked number")).map(copy).collect()
}

/// A request of a simulated user as a step.
fn step(directory: &Directory, at: Instant, request: &Request) -> Table {
    let of_user = |action: &str, user: UserId, device: DeviceId| {
        let entry = Entry::step(at, action).with("user", directory.users.own(user.0));
        entry.with("device", directory.device_name(device))
    };
    let of_session = |action: &str, (user, device): (UserId, DeviceId), what: (ProductId, VersionId)| {
        let entry = of_user(action, user, device).with("product", directory.products.get(what.0.0));
        entry.with("version", directory.version_name(what.1))
    };
    let entry = match request {
        Request::SignIn(SignIn { user, product, device, version, .. }) => {
            of_session("sign-in", (*user, *device), (*product, *version))
        }
        Request::SignOut(session) | Request::Touch(session) => {
            let (device, version) = session.device.zip(session.version).expect("people know what they close");
            let action = if matches!(request, Request::Touch(_)) { "touch" } else { "sign-out" };
            of_session(action, (session.user, device), (session.product, version))
        }
        Request::GoOffline { user, device } => of_user("go-offline", *user, *device),
        Request::GoOnline { user, device } => of_user("go-online", *user, *device),
        other => unreachable!("no simulated user asks {other:?}"),
    };
    entry.table()
}
