//! Load: the metering core in real time. How many sign-ins a second it takes, at what latency, on this machine.
//!
//! An actor per user signs in and out of an actor per team ([`actors`]), each team with the meter of every other
//! mode ([`service`]). Sign-ins are planned before anything runs ([`schedule`]), so that a late answer cannot put off
//! the next question; latency is taken from the planned instant as well as from the sending ([`measure`]), and a
//! generator that was late says so ([`result::LoadResult::invalid`]).

pub mod result;
pub mod clock;
pub mod population;
pub mod audit;
pub mod service;
pub mod schedule;
pub mod intervals;
pub mod measure;
pub mod actors;
pub mod generator;
pub mod run;
pub mod rush;
pub mod machine;
pub mod outcome;
pub mod baseline;
pub mod store;
pub mod durable;
pub mod trial;
pub mod requirement;
pub mod sweep;
pub mod comparison;
