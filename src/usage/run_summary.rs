//! `RunSummary`: what of a run's `summary.json` its usage is told with.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

use crate::meter::instant::{Instant, Span};
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Zone, from_iso};
use crate::scenario::duration;

/// The facts of a run that is over.
#[derive(Clone, Debug, Deserialize)]
pub struct RunSummary {
    /// The scenario's title.
    pub title: String,
    /// The run's first instant.
    #[serde(deserialize_with = "instant")]
    pub start: Instant,
    /// The instant at which it was over.
    #[serde(deserialize_with = "instant")]
    pub end: Instant,
    /// The seed of its chance.
    pub seed: u64,
    /// Which tables were written: `summary`, `charges` or `full`.
    pub detail: String,
    /// The policies in force.
    policy: BTreeMap<String, String>,
    /// Each team at the end.
    pub teams: Vec<TeamFacts>,
    /// Each contract of shared cloud credits at the end.
    #[serde(default)]
    pub contracts: Vec<ContractFacts>,
    /// Whether pseudonyms stand in place of users' names (RULES 5.7).
    #[serde(default)]
    pub names_hidden: bool,
}

/// A team at the end of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct TeamFacts {
    /// Its name.
    pub team: String,
    /// What it could spend.
    #[serde(deserialize_with = "amount")]
    pub available: Tokens,
}

/// A contract at the end of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct ContractFacts {
    /// Its name.
    pub contract: String,
    /// Credits of it.
    #[serde(deserialize_with = "amount")]
    pub credits: Tokens,
    /// Those used.
    #[serde(deserialize_with = "amount")]
    pub used: Tokens,
    /// Those that could be used.
    #[serde(deserialize_with = "amount")]
    pub available: Tokens,
}

impl RunSummary {
    /// Reads the text of a `summary.json`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn read(text: &str) -> Result<Self, String> {
        let summary: RunSummary = serde_json::from_str(text).map_err(|error| error.to_string())?;
        summary.policy.get("report_zone").and_then(|name| Zone::named(name)).ok_or("no zone in `policy`")?;
        summary.policy.get("grace").and_then(|grace| duration::parse(grace)).ok_or("no grace in `policy`")?;
        Ok(summary)
    }

    /// The zone whose days reports count (RULES 5.4).
    pub fn zone(&self) -> Zone {
        Zone::named(&self.policy["report_zone"]).expect("known when it was read")
    }

    /// The last instant of the run.
    pub fn last(&self) -> Instant {
        self.end + Span::from_seconds(-1)
    }
}

fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(from)?;
    from_iso(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is no instant")))
}

fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Tokens, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| de::Error::custom(format!("`{text}` is no amount")))
}
