//! `People`: who takes part in a load, as the command line says it.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use chrono::Weekday;
use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::progress::Progress;
use crate::cli::{amount, shown};
use crate::load::population::{Population, Size};
use crate::load::rush::Rush;
use crate::load::trial::{Coming, Crowd, Trial};
use crate::meter::id::UserId;
use crate::meter::instant::{Instant, Span};
use crate::scenario::Scenario;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::moment;

/// Who takes part in a load.
#[derive(Args)]
pub(super) struct People {
    /// Team actors: the scenario's teams, and again from the first [default: the scenario's]
    #[arg(long, value_name = "N")]
    teams: Option<NonZero<u32>>,
    /// Users over all teams [default: those of the scenario who open anything]
    #[arg(long, value_name = "N")]
    users: Option<NonZero<u32>>,
    /// A hot team: the share of users in the first one; the others are spread evenly
    #[arg(long, value_name = "SHARE", value_parser = amount::share)]
    pub(super) skew: Option<f64>,
    /// Where a rush begins (UTC unless an offset is given) [default: the first Monday at 08:55 of the first user's zone]
    #[arg(long, value_name = "INSTANT")]
    from: Option<String>,
}

impl People {
    /// The people of a scenario for a trial.
    pub(super) fn crowd(&self, (file, scenario): (&Path, Scenario), trial: &Trial) -> Result<Crowd, Failure> {
        let scenario = Arc::new(scenario);
        let progress = Progress::of(&scenario, true);
        if trial.coming == Coming::AsRecorded {
            if self.teams.is_some() || self.users.is_some() || self.skew.is_some() {
                let text =
                    "a rush has the teams and users of its scenario; leave out --teams, --users and --skew";
                return Err(Failure::input(text));
            }
            let from = self.rush_from(&scenario)?;
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds of a scenario")]
            let length = Span::from_seconds((trial.duration.as_secs_f64() * trial.pace).ceil() as i64);
            let until = from + length;
            if until > scenario.end {
                let text = format!(
                    "a rush from {} on is cut short by the scenario's end; choose --from or --duration",
                    iso(from)
                );
                return Err(Failure::input(text));
            }
            let rush = Rush::record(&scenario, (from, until), &progress);
            let rush = rush.map_err(|stopped| Failure::stopped(&stopped, file))?;
            if rush.is_empty() {
                let (from, until) = (iso(from), iso(until));
                let text =
                    format!("nobody does anything in {} from {from} to {until}; choose --from", shown(file));
                return Err(Failure::input(text));
            }
            return Ok(Crowd::Rush(rush));
        }
        let count = |number: Option<NonZero<u32>>| number.map(|number| number.get() as usize);
        let size = Size { teams: count(self.teams), users: count(self.users), skew: self.skew };
        let population = Population::of(&scenario, size, &progress);
        let population = population.map_err(|stopped| Failure::stopped(&stopped, file))?;
        population.map(Crowd::Population).ok_or_else(|| {
            Failure::input(format!(
                "nobody is admitted to anything in the first four weeks of {}",
                shown(file)
            ))
        })
    }

    fn rush_from(&self, scenario: &Scenario) -> Result<Instant, Failure> {
        let from = match &self.from {
            Some(text) => moment::parse(text, &Zone::utc())
                .map_err(|error| Failure::input(format!("--from: {error}")))?,
            None => first_monday(scenario),
        };
        if from < scenario.start || from >= scenario.end {
            let (start, end) = (iso(scenario.start), iso(scenario.end));
            return Err(Failure::input(format!(
                "a rush from {} on is outside the scenario, which goes from {start} to {end}; choose --from",
                iso(from)
            )));
        }
        Ok(from)
    }
}

/// The first Monday of a scenario at 08:55, as the clocks of its first user show it.
fn first_monday(scenario: &Scenario) -> Instant {
    const FIVE_TO_NINE: Span = Span::from_seconds((8 * 60 + 55) * 60);
    let zone = scenario.zone_of(UserId(0), scenario.start);
    let (first, _) = zone.day_and_hour(scenario.start);
    let mondays = (0..=7).map(|days| first.plus(days)).filter(|day| day.weekday() == Weekday::Mon);
    let mut rushes = mondays.map(|monday| zone.moment(monday, FIVE_TO_NINE));
    rushes.find(|rush| *rush >= scenario.start).unwrap_or(scenario.end)
}
