//! The work of a closed loop done by less: everybody does all of it, and who is compared takes turns.

use std::cell::RefCell;
use std::time::Duration;

use flexmeter::load::baseline::{Baselines, Contestant, Round, Until, compare};
use flexmeter::load::population::{Population, Size};

use crate::support::scenario;

/// Two offices without a grace period: what is opened first in 24 hours is charged at once.
const OFFICES: &str = r#"
start = 2026-03-02T00:00:00Z
end = 2026-03-09T00:00:00Z
policy = { grace = "0s" }

[[team]]
name = "Office"
copies = 2

[[group]]
name = "drafter"
team = "Office"
count = 3
products = ["AutoCAD", "Revit"]
habit = "drafting"

[habit.drafting]
kind = "office"
use = { AutoCAD = 0.8, Revit = 0.2 }
"#;

/// So many users over so many teams, for one thread or more.
fn population(teams: usize, users: usize) -> Population {
    let size = Size { teams: Some(teams), users: Some(users), skew: None };
    Population::of(&scenario(OFFICES), size, &()).expect("nobody ends it").expect("somebody opens something")
}

#[test]
fn everybody_makes_as_many_visits_as_asked() {
    for (teams, users, threads) in [(1, 1, 1), (2, 7, 1), (3, 20, 2), (5, 2, 2)] {
        let population = population(teams, users);
        let baselines = Baselines { population: &population, pace: 1.0, threads };
        for visits in [0, 1, 9] {
            let rounds = [
                baselines.meter_alone(Until::Visits(visits)),
                baselines.bare_calls(Until::Visits(visits)),
                baselines.bare_channels(Until::Visits(visits)),
                baselines.one_thread(Until::Visits(visits)),
            ];
            let all = users as u64 * visits;
            assert_eq!(
                rounds.map(|round| round.sign_ins),
                [all; 4],
                "{teams} teams, {users} users, {visits} visits"
            );
            // Each user pays one window, however often they come back to it.
            let charges = if visits == 0 { 0 } else { users as u64 };
            assert_eq!(
                rounds.map(|round| round.charges),
                [charges, 0, 0, charges],
                "{teams} teams, {users} users"
            );
        }
    }
}

#[test]
fn a_round_lasts_as_long_as_asked() {
    let population = population(2, 5);
    let baselines = Baselines { population: &population, pace: 1.0, threads: 2 };
    for mut contestant in baselines.contestants() {
        let nothing = (contestant.run)(Duration::ZERO);
        // What is done in the warm-up is not counted.
        assert_eq!(nothing.sign_ins, 0, "{}: there is no time for a visit", contestant.name);
        let round = (contestant.run)(Duration::from_millis(2));
        assert!(round.nanoseconds >= 2_000_000, "{}: {round:?}", contestant.name);
    }
}

#[test]
fn contestants_take_turns_forwards_and_backwards() {
    let turns = RefCell::new(String::new());
    let contestant = |name| Contestant {
        name,
        what: "",
        run: Box::new(|each| {
            assert_eq!(each, Duration::from_secs(7), "as long as asked");
            turns.borrow_mut().push_str(name);
            Round { sign_ins: 1, charges: 0, nanoseconds: 1 }
        }),
    };
    compare(&mut ["A", "B", "C"].map(contestant), 4, Duration::from_secs(7));
    assert_eq!(turns.into_inner(), "ABCCBAABCCBA");
}

#[test]
fn speeds_are_compared_round_by_round() {
    // Sign-ins of each round, each a second long, of the actors and of what they are compared with.
    for (actors, other, speed, range, ratio) in [
        (vec![70], vec![100], 100.0, (100.0, 100.0), 0.7),
        // The machine is half as fast in the second round: the share stays what it is.
        (vec![80, 40, 80], vec![100, 50, 100], 100.0, (50.0, 100.0), 0.8),
        // Shares of 0.5, 0.9 and 0.1: not the share of the medians, which is 0.9.
        (vec![50, 90, 20], vec![100, 100, 200], 100.0, (100.0, 200.0), 0.5),
        // Of an even number the mean of the two in the middle.
        (vec![10, 20], vec![10, 10], 10.0, (10.0, 10.0), 1.5),
    ] {
        let rounds = actors.len();
        let contestant = |(name, sign_ins): (&'static str, Vec<u64>)| {
            let mut sign_ins = sign_ins.into_iter();
            let round = move |_| Round {
                sign_ins: sign_ins.next().expect("a round more"),
                charges: 0,
                nanoseconds: 1_000_000_000,
            };
            Contestant { name, what: "counts", run: Box::new(round) }
        };
        let mut contestants = [("actors", actors), ("other", other)].map(contestant);
        let compared = compare(&mut contestants, rounds, Duration::ZERO);
        assert_eq!(compared.iter().map(|of| of.name.as_str()).collect::<Vec<_>>(), ["actors", "other"]);
        assert_eq!(
            (compared[1].per_second, compared[1].range, compared[1].actors_ratio),
            (speed, range, ratio)
        );
        assert_eq!((compared[0].actors_ratio, compared[1].what.as_str()), (1.0, "counts"));
    }
}
