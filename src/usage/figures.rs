//! `Usage`: the figures of the usage pages for a team and a range, under the names of the pages (RULES 5.3–5.6).
//!
//! Page, terminal, JSON and CSV all show these; nothing is added up later.

use std::fmt::Display;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use crate::meter::tokens::Tokens;

/// What the usage pages show for one team, or all of them, and one range.
#[derive(Clone, Debug, Serialize)]
pub struct Usage {
    /// The run's title.
    pub title: String,
    /// The run's end, the present of every page: `2026-03-09T00:00:00Z`.
    pub as_of: String,
    /// The zone whose days count (policy `report_zone`).
    pub zone: String,
    /// The team; `None` for all teams together.
    pub team: Option<String>,
    /// The days that count.
    pub range: RangeFigures,
    /// RULES 5.3.
    pub overview: Overview,
    /// RULES 5.5, most tokens first.
    pub products: Vec<ProductUsage>,
    /// RULES 5.6, most tokens first.
    pub users: Vec<UserUsage>,
    /// By product and version, most tokens first (RULES 5.5, 5.6).
    pub versions: Vec<VersionUsage>,
    /// Users by the tokens they used of all products (RULES 5.5).
    pub consumption_groups: Vec<ConsumptionGroup>,
    /// What was charged or lost without anybody's wish.
    pub waste: Waste,
    /// When sign-ins came; `None` where the run did not write them down.
    pub sign_ins: Option<SignInHours>,
}

/// The days of a range.
#[derive(Clone, Debug, Serialize)]
pub struct RangeFigures {
    /// `30d`, `3m`, … or `2026-01-01..2026-03-31`.
    pub name: String,
    /// The first day.
    #[serde(serialize_with = "as_text")]
    pub from: NaiveDate,
    /// The last day.
    #[serde(serialize_with = "as_text")]
    pub to: NaiveDate,
    /// Days from the first to the last, both counted.
    pub days: u32,
    /// What totals are divided by for a monthly average (RULES 5.5).
    pub months: u32,
}

/// The usage overview (RULES 5.3).
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// Tokens used from active packs: those that have not ended.
    #[serde(serialize_with = "as_text")]
    pub used_from_active_packs: Tokens,
    /// Tokens left in them.
    #[serde(serialize_with = "as_text")]
    pub remaining: Tokens,
    /// Tokens bought during the last 7 times 24 hours; of one team, moved in too.
    #[serde(serialize_with = "as_text")]
    pub added_in_7_days: Tokens,
    /// Tokens expired during the last 7 times 24 hours; of one team, moved out too.
    #[serde(serialize_with = "as_text")]
    pub removed_in_7_days: Tokens,
    /// Tokens per day for the 365 days up to the run's end, whatever the range.
    pub days: Vec<DayTokens>,
    /// Tokens used in the range.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
    /// Products used in the range.
    pub products: u64,
    /// Users of at least one product in the range.
    pub users: u64,
}

/// What was used on a day.
#[derive(Clone, Debug, Serialize)]
pub struct DayTokens {
    /// The day.
    #[serde(serialize_with = "as_text")]
    pub day: NaiveDate,
    /// From packs that have not ended by the run's end.
    #[serde(serialize_with = "as_text")]
    pub active_packs: Tokens,
    /// From packs that have, and from none: what no pack covered (RULES 2.6, 3.8).
    #[serde(serialize_with = "as_text")]
    pub expired_packs: Tokens,
}

/// The use of one product in the range (RULES 5.5).
#[derive(Clone, Debug, Serialize)]
pub struct ProductUsage {
    /// The product.
    pub product: String,
    /// `desktop`, `add-in` or `service`.
    pub kind: String,
    /// Its users.
    pub users: u64,
    /// Tokens used.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
    /// Tokens ÷ months of the range, rounded to a thousandth.
    #[serde(serialize_with = "as_text")]
    pub tokens_per_month: Tokens,
    /// Users by the tokens they used of it.
    pub consumption_groups: Vec<ConsumptionGroup>,
    /// Users by version.
    pub versions: Vec<VersionUsers>,
    /// Each user's share, most tokens first.
    pub by_user: Vec<UserShare>,
}

/// Users whose tokens lie within bounds.
#[derive(Clone, Debug, Serialize)]
pub struct ConsumptionGroup {
    /// `0–100`, `101–500`, …
    pub tokens: &'static str,
    /// How many users.
    pub users: u64,
}

/// Users of a version.
#[derive(Clone, Debug, Serialize)]
pub struct VersionUsers {
    /// The version; empty for a service.
    pub version: String,
    /// Users of it; one of two versions counts for both.
    pub users: u64,
}

/// What one user used of a product.
#[derive(Clone, Debug, Serialize)]
pub struct UserShare {
    /// The user.
    pub user: String,
    /// Tokens used.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
    /// Tokens ÷ months of the range, rounded to a thousandth.
    #[serde(serialize_with = "as_text")]
    pub tokens_per_month: Tokens,
}

/// What one user used in the range (RULES 5.6).
#[derive(Clone, Debug, Serialize)]
pub struct UserUsage {
    /// The user.
    pub user: String,
    /// How many products.
    pub products: u64,
    /// Tokens used.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
    /// Tokens ÷ months of the range, rounded to a thousandth.
    #[serde(serialize_with = "as_text")]
    pub tokens_per_month: Tokens,
    /// Days of the range with use of some product; free openings count (RULES 1.5).
    pub days_used: u32,
    /// Each product, most tokens first.
    pub by_product: Vec<UserProduct>,
}

/// What one user used of one product.
#[derive(Clone, Debug, Serialize)]
pub struct UserProduct {
    /// The product.
    pub product: String,
    /// Tokens used.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
    /// Days of the range on which it was used.
    pub days_used: u32,
    /// Days used per week of the range, weeks without use left out.
    pub weeks: Vec<WeekDays>,
    /// By version.
    pub versions: Vec<VersionDays>,
}

/// Days used in a week.
#[derive(Clone, Debug, Serialize)]
pub struct WeekDays {
    /// The week's Monday.
    #[serde(serialize_with = "as_text")]
    pub week: NaiveDate,
    /// Days used in it, 1 to 7.
    pub days: u32,
}

/// The use of a version by one user.
#[derive(Clone, Debug, Serialize)]
pub struct VersionDays {
    /// The version; empty for a service.
    pub version: String,
    /// Days on which windows began in a session of it.
    pub days_used: u32,
    /// Tokens of these.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
}

/// The use of a version of a product by everybody.
#[derive(Clone, Debug, Serialize)]
pub struct VersionUsage {
    /// The product.
    pub product: String,
    /// The version; empty for a service.
    pub version: String,
    /// Its users.
    pub users: u64,
    /// User-days: days used, added up over users.
    pub days_used: u64,
    /// Tokens used.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
}

/// What was charged or lost without anybody's wish, in the range.
#[derive(Clone, Debug, Serialize)]
pub struct Waste {
    /// Renewals: sessions that were left open when their 24 hours ended (RULES 1.6).
    pub left_open: Cost,
    /// Add-ins, which open with their host (RULES 3.7).
    pub add_ins: Cost,
    /// Tokens that expired, and how many times (RULES 2.2).
    pub expired: Cost,
}

/// Tokens, and in how many pieces.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Cost {
    /// Tokens.
    #[serde(serialize_with = "as_text")]
    pub tokens: Tokens,
    /// Charges, or expiries.
    pub count: u64,
}

/// Sign-ins of the range by weekday (Monday first) and hour of the day, in the report's zone.
#[derive(Clone, Debug, Serialize)]
pub struct SignInHours {
    /// Admitted sign-ins and uses.
    pub admitted: [[u64; 24]; 7],
    /// Refused ones.
    pub refused: [[u64; 24]; 7],
}

/// An amount as an exact decimal, a date as `2026-03-02`: as every file of a run writes them.
pub(crate) fn as_text<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}
