//! Simulated people: the same bytes whoever carries them out, and lives as their figures say.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::Weekday;
use flexmeter::meter::instant::{Instant, Span};
use flexmeter::meter::record::Record;
use flexmeter::results::files::Digests;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::agenda::{Act, Ends, Intention, Visit};
use flexmeter::scenario::calendar::{Day, Zone};
use flexmeter::scenario::group::Group;
use flexmeter::scenario::habit::Habit;
use flexmeter::scenario::person::Person;
use flexmeter::scenario::random::Seed;
use flexmeter::simulation::actors::{self, Company};
use flexmeter::simulation::course::{Agenda, Course, people};
use flexmeter::simulation::recorder::{Advance, Detail, Observer, Recorder, Stopped};
use flexmeter::simulation::run::Run;
use flexmeter::simulation::team_group::TeamGroup;

use crate::support::{
    empty_tables, flexmeter, result_files, run_with_rows, scenario, scenario_files, stdout, text_of, written,
};

fn company(threads: usize) -> Company {
    Company { threads, observer: Arc::new(()), clock: || 0 }
}

/// Every scenario, by a loop and by actors. `FLEXMETER_SEEDS=3` runs more seeds, on more threads.
#[test]
fn actors_and_the_loop_write_the_same_bytes() {
    let more = std::env::var("FLEXMETER_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    for path in scenario_files() {
        for seed in 1..=more.unwrap_or(1) {
            let text = text_of(&path);
            let file = Scenario::read(&text).expect("a scenario");
            let scenario = Arc::new(Scenario { seed, ..file });
            let mut tables = empty_tables(&scenario);
            let run = flexmeter::simulation::replay::run(&scenario, &mut tables, &()).expect("it runs");
            let (_, expected) = written(tables, &run);
            let threads: &[usize] = if more.is_some() { &[1, 2, 8] } else { &[2] };
            for threads in threads {
                let tables = empty_tables(&scenario);
                let carried = actors::run(&scenario, tables, company(*threads)).expect("it runs");
                let (_, sum) = written(carried.recorder, &carried.run);
                assert_eq!(sum, expected, "{}, seed {seed}, {threads} threads", path.display());
                assert_eq!(carried.run.tally.events(), run.tally.events());
            }
        }
    }
}

/// A studio with every habit there is, and too few tokens.
const STUDIO: &str = r#"
title = "All habits at once"
start = 2026-03-02T00:00:00Z
end = 2026-06-01T00:00:00Z
seed = 5
[[product]]
name = "Energy Add-in"
kind = "add-in"
rate = 2
[[product]]
name = "Maya"
rate = 6
versions = [{ name = "2027", idle_aware = true }]
[[team]]
name = "North"
time_zone = "Europe/Amsterdam"
packs = [
  { id = "n1", tokens = 3000, bought = 2026-03-01T00:00:00Z },
  { id = "n2", tokens = 900, bought = 2026-04-20T09:00:00Z },
]
[[team]]
name = "South"
time_zone = "America/Santiago"
packs = [{ id = "s1", tokens = 2500, bought = 2026-03-01T00:00:00Z, expires = 2026-05-01T00:00:00Z }]
[[team]]
name = "Branch"
copies = 3
packs = [{ id = "b", tokens = 400, bought = 2026-03-01T00:00:00Z }]
[[group]]
name = "drafter"
team = "North"
count = 9
products = ["AutoCAD", "Revit"]
add_ins = [{ host = "Revit", add_in = "Energy Add-in" }]
habit = "office"
joiners = 0.3
leavers = 0.3
[[group]]
name = "consultant"
teams = ["South", "North"]
count = 4
products = ["Revit"]
habit = "away"
[[group]]
name = "artist"
team = "South"
count = 7
products = ["Maya"]
habit = "night"
[[group]]
name = "clerk"
team = "Branch"
count = 3
products = ["AutoCAD"]
habit = "probe"
[habit.office]
kind = "office"
use = { AutoCAD = 0.8, Revit = 0.3 }
forgotten_overnight = 0.1
forgotten_weekend = 0.2
versions = { "2026" = 0.8, "2025" = 0.2 }
[habit.away]
kind = "office"
trips = { per_year = 30, days = 3, zones = ["Asia/Tokyo", "America/New_York", "Pacific/Auckland"] }
offline = { per_year = 60, lasts = { uniform = ["1h", "40h"] } }
[habit.night]
kind = "office"
arrives = { uniform = ["14:00", "22:00"] }
working_days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
versions = { "2026" = 0.3, "2027" = 0.7 }
forgotten_overnight = 0.2
forgotten_weekend = 0.5
accidental = 0.2
[habit.probe]
kind = "poisson"
per_day = 0.7
session = { exponential = "3h" }
[[step]]
at = 2026-03-10T10:00:00Z
do = "sign-in"
user = "drafter-2"
product = "AutoCAD"
device = "kiosk"
[[step]]
at = 2026-04-01T00:00:00Z
do = "move"
pack = "s1"
to = "North"
"#;

#[test]
fn results_depend_on_neither_threads_nor_stretches() {
    let scenario = scenario(STUDIO);
    let (files, expected) = result_files(STUDIO);
    for word in ["in-use-elsewhere", "insufficient-tokens", "2027", "laptop", "home", "paid-window"] {
        assert!(files.iter().any(|file| file.text.contains(word)), "{word} occurs");
    }
    for threads in [1, 2, 8] {
        let carried = actors::run(&scenario, empty_tables(&scenario), company(threads)).expect("it runs");
        assert_eq!(written(carried.recorder, &carried.run).1, expected, "{threads} threads");
    }
    for hours in [1, 5, 24, 100] {
        assert_eq!(by_stretches(&scenario, Span::from_seconds(hours * 3600)), expected, "{hours} hours");
    }
}

fn by_stretches(scenario: &Arc<Scenario>, stretch: Span) -> Digests {
    let (mut tables, seed) = (empty_tables(scenario), Seed::new(scenario.seed));
    let mut packs = Vec::new();
    for group in TeamGroup::split(scenario) {
        let group = Arc::new(group);
        let mut people = people(scenario, &group);
        let mut course = Course::new(scenario, &group, Detail::Full);
        while course.now() < scenario.end {
            let until = scenario.end.min(course.now() + stretch);
            let agenda = |person: &mut Person| {
                let mut intentions = Vec::new();
                person.plan(seed, until, &mut intentions);
                Agenda { user: person.user, intentions }
            };
            let agendas: Vec<Agenda> = people.iter_mut().map(agenda).collect();
            course.run_until(until, &agendas, &mut ()).expect("nobody ends it");
        }
        let rows = course.take_rows();
        tables.take(rows).expect("memory takes it");
        let (run, rows) = course.finish();
        tables.take(rows).expect("memory takes it");
        packs.extend(run.packs);
    }
    let run = Run { packs, ..Default::default() };
    written(tables, &run).1
}

/// RULES 4: at one instant scripted sign-ins come before simulated ones, whatever the names. The last seven
/// tokens go to zoe, not to the member who opens in the same second.
#[test]
fn scripted_sign_ins_come_before_simulated_ones() {
    let text = r#"
        start = 2026-03-02T00:00:00Z
        end = 2026-03-03T00:00:00Z
        [[team]]
        name = "T"
        packs = [{ id = "p", tokens = 7, bought = 2026-03-01T00:00:00Z }]
        [[user]]
        name = "zoe"
        teams = ["T"]
        products = ["AutoCAD"]
        [[step]]
        at = 2026-03-02T09:00:00Z
        do = "sign-in"
        user = "zoe"
        product = "AutoCAD"
        [[group]]
        name = "ada"
        team = "T"
        count = 1
        products = ["AutoCAD"]
        habit = "h"
        [habit.h]
        kind = "office"
        use = 1
        sessions = 1
        days_off = 0
        opens_on_arrival = 1
        arrives = { fixed = "09:00" }
        stays = { fixed = "2s" }
    "#;
    let scenario = scenario(text);
    let (_, rows) = run_with_rows(&scenario);
    let first = &rows.sign_ins[..2];
    assert_eq!(first[0].at, first[1].at, "both fall on one instant");
    let told = first.iter().map(|row| (scenario.directory.users.get(row.user.0), row.answer.is_ok()));
    assert_eq!(told.collect::<Vec<_>>(), [("zoe", true), ("ada-1", false)]);
}

#[test]
fn another_member_changes_nobody_elses_day() {
    let text = STUDIO.replace("tokens = 3000", "tokens = 300000").replace("tokens = 2500", "tokens = 250000");
    let text = text.replace("tokens = 400", "tokens = 40000");
    let of_users = |text: &str| {
        let scenario = scenario(text);
        let (_, rows) = run_with_rows(&scenario);
        let mut of_user: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in rows.sign_ins {
            let name = scenario.directory.users.get(row.user.0).to_owned();
            let product = scenario.directory.products.get(row.product.0);
            let what = format!("{:?} {product} {:?} {:?}", row.at, row.opening, row.answer);
            of_user.entry(name).or_default().insert(what);
        }
        of_user
    };
    let (few, more) = (of_users(&text), of_users(&text.replace("count = 9", "count = 14")));
    assert!(few.len() > 25 && more.len() > few.len(), "{} and {}", few.len(), more.len());
    for (user, sign_ins) in few {
        assert_eq!(Some(&sign_ins), more.get(&user), "{user}");
    }
}

/// One person on journeys between zones that change their clocks on different days.
#[test]
fn working_hours_follow_the_zone_through_a_clock_change() {
    let text = r#"
        start = 2026-03-01T00:00:00Z
        end = 2026-04-20T00:00:00Z
        [[team]]
        name = "T"
        time_zone = "Europe/Amsterdam"
        packs = [{ id = "p", tokens = 90000, bought = 2026-03-01T00:00:00Z }]
        [[group]]
        name = "g"
        team = "T"
        count = 60
        products = ["AutoCAD"]
        habit = "h"
        [habit.h]
        kind = "office"
        use = 1
        sessions = 1
        days_off = 0
        home = 0
        laptop = 0
        arrives = { fixed = "09:00" }
        stays = { fixed = "2h" }
        session = { fixed = "1h" }
        trips = { per_year = 40, days = 4, zones = ["America/New_York", "Asia/Kathmandu"] }
    "#;
    let scenario = scenario(text);
    let (_, rows) = run_with_rows(&scenario);
    let zone = |name| Zone::named(name).expect("a zone");
    let home = zone("Europe/Amsterdam");
    let abroad = [zone("America/New_York"), zone("Asia/Kathmandu")];
    // It opens in the first half of two hours: between nine and ten where the person is.
    let at_nine = |zone: &Zone, at: Instant| {
        let text = zone.local(at).to_string();
        text[11..13] == *"09"
    };
    let changes = [("2026-03-08", "America/New_York"), ("2026-03-29", "Europe/Amsterdam")];
    let mut seen: BTreeMap<(bool, usize), u32> = BTreeMap::new();
    for row in &rows.sign_ins {
        let (device, _) = row.opening.expect("an opening");
        let travels = scenario.directory.device_name(device) == "laptop";
        let place = if travels {
            abroad.iter().position(|zone| at_nine(zone, row.at)).map(|place| place + 1)
        } else {
            at_nine(&home, row.at).then_some(0)
        };
        let place = place.unwrap_or_else(|| panic!("{row:?} is not at nine anywhere"));
        let date = home.local(row.at).to_string();
        let after = changes.iter().all(|(change, _)| date[..10] > **change);
        *seen.entry((after, place)).or_default() += 1;
    }
    assert_eq!(seen.len(), 6, "at home and abroad, before and after the changes: {seen:?}");
    assert!(seen.values().all(|count| *count > 20), "{seen:?}");
}

/// An arrival and the start of a break of 45 minutes for which everything is closed, and when the session of
/// the shift that begins on 3 March is open.
#[test]
fn a_break_falls_after_the_arrival() {
    let cases = [
        ("09:00", "12:30", "03 09:00-12:30, 03 13:15-17:00"),
        ("22:00", "23:30", "03 22:00-23:30, 04 00:15-06:00"),
        ("22:00", "02:00", "03 22:00-02:00, 04 02:45-06:00"),
        ("22:00", "00:00", "03 22:00-00:00, 04 00:45-06:00"),
        ("22:00", "07:00", "03 22:00-06:00"),
        ("13:00", "12:30", "03 13:00-21:00"),
    ];
    for (arrives, starts, expected) in cases {
        let text = format!(
            r#"
            start = 2026-03-02T00:00:00Z
            end = 2026-03-09T00:00:00Z
            [[team]]
            name = "T"
            [[group]]
            name = "guard"
            team = "T"
            count = 1
            products = ["AutoCAD"]
            habit = "shift"
            [habit.shift]
            kind = "office"
            working_days = ["Tue"]
            use = 1
            sessions = 1
            days_off = 0
            forgotten_overnight = 0
            forgotten_weekend = 0
            arrives = {{ fixed = "{arrives}" }}
            stays = {{ fixed = "8h" }}
            session = {{ fixed = "8h" }}
            break = {{ starts = {{ fixed = "{starts}" }}, lasts = {{ fixed = "45m" }}, signs_out = 1 }}
            "#
        );
        let scenario = scenario(&text);
        let mut person = Person::new(scenario.simulated[0].user, "guard-1", &scenario.groups[0]);
        let mut agenda = Vec::new();
        person.plan(Seed::new(1), scenario.end, &mut agenda);
        let clock =
            |at: Instant, format: &str| flexmeter::scenario::calendar::utc(at).format(format).to_string();
        let opened = agenda.iter().enumerate().map(|(place, intention)| {
            let Act::Open(visit) = intention.act else { panic!("{intention:?}") };
            // A first session begins by chance; it is there when the person is.
            let at = if place == 0 { arrives.to_owned() } else { clock(intention.at, "%H:%M") };
            format!("{} {at}-{}", clock(intention.at, "%d"), clock(visit.until, "%H:%M"))
        });
        assert_eq!(opened.collect::<Vec<_>>().join(", "), expected, "{arrives}, break at {starts}");
    }
}

/// What a thousand people did in a year, counted from their agendas.
#[derive(Default)]
struct Lived {
    days: f64,
    at_home: f64,
    away: f64,
    accidents: f64,
    sessions: f64,
    old_version: f64,
    evenings: f64,
    forgot_overnight: f64,
    weekends: f64,
    forgot_weekend: f64,
    offline: f64,
}

impl Lived {
    /// Adds one person's day: what they opened, when and until when.
    fn add(&mut self, scenario: &Scenario, day: Day, visits: &[(Intention, Visit)]) {
        let Some((first, visit)) = visits.first() else { return };
        let short = (visit.until - first.at).seconds() < 300;
        if visits.len() == 1 && short && visit.ends == Ends::Closed {
            self.accidents += 1.0;
            return;
        }
        let one_if = |yes: bool| f64::from(u8::from(yes));
        let device = scenario.directory.device_name(first.device);
        let weekend = day.weekday() == Weekday::Fri || day.date().to_string() == "2026-12-24";
        let forgot = visits.iter().any(|(_, visit)| visit.ends == Ends::Forgotten);
        self.days += 1.0;
        self.at_home += one_if(device == "home");
        self.away += one_if(device == "laptop");
        self.weekends += one_if(weekend);
        self.evenings += one_if(!weekend);
        self.forgot_weekend += one_if(weekend && forgot);
        self.forgot_overnight += one_if(!weekend && forgot);
        for (intention, _) in visits {
            self.sessions += 1.0;
            self.old_version += one_if(scenario.directory.version_name(intention.version) == "2025");
        }
    }
}

/// An office in which every figure is another than its default.
const OFFICE: &str = r#"
start = 2026-01-05T00:00:00Z
end = 2027-01-04T00:00:00Z
[[team]]
name = "T"
packs = [{ id = "p", tokens = 900000000, bought = 2026-01-01T00:00:00Z }]
[[group]]
name = "g"
team = "T"
count = 1000
products = ["AutoCAD"]
habit = "h"
[habit.h]
kind = "office"
use = 0.4
sessions = 1.7
days_off = 30
home = 0.25
laptop = 0
accidental = 0.05
forgotten_overnight = 0.08
forgotten_weekend = 0.15
session = { fixed = "40m" }
break = { signs_out = 0 }
holidays = [2026-12-25]
versions = { "2026" = 0.9, "2025" = 0.1 }
trips = { per_year = 6, days = 4, zones = ["Europe/London"] }
offline = { per_year = 10, lasts = { fixed = "30m" } }
"#;

/// Every figure of an office against what its people do: each count within four standard errors.
#[test]
fn an_office_lives_by_its_figures() {
    let scenario = scenario(OFFICE);
    let mut lived = Lived::default();
    for member in &scenario.simulated {
        let name = scenario.directory.users.get(member.user.0);
        let mut person = Person::new(member.user, name, &scenario.groups[0]);
        let mut agenda = Vec::new();
        person.plan(Seed::new(3), scenario.end, &mut agenda);
        for _ in agenda.iter().filter(|intention| intention.act == Act::GoOffline) {
            lived.offline += 1.0;
        }
        let visits = agenda.into_iter().filter_map(|intention| match intention.act {
            Act::Open(visit) | Act::GoOn(visit) => Some((intention, visit)),
            _ => None,
        });
        let visits: Vec<(Intention, Visit)> = visits.collect();
        for of_day in visits.chunk_by(|a, b| a.0.day == b.0.day) {
            lived.add(&scenario, of_day[0].0.day, of_day);
        }
    }
    // The calendar has 260 weekdays, less a holiday; days off and journeys are shares of an average year's.
    let (calendar, average) = (259.0 * 1000.0, 5.0 / 7.0 * 365.25);
    let at_work = calendar * (1.0 - 30.0 / average);
    // Some come in runs, which widens the spread of a count.
    let near = |what: &str, (found, of): (f64, f64), share: f64, widened: f64| {
        let (expected, spread) = (of * share, (of * share * (1.0 - share)).sqrt() * widened);
        assert!((found - expected).abs() < 4.0 * spread, "{what}: {found}, expected {expected} ± {spread}");
    };
    near("days of use", (lived.days, at_work), 0.4, 2.5);
    near("accidents", (lived.accidents, at_work * 0.6), 0.05, 1.0);
    near("days on journeys", (lived.away, calendar * 0.4), 24.0 / average, 2.7);
    near("times without connection", (lived.offline, at_work), 10.0 / average / (1.0 - 30.0 / average), 1.0);
    near("days at home", (lived.at_home, lived.days - lived.away), 0.25, 1.0);
    near("further sessions", (lived.sessions - lived.days, lived.days), 0.7, 1.8);
    near("an older version", (lived.old_version, lived.sessions), 0.1, 1.5);
    near("forgotten over night", (lived.forgot_overnight, lived.evenings), 0.08, 1.0);
    near("forgotten before days without work", (lived.forgot_weekend, lived.weekends), 0.15, 1.0);
}

/// A recorder that fails, in one way or another, at the second batch.
struct Failing {
    batches: usize,
    panics: bool,
}

impl Recorder for Failing {
    fn wants(&self) -> Detail {
        Detail::Full
    }

    fn take(&mut self, _: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.batches += 1;
        assert!(!self.panics || self.batches < 2, "no more paper");
        if self.batches < 2 { Ok(()) } else { Err("the disk is full".into()) }
    }
}

#[test]
fn a_run_ends_early_for_a_reason_that_is_told() {
    let scenario = scenario(STUDIO);
    for threads in [1, 2] {
        let recorder = Failing { batches: 0, panics: false };
        let stopped = actors::run(&scenario, recorder, company(threads)).map(|_| ()).expect_err("it fails");
        assert!(matches!(stopped, Stopped::Unrecordable(_)), "{stopped}");
        assert_eq!(stopped.to_string(), "can't record the run: the disk is full");
        let recorder = Failing { batches: 0, panics: true };
        let stopped = actors::run(&scenario, recorder, company(threads)).map(|_| ()).expect_err("it panics");
        let Stopped::Panicked(panicked) = stopped else { panic!("a panic: {stopped}") };
        assert_eq!((panicked.who.as_str(), panicked.seed), ("the recorder", 5));
        assert!(panicked.task.starts_with("take "), "{panicked:?}");
        assert!(panicked.text.contains("no more paper"), "{panicked:?}");
    }
    let mut recorder = Failing { batches: 0, panics: true };
    let stopped = flexmeter::simulation::replay::run(&scenario, &mut recorder, &()).map(|_| ());
    let said = stopped.expect_err("it panics").to_string();
    assert!(said.starts_with("the recorder panicked at the task \"take "), "{said}");
    assert!(said.ends_with("rows\", seed 5: no more paper"), "{said}");
}

#[test]
fn a_panic_of_a_team_or_a_user_is_told_with_its_name_task_and_seed() {
    let told = |broken: Scenario, who: &str, task: &str, text: &str| {
        let broken = Arc::new(broken);
        let by_actors = actors::run(&broken, empty_tables(&broken), company(2)).map(|_| ());
        let mut tables = empty_tables(&broken);
        let by_loop = flexmeter::simulation::replay::run(&broken, &mut tables, &()).map(|_| ());
        for stopped in [by_actors, by_loop] {
            let Err(Stopped::Panicked(panicked)) = stopped else { panic!("it panics") };
            assert!(panicked.who.starts_with(who), "{panicked:?}");
            assert!(panicked.task.starts_with(task), "{panicked:?}");
            assert!(panicked.text.contains(text), "{panicked:?}");
            assert_eq!(panicked.seed, 5);
        }
    };
    // The run begins later than its people think: their first sessions lie before the first stretch.
    let mut broken = Scenario::clone(&scenario(STUDIO));
    broken.start = broken.start + Span::from_seconds(40 * 86_400);
    told(broken, "team ", "carry out until 2026-", "a stretch");
    // An office without a version to open, which no file can describe.
    let mut broken = Scenario::clone(&scenario(STUDIO));
    let mut group = Group::clone(&broken.groups[0]);
    let Habit::Office(office) = &mut group.habit else { panic!("an office") };
    office.versions.clear();
    broken.groups[0] = Arc::new(group);
    told(broken, "user drafter-", "plan until 2026-", "an office opens some version");
}

/// Ends the run once something has happened.
#[derive(Default)]
struct Impatient(AtomicBool);

impl Observer for Impatient {
    fn advanced(&self, advance: Advance) {
        assert!(advance.from < advance.to && advance.users > 0);
        self.0.store(true, Ordering::Relaxed);
    }

    fn stops(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn an_observer_ends_a_run() {
    let scenario = scenario(STUDIO);
    let impatient = Arc::new(Impatient::default());
    let company = Company { threads: 2, observer: impatient.clone(), clock: || 0 };
    let stopped = actors::run(&scenario, empty_tables(&scenario), company).map(|_| ());
    assert!(matches!(stopped, Err(Stopped::Interrupted)));
    let mut tables = empty_tables(&scenario);
    let stopped = flexmeter::simulation::replay::run(&scenario, &mut tables, &*impatient).map(|_| ());
    assert!(matches!(stopped, Err(Stopped::Interrupted)));
}

/// Ends the run when it was asked so often.
struct Counting {
    asked: AtomicUsize,
    ends_at: usize,
}

impl Observer for Counting {
    fn advanced(&self, _: Advance) {}

    fn stops(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.ends_at
    }
}

/// Whatever is under way: the users' start, their plans, a stretch of time that is carried out.
#[test]
fn an_observer_is_asked_all_the_time_and_heard_at_once() {
    let scenario = scenario(STUDIO);
    let counting = |ends_at| Arc::new(Counting { asked: AtomicUsize::new(0), ends_at });
    let by_actors = |observer: &Arc<Counting>| {
        let company = Company { threads: 2, observer: observer.clone(), clock: || 0 };
        actors::run(&scenario, empty_tables(&scenario), company).map(|carried| carried.run)
    };
    let by_loop = |observer: &Arc<Counting>| {
        flexmeter::simulation::replay::run(&scenario, &mut empty_tables(&scenario), &**observer)
    };
    let users = scenario.simulated.len();
    for run in [&by_actors as &dyn Fn(&Arc<Counting>) -> Result<Run, Stopped>, &by_loop] {
        let watched = counting(usize::MAX);
        let events = run(&watched).expect("nothing ends it").tally.events();
        let asked = watched.asked.load(Ordering::Relaxed);
        assert!(asked as u64 > events / 50, "asked {asked} times in {events} events");
        for ends_at in [0, 1, 7, 20, 40, 60, 90, 130, 200, asked / 2, asked * 9 / 10] {
            let observer = counting(ends_at);
            let stopped = run(&observer).map(|_| ());
            assert!(matches!(stopped, Err(Stopped::Interrupted)), "ends at {ends_at} of {asked}");
            let later = observer.asked.load(Ordering::Relaxed) - ends_at;
            assert!(later <= users + 10, "asked {later} times after it had ended the run");
        }
    }
}

#[test]
fn latency_is_measured_once_per_decision() {
    let scenario = scenario(STUDIO);
    let carried = actors::run(&scenario, empty_tables(&scenario), company(1)).expect("it runs");
    let (files, _) = written(carried.recorder, &carried.run);
    let rows =
        files.iter().find(|file| file.name == "sign_ins.csv").expect("sign-ins").text.lines().count() - 1;
    let add_ins = files[1].text.lines().filter(|line| line.contains("Energy Add-in")).count();
    assert_eq!(carried.latency.len(), (rows - add_ins) as u64, "an add-in is decided on with its host");
}

#[test]
fn drivers_and_details_write_what_they_say() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("studio.toml"), STUDIO).expect("written");
    let summary = |arguments: &[&str], out: &str, files: usize| {
        let mut all = vec!["run", "studio.toml", "--out", out, "-q"];
        all.extend(arguments);
        assert_eq!(flexmeter(folder.path(), &all).status.code(), Some(0));
        assert_eq!(fs::read_dir(folder.path().join(out)).expect("a folder").count(), files, "{arguments:?}");
        fs::read_to_string(folder.path().join(out).join("summary.json")).expect("a summary")
    };
    let full = summary(&[], "a", 12);
    assert_eq!(summary(&["--driver", "loop"], "b", 10), full, "the same bytes");
    assert_eq!(summary(&["--threads", "3"], "c", 12), full);
    let charges = summary(&["--detail", "charges"], "d", 9);
    let short = summary(&["--detail", "summary", "--driver", "loop"], "e", 3);
    let figures = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        ["events", "admitted", "refused", "sessions", "charges", "tokens", "teams"]
            .map(|key| value[key].clone())
    };
    assert_eq!((figures(&charges), figures(&short)), (figures(&full), figures(&full)));
    let table = |name: &str, out: &str| fs::read(folder.path().join(out).join(name)).expect("a table");
    assert_eq!(table("charges.csv", "d"), table("charges.csv", "a"));
    let json = flexmeter(folder.path(), &["run", "studio.toml", "--out", "f", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&json)).expect("JSON");
    assert_eq!(
        value["summary"]["sha256"],
        serde_json::from_str::<serde_json::Value>(&full).expect("JSON")["sha256"]
    );
    let rows = value["charges"].as_array().expect("rows").len();
    assert_eq!(rows + 1, String::from_utf8(table("charges.csv", "a")).expect("text").lines().count());
}
