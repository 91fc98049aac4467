//! Simulation: a scenario carried out on the metering core, and what came of it.

pub mod replay;
pub mod run;
pub mod tally;
pub mod verdict;
