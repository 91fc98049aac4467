//! Plans: which packs to buy and when, so that the chance of a refusal is small and no money is wasted.
//!
//! One set of futures is planned with ([`cheapest`]), a second says whether the plan promises too much, and a third, on the
//! exact meter, is the judge ([`judgement`]): what looked best of many on one set is flattered by it.

mod bound;
mod bundle;
pub mod cheapest;
pub mod ground;
pub mod judgement;
mod path;
pub mod purchases;
pub mod rhythm;
pub mod rule_of_thumb;
mod search;
mod shelf;
pub mod worth;

use std::ops::Range;

use serde::Serialize;

use crate::forecast::cost::price;
use crate::forecast::demand;
use crate::forecast::plan::cheapest::{Cheapest, Futures};
use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::judgement::{Court, Judgement};
use crate::forecast::plan::path::Path;
use crate::forecast::plan::purchases::{Lots, Purchases, as_instant};
use crate::forecast::plan::rhythm::Rhythm;
use crate::forecast::plan::rule_of_thumb::RuleOfThumb;
use crate::forecast::plan::worth::{NextPack, Point, Reach};
use crate::forecast::quantile::number;
use crate::forecast::replications::replicate;
use crate::forecast::{shortage, supply};
use crate::meter::id::TeamId;
use crate::meter::instant::{Instant, Span};
use crate::meter::request::Request;
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::price_list::{Money, PriceList};
use crate::simulation::recorder::{Observer, Stopped};
use crate::simulation::team_group::TeamGroup;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whose packs are planned.
    pub team: TeamId,
    /// When packs can be bought.
    pub rhythm: Rhythm,
    /// The chance of a refusal that is borne, above 0 and below 1.
    pub risk: f64,
    /// Futures to plan with; as many to try the plan, and as many to judge it.
    pub runs: u64,
    /// A refusal is no true one if the user is admitted within so long after it.
    pub cured_within: Span,
}

/// Replays that an answer takes, about, for each of its [`Asked::runs`]: three sets of futures, and some lived through.
pub const REPLAYS: u64 = 4;

/// Once a plan has promised too much so often, it stays.
const ROUNDS_MAX: usize = 6;

/// A plan, and how good it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The scenario's title.
    pub title: String,
    /// The team's name.
    pub team: String,
    /// The run's start.
    #[serde(serialize_with = "as_instant")]
    pub start: Instant,
    /// Its end.
    #[serde(serialize_with = "as_instant")]
    pub end: Instant,
    /// The seed of the first future that was planned with.
    pub seed: u64,
    /// How many futures there are of each set.
    pub runs: u64,
    /// The risk that was asked for.
    pub risk: f64,
    /// How refusals are told from true ones.
    pub refusal_rule: String,
    /// The currency of all prices.
    pub currency: String,
    /// What is assumed of prices, where the file says nothing.
    pub prices: Option<&'static str>,
    /// How often packs can be bought.
    pub dates: usize,
    /// What is there at the start.
    pub stock: Tokens,
    /// Whether nobody uses any token in any future.
    pub is_idle: bool,
    /// What to buy.
    pub purchases: Purchases,
    /// What to buy next: the first purchases of the plan.
    pub next_purchase: Purchases,
    /// How it was found.
    pub made: Made,
    /// How it does in futures that it was not made with.
    pub judged: Judgement,
    /// What one more pack would change.
    pub next_pack: Option<NextPack>,
    /// The rule of thumb, and how it counts.
    pub rule_of_thumb: RuleOfThumb,
    /// How that does in the same futures.
    pub thumb_judged: Judgement,
    /// How the file's own purchases do in them; `None` where it has none from the start on.
    pub own_judged: Option<Judgement>,
    /// What those who know each future would pay.
    pub clairvoyant: Reach,
    /// What less and more risk cost.
    pub curve: Vec<Point>,
}

/// How a plan was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Made {
    /// In how many of the futures that it was made with somebody may be refused.
    pub short_max: usize,
    /// In how many somebody is.
    pub short: usize,
    /// How often it promised too much on the second set, and was made again with less risk.
    pub tightened: usize,
    /// In how many futures of the second set somebody is refused.
    pub short_when_tried: usize,
    /// No purchases that do for the first set cost less than this.
    pub bound: Money,
    /// Whether nothing is better for the first set; else the search was ended early.
    pub is_proven: bool,
    /// Packs too small to have been thought of.
    pub left_out: Vec<Tokens>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Impossible {
    /// Packs can't be bought on any date within the run.
    NoDates,
    /// Before the first purchase somebody is refused in this share of futures.
    TooLate {
        /// The first date.
        first: Instant,
        /// From 0 to 1.
        share: f64,
    },
    /// Whatever is bought on the dates, packs end before tokens are needed.
    PacksEnd,
    /// The team is not alone.
    Entangled(String),
}

/// Plans for one team of a scenario.
///
/// # Errors
/// Where a replay ends early.
pub fn plan(
    scenario: &Scenario,
    asked: &Asked,
    observer: &dyn Observer,
) -> Result<Result<Plan, Impossible>, Stopped> {
    if let Some(others) = entangled(scenario, asked.team) {
        return Ok(Err(Impossible::Entangled(others)));
    }
    let dates = asked.rhythm.dates(scenario);
    if dates.is_empty() {
        return Ok(Err(Impossible::NoDates));
    }
    let scenario = of_team(scenario, asked.team);
    let ground = Ground::new(&scenario, asked.team, &dates);
    let world = World { scenario: &scenario, asked, ground: &ground, observer };
    let made_with = world.futures(0..asked.runs)?;
    let tried_with = world.futures(asked.runs..2 * asked.runs)?;
    match world.make(&made_with, &tried_with) {
        Err(impossible) => Ok(Err(impossible)),
        Ok(made) => world.judge((&made_with, &tried_with), made).map(Ok),
    }
}

/// What a plan is made in.
struct World<'a> {
    scenario: &'a Scenario,
    asked: &'a Asked,
    ground: &'a Ground,
    observer: &'a dyn Observer,
}

impl World<'_> {
    /// The draws of some replications.
    fn futures(&self, numbers: Range<u64>) -> Result<Futures, Stopped> {
        let unlimited = supply::unlimited(self.scenario);
        let paths = replicate(&unlimited, numbers, |replication| {
            let demand = demand::of(replication, self.observer)?;
            Ok(Path::new(&demand.teams[self.asked.team.index()], self.ground))
        })?;
        Ok(Futures::of_paths(self.ground.clone(), paths))
    }

    /// The cheapest purchases that keep what they promise on a second set.
    fn make(&self, made_with: &Futures, tried_with: &Futures) -> Result<(Purchases, Made), Impossible> {
        let borne = worth::borne(self.asked.risk, made_with.count());
        let mut short_max = borne;
        let mut kept = None;
        for tightened in 0..=ROUNDS_MAX {
            let Cheapest { purchases, short, bound, is_proven, left_out, .. } = made_with.cheapest(short_max);
            let Some(purchases) = purchases else { break };
            let short_when_tried = tried_with.fare(&purchases).count();
            let made = Made { short_max, short, tightened, short_when_tried, bound, is_proven, left_out };
            kept = Some((purchases, made));
            if short_when_tried <= borne || short_max == 0 {
                break;
            }
            short_max -= (short_when_tried - borne).div_ceil(2).min(short_max);
        }
        kept.ok_or_else(|| {
            let too_late = made_with.too_late();
            if too_late > borne {
                let share = number(too_late) / number(made_with.count());
                return Impossible::TooLate { first: self.ground.dates[0].at, share };
            }
            Impossible::PacksEnd
        })
    }

    /// Judges a plan beside others, in a third set of futures.
    fn judge(
        &self,
        (made_with, tried_with): (&Futures, &Futures),
        (purchases, made): (Purchases, Made),
    ) -> Result<Plan, Stopped> {
        let Asked { team, runs, risk, cured_within, .. } = *self.asked;
        let scenario = self.scenario;
        let numbers = 2 * runs..3 * runs;
        let judged_with = self.futures(numbers.clone())?;
        let court = Court {
            scenario,
            ground: self.ground,
            futures: &judged_with,
            numbers,
            cured_within,
            observer: self.observer,
        };
        let fates = court.fates(&purchases)?;
        let rule_of_thumb = RuleOfThumb::of(scenario, self.ground);
        let own = own(scenario, self.ground);
        let next_pack = worth::next_pack((made_with, tried_with), (&purchases, &fates), &court)?;
        Ok(Plan {
            title: scenario.title.clone(),
            team: scenario.directory.teams.get(team.0).to_owned(),
            start: scenario.start,
            end: scenario.end,
            seed: scenario.seed,
            runs,
            risk,
            refusal_rule: shortage::rule(cured_within),
            currency: scenario.prices.currency.clone(),
            prices: scenario.prices.is_default.then_some(PriceList::ASSUMED),
            dates: self.ground.dates.len(),
            stock: self.ground.stock.iter().map(|lot| lot.tokens).sum(),
            is_idle: [made_with, tried_with, &judged_with].iter().all(|futures| futures.is_idle()),
            next_purchase: purchases.first(),
            judged: Judgement::of(&purchases, &fates),
            next_pack,
            thumb_judged: court.judge(&rule_of_thumb.purchases)?,
            rule_of_thumb,
            own_judged: own.map(|own| court.judge(&own)).transpose()?,
            clairvoyant: Reach::of(purchases.cost(), &judged_with),
            curve: worth::curve(made_with, &judged_with),
            purchases,
            made,
        })
    }
}

/// The scenario with the simulated people of one team only: the others do not touch its balance.
fn of_team(scenario: &Scenario, team: TeamId) -> Scenario {
    let mut scenario = scenario.clone();
    let users = &scenario.setup.users;
    scenario.simulated.retain(|member| users[member.user.index()].teams.contains(&team));
    scenario
}

/// The teams with which a team shares users, contracts or packs.
fn entangled(scenario: &Scenario, team: TeamId) -> Option<String> {
    let groups = TeamGroup::split(scenario);
    let group =
        groups.iter().find(|group| group.numbers().any(|of| of == team)).expect("every team is in a group");
    let others = group.numbers().filter(|other| *other != team);
    let others: Vec<&str> = others.map(|other| scenario.directory.teams.get(other.0)).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

/// What the file itself buys from the start on.
fn own(scenario: &Scenario, ground: &Ground) -> Option<Purchases> {
    let lots = scenario.timeline.iter().filter_map(|(at, request)| match request {
        Request::Buy(pack) if *at >= scenario.start && pack.team == ground.team => {
            let price = price(scenario, pack.pack, (pack.tokens, *at));
            Some(Lots { at: *at, expires: pack.expires, tokens: pack.tokens, count: 1, price })
        }
        _ => None,
    });
    let lots: Vec<Lots> = lots.collect();
    (!lots.is_empty()).then_some(Purchases(lots))
}
