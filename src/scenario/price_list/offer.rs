//! `[[price]]`: reading what tokens, packs and subscriptions cost.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::meter::id::ProductId;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Day, Zone};
use crate::scenario::directory::Directory;
use crate::scenario::price_list::{Money, PackOffer, PriceList, Prices, SubscriptionOffer};
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// Above it a token costs more than any currency asks; the sums of a file stay far from the range of integers.
const PER_TOKEN_MAX: Money = Money(1_000_000_000);

/// Reads the tables of prices; a file without any has the published ones.
pub(crate) fn read_prices(
    tables: Vec<Table<'_>>,
    directory: &Directory,
    problems: &mut Problems,
) -> PriceList {
    if tables.is_empty() {
        return PriceList::default();
    }
    let reader = Offers { directory, problems, currency: None, days: BTreeMap::new(), prices: Vec::new() };
    reader.read(tables)
}

/// Reads the tables one by one.
struct Offers<'s> {
    directory: &'s Directory,
    problems: &'s mut Problems,
    /// The first that is named, and where.
    currency: Option<(String, Range<usize>)>,
    /// The days from which prices are known, and where.
    days: BTreeMap<Option<Day>, Range<usize>>,
    prices: Vec<Prices>,
}

impl Offers<'_> {
    fn read(mut self, tables: Vec<Table<'_>>) -> PriceList {
        for table in tables {
            self.read_table(table);
        }
        self.prices.sort_by_key(|prices| prices.from);
        let currency = self.currency.map_or_else(|| PriceList::default().currency, |(currency, _)| currency);
        PriceList { is_default: false, currency, prices: self.prices }
    }

    fn read_table(&mut self, mut table: Table<'_>) {
        let place = table.place.clone();
        let from = table.get("from");
        let day = from.map_or(Some(None), |value| read_day(value, self.problems).map(Some));
        if let Some(day) = day {
            let at = from.map_or(place, Value::place);
            if let Some(first) = self.days.insert(day, at.clone()) {
                let title = "two tables of prices apply from the same day";
                let problem = Problem::new(at, title, "again here").context(first, "first here");
                self.problems.push(problem.help("give each but the first its day: `from = 2027-01-01`"));
            }
        }
        if let Some(value) = table.get("currency") {
            self.read_currency(value);
        }
        let per_token = table.get("per_token").and_then(|value| self.read_per_token(value));
        let per_token = per_token.unwrap_or(PriceList::PER_TOKEN);
        let packs = match table.get("packs") {
            Some(value) => self.read_packs(value, per_token),
            None => PriceList::sizes(per_token),
        };
        let subscriptions = table.get("subscriptions").map(|value| self.read_subscriptions(value));
        table.finish(self.problems);
        let subscriptions = subscriptions.unwrap_or_default();
        self.prices.push(Prices { from: day.flatten(), per_token, packs, subscriptions });
    }

    fn read_currency(&mut self, value: Value<'_>) {
        let Some(code) = value.text(self.problems) else { return };
        if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
            let title = "`currency` is not the code of one";
            self.problems.push(Problem::new(value.place(), title, "write three letters, such as \"USD\""));
            return;
        }
        match &self.currency {
            Some((first, at)) if first != code => {
                let title = "two currencies";
                let problem = Problem::new(value.place(), title, "another here");
                let problem = problem.context(at.clone(), "first here");
                self.problems.push(problem.help("a file's prices are all in one currency"));
            }
            Some(_) => {}
            None => self.currency = Some((code.to_owned(), value.place())),
        }
    }

    fn read_per_token(&mut self, value: Value<'_>) -> Option<Money> {
        let price = read_money(value, self.problems)?;
        if price > PER_TOKEN_MAX {
            let title = "a token costs at most 1,000,000";
            self.problems.push(Problem::new(value.place(), title, "must be 1,000,000 or less"));
            return None;
        }
        Some(price)
    }

    fn read_packs(&mut self, list: Value<'_>, per_token: Money) -> Vec<PackOffer> {
        let Some(items) = list.list(self.problems) else { return Vec::new() };
        if items.is_empty() {
            let title = "no pack can be bought";
            self.problems.push(Problem::new(
                list.place(),
                title,
                "list at least one size, such as [100, 500]",
            ));
        }
        let mut read: BTreeMap<Tokens, (PackOffer, Range<usize>)> = BTreeMap::new();
        for item in items {
            let Some(offer) = self.read_pack(item, per_token) else { continue };
            if let Some((_, first)) = read.insert(offer.tokens, (offer, item.place())) {
                let title = format!("two packs of {} tokens", offer.tokens);
                let problem = Problem::new(item.place(), title, "again here").context(first, "first here");
                self.problems.push(problem);
            }
        }
        read.into_values().map(|(offer, _)| offer).collect()
    }

    /// A pack: a number of tokens, or a table of it with a discount or a price.
    fn read_pack(&mut self, item: Value<'_>, per_token: Money) -> Option<PackOffer> {
        let whole = Millionths(1_000_000);
        if !item.is_table() {
            let tokens = self.read_size(item)?;
            return Some(PackOffer { tokens, price: per_token.of(tokens, whole) });
        }
        let mut table = item.table("a pack", self.problems)?;
        let size = table.need("tokens", self.problems);
        let (given_discount, given_price) = (table.get("discount"), table.get("price"));
        table.finish(self.problems);
        let discount = given_discount.map(|value| value.decimal((0.0, 1.0), self.problems));
        let price = given_price.map(|value| read_money(value, self.problems));
        if let (Some(discount), Some(_)) = (given_discount, given_price) {
            let title = "a pack has a discount or a price, not both";
            let label = "the price says what it costs, this as well";
            self.problems.push(Problem::new(discount.place(), title, label));
        }
        let tokens = self.read_size(size?)?;
        let price = match (price, discount) {
            (Some(price), _) => price?,
            (None, Some(discount)) => per_token.of(tokens, Millionths::left_of(discount?)),
            (None, None) => per_token.of(tokens, whole),
        };
        Some(PackOffer { tokens, price })
    }

    fn read_size(&mut self, value: Value<'_>) -> Option<Tokens> {
        let tokens = value.amount(self.problems)?;
        if tokens == Tokens::ZERO {
            self.problems.push(Problem::new(value.place(), "a pack holds tokens", "must be more than 0"));
            return None;
        }
        Some(tokens)
    }

    fn read_subscriptions(&mut self, list: Value<'_>) -> Vec<SubscriptionOffer> {
        let mut read: BTreeMap<ProductId, (SubscriptionOffer, Range<usize>)> = BTreeMap::new();
        for item in list.list(self.problems).unwrap_or_default() {
            let Some(mut table) = item.table("the price of a subscription", self.problems) else { continue };
            let product = table.need("product", self.problems);
            let named = product.and_then(|value| self.directory.product(value, self.problems));
            let (month, year) = (table.get("month"), table.get("year"));
            table.finish(self.problems);
            if month.is_none() && year.is_none() {
                let title = "the price of a subscription has neither `month` nor `year`";
                let problem = Problem::new(item.place(), title, "what does it cost?");
                self.problems.push(problem.help("write what a month costs, a year, or both: year = 2985"));
            }
            let month = month.and_then(|value| read_money(value, self.problems));
            let year = year.and_then(|value| read_money(value, self.problems));
            let (Some(number), Some(product)) = (named, product) else { continue };
            let offer = SubscriptionOffer { product: number, month, year };
            if let Some((_, first)) = read.insert(number, (offer, product.place())) {
                let title = "two prices for a subscription to one product";
                let problem = Problem::new(product.place(), title, "again here");
                self.problems.push(problem.context(first, "first here"));
            }
        }
        read.into_values().map(|(offer, _)| offer).collect()
    }
}

/// Reads an amount of money from 0 on, with at most three digits behind the point.
pub(crate) fn read_money(value: Value<'_>, problems: &mut Problems) -> Option<Money> {
    value.amount(problems).map(|amount| Money(amount.thousandths()))
}

/// Reads a day without a time.
fn read_day(value: Value<'_>, problems: &mut Problems) -> Option<Day> {
    let at = value.date(&Zone::utc(), problems)?;
    if Day::of(at).midnight() != at {
        let title = "prices apply from a day on";
        problems.push(Problem::new(value.place(), title, "write a date without a time, such as 2027-01-01"));
        return None;
    }
    Some(Day::of(at))
}

/// A share in millionths.
#[derive(Clone, Copy)]
struct Millionths(i64);

impl Millionths {
    /// What a discount, from 0 to 1, leaves.
    #[expect(clippy::cast_possible_truncation, reason = "a share lies from 0 to 1")]
    fn left_of(discount: f64) -> Millionths {
        Millionths(1_000_000 - (discount * 1e6).round() as i64)
    }
}

impl Money {
    /// What tokens cost at this price each, of which a share is paid; rounded to the nearest thousandth, half up.
    fn of(self, tokens: Tokens, share: Millionths) -> Money {
        let exact = i128::from(self.0) * i128::from(tokens.thousandths()) * i128::from(share.0);
        let price = (exact + 500_000_000) / 1_000_000_000;
        Money(i64::try_from(price).expect("a token's price and a pack's size are bounded"))
    }
}

impl Default for PriceList {
    /// The published list price (RULES 7). Discounts begin at 5,000 tokens, but what they are is not published.
    fn default() -> Self {
        let per_token = PriceList::PER_TOKEN;
        let packs = PriceList::sizes(per_token);
        let prices = Prices { from: None, per_token, packs, subscriptions: Vec::new() };
        PriceList { is_default: true, currency: "USD".to_owned(), prices: vec![prices] }
    }
}

impl PriceList {
    /// The published list price of a token, US$3 (RULES 7).
    pub const PER_TOKEN: Money = Money(3000);

    /// The sizes of a table that names none, without discount.
    fn sizes(per_token: Money) -> Vec<PackOffer> {
        let sizes = [100, 500, 1000, 5000].map(Tokens::whole);
        let offer = |tokens| PackOffer { tokens, price: per_token.of(tokens, Millionths(1_000_000)) };
        sizes.map(offer).to_vec()
    }
}
