//! `RuleOfThumb`: what is bought without a simulation: users × days of use × rates, and a tenth more.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::forecast::plan::bundle::Bundles;
use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::purchases::Purchases;
use crate::forecast::quantile::number;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::product::ProductKind;
use crate::meter::request::Request;
use crate::meter::tokens::Tokens;
use crate::meter::user::{Assignment, HostedAddIn};
use crate::scenario::Scenario;
use crate::scenario::calendar::year_later;
use crate::scenario::typical_week::{ProductWeek, TypicalWeek};

/// What the rule of thumb says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleOfThumb {
    /// How it counts, group by group.
    pub lines: Vec<String>,
    /// What it buys.
    pub purchases: Purchases,
}

/// People who are thought of together.
struct Staff {
    name: String,
    people: u64,
    /// Products, each with the share of all days on which one of the people uses it.
    uses: Vec<(ProductId, f64)>,
}

impl RuleOfThumb {
    /// For a team: packs for a year at the start and on each anniversary, less what is there at the start.
    pub(crate) fn of(scenario: &Scenario, ground: &Ground) -> RuleOfThumb {
        let staffs = staffs(scenario, ground);
        let mut lines = Vec::new();
        for staff in &staffs {
            lines.push(staff.line(scenario));
        }
        let mut years = vec![scenario.start];
        while let Some(next) = years.last().map(|year| year_later(*year)).filter(|next| *next < scenario.end)
        {
            years.push(next);
        }
        let yearly = Ground::new(scenario, ground.team, &years);
        let mut there: i64 = yearly.stock.iter().map(|lot| lot.tokens.thousandths()).sum();
        let ends = years.iter().skip(1).copied().chain([scenario.end]);
        let mut wanted = Vec::new();
        for year in years.iter().copied().zip(ends) {
            let tokens: Tokens = staffs.iter().map(|staff| staff.tokens(scenario, year)).sum();
            // A tenth more; what is there at the start need not be bought.
            let more = tokens.thousandths() + tokens.thousandths() / 10;
            wanted.push((more - there).max(0));
            there = (there - more).max(0);
        }
        let bundles = Bundles::new(&yearly, wanted.iter().copied().max().unwrap_or(0));
        let amounts: Vec<usize> =
            wanted.iter().enumerate().map(|(date, wanted)| bundles.at_least(date, *wanted)).collect();
        RuleOfThumb { lines, purchases: Purchases::of(&amounts, &yearly, &bundles) }
    }
}

impl Staff {
    /// How it counts over the whole run.
    fn line(&self, scenario: &Scenario) -> String {
        let Staff { name, people, uses } = self;
        let run = (scenario.start, scenario.end);
        let of = |(product, share): &(ProductId, f64)| {
            let rate = scenario.setup.products[product.index()].rate(scenario.start);
            let product = scenario.directory.products.get(product.0);
            format!("{} days of {product} at {rate}", days(run, *share))
        };
        let uses: Vec<String> = uses.iter().map(of).collect();
        format!("{name}: {people} × ({}) = {} tokens", uses.join(" + "), self.tokens(scenario, run))
    }

    /// What all of the people use in a time, by whole days of each.
    fn tokens(&self, scenario: &Scenario, (from, until): (Instant, Instant)) -> Tokens {
        let of = |(product, share): &(ProductId, f64)| {
            let rate = scenario.setup.products[product.index()].rate(from);
            rate.thousandths() * days((from, until), *share)
        };
        let each: i64 = self.uses.iter().map(of).sum();
        Tokens::from_thousandths(each * i64::try_from(self.people).expect("at most a million"))
    }
}

/// Whole days of use in a time.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a run has few days")]
fn days((from, until): (Instant, Instant), share: f64) -> i64 {
    ((until - from).seconds() as f64 / 86_400.0 * share).round() as i64
}

/// The people of a team: each group, and each user of their own.
fn staffs(scenario: &Scenario, ground: &Ground) -> Vec<Staff> {
    let mut staffs = Vec::new();
    for (place, group) in (0..).zip(&scenario.groups) {
        let mut members = scenario.simulated.iter().filter(|member| member.group == place).peekable();
        let hosted = members.peek().map_or(&[][..], |member| hosted(scenario, member.user));
        let people = members.count() as u64;
        if people > 0 && group.teams.contains(&ground.team) {
            let week = TypicalWeek::of(scenario, group);
            let share = |of: &ProductWeek| of.days / 7.0 / number(usize::try_from(group.count).unwrap_or(1));
            let own = group.products.iter().zip(&week.products);
            let mut uses: Vec<_> = own.map(|(product, week)| (product.id, share(week))).collect();
            // An add-in that loads with its host is used on the same days.
            let with = |add_in: &HostedAddIn| {
                let host = uses.iter().find(|(product, _)| *product == add_in.host)?;
                Some((add_in.add_in, host.1))
            };
            let loaded: Vec<_> = hosted.iter().filter_map(with).collect();
            uses.extend(loaded);
            uses.retain(|(product, _)| is_daily(scenario, *product));
            staffs.push(Staff { name: group.name.clone(), people, uses });
        }
    }
    staffs.extend(users(scenario, ground));
    staffs
}

/// Users of their own: what they have is taken to be used on five days of seven.
fn users(scenario: &Scenario, ground: &Ground) -> Vec<Staff> {
    let simulated: BTreeSet<UserId> = scenario.simulated.iter().map(|member| member.user).collect();
    let mut staffs = Vec::new();
    for (user, of) in (0..).map(UserId).zip(&scenario.setup.users) {
        if simulated.contains(&user) || !of.teams.contains(&ground.team) {
            continue;
        }
        let products: BTreeSet<ProductId> = match &of.assignment {
            Assignment::Listed(products) => products.clone(),
            // Who may open everything is taken to use what the file lets them open.
            Assignment::All => opened(scenario, user),
        };
        let hosted = hosted(scenario, user).iter().map(|hosted| hosted.add_in);
        let products: BTreeSet<ProductId> = products.into_iter().chain(hosted).collect();
        let daily = products.into_iter().filter(|product| is_daily(scenario, *product));
        let uses: Vec<_> = daily.map(|product| (product, 5.0 / 7.0)).collect();
        if !uses.is_empty() {
            let name = scenario.directory.users.get(user.0).to_owned();
            staffs.push(Staff { name, people: 1, uses });
        }
    }
    staffs
}

fn is_daily(scenario: &Scenario, product: ProductId) -> bool {
    matches!(scenario.setup.products[product.index()].kind, ProductKind::Desktop | ProductKind::AddIn)
}

/// The add-ins that load with a host.
fn hosted(scenario: &Scenario, user: UserId) -> &[HostedAddIn] {
    &scenario.setup.users[user.index()].add_ins
}

fn opened(scenario: &Scenario, who: UserId) -> BTreeSet<ProductId> {
    let opened = scenario.timeline.iter().filter_map(|(_, request)| match request {
        Request::SignIn(sign_in) if sign_in.user == who => Some(sign_in.product),
        _ => None,
    });
    opened.collect()
}
