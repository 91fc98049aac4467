//! What a fit knows, assumes and can't know, in sentences.

use crate::forecast::fit::Fit;
use crate::forecast::fit::closed_days::{Known, Stretch};
use crate::forecast::fit::stay;
use crate::forecast::history::History;
use crate::forecast::history::rate::RateFrom;
use crate::meter::product::ProductKind;
use crate::scenario::catalogue::listed;

/// Stretches that are listed one by one.
const LISTED: usize = 40;

/// What was fitted to what, and on which assumptions.
pub fn of(history: &History, fit: &Fit) -> Vec<String> {
    let mut notes = vec![whole(history)];
    notes.extend(people(history, fit));
    notes.extend(rates(history));
    notes.extend(closed(history, fit));
    notes.extend((!history.is_total && !history.people.is_empty()).then(|| absence(fit)));
    notes.push(seasons(history, fit));
    if history.in_several_teams > 0 {
        notes.push(format!(
            "{} users had charges of several teams: each is now of the team that paid most.",
            history.in_several_teams
        ));
    }
    notes.push(
        "Not known from an export, and not in the file: hours, sessions and devices; what was refused; packs, prices \
         and when they end. No growth or decline of anybody's use is assumed."
            .to_owned(),
    );
    notes
}

fn whole(history: &History) -> String {
    let charges: u64 =
        history.people.iter().flat_map(|person| &person.uses).map(|uses| u64::from(uses.times)).sum();
    let crowds: u64 =
        history.crowds.iter().flat_map(|crowd| &crowd.counts).map(|count| u64::from(*count)).sum();
    format!(
        "History: {} to {}, {} days, {} charges, {} users with names, {} products, {} teams.",
        history.first.date(),
        history.last().date(),
        history.days,
        charges + crowds,
        history.people.len(),
        history.products.len(),
        history.teams.len()
    )
}

fn people(history: &History, fit: &Fit) -> Vec<String> {
    let mut notes = Vec::new();
    if !history.crowds.is_empty() {
        notes.push(
            "How many people hide behind rows without a user can't be known: there are as many as make days vary as \
             they did. Which of them uses several products, and whose days off are whose, is not known either."
                .to_owned(),
        );
    }
    if history.is_total {
        notes.push(
            "A usage report has totals: weekdays, seasons, days off, who came and who left can't be known. Monday to \
             Friday are assumed, evenly, with nobody new and nobody gone: intervals are too narrow by that."
                .to_owned(),
        );
    } else if history.people.is_empty() {
        notes
            .push("Who came and who left can't be known: nobody new and nobody gone is expected.".to_owned());
    } else if stay::is_told(history) {
        notes.push(format!(
            "{} came and {} left during the history, by when their use began and ended; for the \
             time, as many and one more are expected to, since nobody seen is not nobody. Who left is not in the file. Coming and going in the first and last two weeks can't be told \
             from a pause.",
            fit.turnover.joined, fit.turnover.left
        ));
    } else {
        notes.push(
            "The history is too short to tell who came and who left: nobody is expected to.".to_owned(),
        );
    }
    notes
}

fn rates(history: &History) -> Vec<String> {
    let mut notes = Vec::new();
    for product in &history.products {
        let (name, tokens) = (&product.name, product.rate.tokens);
        match product.rate.from {
            RateFrom::Catalogue => {}
            RateFrom::Export(day) => {
                let known = listed(name).map_or("the catalogue has no such product".to_owned(), |row| {
                    format!("the catalogue has {}", row.rate)
                });
                notes.push(format!(
                    "{name}: {tokens} tokens a day, its most frequent charge in the export up to {}; {known}.",
                    day.date()
                ));
            }
            RateFrom::Mean(others) => {
                let service = listed(name).filter(|row| row.kind == ProductKind::Service);
                let why = service.map_or("", |_| ": it is paid per result");
                notes.push(format!(
                    "{name}: {tokens} tokens a day of use on average; {others} % of the days differ from the most \
                     frequent amount{why}. Days are forecast at the mean, so that single days vary too little."
                ));
            }
            RateFrom::Unit => notes.push(format!(
                "{name}: the export does not say what one charge was; {tokens} tokens are taken for the unit."
            )),
        }
    }
    notes
}

fn closed(history: &History, fit: &Fit) -> Vec<String> {
    let mut notes = Vec::new();
    for stretch in fit.closed.iter().take(LISTED) {
        notes.push(sentence(history, stretch));
    }
    if fit.closed.len() > LISTED {
        notes.push(format!("{} more such days or stretches follow.", fit.closed.len() - LISTED));
    }
    if fit.closed.iter().any(|stretch| stretch.known != Known::Stated) {
        notes.push(
            "Whether tokens had run out on such days or everybody was away is not in an export. They count neither as \
             demand nor as lack of it. Holidays that come again are for you to add, as `holidays` of the habit."
                .to_owned(),
        );
    } else {
        notes.push(
            "No team was silent so long that chance does not explain it: no run-out shows. Name one with --ran-out."
                .to_owned(),
        );
    }
    notes
}

fn sentence(history: &History, stretch: &Stretch) -> String {
    let (first, last) = (stretch.first.date(), stretch.last.date());
    let when = if first == last { first.to_string() } else { format!("{first} to {last}") };
    let team = &history.teams[stretch.team];
    match stretch.known {
        Known::Stated => format!("{team}, {when}: run out, as stated; left out."),
        Known::Silent => format!("{team}, {when}: nobody used anything, a run-out or a holiday; left out."),
        Known::Few => format!("{team}, {when}: far fewer than usual used anything; left out."),
    }
}

fn absence(fit: &Fit) -> String {
    if fit.absence.share <= 0.0 {
        return "Days without use come singly, as chance has it: no days off are told apart.".to_owned();
    }
    format!(
        "Days without any use come in rows: {:.0} % of working days are off, {:.1} in a row on average, for everybody \
         alike; which is leave and which is work without the product can't be known.",
        fit.absence.share * 100.0,
        fit.absence.in_a_row
    )
}

fn seasons(history: &History, fit: &Fit) -> String {
    let seasons = &fit.seasons;
    let spread = seasons.spread * 100.0;
    if history.is_total {
        return "Seasons can't be known from totals.".to_owned();
    }
    match (seasons.recur, seasons.whole_year, seasons.spread > 0.0) {
        (true, ..) => format!(
            "Months differ by {spread:.0} % beyond chance: they are taken for seasons of the year. Whether they come \
             again, one year can't tell."
        ),
        (false, true, _) => {
            "A year and more of history: its months differ by no more than chance.".to_owned()
        }
        (false, false, true) => format!(
            "Less than a year of history: seasons can't be known. Months differ by {spread:.0} % beyond chance, and \
             are expected to, up or down."
        ),
        (false, false, false) => {
            "Less than a year of history: seasons can't be known; none are assumed.".to_owned()
        }
    }
}
