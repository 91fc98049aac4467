//! `Question`: what a forecast is asked, as a share notes it too.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cli::failure::Failure;
use crate::cli::forecast::team;
use crate::forecast::future::{Asked, Future};
use crate::forecast::months::Months;
use crate::forecast::outlook::{Manner, Outlook};
use crate::forecast::sampling::Effort;
use crate::forecast::supply;
use crate::meter::instant::Span;
use crate::meter::request::Request;
use crate::scenario::Scenario;

/// The name of what came of the replications of a share.
pub(in crate::cli) const FUTURES: &str = "futures.bin";

/// What a forecast is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Question {
    /// Replications at most.
    pub(in crate::cli) runs: u64,
    /// How tight the answer is to be; a text, so that it is the same number again.
    pub(in crate::cli) tolerance: Option<String>,
    /// Only what this team pays.
    pub(in crate::cli) team: Option<String>,
    /// What people would use if tokens never ran out.
    pub(in crate::cli) demand: bool,
    /// Within how many seconds an admission cures a refusal.
    pub(in crate::cli) cured_within_seconds: i64,
}

/// A question put to a scenario.
pub(in crate::cli) struct Prepared {
    /// The scenario of the first replication.
    pub(in crate::cli) scenario: Scenario,
    /// What every replication is asked.
    pub(in crate::cli) asked: Asked,
    /// How many replications there are.
    pub(in crate::cli) effort: Effort,
    unlimited: bool,
}

impl Question {
    /// As a share notes it.
    pub(in crate::cli) fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            other => unreachable!("a struct is a map: {other:?}"),
        }
    }

    /// Puts it to a scenario.
    pub(in crate::cli) fn prepare(&self, mut scenario: Scenario) -> Result<Prepared, Failure> {
        let team = team(&scenario, self.team.as_deref())?;
        let has_packs = scenario.timeline.iter().any(|(_, request)| matches!(request, Request::Buy(_)));
        let unlimited = self.demand || !has_packs;
        if unlimited {
            scenario = supply::unlimited(&scenario);
        }
        let tolerance = self.tolerance.as_ref().map(|text| text.parse().expect("a number that was written"));
        let cured_within = Span::from_seconds(self.cured_within_seconds);
        let asked = Asked { team, cured_within, months: Months::of_run(&scenario) };
        Ok(Prepared { scenario, asked, effort: Effort { runs: self.runs, tolerance }, unlimited })
    }
}

impl Prepared {
    /// What the replications say together.
    pub(in crate::cli) fn outlook(&self, futures: &[Future]) -> Outlook {
        let manner = Manner { tolerance: self.effort.tolerance, unlimited: self.unlimited };
        Outlook::of(&self.scenario, (&self.asked, manner), futures)
    }
}
