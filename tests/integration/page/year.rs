//! A year of a firm made by hand: what the page shows of 300 people in five teams, the same each time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use flexmeter::meter::tokens::Tokens;
use flexmeter::report::page::Latency;
use flexmeter::usage::balances::{Balance, CreditBalance, Event, NextExpiry, Share};
use flexmeter::usage::figures::{
    ConsumptionGroup, Cost, DayTokens, Overview, ProductUsage, RangeFigures, SignInHours, Usage, UserProduct,
    UserShare, UserUsage, VersionDays, VersionUsage, VersionUsers, Waste, WeekDays,
};

/// Teams, users and products whose names would be markup where a text is taken for it.
pub(crate) const TEAMS: [&str; 5] =
    ["Architecture", "Structures", "Plant design", "Visualisation", "\"quotes\" & 'more'"];
pub(crate) const SCRIPT: &str = "<script>alert(1)</script>";
pub(crate) const PRODUCTS: [(&str, &str, i64); 9] = [
    ("AutoCAD", "desktop", 7_000),
    ("Revit", "desktop", 10_000),
    ("O'Neil \"Pro\" </script>", "desktop", 6_000),
    ("3ds Max", "desktop", 6_000),
    ("Maya", "desktop", 6_000),
    ("Navisworks Manage", "desktop", 9_000),
    ("Mudbox", "desktop", 1_000),
    ("Rendering", "service", 500),
    ("Beams for Revit", "add-in", 3_000),
];
const PEOPLE: u64 = 300;
const VERSIONS: [&str; 3] = ["2027", "2026", "2025"];

/// A product used by somebody on a day of the year, the last being day 364.
struct Use {
    user: u64,
    team: usize,
    product: usize,
    day: u64,
}

impl Use {
    fn tokens(&self) -> Tokens {
        Tokens::from_thousandths(PRODUCTS[self.product].2)
    }

    fn date(&self) -> NaiveDate {
        first_day() + Days::new(self.day)
    }

    fn version(&self) -> &'static str {
        let switched = self.day > 150 + self.user % 100;
        match PRODUCTS[self.product].1 {
            "service" => "",
            _ => VERSIONS[usize::from(!switched) + usize::from(self.user.is_multiple_of(7))],
        }
    }
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 3, 9).expect("a date")
}

/// A number below `below` that looks like chance, and is the same each time.
fn chance(of: [u64; 3], below: u64) -> u64 {
    let mixed = of.into_iter().fold(0x9e37_79b9_7f4a_7c15_u64, |state, part| {
        let state = (state ^ part).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^ (state >> 29)
    });
    mixed % below
}

fn uses() -> Vec<Use> {
    let mut uses = Vec::new();
    for user in 0..PEOPLE {
        let team = usize::try_from(user % 5).expect("small");
        for product in (0..PRODUCTS.len()).filter(|product| chance([user, *product as u64, 1], 10) < 3) {
            let often = 5 + chance([user, product as u64, 2], 60);
            for day in 0..365 {
                let date = first_day() + Days::new(day);
                let works = date.weekday().num_days_from_monday() < 5 || chance([user, day, 3], 50) == 0;
                let away = date.month() == 8 && user % 3 > 0 || date.ordinal() > 357;
                if works && !away && chance([user, day, 4 + product as u64], 100) < often {
                    uses.push(Use { user, team, product, day });
                }
            }
        }
    }
    uses
}

fn name(user: u64) -> String {
    if user == 3 { SCRIPT.to_owned() } else { format!("user{user:03}@firm.example") }
}

fn total<'u>(uses: impl IntoIterator<Item = &'u Use>) -> Tokens {
    uses.into_iter().map(Use::tokens).sum()
}

fn a_month(tokens: Tokens, months: u32) -> Tokens {
    Tokens::from_thousandths(tokens.thousandths() / i64::from(months))
}

/// Uses by what they have in common, most tokens first.
fn by<'u, K: Ord>(uses: &[&'u Use], key: impl Fn(&Use) -> K) -> Vec<(K, Vec<&'u Use>)> {
    let mut groups: BTreeMap<K, Vec<&Use>> = BTreeMap::new();
    for of in uses {
        groups.entry(key(of)).or_default().push(of);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, uses)| std::cmp::Reverse(total(uses.iter().copied())));
    groups
}

fn users(uses: &[&Use]) -> u64 {
    uses.iter().map(|of| of.user).collect::<BTreeSet<_>>().len() as u64
}

fn days_used(uses: &[&Use]) -> u32 {
    u32::try_from(uses.iter().map(|of| of.day).collect::<BTreeSet<_>>().len()).expect("small")
}

fn groups(uses: &[&Use]) -> Vec<ConsumptionGroup> {
    let bounds = [("0–100", 100), ("101–500", 500), ("501–1000", 1_000), ("1001–2000", 2_000), ("2001–", 0)];
    let mut counts = [0; 5];
    for (_, uses) in by(uses, |of| of.user) {
        let tokens = total(uses);
        counts[bounds.iter().position(|(_, most)| tokens <= Tokens::whole(*most)).unwrap_or(4)] += 1;
    }
    let group = |((tokens, _), users)| ConsumptionGroup { tokens, users };
    bounds.into_iter().zip(counts).map(group).collect()
}

/// Every team and all of them, with every range.
pub(crate) fn views() -> Vec<Usage> {
    let uses = uses();
    let teams = std::iter::once(None).chain((0..TEAMS.len()).map(Some));
    let ranges = [("30d", 335, 365, 1), ("3m", 267, 357, 3), ("6m", 176, 357, 6), ("9m", 84, 357, 9)];
    let ranges = ranges.into_iter().chain([("12m", 0, 357, 12)]);
    let of_team = |team| ranges.clone().map(move |range| (team, range));
    teams.flat_map(of_team).map(|(team, range)| view(&uses, team, range)).collect()
}

fn view(uses: &[Use], team: Option<usize>, (name, from, after, months): (&str, u64, u64, u32)) -> Usage {
    let of_team: Vec<&Use> = uses.iter().filter(|of| team.is_none_or(|team| of.team == team)).collect();
    let of_range: Vec<&Use> = of_team.iter().copied().filter(|of| (from..after).contains(&of.day)).collect();
    let cost =
        |part: i64, count| Cost { tokens: Tokens::whole(total(of_team.clone()).thousandths() / part), count };
    Usage {
        title: "A design firm of 300 people".to_owned(),
        as_of: "2026-03-09T00:00:00Z".to_owned(),
        zone: "UTC".to_owned(),
        team: team.map(|team| TEAMS[team].to_owned()),
        range: RangeFigures {
            name: name.to_owned(),
            from: first_day() + Days::new(from),
            to: first_day() + Days::new(after - 1),
            days: u32::try_from(after - from).expect("small"),
            months,
        },
        overview: overview(&of_team, &of_range),
        products: products(&of_range, months),
        users: of_users(&of_range, months),
        versions: versions(&of_range),
        consumption_groups: groups(&of_range),
        waste: Waste { left_open: cost(90_000, 212), add_ins: cost(60_000, 1_340), expired: cost(70_000, 1) },
        sign_ins: Some(hours(&of_range)),
    }
}

fn overview(of_team: &[&Use], of_range: &[&Use]) -> Overview {
    let mut days = [[Tokens::ZERO; 2]; 365];
    for of in of_team {
        days[usize::try_from(of.day).expect("small")][usize::from(of.day < 120)] += of.tokens();
    }
    let day = |(day, [active_packs, expired_packs]): (u64, [Tokens; 2])| DayTokens {
        day: first_day() + Days::new(day),
        active_packs,
        expired_packs,
    };
    Overview {
        used_from_active_packs: total(of_team.iter().copied().filter(|of| of.day >= 120)),
        remaining: Tokens::from_thousandths(12_345_500),
        added_in_7_days: Tokens::whole(2_500),
        removed_in_7_days: Tokens::ZERO,
        days: (0..).zip(days).map(day).collect(),
        tokens: total(of_range.iter().copied()),
        products: by(of_range, |of| of.product).len() as u64,
        users: users(of_range),
    }
}

fn products(of_range: &[&Use], months: u32) -> Vec<ProductUsage> {
    let product = |(product, uses): (usize, Vec<&Use>)| ProductUsage {
        product: PRODUCTS[product].0.to_owned(),
        kind: PRODUCTS[product].1.to_owned(),
        users: users(&uses),
        tokens: total(uses.iter().copied()),
        tokens_per_month: a_month(total(uses.iter().copied()), months),
        consumption_groups: groups(&uses),
        versions: by(&uses, Use::version)
            .into_iter()
            .map(|(version, uses)| VersionUsers { version: version.to_owned(), users: users(&uses) })
            .collect(),
        by_user: by(&uses, |of| of.user)
            .into_iter()
            .map(|(user, uses)| (name(user), total(uses)))
            .map(|(user, tokens)| UserShare { user, tokens, tokens_per_month: a_month(tokens, months) })
            .collect(),
    };
    by(of_range, |of| of.product).into_iter().map(product).collect()
}

fn of_users(of_range: &[&Use], months: u32) -> Vec<UserUsage> {
    let of_product = |(product, uses): (usize, Vec<&Use>)| {
        let mut weeks: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        for of in &uses {
            let monday = of.date() - Days::new(of.date().weekday().num_days_from_monday().into());
            *weeks.entry(monday).or_default() += 1;
        }
        let version = |(version, uses): (&str, Vec<&Use>)| VersionDays {
            version: version.to_owned(),
            days_used: days_used(&uses),
            tokens: total(uses),
        };
        UserProduct {
            product: PRODUCTS[product].0.to_owned(),
            tokens: total(uses.iter().copied()),
            days_used: days_used(&uses),
            weeks: weeks.into_iter().map(|(week, days)| WeekDays { week, days }).collect(),
            versions: by(&uses, Use::version).into_iter().map(version).collect(),
        }
    };
    let user = |(user, uses): (u64, Vec<&Use>)| UserUsage {
        user: name(user),
        products: by(&uses, |of| of.product).len() as u64,
        tokens: total(uses.iter().copied()),
        tokens_per_month: a_month(total(uses.iter().copied()), months),
        days_used: days_used(&uses),
        by_product: by(&uses, |of| of.product).into_iter().map(of_product).collect(),
    };
    by(of_range, |of| of.user).into_iter().map(user).collect()
}

fn versions(of_range: &[&Use]) -> Vec<VersionUsage> {
    let version = |((product, version), uses): ((usize, &str), Vec<&Use>)| VersionUsage {
        product: PRODUCTS[product].0.to_owned(),
        version: version.to_owned(),
        users: users(&uses),
        days_used: uses.len() as u64,
        tokens: total(uses),
    };
    by(of_range, |of| (of.product, of.version())).into_iter().map(version).collect()
}

fn hours(of_range: &[&Use]) -> SignInHours {
    let mut hours = SignInHours { admitted: [[0; 24]; 7], refused: [[0; 24]; 7] };
    for of in of_range {
        let weekday = of.date().weekday().num_days_from_monday() as usize;
        for opening in 0..3 {
            let of = [of.user, of.day * 8 + opening, of.product as u64];
            let hour = 7 + chance(of, 4) + chance([of[0], of[1], of[2] + 50], 9);
            let hour = usize::try_from(hour).expect("small");
            let refused = weekday == 0 && chance([of[0], of[1], of[2] + 99], 12) == 0;
            let counted = if refused { &mut hours.refused } else { &mut hours.admitted };
            counted[weekday][hour] += 1;
        }
    }
    hours
}

/// What the teams have: one of them little, one of them nothing.
pub(crate) fn balances() -> Vec<Balance> {
    let uses = uses();
    let all: Vec<&Use> = uses.iter().filter(|of| of.day >= 275).collect();
    let balance = |(team, name_of_team): (usize, &&str)| {
        let of_team: Vec<&Use> = all.iter().copied().filter(|of| of.team == team).collect();
        let total_bought = Tokens::whole(120_000);
        let available = Tokens::whole([61_000, 18_240, 97_500, 0, 31_070][team]);
        let share = |(name, uses): (String, Vec<&Use>)| Share { name, tokens: total(uses) };
        let event = |at: &str, event: &str, tokens| Event {
            at: at.to_owned(),
            event: event.to_owned(),
            pack: format!("{name_of_team}-2026"),
            tokens,
        };
        Balance {
            held: Tokens::ZERO,
            expired: Tokens::ZERO,
            debt: Tokens::ZERO,
            team: (*name_of_team).to_owned(),
            as_of: "2026-03-09T00:00:00Z".to_owned(),
            available,
            used: total_bought + -available,
            total: total_bought,
            band: if team % 2 == 0 { "green" } else { "red" },
            next_expiry: (team != 3).then(|| NextExpiry {
                at: "2026-05-14T10:30:00Z".to_owned(),
                days: 66,
                tokens: Tokens::whole(1_250),
            }),
            expiring_in_90_days: if team == 3 { Tokens::ZERO } else { Tokens::whole(1_250) },
            events: vec![
                event("2026-03-04T09:00:00Z", "purchase", Tokens::whole(2_500)),
                event("2026-01-20T00:00:00Z", "expiry", Tokens::whole(-310)),
            ],
            products: by(&of_team, |of| PRODUCTS[of.product].0.to_owned()).into_iter().map(share).collect(),
            users: by(&of_team, |of| name(of.user)).into_iter().map(share).collect(),
        }
    };
    TEAMS.iter().enumerate().map(balance).collect()
}

/// A contract of shared cloud credits.
pub(crate) fn credits() -> CreditBalance {
    let share = |name: &str, tokens| Share { name: name.to_owned(), tokens: Tokens::whole(tokens) };
    CreditBalance {
        contract: "Cloud credits 2026".to_owned(),
        available: Tokens::whole(410),
        used: Tokens::whole(590),
        total: Tokens::whole(1_000),
        band: "green",
        services: vec![share("Rendering", 400), share("Generative design", 190)],
        users: vec![share(SCRIPT, 590)],
    }
}

/// How long decisions took.
pub(crate) fn latency() -> Latency {
    let percentiles = [("p50", 310), ("p90", 540), ("p95", 680), ("p99", 1_430), ("p99.9", 5_800)];
    Latency {
        what: "time the metering core took for a decision on a sign-in".to_owned(),
        count: 271_403,
        max: 48_250,
        percentiles: percentiles.map(|(name, nanoseconds)| (name.to_owned(), nanoseconds)).into(),
    }
}
