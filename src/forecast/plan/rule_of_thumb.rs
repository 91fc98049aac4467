//! `RuleOfThumb`: what is bought without a simulation: users × working days × rates, and a tenth more.

use std::collections::BTreeSet;

use chrono::Weekday;
use serde::Serialize;

use crate::forecast::plan::bundle::Bundles;
use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::purchases::Purchases;
use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::product::ProductKind;
use crate::meter::request::Request;
use crate::meter::tokens::Tokens;
use crate::meter::user::Assignment;
use crate::scenario::Scenario;
use crate::scenario::calendar::{Day, year_later};
use crate::scenario::habit::Habit;

/// What the rule of thumb says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleOfThumb {
    /// How it counts, group by group.
    pub lines: Vec<String>,
    /// What it buys.
    pub purchases: Purchases,
}

/// People with the same products and working days.
struct Staff<'s> {
    name: String,
    people: u64,
    products: Vec<ProductId>,
    /// `None`: from Monday to Friday.
    habit: Option<&'s Habit>,
}

impl RuleOfThumb {
    /// For a team: packs for a year at the start and on each anniversary, less what is there at the start.
    pub(crate) fn of(scenario: &Scenario, ground: &Ground) -> RuleOfThumb {
        let staffs = staffs(scenario, ground);
        let mut lines = Vec::new();
        for staff in &staffs {
            let (days, tokens) = staff.tokens(scenario, (scenario.start, scenario.end));
            let products: Vec<&str> =
                staff.products.iter().map(|product| scenario.directory.products.get(product.0)).collect();
            let Staff { name, people, .. } = staff;
            let products = products.join(" + ");
            lines.push(format!("{name}: {people} × {days} working days × {products} = {tokens} tokens"));
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
            let tokens: Tokens = staffs.iter().map(|staff| staff.tokens(scenario, year).1).sum();
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

impl Staff<'_> {
    /// Working days of a time, and the tokens that all of the people use on them if everybody uses everything.
    fn tokens(&self, scenario: &Scenario, (from, until): (Instant, Instant)) -> (u64, Tokens) {
        let (mut days, mut each) = (0, Tokens::ZERO);
        let mut day = Day::of(from);
        while day.midnight() < until {
            if self.works_on(day) {
                days += 1;
                let products = self.products.iter().map(|product| &scenario.setup.products[product.index()]);
                each += products.map(|product| product.rate(day.midnight())).sum();
            }
            day = day.plus(1);
        }
        let people = i64::try_from(self.people).expect("at most a million");
        (days, Tokens::from_thousandths(each.thousandths() * people))
    }

    fn works_on(&self, day: Day) -> bool {
        match self.habit {
            Some(Habit::Office(office)) => office.works_on(day),
            _ => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }
}

/// The people of a team: each group, and each user of their own.
fn staffs<'s>(scenario: &'s Scenario, ground: &Ground) -> Vec<Staff<'s>> {
    let is_daily = |product: &ProductId| {
        matches!(scenario.setup.products[product.index()].kind, ProductKind::Desktop | ProductKind::AddIn)
    };
    let mut staffs = Vec::new();
    for (place, group) in (0..).zip(&scenario.groups) {
        let people = scenario.simulated.iter().filter(|member| member.group == place).count() as u64;
        if people > 0 && group.teams.contains(&ground.team) {
            let products = group.products.iter().map(|product| product.id).filter(is_daily).collect();
            staffs.push(Staff { name: group.name.clone(), people, products, habit: Some(&group.habit) });
        }
    }
    let simulated: BTreeSet<UserId> = scenario.simulated.iter().map(|member| member.user).collect();
    for (user, of) in (0..).map(UserId).zip(&scenario.setup.users) {
        if simulated.contains(&user) || !of.teams.contains(&ground.team) {
            continue;
        }
        let products: BTreeSet<ProductId> = match &of.assignment {
            Assignment::Listed(products) => products.clone(),
            // Who may open everything is taken to use what the file lets them open.
            Assignment::All => opened(scenario, user),
        };
        let products: Vec<ProductId> = products.into_iter().filter(is_daily).collect();
        if !products.is_empty() {
            let name = scenario.directory.users.get(user.0).to_owned();
            staffs.push(Staff { name, people: 1, products, habit: None });
        }
    }
    staffs
}

fn opened(scenario: &Scenario, who: UserId) -> BTreeSet<ProductId> {
    let opened = scenario.timeline.iter().filter_map(|(_, request)| match request {
        Request::SignIn(sign_in) if sign_in.user == who => Some(sign_in.product),
        _ => None,
    });
    opened.collect()
}
