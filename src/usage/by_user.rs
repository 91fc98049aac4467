//! Usage by user (RULES 5.6).

use crate::scenario::calendar::Day;
use crate::usage::books::Account;
use crate::usage::figures::{UserProduct, UserUsage, VersionDays, WeekDays};
use crate::usage::ledger::Known;
use crate::usage::range::Range;
use crate::usage::sums::{DaySet, Line, Total};

/// Each user, most tokens first.
pub(crate) fn users(account: &Account<'_>) -> Vec<UserUsage> {
    let mut users: Vec<UserUsage> =
        account.lines.chunk_by(|a, b| a.user == b.user).map(|lines| user(account, lines)).collect();
    users.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.user.cmp(&b.user)));
    users
}

fn user(account: &Account<'_>, lines: &[Line]) -> UserUsage {
    let total = Total::of(lines.iter().map(|line| &line.total));
    let of_product = lines.chunk_by(|a, b| a.product == b.product);
    let mut by_product: Vec<UserProduct> = of_product.map(|lines| product(account, lines)).collect();
    by_product.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.product.cmp(&b.product)));
    UserUsage {
        user: account.text(Known::User, lines[0].user),
        products: by_product.len() as u64,
        tokens: total.tokens,
        tokens_per_month: account.per_month(total.tokens),
        days_used: total.days.len(),
        by_product,
    }
}

fn product(account: &Account<'_>, lines: &[Line]) -> UserProduct {
    let total = Total::of(lines.iter().map(|line| &line.total));
    let mut versions: Vec<VersionDays> = lines
        .iter()
        .map(|line| VersionDays {
            version: account.text(Known::Version, line.version),
            days_used: line.total.days.len(),
            tokens: line.total.tokens,
        })
        .collect();
    versions.sort_by(|a, b| a.version.cmp(&b.version));
    UserProduct {
        product: account.text(Known::Product, lines[0].product),
        tokens: total.tokens,
        days_used: total.days.len(),
        weeks: weeks(&total.days, &account.range),
        versions,
    }
}

/// Days by week, weeks without any left out.
fn weeks(days: &DaySet, range: &Range) -> Vec<WeekDays> {
    let monday = |day: &Day| {
        day.plus(-i32::from(u8::try_from(day.weekday().num_days_from_monday()).expect("below 7")))
    };
    let days: Vec<Day> = days.of(range).collect();
    days.chunk_by(|a, b| monday(a) == monday(b))
        .map(|days| WeekDays {
            week: monday(&days[0]).date(),
            days: u32::try_from(days.len()).expect("at most 7"),
        })
        .collect()
}
