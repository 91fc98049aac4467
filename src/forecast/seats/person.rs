//! One person's choices: product by product, then collections.

use std::collections::BTreeMap;

use crate::forecast::seats::offer::Offer;
use crate::forecast::seats::plan::{Candidate, Decision, Grid, Plan, months_worth};
use crate::forecast::seats::windows::Stretches;
use crate::meter::id::ProductId;
use crate::scenario::price_list::Money;

/// What is the same for everybody.
pub(crate) struct Terms {
    /// How the run is divided.
    pub(crate) stretches: Stretches,
    /// How many months it touches.
    pub(crate) months: usize,
    /// What a window costs in each stretch, by product.
    pub(crate) units: BTreeMap<ProductId, Vec<Money>>,
    /// What is offered for products and collections.
    pub(crate) offers: BTreeMap<ProductId, Offer>,
    /// The products that each collection which is offered covers.
    pub(crate) collections: BTreeMap<ProductId, Vec<ProductId>>,
}

/// One choice of a person.
pub(crate) struct Decided {
    /// The product or collection that the choice is about.
    pub(crate) product: ProductId,
    /// The products of the collection that are used; none for a product.
    pub(crate) members: Vec<ProductId>,
    /// Windows by future.
    pub(crate) windows: Vec<u32>,
    /// Windows of all futures, by month.
    pub(crate) by_month: Vec<u64>,
    /// What it all costs with tokens, by future.
    pub(crate) tokens: Vec<Money>,
    /// What was decided.
    pub(crate) decision: Decision,
    /// The collection that was chosen instead.
    pub(crate) within: Option<ProductId>,
}

/// A product on its own, and what the choice of a collection needs to know of it.
struct Single {
    decided: Decided,
    /// What months cost with the best choice month by month.
    mixed: Grid,
    /// The same for somebody who knows the future.
    foreseen: Grid,
}

/// What a person decides on what is offered; products first, then collections.
pub(crate) fn decide(terms: &Terms, used: &BTreeMap<ProductId, Vec<u8>>) -> Vec<Decided> {
    let mut singles: BTreeMap<ProductId, Single> =
        used.iter().map(|(product, counts)| (*product, single(terms, *product, counts))).collect();
    let mut collections: Vec<Decided> = Vec::new();
    let mut offered: Vec<ProductId> = terms.collections.keys().copied().collect();
    // The collection that saves most goes first; what it covers is no matter of another.
    loop {
        let free = |collection: &ProductId| -> Vec<ProductId> {
            let members = terms.collections[collection].iter().copied();
            let is_free =
                |member: &ProductId| singles.get(member).is_some_and(|of| of.decided.within.is_none());
            members.filter(is_free).collect()
        };
        let choices = offered.iter().map(|of| (*of, free(of))).filter(|(_, members)| !members.is_empty());
        let mut choices: Vec<Decided> =
            choices.map(|(of, members)| together(terms, (of, members), &singles)).collect();
        let best = choices.iter().enumerate().filter(|(_, of)| of.decision.chosen > 0);
        let Some((best, _)) = best.max_by_key(|(place, of)| (of.decision.extra(), usize::MAX - place)) else {
            // Of what is not worth it only what covers several products is told.
            choices.retain(|of| of.members.len() > 1);
            collections.extend(choices);
            break;
        };
        let best = choices.swap_remove(best);
        for member in &best.members {
            singles.get_mut(member).expect("a product that is used").decided.within = Some(best.product);
        }
        offered.retain(|of| *of != best.product);
        collections.push(best);
    }
    singles.into_values().map(|single| single.decided).chain(collections).collect()
}

fn single(terms: &Terms, product: ProductId, counts: &[u8]) -> Single {
    let units = &terms.units[&product];
    let futures = counts.len() / terms.stretches.count();
    let mut grid = Grid { months: terms.months, cells: vec![Money::default(); futures * terms.months] };
    let mut windows = vec![0; futures];
    let mut by_month = vec![0; terms.months];
    for (future, counts) in counts.chunks(terms.stretches.count()).enumerate() {
        for (stretch, count) in counts.iter().enumerate() {
            let month = terms.stretches.month(stretch);
            grid.cells[future * terms.months + month] += Money(units[stretch].0 * i64::from(*count));
            windows[future] += u32::from(*count);
            by_month[month] += u64::from(*count);
        }
    }
    let tokens = grid.totals();
    let none = Offer { months: vec![None; terms.months], ..Offer::default() };
    let offer = terms.offers.get(&product).unwrap_or(&none);
    let without = Candidate::new(Plan::Tokens, tokens.clone());
    let decision = Decision::of(without, offer, (&grid, &grid));
    let (mixed, foreseen) = (grid.subscribed(offer, &months_worth(offer, &grid)), grid.foreseen(offer));
    let decided = Decided { product, members: Vec::new(), windows, by_month, tokens, decision, within: None };
    Single { decided, mixed, foreseen }
}

/// A collection for products that are otherwise paid for one by one.
fn together(
    terms: &Terms,
    (collection, members): (ProductId, Vec<ProductId>),
    singles: &BTreeMap<ProductId, Single>,
) -> Decided {
    let mut of_members = members.iter().map(|member| &singles[member]);
    let first = of_members.next().expect("a member that is used");
    let (mut mixed, mut foreseen) = (first.mixed.clone(), first.foreseen.clone());
    let mut windows = first.decided.windows.clone();
    let mut by_month = first.decided.by_month.clone();
    let mut tokens = first.decided.tokens.clone();
    let mut apart = first.decided.decision.choice().futures.clone();
    let mut best = first.decided.decision.foreseen.clone();
    for of in of_members {
        mixed.add(&of.mixed);
        foreseen.add(&of.foreseen);
        add(&mut windows, &of.decided.windows);
        add(&mut by_month, &of.decided.by_month);
        add(&mut tokens, &of.decided.tokens);
        add(&mut apart, &of.decided.decision.choice().futures);
        add(&mut best, &of.decided.decision.foreseen);
    }
    let without = Candidate::new(Plan::Apart, apart);
    let mut decision = Decision::of(without, &terms.offers[&collection], (&mixed, &foreseen));
    for (known, apart) in decision.foreseen.iter_mut().zip(best) {
        *known = apart.min(*known);
    }
    Decided { product: collection, members, windows, by_month, tokens, decision, within: None }
}

fn add<T: Copy + std::ops::AddAssign>(sums: &mut [T], others: &[T]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += *other;
    }
}
