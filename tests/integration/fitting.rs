//! Fits to usage exports: what is forecast holds, and what exports can't say is said.
//!
//! * `firms`     firms with habits drawn at random, run and exported: what a fit has to live with.
//! * `coverage`  two hundred backtests on their exports: nine intervals of ten hold.

mod coverage;
pub(crate) mod firms;
