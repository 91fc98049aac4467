//! Filters of the templates: figures as they are read.

#![allow(
    unreachable_pub,
    clippy::inline_always,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "what the attribute of a filter makes of it, and asks of it"
)]

use std::fmt::Display;

use askama::{Result, Values};

/// A narrow space that no line breaks at.
const BETWEEN_THOUSANDS: char = '\u{202f}';

/// A number with a narrow space between thousands: `12 345.5`.
#[askama::filter_fn]
pub(crate) fn grouped(number: impl Display, _: &dyn Values) -> Result<String> {
    Ok(thousands(&number.to_string()))
}

/// An instant without what it has beyond minutes: `2026-03-09 00:00 UTC`.
#[askama::filter_fn]
pub(crate) fn instant(at: &str, _: &dyn Values) -> Result<String> {
    Ok(at.get(..16).unwrap_or(at).replace('T', " ") + " UTC")
}

/// A number that is a text, with narrow spaces.
pub(crate) fn thousands(number: &str) -> String {
    let (whole, fraction) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("\u{2212}", digits));
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(BETWEEN_THOUSANDS);
        }
        text.push(digit);
    }
    text + fraction
}
