//! Audit: questions about a run and its bill, answered by running it again. What is asked is an argument,
//! what is answered is plain data: texts and files are made elsewhere.

pub mod transcript;
pub mod journal;
pub mod expected;
pub mod difference;
pub mod inquiry;
pub mod explanation;
pub mod alternative;
pub mod clock;
mod known_use;
pub mod shrinking;
pub mod reconciliation;

pub use crate::audit::known_use::KnownUse;
