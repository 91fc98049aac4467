//! `DailyUse`: tokens by day and product, of the past or of a future.

use std::error::Error;
use std::sync::Arc;

use crate::forecast::history::History;
use crate::forecast::past_use::PastUse;
use crate::meter::record::{ChargeRecord, Record};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::simulation::recorder::{Detail, Observer, Recorder, Stopped};
use crate::simulation::replay;

/// Tokens by day and product.
#[derive(Clone, Debug)]
pub(crate) struct DailyUse {
    /// The products.
    pub(crate) products: Vec<String>,
    first: Day,
    days: usize,
    /// For each product, each day.
    tokens: Vec<Vec<Tokens>>,
}

impl DailyUse {
    fn new(products: Vec<String>, (first, days): (Day, usize)) -> Self {
        let tokens = vec![vec![Tokens::ZERO; days]; products.len()];
        DailyUse { products, first, days, tokens }
    }

    /// What was used on some days: products of a history first, then those that are new.
    pub(crate) fn of_past(past: &PastUse, history: &History, days: (Day, usize)) -> Self {
        let mut products: Vec<String> = history.products.iter().map(|product| product.name.clone()).collect();
        let later = past.rows.iter().filter(|row| row.day >= days.0);
        for row in later.clone() {
            if !products.contains(&row.product) {
                products.push(row.product.clone());
            }
        }
        let mut used = DailyUse::new(products, days);
        for row in later {
            let product = used.products.iter().position(|known| *known == row.product).expect("listed above");
            let rate = history.products.get(product).map_or(Tokens::ZERO, |product| product.rate.tokens);
            used.add(product, row.day, row.tokens.unwrap_or(rate));
        }
        used
    }

    fn add(&mut self, product: usize, day: Day, tokens: Tokens) {
        let place = usize::try_from(day.0 - self.first.0).ok().filter(|place| *place < self.days);
        if let Some(place) = place {
            self.tokens[product][place] += tokens;
        }
    }

    /// The tokens of some days; of one product, or of all.
    pub(crate) fn sum(&self, product: Option<usize>, days: &[usize]) -> Tokens {
        let of = |tokens: &Vec<Tokens>| days.iter().map(|day| tokens[*day]).sum::<Tokens>();
        match product {
            // A product that nobody used before is in no future.
            Some(product) => self.tokens.get(product).map_or(Tokens::ZERO, of),
            None => self.tokens.iter().map(of).sum(),
        }
    }
}

/// What one replication of a scenario uses, in the products of a history.
///
/// # Errors
/// Where the replay ends early.
pub(crate) fn of_future(
    scenario: &Arc<Scenario>,
    history: &History,
    days: (Day, usize),
    observer: &dyn Observer,
) -> Result<DailyUse, Stopped> {
    let names: Vec<String> = history.products.iter().map(|product| product.name.clone()).collect();
    let places = scenario.directory.products.iter().map(|name| names.iter().position(|known| known == name));
    let mut gathered = Gathered { places: places.collect(), used: DailyUse::new(names.clone(), days) };
    replay::run(scenario, &mut gathered, observer)?;
    Ok(gathered.used)
}

struct Gathered {
    /// The place of each product of the scenario.
    places: Vec<Option<usize>>,
    used: DailyUse,
}

impl Gathered {
    fn charge(&mut self, charge: &ChargeRecord) {
        if let Some(product) = self.places[charge.product.index()] {
            self.used.add(product, Day::of(charge.window_start), charge.tokens);
        }
    }
}

impl Recorder for Gathered {
    fn wants(&self) -> Detail {
        Detail::Charges
    }

    fn take(&mut self, rows: Vec<Record>) -> Result<(), Box<dyn Error + Send + Sync>> {
        for row in rows {
            if let Record::Charge(charge) = row {
                self.charge(&charge);
            }
        }
        Ok(())
    }
}
