//! Fits to usage exports: what is forecast holds, and what exports can't say is said.
//!
//! * `firms`     firms with habits drawn at random, run and exported: what a fit has to live with.
//! * `coverage`  two hundred backtests on their exports: nine intervals of ten hold.
//! * `imports`   what is fitted uses what was used, by product and user; run-outs, comings and goings, seasons.
//! * `files`     exports as they come, through the command: read, or refused with the row and the reason.

mod coverage;
mod files;
pub(crate) mod firms;
mod imports;
