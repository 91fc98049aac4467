//! Simulation: a scenario carried out on the metering core, and what came of it.

pub mod panicked;
pub mod recorder;
pub mod team_group;
pub mod shard;
pub mod portable;
pub mod tally;
pub mod run;
pub mod course;
pub mod replay;
pub mod actors;
pub mod verdict;
