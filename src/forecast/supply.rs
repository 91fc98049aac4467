//! Supply: the same people with other packs.

use std::collections::BTreeSet;

use crate::meter::id::{PackId, TeamId};
use crate::meter::instant::{Instant, Span};
use crate::meter::request::Request;
use crate::meter::stock;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;

/// A pack to be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The team whose balance it adds to.
    pub team: TeamId,
    /// When it arrives.
    pub at: Instant,
    /// How many tokens it holds.
    pub tokens: Tokens,
    /// When it ends.
    pub expires: Instant,
}

/// The same scenario where tokens never run out: every team has one pack that nobody can use up.
pub fn unlimited(scenario: &Scenario) -> Scenario {
    let pack = |team| Purchase {
        team: TeamId(team),
        at: scenario.start,
        tokens: Tokens::MAX,
        expires: scenario.end + Span::from_seconds(1),
    };
    let packs: Vec<_> = (0..).take(scenario.setup.teams.len()).map(pack).collect();
    with_packs(scenario, |_| false, &packs)
}

/// The same scenario with what was bought before its start, and these purchases in place of its later ones.
pub fn bought(scenario: &Scenario, purchases: &[Purchase]) -> Scenario {
    with_packs(scenario, |at| at < scenario.start, purchases)
}

/// The same scenario with those of its packs that were bought at instants which are kept, and with others. Moves of
/// packs that are gone go as well, and so do expectations.
fn with_packs(scenario: &Scenario, keeps: impl Fn(Instant) -> bool, others: &[Purchase]) -> Scenario {
    let mut gone = BTreeSet::new();
    for (at, request) in &scenario.timeline {
        if let Request::Buy(purchase) = request
            && !keeps(*at)
        {
            gone.insert(purchase.pack);
        }
    }
    let stays = |request: &Request| match request {
        Request::Buy(purchase) => !gone.contains(&purchase.pack),
        Request::Move { pack, .. } => !gone.contains(pack),
        _ => true,
    };
    let asked = scenario.timeline.iter().cloned().zip(scenario.origins.iter().copied());
    let mut asked: Vec<_> = asked.filter(|((_, request), _)| stays(request)).collect();
    // Numbers that no pack of the file has. Ties of the draw order go to the earlier of the list (RULES 2.3).
    let numbers = (0..).skip(scenario.directory.packs.len());
    asked.extend(numbers.zip(others).map(|(number, other)| {
        let Purchase { team, at, tokens, expires } = *other;
        let buy = stock::Purchase { team, pack: PackId(number), tokens, expires, used: Tokens::ZERO };
        ((at, Request::Buy(buy)), None)
    }));
    asked.sort_by_key(|((at, request), _)| (*at, request.phase()));
    let (timeline, origins) = asked.into_iter().unzip();
    Scenario { timeline, origins, expects: Vec::new(), ..scenario.clone() }
}
