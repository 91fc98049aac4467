//! `Identity`: what a store's decisions are of, so that those of another load are not gone on with.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::load::store::batch::Digest;
use crate::results::files::hex;

/// The version of how decisions are written.
const FORMAT: u32 = 1;

/// The scenario and the people of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A SHA-256 of the scenario, in hexadecimal.
    scenario_sha256: String,
    /// Teams.
    teams: usize,
    /// Users of all teams.
    users: u64,
    /// The SHA-256 of how many users each team has.
    spread: String,
    format: u32,
}

impl Identity {
    /// Of a scenario, by a SHA-256 of all that its people follow from, in hexadecimal, and the number of users of each
    /// team in order.
    pub fn new(scenario_sha256: &str, users_by_team: &[u32]) -> Self {
        let mut spread = Sha256::new();
        for users in users_by_team {
            spread.update(users.to_le_bytes());
        }
        Identity {
            scenario_sha256: scenario_sha256.to_owned(),
            teams: users_by_team.len(),
            users: users_by_team.iter().map(|users| u64::from(*users)).sum(),
            spread: hex(spread),
            format: FORMAT,
        }
    }

    /// As it is kept: a line of text and its digest.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let Identity { scenario_sha256, teams, users, spread, format } = self;
        let text = format!("{format} {scenario_sha256} {teams} {users} {spread}");
        let digest = Sha256::digest(&text);
        [digest.as_slice(), text.as_bytes()].concat()
    }

    /// As it was kept; `None` where it reads otherwise now.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Identity> {
        let (digest, text) = bytes.split_at_checked(32)?;
        if Sha256::digest(text).as_slice() != digest {
            return None;
        }
        let mut words = str::from_utf8(text).ok()?.split(' ');
        let mut word = || words.next();
        Some(Identity {
            format: word()?.parse().ok()?,
            scenario_sha256: word()?.to_owned(),
            teams: word()?.parse().ok()?,
            users: word()?.parse().ok()?,
            spread: word()?.to_owned(),
        })
    }

    /// What the digest of the first batch is bound to.
    pub(crate) fn digest(&self) -> Digest {
        Sha256::digest(self.encode()).into()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |hexadecimal: &str| hexadecimal.chars().take(12).collect::<String>();
        write!(
            f,
            "scenario {} with {} users in {} teams (spread {}, format {})",
            short(&self.scenario_sha256),
            self.users,
            self.teams,
            short(&self.spread),
            self.format
        )
    }
}
