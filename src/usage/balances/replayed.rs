//! The stock of a run at any instant, from carrying the scenario out so far.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use crate::meter::contract::Contract;
use crate::meter::id::{ContractId, TeamId};
use crate::meter::instant::{Instant, Span};
use crate::meter::pack::Pack;
use crate::meter::record::Record;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;
use crate::simulation::tally::TeamTally;
use crate::usage::balances::stock::{ContractStock, DAYS, Stock, TeamStock};
use crate::usage::balances::{DaysShown, Event};
use crate::usage::packs::PackStock;
use crate::usage::recent_use::{Days, RecentUse, Used};

impl Stock {
    /// The stock after all that falls on an instant; at the run's end as the run leaves it.
    ///
    /// # Errors
    /// Where the observer ends it, or something panics.
    pub fn replayed(
        scenario: &Arc<Scenario>,
        (at, credit_days): (Instant, Option<DaysShown>),
        observer: &dyn Observer,
    ) -> Result<Stock, Stopped> {
        let at_end = at == scenario.end;
        let last = if at_end { at + Span::from_seconds(-1) } else { at };
        let zone = &scenario.policies.report_zone;
        let days = Days::up_to(last, DAYS, zone);
        let credit_days = credit_days.map_or_else(|| days.clone(), |days| Days::between(days, zone));
        let mut watch = Watch::new(scenario, days, credit_days);
        let (teams, packs) = if at_end {
            let run = replay::run(scenario, &mut watch, observer)?;
            (run.tally.teams, run.packs)
        } else {
            let standing = replay::until(scenario, at + Span::from_seconds(1), (&mut watch, observer))?;
            (standing.tally.teams, standing.packs)
        };
        Ok(watch.stock(at, (&teams, &packs)))
    }
}

/// Keeps of the rows what balances are worked out from.
struct Watch {
    scenario: Arc<Scenario>,
    days: Days,
    credit_days: Days,
    events: BTreeMap<TeamId, Vec<Event>>,
    use_of_tokens: RecentUse,
    use_of_credits: RecentUse,
    /// Credits used of each contract, whenever.
    credits: BTreeMap<ContractId, Tokens>,
}

impl Watch {
    fn new(scenario: &Arc<Scenario>, days: Days, credit_days: Days) -> Self {
        Watch {
            scenario: scenario.clone(),
            days,
            credit_days,
            events: BTreeMap::new(),
            use_of_tokens: RecentUse::default(),
            use_of_credits: RecentUse::default(),
            credits: BTreeMap::new(),
        }
    }

    fn keep(&mut self, record: &Record) {
        let names = &self.scenario.directory;
        match record {
            Record::Charge(row) if self.days.contain(row.window_start) => self.use_of_tokens.add(Used {
                payer: names.teams.get(row.team.0),
                product: names.products.get(row.product.0),
                user: names.users.get(row.user.0),
                amount: row.tokens,
            }),
            Record::Session(row) if self.days.contain(row.signed_in) => {
                if let Some(team) = row.free {
                    let (payer, product) = (names.teams.get(team.0), names.products.get(row.product.0));
                    let user = names.users.get(row.user.0);
                    self.use_of_tokens.add(Used { payer, product, user, amount: Tokens::ZERO });
                }
            }
            Record::Credit(row) => {
                *self.credits.entry(row.contract).or_default() += row.credits;
                if self.credit_days.contain(row.at) {
                    self.use_of_credits.add(Used {
                        payer: names.contracts.get(row.contract.0),
                        product: names.products.get(row.product.0),
                        user: names.users.get(row.user.0),
                        amount: row.credits,
                    });
                }
            }
            Record::TokenEvent(row) if self.days.contain(row.at) => {
                let (event, pack) = (row.kind.name().to_owned(), names.packs.get(row.pack.0).to_owned());
                let event = Event { at: iso(row.at), event, pack, tokens: row.tokens };
                self.events.entry(row.team).or_default().push(event);
            }
            _ => {}
        }
    }

    fn stock(mut self, at: Instant, (teams, packs): (&BTreeMap<TeamId, TeamTally>, &[Pack])) -> Stock {
        let names = &self.scenario.directory;
        let mut by_team: BTreeMap<TeamId, Vec<PackStock>> = BTreeMap::new();
        for pack in packs {
            by_team.entry(pack.team).or_default().push(pack_stock(pack));
        }
        let team = |(id, tally): (&TeamId, &TeamTally)| TeamStock {
            name: names.teams.get(id.0).to_owned(),
            available: tally.available,
            packs: by_team.remove(id).unwrap_or_default(),
            events: self.events.remove(id).unwrap_or_default(),
        };
        let teams = teams.iter().map(team).collect();
        let contracts = (0..).map(ContractId).zip(&self.scenario.setup.contracts);
        let contracts = contracts.filter(|(_, contract)| !contract.teams.is_empty()).map(|(id, contract)| {
            let used = self.credits.get(&id).copied().unwrap_or_default();
            let contract = Contract { used, ..contract.clone() };
            let name = names.contracts.get(id.0).to_owned();
            ContractStock { name, total: contract.total, used, available: contract.available(at) }
        });
        Stock {
            title: self.scenario.title.clone(),
            as_of: at,
            teams,
            contracts: contracts.collect(),
            days: self.days,
            credit_days: self.credit_days,
            use_of_tokens: self.use_of_tokens,
            use_of_credits: self.use_of_credits,
        }
    }
}

impl Recorder for Watch {
    fn wants(&self) -> Detail {
        Detail::Charges
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in &rows {
            self.keep(row);
        }
        Ok(())
    }
}

fn pack_stock(pack: &Pack) -> PackStock {
    let Pack { expires, tokens, posted, held, expired, remaining, .. } = *pack;
    PackStock { expires, tokens, posted, held, expired, remaining }
}
