//! `FittedFile`: a fit as a scenario file that runs as it stands.

pub mod notes;

use chrono::Weekday;

use crate::forecast::fit::Fit;
use crate::forecast::fit::crowd::FittedCrowd;
use crate::forecast::fit::newcomers::Newcomers;
use crate::forecast::fit::shares::Shares;
use crate::forecast::history::History;
use crate::forecast::history::rate::RateFrom;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Day, iso};
use crate::scenario::catalogue::listed;
use crate::scenario::office::WEEKDAYS;

/// A fit with what the file says beside it.
pub struct FittedFile<'f> {
    /// What was fitted to.
    pub history: &'f History,
    /// The habits.
    pub fit: &'f Fit,
    /// What it is about.
    pub title: &'f str,
    /// What is known of it, and what is assumed: the head of the file.
    pub head: &'f [String],
    /// The run's first day.
    pub start: Day,
    /// The day after its last.
    pub end: Day,
    /// What teams have at the start, by their numbers.
    pub balances: &'f [Balance],
}

/// What a team has at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The number of the team.
    pub team: usize,
    /// Its tokens.
    pub tokens: Tokens,
    /// The day on which they end.
    pub expires: Day,
}

/// The habit of everybody who was seen.
const HABIT: &str = "as observed";

/// What makes one charge of one day of use.
const ONE_CHARGE: &str = "\
# An export shows that a product was used on a day, not when or how often: one charge for each day of use.
arrives = { fixed = \"09:00\" }
opens_on_arrival = 1
sessions = 1
session = { fixed = \"1h\" }
break = { signs_out = 0 }
accidental = 0
forgotten_overnight = 0
forgotten_weekend = 0
home = 0
laptop = 0
";

/// For each newcomer that is expected so many stand ready, who come by chance: their number is chance as well.
const READY: f64 = 6.0;

impl FittedFile<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text: String = self.head.iter().flat_map(|line| comment(line)).collect();
        text += &format!("\ntitle = {}\n", quoted(self.title));
        text += &format!("start = {}\nend = {}\n", iso(self.start.midnight()), iso(self.end.midnight()));
        for product in 0..self.history.products.len() {
            text += &self.product(product);
        }
        for team in 0..self.history.teams.len() {
            text += &self.team(team);
        }
        for team in 0..self.history.teams.len() {
            text += &self.group(team);
        }
        if !self.history.people.is_empty() {
            text += &format!("\n[habit.{}]\n{}", quoted(HABIT), self.habit());
        }
        for newcomers in &self.fit.newcomers {
            text += &self.newcomers(newcomers);
        }
        for (place, crowd) in self.fit.crowds.iter().enumerate() {
            text += &self.crowd(place, crowd);
        }
        text
    }

    fn product(&self, product: usize) -> String {
        let product = &self.history.products[product];
        let in_catalogue = listed(&product.name);
        let why = match product.rate.from {
            RateFrom::Catalogue => return String::new(),
            RateFrom::Export(day) => match in_catalogue {
                Some(row) => format!(
                    "the export's most frequent charge up to {}; the catalogue has {}",
                    day.date(),
                    row.rate
                ),
                None => format!("the export's most frequent charge up to {}", day.date()),
            },
            RateFrom::Mean(others) => {
                format!(
                    "the mean of days of use in the export, {others} % of which differ from the most frequent charge"
                )
            }
            RateFrom::Unit => {
                "a unit of the amounts in the export, which does not say what one charge was".to_owned()
            }
        };
        format!(
            "\n[[product]]\nname = {}\nkind = \"desktop\"\nrate = {} # {why}\n",
            quoted(&product.name),
            product.rate.tokens
        )
    }

    fn team(&self, team: usize) -> String {
        let name = &self.history.teams[team];
        let mut text = format!("\n[[team]]\nname = {}\n", quoted(name));
        if let Some(balance) = self.balances.iter().find(|balance| balance.team == team) {
            // It is there already: what is bought at the start is a purchase of the run.
            text += &format!(
                "packs = [{{ id = {}, tokens = {}, bought = {}, expires = {} }}]\n",
                quoted(&format!("balance of {name}")),
                balance.tokens,
                iso(self.start.plus(-1).midnight()),
                iso(balance.expires.midnight())
            );
        }
        text
    }

    /// The users of a team, with their chances.
    fn group(&self, team: usize) -> String {
        let people = self.history.people.iter().zip(&self.fit.people);
        let there = people.filter(|(person, fitted)| person.team == team && fitted.stay.left.is_none());
        let mut products = vec![false; self.history.products.len()];
        let mut lines = String::new();
        for (person, fitted) in there {
            let uses = person.uses.iter().zip(&fitted.shares).map(|(uses, shares)| {
                products[uses.product] = true;
                format!("{} = {}", key(&self.history.products[uses.product].name), self.chance(shares))
            });
            let uses: Vec<String> = uses.collect();
            lines += &format!("{} = {{ {} }}\n", quoted(&person.name), uses.join(", "));
        }
        if lines.is_empty() {
            return String::new();
        }
        let used = (0..products.len()).filter(|product| products[*product]);
        let names: Vec<String> = used.map(|product| quoted(&self.history.products[product].name)).collect();
        let name = &self.history.teams[team];
        format!(
            "\n[[group]]\nname = {}\nteam = {}\nproducts = [{}]\nhabit = {}\n{}\
             # Days of use of the days seen, for each user; a chance that fits is drawn for every future.\n\
             [group.users]\n{lines}",
            quoted(name),
            quoted(name),
            names.join(", "),
            quoted(HABIT),
            self.leavers(1.0),
        )
    }

    /// How many left of how many stays as long as the run; `part` of a stay leaves so much less room for it.
    fn leavers(&self, part: f64) -> String {
        let left = self.fit.turnover.leaves_within(self.days());
        left.map_or(String::new(), |(left, stays)| {
            format!("leavers = [{}, {}]\n", number(left), number(stays / part))
        })
    }

    fn days(&self) -> f64 {
        f64::from(self.end.0 - self.start.0)
    }

    /// What everybody's habit has in common.
    fn habit(&self) -> String {
        let days: Vec<String> = self.fit.weekdays.iter().map(|day| quoted(&day.to_string())).collect();
        format!(
            "kind = \"office\"\nworking_days = [{}]\n{ONE_CHARGE}{}{}",
            days.join(", "),
            self.days_off(),
            self.seasons()
        )
    }

    #[expect(clippy::cast_precision_loss, reason = "at most seven")]
    fn days_off(&self) -> String {
        let absence = self.fit.absence;
        let a_year = self.fit.weekdays.len() as f64 / 7.0 * 365.25;
        format!(
            "days_off = {}\ndays_off_in_a_row = {}\n",
            number(absence.share * a_year),
            number(absence.in_a_row)
        )
    }

    fn seasons(&self) -> String {
        let seasons = &self.fit.seasons;
        if seasons.spread <= 0.0 {
            return String::new();
        }
        let month = |(month, (times, sd)): (usize, &(f64, f64))| {
            const LAST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let (place, times, sd) = (month + 1, number(*times), number(*sd));
            let last = LAST[month];
            format!(
                "  {{ from = \"{place:02}-01\", until = \"{place:02}-{last}\", times = {times}, sd = {sd} }},\n"
            )
        };
        let months: String = seasons.months.iter().enumerate().map(month).collect();
        format!("seasons = [\n{months}]\n")
    }

    fn newcomers(&self, newcomers: &Newcomers) -> String {
        let days = self.fit.turnover.days.max(1.0);
        let expected = newcomers.expected * self.days() / days;
        let count = (expected * READY).ceil().clamp(4.0, 100_000.0);
        let of = (count * days / self.days()).max(newcomers.expected);
        let name = format!("newcomer to {}", self.history.teams[newcomers.team]);
        let product = |(product, ..): &(usize, f64, f64)| quoted(&self.history.products[*product].name);
        let products: Vec<String> = newcomers.uses.iter().map(product).collect();
        let chance = |(product, used, days): &(usize, f64, f64)| {
            format!("{} = [{}, {}]", key(&self.history.products[*product].name), number(*used), number(*days))
        };
        let chances: Vec<String> = newcomers.uses.iter().map(chance).collect();
        format!(
            "\n# {} came during the history. Each of these comes by chance, on some day, and uses what people here use.\n\
             [[group]]\nname = {}\nteam = {}\ncount = {count}\ncome = [{}, {}]\njoiners = 1\n{}products = [{}]\nhabit = {}\n\
             [habit.{}]\n{}use = {{ {} }}\n",
            newcomers.joined,
            quoted(&name),
            quoted(&self.history.teams[newcomers.team]),
            number(newcomers.expected),
            number(of),
            self.leavers(0.5),
            products.join(", "),
            quoted(&name),
            quoted(&name),
            self.habit(),
            chances.join(", ")
        )
    }

    fn crowd(&self, place: usize, crowd: &FittedCrowd) -> String {
        let of = &self.history.crowds[place];
        let [team, product] = [&self.history.teams[of.team], &self.history.products[of.product].name];
        let name = format!("{product} in {team}");
        let count = f64::from(crowd.count);
        let mut each = crowd.shares;
        each.used = each.used.map(|used| used / count);
        (0..7).for_each(|day| each.days[day] = each.days[day].max(each.used[day]));
        let days: Vec<String> = self.fit.weekdays.iter().map(|day| quoted(&day.to_string())).collect();
        format!(
            "\n# People without names, as many as days vary by.\n\
             [[group]]\nname = {}\nteam = {}\ncount = {}\nproducts = [{}]\nhabit = {}\n\
             [habit.{}]\nkind = \"office\"\nworking_days = [{}]\n{ONE_CHARGE}days_off = 0\n{}use = {{ {} = {} }}\n",
            quoted(&name),
            quoted(team),
            crowd.count,
            quoted(product),
            quoted(&name),
            quoted(&name),
            days.join(", "),
            self.seasons(),
            key(product),
            self.chance(&each)
        )
    }

    /// Shares by weekday; of totals, and where nothing was used, of all days together.
    fn chance(&self, shares: &Shares) -> String {
        let (used, days) = shares.sums();
        let pair = |used: f64, days: f64| format!("[{}, {}]", number(used), number(days.max(0.001)));
        if self.history.is_total || used <= 0.0 {
            return pair(used, days);
        }
        let of_day = |(place, (_, day)): (usize, &(&str, Weekday))| {
            let (used, days) = (shares.used[place], shares.days[place]);
            (used > 0.0).then(|| format!("{day} = {}", pair(used, days.max(used))))
        };
        let days: Vec<String> = WEEKDAYS.iter().enumerate().filter_map(of_day).collect();
        format!("{{ {} }}", days.join(", "))
    }
}

/// A number with at most three digits behind the point.
fn number(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A text as TOML writes it; JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

/// A key, bare where it can be.
fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A line as comments of at most 110 characters.
fn comment(line: &str) -> Vec<String> {
    let mut lines = vec![String::from("#")];
    for word in line.split_whitespace() {
        if lines[lines.len() - 1].chars().count() + word.chars().count() > 110 {
            lines.push(String::from("#  "));
        }
        let last = lines.last_mut().expect("there is one");
        *last += " ";
        *last += word;
    }
    lines.into_iter().map(|line| line + "\n").collect()
}
