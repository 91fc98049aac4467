//! Which packs to buy when: against brute force, against the meter, against quantiles; and the command.

use std::collections::BTreeMap;

use flexmeter::forecast::demand::Draw;
use flexmeter::forecast::plan::cheapest::Futures;
use flexmeter::forecast::plan::ground::{Date, Ground, Lot};
use flexmeter::forecast::plan::purchases::{Lots, Purchases};
use flexmeter::meter::id::TeamId;
use flexmeter::meter::instant::Instant;
use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::price_list::{Money, PackOffer};

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
