//! Forecasts: a scenario replayed under many seeds, and what follows for who buys tokens. The replay is the same as
//! everywhere, rule for rule; here are chance, statistics and money, and nothing that knows a rule about tokens.

pub mod quantile;
pub mod replications;
pub mod supply;
pub mod demand;
mod written;
pub mod past_use;
pub mod history;
pub mod fit;
pub mod fitted_file;
pub mod backtest;
pub mod months;
pub mod shortage;
pub mod cost;
pub mod future;
pub mod outlook;
pub mod sampling;
pub mod seats;
pub mod charges;
pub mod misreading;
pub mod comparison;
pub mod plan;
