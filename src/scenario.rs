//! Scenarios: who there is, what happens and what must come of it, read from a file and checked.
//!
//! A [`Scenario`] is valid by construction: every name in it is defined, every instant lies where it
//! may, and all that was wrong with the file was reported together.

pub mod problem;
pub mod calendar;
pub mod duration;
pub mod moment;
pub mod catalogue;
mod reader;
pub mod directory;
pub mod document;
pub mod continuation;
pub mod price_list;
pub mod terms;
pub mod rulebook;
mod people;
mod openings;
mod contract;
mod licence_server;
mod step;
pub mod random;
pub mod distribution;
pub mod agenda;
pub mod chance;
pub mod habit;
pub mod poisson;
pub mod office;
mod working_day;
mod inclination;
mod working_life;
mod membership;
pub mod group;
pub mod person;
pub mod typical_week;
pub mod expect;
pub mod usage_export;

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeTable;
use toml::value::Datetime;

use crate::meter::Setup;
use crate::meter::id::{PackId, UserId};
use crate::meter::instant::Instant;
use crate::meter::request::Request;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::contract::read_contracts;
use crate::scenario::directory::Directory;
use crate::scenario::expect::{Expect, Expects};
use crate::scenario::group::{Group, Groups, Member};
use crate::scenario::habit::Habits;
use crate::scenario::licence_server::read_servers;
use crate::scenario::people::{People, PeopleReader};
use crate::scenario::price_list::offer::read_prices;
use crate::scenario::price_list::{Money, PriceList};
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table};
use crate::scenario::step::Steps;
use crate::scenario::terms::{Policies, read_products};

/// A checked scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about; empty where the file does not say.
    pub title: String,
    /// The run's first instant.
    pub start: Instant,
    /// The run's end, exclusive.
    pub end: Instant,
    /// Used by simulated users only.
    pub seed: u64,
    /// The policies in force.
    pub policies: Policies,
    /// The names of everything.
    pub directory: Directory,
    /// Who and what there is when the meter starts.
    pub setup: Setup,
    /// Everything that is asked of the meter, in the order it is asked (RULES 4).
    pub timeline: Vec<(Instant, Request)>,
    /// The step of the file, from 0, behind each request of the timeline; `None` where it is no step.
    pub origins: Vec<Option<usize>>,
    /// Where each user is at first.
    pub zones: Vec<Zone>,
    /// Who goes to which zone by a step, in the order of the file.
    pub journeys: Vec<(UserId, Instant, Zone)>,
    /// The groups of simulated users.
    pub groups: Vec<Arc<Group>>,
    /// The simulated users, by number.
    pub simulated: Vec<Member>,
    /// What must come of it.
    pub expects: Vec<Expect>,
    /// What can be bought, for how much.
    pub prices: PriceList,
    /// What was or will be paid for a pack, where the file says so.
    pub paid: BTreeMap<PackId, Money>,
}

/// The part of a file's text that was appended to an earlier one: its steps do not touch what has happened.
#[derive(Clone, Copy, Debug)]
pub struct Appended {
    /// Its first byte.
    pub from: usize,
    /// Until when everything has happened.
    pub happened: Instant,
}

impl Scenario {
    /// The seed of a file that gives none.
    pub(crate) const SEED: u64 = 1;

    /// The zone a user is in, as far as the file says: journeys of simulated people are their own affair.
    pub fn zone_of(&self, user: UserId, at: Instant) -> &Zone {
        let journeys = self.journeys.iter().filter(|(who, since, _)| *who == user && *since <= at);
        // Of two at one instant the later in the file is meant.
        journeys.max_by_key(|(_, since, _)| *since).map_or(&self.zones[user.index()], |(.., zone)| zone)
    }

    /// An instant as files write it; without an offset it is what clocks of a user show.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn instant_of(&self, user: UserId, text: &str) -> Result<Instant, String> {
        let travels = self.journeys.iter().any(|(who, ..)| *who == user);
        if travels && text.parse().is_ok_and(|written: Datetime| written.offset.is_none()) {
            return Err(format!(
                "`{text}`: the user travels, so that a local time is read in no one zone; write Z for UTC"
            ));
        }
        moment::parse(text, &self.zones[user.index()])
    }

    /// Reads and checks a scenario file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn read(text: &str) -> Result<Scenario, Vec<Problem>> {
        Scenario::read_with(text, None)
    }

    /// Reads and checks a scenario file to which steps were appended.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn read_with(text: &str, appended: Option<Appended>) -> Result<Scenario, Vec<Problem>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors.iter().map(syntax_problem).collect());
        }
        let mut problems = Problems::new();
        let table = Table::new(root.get_ref(), "the file", 0..0);
        let scenario = read_tables((table, appended), root.get_ref(), text, &mut problems);
        match scenario {
            Some(scenario) if problems.is_empty() => Ok(scenario),
            _ => {
                problems.sort_by_key(|problem| problem.place.start);
                Err(problems)
            }
        }
    }
}

fn syntax_problem(error: &toml::de::Error) -> Problem {
    let problem = Problem::new(error.span().unwrap_or(0..0), "not valid TOML", error.message());
    problem.help("see https://toml.io for the notation; `flexmeter new NAME` writes an example")
}

fn read_tables(
    (mut root, appended): (Table<'_>, Option<Appended>),
    raw: &DeTable<'_>,
    text: &str,
    problems: &mut Problems,
) -> Option<Scenario> {
    let title = root.get("title").and_then(|value| value.plain_text(problems)).unwrap_or_default();
    let run = read_run(&mut root, problems);
    let seed = root.get("seed").and_then(|value| value.whole(problems)).unwrap_or(Scenario::SEED);
    let policy = root.get("policy").and_then(|value| value.table("[policy]", problems));
    let policies = Policies::read(policy, problems);
    let mut directory = Directory::scan(raw);
    let first = run.map(|(start, _)| start);
    let mut products = read_products(root.tables("product", problems), &mut directory, first, problems);
    // Without a run of its own the file is still read to its end, against all of the calendar.
    let (start, end) = run.unwrap_or_else(calendar::bounds);
    let (teams, users) = (root.tables("team", problems), root.tables("user", problems));
    let people = People::new(&directory);
    let reader = PeopleReader { directory: &directory, products: &products, start: first, people, problems };
    let mut people = reader.read(teams, users);
    let habits = root.get("habit").and_then(|value| value.table("[habit]", problems));
    let habits = Habits::read(habits, &mut directory, (start, end), problems);
    let tables = root.tables("group", problems);
    let reader = Groups {
        directory: &mut directory,
        products: &products,
        habits,
        people: &mut people,
        run: (start, end),
        problems,
        read: Vec::new(),
        named: Vec::new(),
        members: Vec::new(),
        zones: BTreeMap::new(),
    };
    let (groups, simulated) = reader.read(tables);
    let contracts = read_contracts(root.tables("contract", problems), &directory, problems);
    let servers = read_servers(root.tables("licence_server", problems), (&directory, &products), problems);
    let reader = Steps::new(&mut directory, &mut people, &mut products, (start, end));
    let (steps, journeys) = reader.appended(appended).read(root.tables("step", problems), problems);
    let tables = root.tables("expect", problems);
    let reader =
        Expects { directory: &directory, people: &people, servers: &servers, start, end, text, problems };
    let expects = reader.read(tables);
    let prices = read_prices(root.tables("price", problems), &directory, problems);
    root.finish(problems);
    let policy = policies.meter.clone();
    let setup = Setup { policy, products, teams: people.teams, users: people.users, contracts, servers };
    let (timeline, origins) = timeline(people.beginnings, steps, end);
    run.map(|_| Scenario {
        title: title.to_owned(),
        start,
        end,
        seed,
        policies,
        directory,
        setup,
        timeline,
        origins,
        zones: people.user_zones,
        journeys,
        groups,
        simulated,
        expects,
        prices,
        paid: people.paid,
    })
}

fn read_run(root: &mut Table<'_>, problems: &mut Problems) -> Option<(Instant, Instant)> {
    let first = root.need("start", problems).and_then(|value| value.instant(&Zone::utc(), problems));
    let given = root.need("end", problems);
    let last = given.and_then(|value| value.instant(&Zone::utc(), problems));
    let (start, end) = (first?, last?);
    if end <= start {
        let label = format!("must lie after {}", iso(start));
        problems.push(Problem::new(given?.place(), "a run ends after it starts", label));
        return None;
    }
    Some((start, end))
}

/// All requests in the order of RULES 4: by instant, then phase, packs by their ids, steps in file order; and
/// the step behind each.
fn timeline(
    beginnings: Vec<(Instant, Request)>,
    steps: Vec<(Instant, Request, usize)>,
    end: Instant,
) -> (Vec<(Instant, Request)>, Vec<Option<usize>>) {
    let beginnings = beginnings.into_iter().map(|(at, request)| (at, request, None));
    let steps = steps.into_iter().map(|(at, request, step)| (at, request, Some(step)));
    let mut timeline: Vec<_> = beginnings.chain(steps).filter(|(at, ..)| *at < end).collect();
    let pack = |request: &Request| match request {
        Request::Buy(purchase) => purchase.pack,
        _ => PackId(0),
    };
    timeline.sort_by_key(|(at, request, _)| (*at, request.phase(), pack(request)));
    timeline.into_iter().map(|(at, request, step)| ((at, request), step)).unzip()
}
