//! `summary.json`: counts, totals, policies and the digest, the same bytes for the same run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::meter::contract::Contract;
use crate::meter::id::{ContractId, ServerId};
use crate::meter::licence_server::{LicenceServer, Seats};
use crate::meter::tokens::Tokens;
use crate::results::files::Digests;
use crate::scenario::Scenario;
use crate::scenario::calendar::{iso, zone_data_release};
use crate::simulation::recorder::Detail;
use crate::simulation::tally::{CreditAccount, Tally};

/// The summary as data; amounts are exact decimals, written as texts.
#[derive(Debug, Serialize)]
pub struct Summary {
    title: String,
    version: &'static str,
    zone_data: &'static str,
    start: String,
    end: String,
    seed: u64,
    detail: &'static str,
    events: u64,
    policy: BTreeMap<&'static str, String>,
    policy_not_default: Vec<&'static str>,
    admitted: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
    sessions: BTreeMap<&'static str, u64>,
    charges: BTreeMap<&'static str, u64>,
    tokens: String,
    uncovered: String,
    unrecorded_charges: u64,
    unrecorded_tokens: String,
    teams: Vec<TeamSummary>,
    plans: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contracts: Vec<ContractSummary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licence_servers: Vec<SeatsSummary>,
    sha256: String,
    sha256_more: BTreeMap<&'static str, String>,
    /// Pseudonyms stand in place of users' names (RULES 5.7).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    names_hidden: bool,
}

#[derive(Debug, Serialize)]
struct TeamSummary {
    team: String,
    available: String,
    tokens: String,
    posted: String,
    expired: String,
    debt: String,
    next_expiry: Option<ExpirySummary>,
}

#[derive(Debug, Serialize)]
struct ContractSummary {
    contract: String,
    credits: String,
    used: String,
    available: String,
    by_user_and_service: Vec<CreditSummary>,
}

#[derive(Debug, Serialize)]
struct CreditSummary {
    user: String,
    product: String,
    credits: String,
}

#[derive(Debug, Serialize)]
struct SeatsSummary {
    licence_server: String,
    product: String,
    seats: u32,
    peak: u32,
    refused_before_switch: u64,
    refused_since_switch: u64,
    switched: Option<String>,
    retired: Option<String>,
}

#[derive(Debug, Serialize)]
struct ExpirySummary {
    at: String,
    tokens: String,
}

impl Summary {
    /// The summary of a run whose tables, written in that detail, have that digest.
    pub fn new(scenario: &Scenario, tally: &Tally, (detail, digests): (Detail, Digests)) -> Self {
        let rows = scenario.policies.rows();
        let teams = tally.teams.iter().map(|(id, team)| TeamSummary {
            team: scenario.directory.teams.get(id.0).to_owned(),
            available: team.available.to_string(),
            tokens: team.tokens.to_string(),
            posted: team.posted.to_string(),
            expired: team.expired.to_string(),
            debt: team.debt().to_string(),
            next_expiry: team
                .next_expiry
                .map(|(at, tokens)| ExpirySummary { at: iso(at), tokens: tokens.to_string() }),
        });
        Summary {
            title: scenario.title.clone(),
            version: env!("CARGO_PKG_VERSION"),
            zone_data: zone_data_release(),
            start: iso(scenario.start),
            end: iso(scenario.end),
            seed: scenario.seed,
            detail: detail.name(),
            events: tally.events(),
            policy_not_default: rows.iter().filter(|row| !row.default).map(|row| row.key).collect(),
            policy: rows.into_iter().map(|row| (row.key, row.value)).collect(),
            admitted: tally.admitted(),
            refused: tally.refused(),
            sessions: tally.sessions(),
            charges: tally.charges(),
            tokens: tally.tokens.to_string(),
            uncovered: tally.uncovered.to_string(),
            unrecorded_charges: tally.unrecorded.0,
            unrecorded_tokens: tally.unrecorded.1.to_string(),
            teams: teams.collect(),
            plans: tally.plans(),
            contracts: contracts(scenario, tally),
            licence_servers: licence_servers(scenario, tally),
            sha256: digests.run,
            sha256_more: digests.more,
            names_hidden: scenario.directory.users.are_hidden(),
        }
    }

    /// As JSON text, ended by a line feed.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("plain data");
        text + "\n"
    }
}

fn contracts(scenario: &Scenario, tally: &Tally) -> Vec<ContractSummary> {
    let summary = |(id, contract): (&ContractId, &Contract)| ContractSummary {
        contract: scenario.directory.contracts.get(id.0).to_owned(),
        credits: contract.total.to_string(),
        used: contract.used.to_string(),
        available: contract.available(scenario.end).to_string(),
        by_user_and_service: credits(scenario, tally, *id),
    };
    tally.contracts.iter().map(summary).collect()
}

/// What was used of a contract, by user and service.
fn credits(scenario: &Scenario, tally: &Tally, contract: ContractId) -> Vec<CreditSummary> {
    let users = &scenario.directory.users;
    let of_contract = tally.credits.iter().filter(|((of, ..), _)| *of == contract);
    let mut of_contract: Vec<(&CreditAccount, &Tokens)> = of_contract.collect();
    of_contract.sort_by_key(|((_, user, product), _)| (users.rank(user.0), *product));
    let summary = |((_, user, product), credits): (&CreditAccount, &Tokens)| CreditSummary {
        user: users.get(user.0).to_owned(),
        product: scenario.directory.products.get(product.0).to_owned(),
        credits: credits.to_string(),
    };
    of_contract.into_iter().map(summary).collect()
}

fn licence_servers(scenario: &Scenario, tally: &Tally) -> Vec<SeatsSummary> {
    let of_server = |(id, server): (&ServerId, &LicenceServer)| {
        let summary = |seats: &Seats| SeatsSummary {
            licence_server: scenario.directory.servers.get(id.0).to_owned(),
            product: scenario.directory.products.get(seats.product.0).to_owned(),
            seats: seats.total,
            peak: seats.peak,
            refused_before_switch: seats.refused_before,
            refused_since_switch: seats.refused_since,
            switched: seats.switched.map(iso),
            retired: server.retired.map(iso),
        };
        server.seats.iter().map(summary).collect::<Vec<_>>()
    };
    tally.servers.iter().flat_map(of_server).collect()
}
