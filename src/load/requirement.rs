//! `Requirement`: what is required of a load (`--require "p99.9<5ms"`), and whether it was so.

use std::fmt;
use std::str::FromStr;

use crate::load::result::{Counts, Latency, LoadResult, Met, PERCENTILES};

/// What may be written, for who wrote something else.
const ALLOWED: &str = "allowed is FIGURE RELATION BOUND: p50, p90, p95, p99, p99.9, p99.99, p99.999, max or mean, from \
                       the planned instant, or with sent: or lateness: before it, and a time (p99.9<5ms, \
                       sent:p99<=200us); handled, in sign-ins a second (handled>=10000); refused, not-sent or \
                       not-answered, a count (refused=0). Relations: < <= = >= >; times in ns, us, ms or s";

/// Nanoseconds of the units in which times are written.
const UNITS: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];

/// Something that is required of a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// As it was written.
    text: String,
    figure: Figure,
    relation: Relation,
    /// In the unit.
    bound: f64,
    unit: Unit,
}

/// The figures of a load that can be required to be something.
#[derive(Clone, Copy, Debug)]
pub struct Figures<'a> {
    /// How many sign-ins there were.
    pub counts: Counts,
    /// Sign-ins answered a second.
    pub handled_per_second: f64,
    /// From the planned instant to the answer.
    pub planned: &'a Latency,
    /// From the sending to the answer.
    pub sent: &'a Latency,
    /// How late the generator was.
    pub lateness: &'a Latency,
}

/// A text that requires nothing that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotARequirement {
    text: String,
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Time(From, &'static str),
    Handled,
    Refused,
    NotSent,
    NotAnswered,
}

/// From when a time is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    Planned,
    Sent,
    Lateness,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Relation {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// A unit as it was written, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    name: &'static str,
    worth: f64,
}

/// The longer ones first: `<=` begins with `<`.
const RELATIONS: [(&str, Relation); 5] = [
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("<", Relation::Less),
    (">", Relation::Greater),
    ("=", Relation::Equal),
];

impl Requirement {
    /// Whether it is so. What was not measured meets nothing.
    pub fn check(&self, result: &LoadResult) -> Met {
        self.judge(Figures::of(result))
    }

    /// The same of figures from elsewhere.
    pub fn judge(&self, figures: Figures<'_>) -> Met {
        let requirement = self.text.clone();
        let Some(measured) = self.figure.of(figures) else {
            return Met { requirement, measured: "nothing was measured".to_owned(), met: false };
        };
        let bound = self.bound * self.unit.worth;
        let met = match self.relation {
            Relation::Less => measured < bound,
            Relation::LessOrEqual => measured <= bound,
            // Counts are whole; times have but three digits anyway.
            Relation::Equal => (measured - bound).abs() < 0.5,
            Relation::GreaterOrEqual => measured >= bound,
            Relation::Greater => measured > bound,
        };
        // All its digits: a rounded figure could contradict the verdict beside it.
        Met { requirement, measured: format!("{}{}", measured / self.unit.worth, self.unit.name), met }
    }
}

impl<'a> Figures<'a> {
    /// The figures of a result.
    pub fn of(result: &'a LoadResult) -> Self {
        Figures {
            counts: result.counts,
            handled_per_second: result.handled_per_second,
            planned: &result.latency_planned,
            sent: &result.latency_sent,
            lateness: &result.lateness,
        }
    }
}

impl Figure {
    fn named(name: &str) -> Option<Figure> {
        match name {
            "handled" => return Some(Figure::Handled),
            "refused" => return Some(Figure::Refused),
            "not-sent" => return Some(Figure::NotSent),
            "not-answered" => return Some(Figure::NotAnswered),
            _ => {}
        }
        let (from, name) = match name.split_once(':') {
            None => (From::Planned, name),
            Some(("planned", name)) => (From::Planned, name),
            Some(("sent", name)) => (From::Sent, name),
            Some(("lateness", name)) => (From::Lateness, name),
            Some(_) => return None,
        };
        let known = PERCENTILES.iter().map(|(known, _)| *known).chain(["mean"]);
        known.into_iter().find(|known| *known == name).map(|known| Figure::Time(from, known))
    }

    /// What came of it, in nanoseconds, sign-ins a second or as a count.
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of less than a hundred days")]
    fn of(self, figures: Figures<'_>) -> Option<f64> {
        let counts = figures.counts;
        match self {
            Figure::Time(from, name) => {
                let latency = match from {
                    From::Planned => figures.planned,
                    From::Sent => figures.sent,
                    From::Lateness => figures.lateness,
                };
                let value = if name == "mean" { latency.mean } else { latency.percentile(name) as f64 };
                (latency.count > 0).then_some(value)
            }
            Figure::Handled => Some(figures.handled_per_second),
            Figure::Refused => (counts.answered > 0).then_some(counts.refused as f64),
            Figure::NotSent => Some(counts.not_sent as f64),
            Figure::NotAnswered => Some(counts.not_answered as f64),
        }
    }
}

impl FromStr for Requirement {
    type Err = NotARequirement;

    fn from_str(text: &str) -> Result<Self, NotARequirement> {
        let text = text.trim();
        let not = |why: String| NotARequirement { text: text.to_owned(), why };
        let place = text.find(['<', '>', '=']).ok_or_else(|| not("it has no relation".to_owned()))?;
        let (name, rest) = (text[..place].trim(), &text[place..]);
        let (sign, relation) =
            RELATIONS.into_iter().find(|(sign, _)| rest.starts_with(sign)).expect("it begins with one");
        let figure = Figure::named(name).ok_or_else(|| not(format!("\"{name}\" is no figure of a load")))?;
        let (bound, unit) = bound(figure, rest[sign.len()..].trim()).map_err(not)?;
        Ok(Requirement { text: text.to_owned(), figure, relation, bound, unit })
    }
}

/// A bound and its unit, as the figure has them.
fn bound(figure: Figure, text: &str) -> Result<(f64, Unit), String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = (&text[..unit_at], text[unit_at..].trim());
    let bound: f64 = digits.parse().map_err(|_| format!("\"{text}\" is no number with a unit"))?;
    let is_time = matches!(figure, Figure::Time(..));
    let known = UNITS.into_iter().filter(|_| is_time).find(|(name, _)| *name == unit);
    match (known, unit) {
        (Some((name, worth)), _) => Ok((bound, Unit { name, worth })),
        (None, "") if !is_time => Ok((bound, Unit { name: "", worth: 1.0 })),
        (None, "/s") if matches!(figure, Figure::Handled) => Ok((bound, Unit { name: "/s", worth: 1.0 })),
        (None, "") => Err(format!("\"{text}\" has no unit of time")),
        (None, unit) => Err(format!("\"{unit}\" is no unit of it")),
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for NotARequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" can't be required: {}; {ALLOWED}", self.text, self.why)
    }
}

impl std::error::Error for NotARequirement {}
