//! What the page's script unfolds below a product or a user, as JSON that is safe inside of HTML.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use serde_json::{Value, json};

use crate::report::page::ROWS_MAX;
use crate::usage::figures::{ProductUsage, Usage, UserProduct, UserUsage};

/// The details of a view, in the order of its tables' rows. Who has a row is named by its number.
pub(crate) fn json(usage: &Usage) -> String {
    let (from, to) = (monday(usage.range.from), usage.range.to);
    let rows: BTreeMap<&str, usize> =
        usage.users.iter().take(ROWS_MAX).map(|user| user.user.as_str()).zip(0..).collect();
    let products: Vec<Value> =
        usage.products.iter().take(ROWS_MAX).map(|product| of_product(product, &rows)).collect();
    let users: Vec<Value> = usage.users.iter().take(ROWS_MAX).map(|user| of_user(user, (from, to))).collect();
    let value = json!({ "weeks_from": from.to_string(), "products": products, "users": users });
    inert(&value.to_string())
}

fn of_product(product: &ProductUsage, rows: &BTreeMap<&str, usize>) -> Value {
    let named = |user: &str| rows.get(user).map_or_else(|| json!(user), |row| json!(row));
    let groups = product.consumption_groups.iter().map(|group| json!([group.tokens, group.users]));
    let versions = product.versions.iter().map(|version| json!([version.version, version.users]));
    let users =
        product.by_user.iter().take(ROWS_MAX).map(|user| {
            json!([named(&user.user), user.tokens.to_string(), user.tokens_per_month.to_string()])
        });
    json!([
        groups.collect::<Vec<_>>(),
        versions.collect::<Vec<_>>(),
        users.collect::<Vec<_>>(),
        product.by_user.len().saturating_sub(ROWS_MAX),
    ])
}

fn of_user(user: &UserUsage, range: (NaiveDate, NaiveDate)) -> Value {
    let of_product = |product: &UserProduct| {
        let versions = product.versions.iter();
        let versions = versions.map(|of| json!([of.version, of.days_used, of.tokens.to_string()]));
        json!([
            product.product,
            product.tokens.to_string(),
            product.days_used,
            weeks(product, range),
            versions.collect::<Vec<_>>(),
        ])
    };
    user.by_product.iter().map(of_product).collect()
}

/// Days used, a digit for each week of the range.
fn weeks(product: &UserProduct, (from, to): (NaiveDate, NaiveDate)) -> String {
    let mut used = product.weeks.iter().peekable();
    let weeks = from.iter_weeks().take_while(|monday| *monday <= to);
    let days = |monday| used.next_if(|week| week.week == monday).map_or(0, |week| week.days);
    weeks.map(days).map(|days| char::from_digit(days, 10).expect("a week has 7 days")).collect()
}

fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.weekday().num_days_from_monday().into())
}

/// JSON in which nothing can end the element around it, or a line of script.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text += &format!("\\u{:04x}", u32::from(c)),
            c => text.push(c),
        }
    }
    text
}
