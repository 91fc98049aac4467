//! Reports: results as plain data turned into text. Nothing here prints or opens a file.

pub mod summary;
pub mod junit;
pub mod latency;
pub mod json;
pub mod terminal;
pub mod page;
pub mod sheet;
pub mod forecast;
pub mod plan;
pub mod comparison;
pub mod import;
pub mod backtest;
pub mod standing;
pub mod shares;
mod seats;
pub mod subscriptions;
pub mod difference;
pub mod explanation;
pub mod describe;
pub mod rulebook;
pub mod clock;
pub mod reconciliation;
pub mod balances;
pub mod export;
pub mod shrinking;
pub mod usage;
pub mod load;
