//! `Offer`: what a subscription costs over a run, month by month and for a year at a time.

use chrono::Months as CalendarMonths;

use crate::forecast::months::Months;
use crate::meter::id::ProductId;
use crate::meter::instant::{Instant, Span};
use crate::scenario::Scenario;
use crate::scenario::calendar::utc;
use crate::scenario::price_list::{Money, SubscriptionOffer};

/// What a subscription for a product costs over a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    /// A month's price, in force where it is first sold: for a whole month.
    pub(crate) month: Option<Money>,
    /// What it costs in each calendar month, where it is sold by the month then. Of a month that the run holds a part
    /// of, the same part.
    pub(crate) months: Vec<Option<Money>>,
    /// What it costs over the run by the year: the first year is paid whole, and what goes beyond whole years counts in
    /// part.
    pub(crate) years: Option<Money>,
}

impl Offer {
    /// What is offered for a product or collection; `None` where nothing is.
    pub(crate) fn of(scenario: &Scenario, months: &Months, product: ProductId) -> Option<Offer> {
        let listed = |at: Instant| -> Option<&SubscriptionOffer> {
            scenario.prices.at(at).subscriptions.iter().find(|offer| offer.product == product)
        };
        let whole = months.whole(&scenario.policies.report_zone);
        let price_of = |(begins, ends): &(Instant, Instant)| {
            let (from, to) = ((*begins).max(scenario.start), (*ends).min(scenario.end));
            Some(part(listed(from)?.month?, (to - from, *ends - *begins)))
        };
        let by_month: Vec<Option<Money>> = whole.iter().map(price_of).collect();
        let month = whole.iter().find_map(|(begins, _)| listed((*begins).max(scenario.start))?.month);
        let years = years(scenario, |at| listed(at)?.year);
        let is_offered = month.is_some() || years.is_some();
        is_offered.then_some(Offer { month, months: by_month, years })
    }

    /// What every month together costs, where each is sold.
    pub(crate) fn all_months(&self) -> Option<Money> {
        self.months.iter().copied().sum::<Option<Money>>()
    }
}

/// What years cost that begin with the run and follow each other.
fn years(scenario: &Scenario, price: impl Fn(Instant) -> Option<Money>) -> Option<Money> {
    let anniversary = |years: u32| {
        let day = utc(scenario.start).checked_add_months(CalendarMonths::new(12 * years));
        Instant::from_seconds(day.expect("within the calendar").timestamp())
    };
    let mut sum = price(scenario.start)?;
    for year in 1.. {
        let (begins, ends) = (anniversary(year), anniversary(year + 1));
        if begins >= scenario.end {
            break;
        }
        sum += part(price(begins)?, (scenario.end.min(ends) - begins, ends - begins));
    }
    Some(sum)
}

/// The part of a price that is for a part of the time, rounded to the nearest thousandth.
fn part(price: Money, (part, whole): (Span, Span)) -> Money {
    let (part, whole) = (i128::from(part.seconds()), i128::from(whole.seconds()));
    let exact = (i128::from(price.0) * part + whole / 2) / whole;
    Money(i64::try_from(exact).expect("no more than the price"))
}
