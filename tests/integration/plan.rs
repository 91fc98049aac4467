//! Which packs to buy when: against brute force, against the meter, against quantiles; and the command.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use flexmeter::forecast::demand;
use flexmeter::forecast::demand::Draw;
use flexmeter::forecast::future;
use flexmeter::forecast::future::Asked;
use flexmeter::forecast::months::Months;
use flexmeter::forecast::plan::cheapest::Futures;
use flexmeter::forecast::plan::ground::{Date, Ground, Lot};
use flexmeter::forecast::plan::purchases::{Lots, Purchases};
use flexmeter::forecast::replications::replicate;
use flexmeter::forecast::supply;
use flexmeter::meter::id::TeamId;
use flexmeter::meter::instant::{Instant, Span};
use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::price_list::{Money, PackOffer};

use crate::support::{flexmeter, scenario, stderr, stdout};

/// Numbers that look random and are the same on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn whole(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.next(u64::try_from(to - from + 1).expect("a range"))).expect("small")
    }
}

fn day(day: i64) -> Instant {
    Instant::from_seconds(day * 86_400)
}

fn tokens(tokens: i64) -> Tokens {
    Tokens::whole(tokens)
}

/// A draw, or what comes back.
fn draw(at: i64, whole: i64) -> Draw {
    Draw { at: Instant::from_seconds(at), tokens: tokens(whole), is_late: false, pair: None }
}

/// A small ground: at most three dates, at most three sizes, prices that change, packs from before.
fn ground(chance: &mut Chance) -> Ground {
    let lots = (0..chance.next(3))
        .map(|_| Lot { expires: day(chance.whole(5, 110)), tokens: tokens(chance.whole(1, 25)) });
    let stock = lots.collect();
    let mut sizes = vec![10, 20, 50];
    sizes.truncate(usize::try_from(chance.whole(1, 3)).expect("small"));
    let mut at = 0;
    let dates = (0..chance.whole(1, 3)).map(|_| {
        let here = at;
        at += chance.whole(10, 40);
        let per_token = chance.whole(28, 32) * 100;
        let packs = sizes.iter().map(|size| {
            let discount = if *size == 50 { chance.whole(0, 20) } else { 0 };
            PackOffer { tokens: tokens(*size), price: Money(size * per_token * (100 - discount) / 100) }
        });
        let packs = packs.collect();
        let lasts = if chance.next(2) == 0 { 365 } else { chance.whole(20, 60) };
        Date { at: day(here), expires: day(here + lasts), packs }
    });
    Ground { team: TeamId(0), dates: dates.collect(), end: day(100), stock }
}

/// The draws of one future: charges, openings that come to nothing, failed results, late ones.
fn future(chance: &mut Chance) -> Vec<Draw> {
    let mut draws = Vec::new();
    for pair in 0..u32::try_from(chance.whole(4, 14)).expect("small") {
        // On full days often enough to meet purchases and ends.
        let at = chance.whole(0, 99) * 86_400 + if chance.next(3) == 0 { 0 } else { chance.whole(1, 86_000) };
        let rate = chance.whole(1, 9);
        match chance.next(6) {
            0 => {
                let back = at + if chance.next(2) == 0 { 0 } else { chance.whole(1, 200_000) };
                draws.push(Draw { pair: Some(pair), ..draw(at, rate) });
                draws.push(Draw { pair: Some(pair), ..draw(back, -rate) });
            }
            1 if chance.next(3) == 0 => draws.push(Draw { is_late: true, ..draw(at, rate) }),
            _ => draws.push(draw(at, rate)),
        }
    }
    let taken: BTreeMap<Option<u32>, Instant> =
        draws.iter().filter(|draw| draw.tokens > Tokens::ZERO).map(|draw| (draw.pair, draw.at)).collect();
    let is_before = |draw: &Draw| draw.tokens < Tokens::ZERO && taken[&draw.pair] < draw.at;
    draws.sort_by_key(|draw| (draw.at, !is_before(draw)));
    draws
}

/// One pack in the plainest way there is.
#[derive(Clone)]
struct Pack {
    expires: Instant,
    left: Tokens,
    over: bool,
}

/// The plainest life of a balance: draw by draw, pack by pack. Whether somebody is refused, and what expires.
fn plainly(ground: &Ground, draws: &[Draw], bought: &[Tokens]) -> (bool, Tokens) {
    let mut packs: Vec<Pack> =
        ground.stock.iter().map(|lot| Pack { expires: lot.expires, left: lot.tokens, over: false }).collect();
    // Of one instant: 0 ends, 1 what comes back from before, 2 purchases, 3 the rest.
    let mut steps: Vec<(Instant, u8, usize)> = Vec::new();
    let ends = ground.stock.iter().map(|lot| lot.expires).chain(ground.dates.iter().map(|date| date.expires));
    steps.extend(ends.filter(|end| *end < ground.end).map(|end| (end, 0, 0)));
    steps.extend(ground.dates.iter().enumerate().map(|(place, date)| (date.at, 2, place)));
    for (place, draw) in draws.iter().enumerate() {
        let from_before = draw.tokens < Tokens::ZERO
            && !draws[..place].iter().any(|other| other.at == draw.at && other.pair == draw.pair);
        steps.push((draw.at, if from_before { 1 } else { 3 }, place));
    }
    steps.sort_by_key(|(at, phase, _)| (*at, *phase));
    let (mut short, mut expired) = (false, Tokens::ZERO);
    let mut out: BTreeMap<u32, Vec<(usize, Tokens)>> = BTreeMap::new();
    for (at, phase, place) in steps {
        match phase {
            0 => {
                for pack in packs.iter_mut().filter(|pack| pack.expires <= at) {
                    expired += std::mem::take(&mut pack.left);
                    pack.over = true;
                }
            }
            2 => packs.push(Pack { expires: ground.dates[place].expires, left: bought[place], over: false }),
            _ if draws[place].tokens < Tokens::ZERO => {
                let pair = draws[place].pair.expect("it was taken");
                for (pack, tokens) in out.remove(&pair).unwrap_or_default() {
                    if packs[pack].over {
                        expired += tokens;
                    } else {
                        packs[pack].left += tokens;
                    }
                }
            }
            _ => {
                let Draw { tokens, is_late, pair, .. } = draws[place];
                let balance: Tokens = packs.iter().map(|pack| pack.left).sum();
                if balance < tokens && !is_late {
                    short = true;
                    continue;
                }
                let mut open = tokens.min(balance);
                let mut order: Vec<usize> = (0..packs.len()).collect();
                order.sort_by_key(|pack| packs[*pack].expires);
                for pack in order {
                    let taken = open.min(packs[pack].left);
                    packs[pack].left -= taken;
                    open -= taken;
                    if let Some(pair) = pair {
                        out.entry(pair).or_default().push((pack, taken));
                    }
                }
            }
        }
    }
    (short, expired)
}

/// Everything that can be bought on the dates from one on, with what it costs.
fn all(ground: &Ground, most: i64) -> Vec<(Money, Vec<Tokens>)> {
    let mut plans = vec![(Money(0), Vec::new())];
    for date in &ground.dates {
        let mut cheapest: BTreeMap<Tokens, Money> = BTreeMap::from([(Tokens::ZERO, Money(0))]);
        let mut amounts: Vec<(Tokens, Money)> = vec![(Tokens::ZERO, Money(0))];
        while let Some((amount, price)) = amounts.pop() {
            for pack in &date.packs {
                let (more, cost) = (amount + pack.tokens, price + pack.price);
                if more <= tokens(most) && cheapest.get(&more).is_none_or(|known| cost < *known) {
                    cheapest.insert(more, cost);
                    amounts.push((more, cost));
                }
            }
        }
        let longer = plans.iter().flat_map(|(cost, plan)| {
            cheapest
                .iter()
                .map(move |(amount, price)| (*cost + *price, plan.iter().copied().chain([*amount]).collect()))
        });
        plans = longer.collect();
    }
    plans
}

#[test]
fn small_cases_are_planned_as_by_brute_force() {
    let (mut planned, mut in_vain, mut with_ends) = (0, 0, 0);
    for case in 0..60 {
        let chance = &mut Chance(case);
        let ground = ground(chance);
        let futures: Vec<Vec<Draw>> = (0..8).map(|_| future(chance)).collect();
        let short_max = usize::try_from(chance.next(3)).expect("small");
        let of = Futures::new(ground.clone(), futures.iter().map(Vec::as_slice));
        let found = of.cheapest(short_max);
        assert!(found.is_proven, "case {case} is small");
        let most = 120;
        let mut best: Option<(Money, Tokens, Vec<Tokens>, usize)> = None;
        for (cost, plan) in all(&ground, most) {
            if best.as_ref().is_some_and(|(least, ..)| cost > *least) {
                continue;
            }
            let fates: Vec<_> = futures.iter().map(|draws| plainly(&ground, draws, &plan)).collect();
            let short = fates.iter().filter(|(short, _)| *short).count();
            // What expires is told only of futures that nobody leaves: elsewhere a refused draw is counted in another way.
            let expired = fates.iter().map(|(_, expired)| *expired).sum();
            let better = best.as_ref().is_none_or(|(c, e, p, _)| (cost, expired, &plan) < (*c, *e, p));
            if short <= short_max && better {
                best = Some((cost, expired, plan, short));
            }
        }
        let shown = format!("case {case}: {ground:?}");
        match (&found.purchases, &best) {
            (None, None) => in_vain += 1,
            (Some(purchases), Some((cost, _, plan, short))) => {
                assert_eq!(purchases.cost(), *cost, "{shown}\n{purchases:?}\n{plan:?}");
                assert!(found.bound <= *cost, "{shown}");
                assert!(found.short <= short_max, "{shown}");
                if short_max == 0 {
                    let amounts: Vec<Tokens> = ground
                        .dates
                        .iter()
                        .map(|date| {
                            purchases.0.iter().filter(|lots| lots.at == date.at).map(Lots::size).sum()
                        })
                        .collect();
                    assert_eq!(&amounts, plan, "{shown}");
                    assert_eq!(found.short, *short, "{shown}");
                }
                planned += 1;
                with_ends += usize::from(ground.dates.iter().any(|date| date.expires < ground.end));
            }
            (found, best) => panic!("{shown}: found {found:?}, best {best:?}"),
        }
    }
    assert!(planned >= 30 && with_ends >= 10, "{planned} planned, {with_ends} with ends, {in_vain} in vain");
}

#[test]
fn futures_are_shortened_without_loss() {
    let mut short = 0;
    for case in 0..400 {
        let chance = &mut Chance(1000 + case);
        let ground = ground(chance);
        let futures: Vec<Vec<Draw>> = (0..6).map(|_| future(chance)).collect();
        let of = Futures::new(ground.clone(), futures.iter().map(Vec::as_slice));
        for _ in 0..4 {
            let amounts: Vec<Tokens> = ground.dates.iter().map(|_| tokens(chance.whole(0, 40))).collect();
            let lots = ground.dates.iter().zip(&amounts).map(|(date, amount)| Lots {
                at: date.at,
                expires: date.expires,
                tokens: *amount,
                count: 1,
                price: Money(0),
            });
            let fared = of.fare(&Purchases(lots.collect()));
            for (future, (draws, fared)) in futures.iter().zip(&fared.short).enumerate() {
                let (plain, _) = plainly(&ground, draws, &amounts);
                assert_eq!(*fared, plain, "case {case}, future {future}: {ground:?}\n{amounts:?}\n{draws:?}");
                short += usize::from(plain);
            }
            let fates = futures.iter().map(|draws| plainly(&ground, draws, &amounts)).collect::<Vec<_>>();
            if fates.iter().all(|(short, _)| !short) {
                assert_eq!(fared.expired, fates.iter().map(|(_, expired)| *expired).sum(), "case {case}");
            }
        }
    }
    assert!((1000..8000).contains(&short), "{short} of 9600 run short");
}

#[test]
fn a_single_purchase_at_the_start_is_the_quantile_of_demand() {
    for case in 0..20 {
        let chance = &mut Chance(case);
        let offer = |size: i64| PackOffer { tokens: tokens(size), price: Money(size * 3000) };
        let date = Date { at: day(0), expires: day(365), packs: vec![offer(10), offer(50)] };
        let ground = Ground { team: TeamId(0), dates: vec![date], end: day(365), stock: Vec::new() };
        let future = |chance: &mut Chance| -> Vec<Draw> {
            let mut draws: Vec<Draw> = (0..chance.whole(20, 200))
                .map(|_| draw(chance.whole(0, 31_000_000), chance.whole(1, 10)))
                .collect();
            draws.sort_by_key(|draw| draw.at);
            draws
        };
        let futures: Vec<Vec<Draw>> = (0..200).map(|_| future(chance)).collect();
        let mut totals: Vec<Tokens> =
            futures.iter().map(|draws| draws.iter().map(|draw| draw.tokens).sum()).collect();
        totals.sort_unstable();
        // With a risk of 5 % ten of 200 may run short: the 190th has enough.
        let quantile = totals[189];
        let of = Futures::new(ground, futures.iter().map(Vec::as_slice)).cheapest(10);
        let size = of.purchases.expect("enough can be bought").size();
        assert!(size >= quantile && size < quantile + tokens(10), "{size} for {quantile}");
    }
}

/// A small firm: short sessions that are free, a pack that ends, a service that fails, a user without connection.
const FIRM: &str = r#"
title = "A small firm"
start = 2026-03-01T00:00:00Z
end = 2026-06-01T00:00:00Z
[[product]]
name = "Render"
kind = "service"
rate = 2.5
[[team]]
name = "Lab"
packs = [
    { id = "old", tokens = 150, bought = 2025-03-20T10:00:00Z },
    { id = "new", tokens = 100, bought = 2025-09-01T10:00:00Z },
]
[[user]]
name = "ada"
teams = ["Lab"]
products = ["Render", "Revit"]
[[group]]
name = "probe"
team = "Lab"
count = 3
products = ["AutoCAD", "Mudbox"]
habit = "probe"
[habit.probe]
kind = "poisson"
per_day = 0.6
session = { exponential = "12m" }
[[step]]
at = 2026-03-14T09:00:00Z
do = "sign-in"
user = "ada"
product = "Revit"
[[step]]
at = 2026-03-14T09:30:00Z
do = "go-offline"
user = "ada"
device = "desktop"
[[step]]
at = 2026-03-15T09:10:00Z
do = "go-online"
user = "ada"
device = "desktop"
[[step]]
at = 2026-03-15T10:00:00Z
do = "sign-out"
user = "ada"
product = "Revit"
[[step]]
at = 2026-04-02T00:00:00Z
do = "use"
user = "ada"
product = "Render"
units = 4
outcome = "failed"
[[step]]
at = 2026-05-10T09:00:00Z
do = "buy"
team = "Lab"
pack = { id = "later", tokens = 500 }
"#;

/// Short of tokens on the exact meter: whether somebody is refused, or their session ends.
fn is_short(replication: &Arc<Scenario>) -> bool {
    let asked =
        Asked { team: None, cured_within: Span::from_seconds(3600), months: Months::of_run(replication) };
    let future = future::of(replication, &asked, &Unwatched).expect("it ends");
    future.ran_out().is_some()
}

/// Nobody watches.
struct Unwatched;

impl flexmeter::simulation::recorder::Observer for Unwatched {
    fn advanced(&self, _: flexmeter::simulation::recorder::Advance) {}

    fn stops(&self) -> bool {
        false
    }
}

#[test]
fn whether_tokens_are_short_is_told_as_by_the_meter() {
    let firm = scenario(FIRM);
    let first = |month: u32| {
        let midnight = format!("2026-{month:02}-01T00:00:00Z");
        flexmeter::scenario::calendar::from_iso(&midnight).expect("an instant")
    };
    let dates = [first(3), first(4), first(5)];
    let ground = Ground::new(&firm, TeamId(0), &dates);
    assert_eq!(ground.stock.len(), 2, "what is bought later does not count");
    let demands = replicate(&supply::unlimited(&firm), 0..25, |replication| {
        Ok(demand::of(replication, &Unwatched)?.teams[0].clone())
    });
    let demands = demands.expect("they end");
    assert!(demands.iter().flatten().any(|draw| draw.tokens < Tokens::ZERO), "something comes back");
    let futures = Futures::new(ground.clone(), demands.iter().map(Vec::as_slice));
    let mut seen = [0, 0];
    for amounts in
        [[0, 0, 0], [200, 200, 200], [250, 250, 200], [150, 300, 250], [300, 150, 150], [250, 250, 300]]
    {
        let bought = ground.dates.iter().zip(amounts).filter(|(_, amount)| *amount > 0);
        let lots = bought.map(|(date, amount)| Lots {
            at: date.at,
            expires: date.expires,
            tokens: tokens(amount),
            count: 1,
            price: Money(0),
        });
        let purchases = Purchases(lots.collect());
        let packs = purchases.0.iter().map(|lots| supply::Purchase {
            team: TeamId(0),
            at: lots.at,
            tokens: lots.tokens,
            expires: lots.expires,
        });
        let supplied = supply::bought(&firm, &packs.collect::<Vec<_>>());
        let metered = replicate(&supplied, 0..25, |replication| Ok(is_short(replication))).expect("they end");
        assert_eq!(futures.fare(&purchases).short, metered, "with {amounts:?}");
        for short in metered {
            seen[usize::from(short)] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count >= 20), "both happen: {seen:?}");
}

fn plan(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let all: Vec<&str> = ["plan", "firm.toml", "--quiet", "--runs", "40"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    let output = flexmeter(folder, &all);
    (output.status.code(), stdout(&output), stderr(&output))
}

/// A folder with a file.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("firm.toml"), text).expect("written");
    folder
}

#[test]
fn the_command_says_what_to_buy() {
    let prices = "[[price]]\ncurrency = \"EUR\"\npacks = [20, { tokens = 100, discount = 0.1 }]\n";
    let folder = folder(&format!("{FIRM}{prices}"));
    let (code, text, errors) = plan(folder.path(), &["--risk", "10%", "--page", "plan.html"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    for part in [
        "What to buy",
        "Next: on 2026-0",
        "rule of thumb",
        "the file's own purchases",
        "who knows the future",
        "EUR",
        "10 %",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(!text.contains("Prices:"), "it has prices:\n{text}");
    let page = fs::read_to_string(folder.path().join("plan.html")).expect("a page");
    assert!(page.contains("What risk costs"));
    let (_, again, _) = plan(folder.path(), &["--risk", "10%"]);
    assert_eq!(again, text, "the same file and seed, the same answer");
    let (_, csv, _) = plan(folder.path(), &["--risk", "10%", "--format", "csv"]);
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(
        rows.headers().expect("a header").iter().collect::<Vec<_>>(),
        ["date", "team", "pack_tokens", "count", "price_each", "total", "currency"]
    );
    let (_, json, _) = plan(folder.path(), &["--risk", "10%", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let money = |text: &str| text.parse::<f64>().expect("money");
    let total: f64 = rows.records().map(|row| money(&row.expect("a row")[5])).sum();
    let cost = money(json["judged"]["cost"].as_str().expect("money"));
    assert!((cost - total).abs() < 0.01, "the rows cost {total}, the plan {cost}");
    assert!(json["judged"]["short"]["value"].as_f64().expect("a share") <= 0.25, "{}", json["judged"]);
    let gap = json["clairvoyant"]["gap"]["value"].as_f64().expect("money");
    assert!(gap > 0.0 && gap < total, "who knows the future pays less: {gap} of {total}");
}

/// What a plan is judged by is what a forecast says of a file that buys it, future by future.
#[test]
fn a_plan_is_judged_as_a_forecast_of_its_purchases() {
    const RUNS: u64 = 60;
    let firm = format!("{FIRM}\n[[price]]\npacks = [10, 50]\n");
    let folder = folder(&firm);
    let asked = "plan firm.toml --risk 20% --buy quarterly --runs 60 --format json --quiet".split(' ');
    let told = flexmeter(folder.path(), &asked.collect::<Vec<_>>());
    let plan: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    // The plan takes the place of the file's own purchase, its last step.
    let (rest, _) = FIRM.rsplit_once("[[step]]").expect("steps");
    let mut bought = format!("{rest}[[price]]\npacks = [10, 50]\n");
    let lots = plan["purchases"].as_array().expect("purchases");
    assert!(!lots.is_empty());
    for (place, lot) in lots.iter().enumerate() {
        for pack in 0..lot["count"].as_u64().expect("a count") {
            bought += &format!(
                "[[step]]\nat = {}\ndo = \"buy\"\nteam = \"Lab\"\npack = {{ id = \"b{place}-{pack}\", tokens = {} }}\n",
                lot["at"].as_str().expect("an instant"),
                lot["tokens"].as_str().expect("an amount")
            );
        }
    }
    std::fs::write(folder.path().join("bought.toml"), &bought).expect("written");
    let seed = (plan["seed"].as_u64().expect("a seed") + 2 * RUNS).to_string();
    let asked = ["forecast", "bought.toml", "--runs", "60", "--seed", &seed, "--format", "json", "--quiet"];
    let told = flexmeter(folder.path(), &asked);
    let forecast: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let refused = forecast["refusals"].as_array().expect("reasons");
    let short = refused.iter().find(|of| of["reason"] == "insufficient-tokens").expect("some are refused");
    assert_eq!(plan["judged"]["short"], short["chance"]);
    assert_eq!(plan["judged"]["refusals"], short["true_mean"]);
    assert_eq!(plan["judged"]["expired"], forecast["expired"]["mean"]);
    assert!(plan["judged"]["short"]["value"].as_f64() > Some(0.0), "otherwise nothing is compared");
}

#[test]
fn what_cannot_be_planned_is_explained() {
    let cases: [(&str, String, &[&str], &[&str]); 8] = [
        (
            "a date after the first need",
            FIRM.replace("tokens = 150", "tokens = 1").replace("tokens = 100", "tokens = 1"),
            &["--buy", "2026-05-01"],
            &[
                "no plan can meet a risk of 5 %",
                "in 100.0 % of futures",
                "before the first purchase, on 2026-05-01",
                "--buy",
            ],
        ),
        ("no date", FIRM.to_owned(), &["--buy", "2030-01-01"], &["no date of --buy lies within the run"]),
        (
            "not a date",
            FIRM.to_owned(),
            &["--buy", "weekly"],
            &["`weekly` is not an instant", "start, monthly, quarterly"],
        ),
        ("no team of that name", FIRM.to_owned(), &["--team", "Lob"], &["no team is called `Lob`"]),
        (
            "several teams",
            format!("{FIRM}[[team]]\nname = \"Shop\"\n"),
            &[],
            &["a plan is for one team; choose --team of Lab, Shop"],
        ),
        (
            "teams that share a user",
            format!(
                "{FIRM}[[team]]\nname = \"Shop\"\n[[user]]\nname = \"bo\"\nteams = [\"Shop\", \"Lab\"]\n"
            ),
            &["--team", "Lab"],
            &["shares users, contracts or packs with Shop", "which of them pays"],
        ),
        ("no risk", FIRM.to_owned(), &["--risk", "0"], &["must be a share above 0 and below 1"]),
        ("too few runs", FIRM.to_owned(), &["--runs", "5"], &["20..=100000"]),
    ];
    for (name, text, arguments, said) in cases {
        let folder = folder(&text);
        let all: Vec<&str> =
            ["plan", "firm.toml", "--quiet"].into_iter().chain(arguments.iter().copied()).collect();
        let all = if arguments.contains(&"--runs") { all } else { [all, vec!["--runs", "20"]].concat() };
        let output = flexmeter(folder.path(), &all);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stdout(&output));
        for part in said {
            assert!(stderr(&output).contains(part), "{name}: {part} in:\n{}", stderr(&output));
        }
    }
}

#[test]
fn nothing_is_bought_for_nobody() {
    let idle = "start = 2026-03-01T00:00:00Z\nend = 2026-06-01T00:00:00Z\n[[team]]\nname = \"Lab\"\n";
    let (code, text, errors) = plan(folder(idle).path(), &[]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(text.contains("nothing needs to be bought"), "{text}");
    assert!(text.contains("how large they are is not published"), "{text}");
    let (_, csv, _) = plan(folder(idle).path(), &["--format", "csv"]);
    assert_eq!(csv, "date,team,pack_tokens,count,price_each,total,currency\n");
}
