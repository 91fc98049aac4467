//! What groups of simulated users do, in words and figures, before anything runs.

use std::sync::Arc;

use chrono::Weekday;
use serde_json::{Value, json};

use crate::meter::instant::Span;
use crate::meter::tokens::Tokens;
use crate::report::terminal::{HEADING, heading, right, styled, table};
use crate::scenario::Scenario;
use crate::scenario::calendar::Zone;
use crate::scenario::chance::{Chance, Likelihood};
use crate::scenario::distribution::Distribution;
use crate::scenario::duration;
use crate::scenario::group::{Group, GroupPerson, GroupProduct};
use crate::scenario::habit::Habit;
use crate::scenario::office::{Office, WEEKDAYS};
use crate::scenario::poisson::Poisson;
use crate::scenario::typical_week::TypicalWeek;

/// People of a group whose own chances are shown.
const PEOPLE_SHOWN: usize = 10;

/// The groups of a scenario with their weeks, those of a team's copies once.
pub fn text(scenario: &Scenario, weeks: &[(&Group, TypicalWeek)], width: Option<u16>) -> String {
    let mut text = heading(scenario);
    if weeks.is_empty() {
        text += "\nNobody is simulated: the file has no [[group]].\n";
    }
    for (group, week) in weeks {
        text += &format!("\n{}\n", styled(HEADING, &group.name));
        text += &people(scenario, group);
        text += &match &group.habit {
            Habit::Poisson(poisson) => random(*poisson),
            Habit::Office(office) => working(scenario, group, office),
        };
        text += &figures(group, week, width);
    }
    text
}

fn people(scenario: &Scenario, group: &Group) -> String {
    let teams: Vec<&str> = group.teams.iter().map(|team| scenario.directory.teams.get(team.0)).collect();
    let is_copy =
        |other: &&Arc<Group>| group.copy.is_some() && other.name == group.name && other.copy.is_some();
    let copies = scenario.groups.iter().filter(is_copy).count();
    let each = if copies > 1 {
        format!(", and as many in each of {} more teams", copies - 1)
    } else {
        String::new()
    };
    let products: Vec<&str> = group.products.iter().map(|product| product.name.as_str()).collect();
    let mut text = format!(
        " {} of {}{each}, at home in {}, open {}. Habit \"{}\".\n",
        if group.count == 1 { "One person".to_owned() } else { format!("{} people", group.count) },
        teams.join(" and "),
        group.zone,
        products.join(", "),
        group.habit_name,
    );
    if group.joiners > 0.0 || group.leavers.mean() > 0.0 {
        text += &format!(
            " During the run {} join on some day, and {} leave on some day.\n",
            percent(group.joiners),
            likelihood(group.leavers)
        );
    }
    text
}

fn random(poisson: Poisson) -> String {
    let per_day = Tokens::from_thousandths(poisson.per_day);
    format!(
        " They sign in at random, day and night, {per_day} times a day and product on average; a session lasts {}.\n",
        poisson.session
    )
}

fn working(scenario: &Scenario, group: &Group, office: &Office) -> String {
    let mut lines = vec![format!(
        "They work {}, from {} on for {}; a break at {} lasts {}, and on {} of the days what is open is closed for it.",
        days(&office.working_days),
        time(office.arrives),
        office.stays,
        time(office.pause.starts),
        office.pause.lasts,
        percent(office.pause.signs_out),
    )];
    let uses = if group.people.iter().any(|person| person.uses.is_some()) {
        "each their own, below".to_owned()
    } else {
        let of = |product: &GroupProduct| format!("{} {}", product.name, chance(office.use_of(product.id)));
        group.products.iter().map(of).collect::<Vec<_>>().join(", ")
    };
    lines.push(format!(
        "Chance of use on a working day: {uses}; then {} sessions on average, of {}, the first on arrival in {} of the cases.",
        office.sessions,
        office.session,
        percent(office.opens_on_arrival)
    ));
    lines.extend(people_of_their_own(group));
    let versions = office
        .versions
        .iter()
        .map(|(version, share)| format!("{} {}", scenario.directory.version_name(*version), percent(*share)));
    lines.push(format!(
        "Versions: {}. Devices: {} of the days at home, {} of the office's sessions on a laptop; what is left open \
         elsewhere is closed there first in {} of the cases.",
        versions.collect::<Vec<_>>().join(", "),
        percent(office.home),
        percent(office.laptop),
        percent(office.closes_elsewhere)
    ));
    lines.push(format!(
        "Left open: {} of the days' last sessions over night, {} before days without work. Opened by accident, \
         for {}: {} of the days without use.",
        percent(office.forgotten_overnight),
        percent(office.forgotten_weekend),
        office.accidental_session,
        percent(office.accidental)
    ));
    lines.push(format!(
        "Days off: {} a year, {} in a row on average; {} holidays in the calendar.",
        office.days_off,
        office.days_off_in_a_row,
        office.holidays.iter().map(|(first, last)| last.0 - first.0 + 1).sum::<i32>()
    ));
    lines.extend(seldom(office));
    lines.into_iter().fold(String::new(), |text, line| text + " " + &line + "\n")
}

/// The chances of those who have their own.
fn people_of_their_own(group: &Group) -> Vec<String> {
    let name = |id| group.products.iter().find(|product| product.id == id).map_or("", |of| of.name.as_str());
    let of_person = |person: &GroupPerson| {
        let uses = person.uses.iter().flatten().map(|(id, of)| format!("{} {}", name(*id), chance(of)));
        let uses: Vec<String> = uses.collect();
        format!("{}: {}.", person.name, uses.join("; "))
    };
    let own = group.people.iter().filter(|person| person.uses.is_some());
    let mut lines: Vec<String> = own.clone().take(PEOPLE_SHOWN).map(of_person).collect();
    let more = own.count().saturating_sub(PEOPLE_SHOWN);
    if more > 0 {
        lines.push(format!("{more} more are in the file."));
    }
    lines
}

/// Seasons, journeys, times without connection and refusals, as far as there are some.
fn seldom(office: &Office) -> Vec<String> {
    let mut lines = Vec::new();
    for season in &office.seasons {
        let ((month, day), (last_month, last_day)) = (season.from, season.until);
        lines.push(format!(
            "From {month:02}-{day:02} to {last_month:02}-{last_day:02} the chance of use is multiplied by {}{}.",
            season.times,
            if season.sd > 0.0 { format!(" ± {}", season.sd) } else { String::new() }
        ));
    }
    if let Some(trips) = &office.trips {
        let zones: Vec<&str> = trips.zones.iter().map(Zone::name).collect();
        lines.push(format!(
            "Journeys: {} a year, {} working days on average, to {}.",
            trips.per_year,
            trips.days,
            zones.join(", ")
        ));
    }
    if let Some(spells) = &office.offline {
        lines.push(format!(
            "Without connection: {} times a year on some device, for {}; after 24 hours nothing opens there.",
            spells.per_year, spells.lasts
        ));
    }
    let refused = &office.refused;
    lines.push(format!(
        "If refused, {} try again after {}, then after twice that, {} times at most; {} take another product; the rest \
         give up for the day.",
        percent(refused.retry),
        refused.retry_after,
        refused.retries,
        percent(refused.other_product)
    ));
    lines
}

fn figures(group: &Group, week: &TypicalWeek, width: Option<u16>) -> String {
    let header = ["typical week", "people", "days of use", "openings", "under 5m", "hours", "left open"];
    let mut table = table(&header, width);
    right(&mut table, &[1, 2, 3, 4, 5, 6]);
    for (product, of_week) in group.products.iter().zip(&week.products) {
        let figure = |figure: f64| format!("{figure:.1}");
        table.add_row([
            product.name.clone(),
            figure(of_week.people),
            figure(of_week.days),
            figure(of_week.openings),
            figure(of_week.short),
            figure(of_week.hours),
            figure(of_week.forgotten),
        ]);
    }
    let by_weekday = WEEKDAYS
        .iter()
        .zip(week.openings_by_weekday)
        .map(|((day, _), openings)| format!("{day} {openings:.1}"));
    format!(
        "{table}\n Openings by weekday: {}; the busiest week has {:.0}, the quietest {:.0}.\n",
        by_weekday.collect::<Vec<_>>().join(", "),
        week.busiest,
        week.quietest
    )
}

/// The figures as JSON.
pub fn json(weeks: &[(&Group, TypicalWeek)]) -> String {
    let group = |(group, week): &(&Group, TypicalWeek)| {
        let products = group.products.iter().zip(&week.products).map(|(product, of_week)| {
            json!({
                "product": product.name,
                "people": of_week.people,
                "days_of_use": of_week.days,
                "openings": of_week.openings,
                "under_five_minutes": of_week.short,
                "hours": of_week.hours,
                "left_open": of_week.forgotten,
            })
        });
        json!({
            "group": group.name,
            "people": group.count,
            "habit": group.habit_name,
            "typical_week": products.collect::<Vec<_>>(),
            "openings_by_weekday": week.openings_by_weekday,
            "openings_of_the_busiest_week": week.busiest,
            "openings_of_the_quietest_week": week.quietest,
        })
    };
    let value = Value::Array(weeks.iter().map(group).collect());
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

fn days(working_days: &[Weekday]) -> String {
    let named: Vec<String> = working_days.iter().map(ToString::to_string).collect();
    named.join(", ")
}

fn chance(chance: &Chance) -> String {
    match chance {
        Chance::Every(chance) => likelihood(*chance),
        Chance::ByWeekday(chances) => {
            let days = WEEKDAYS.iter().zip(chances).filter(|(_, chance)| chance.mean() > 0.0);
            days.map(|((day, _), chance)| format!("{day} {}", likelihood(*chance)))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

/// As it is stated; or the share of days that it was seen, days off among them.
fn likelihood(likelihood: Likelihood) -> String {
    match likelihood {
        Likelihood::Stated(chance) => percent(chance),
        Likelihood::Seen { used, days } => {
            format!("{} (seen {used} times of {days})", percent(used / days))
        }
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{} %", text.trim_end_matches(".0"))
}

/// A chance time of day.
fn time(distribution: Distribution) -> String {
    let clock = |span: Span| {
        let minutes = span.seconds() / 60;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    match distribution {
        Distribution::Fixed(at) => clock(at),
        Distribution::Uniform(from, until) => format!("{} to {}", clock(from), clock(until)),
        Distribution::Normal { mean, sd } => format!("{} ± {}", clock(mean), duration::text(sd)),
        other => other.to_string(),
    }
}
