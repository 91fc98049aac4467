//! Usage: what administrators see of a run that is over (RULES 5), as plain data, computed once for every form.

pub mod range;
pub mod pseudonym;
pub mod run_summary;
pub mod recent_use;
pub mod untold;
pub mod export;
pub mod balances;
pub mod figures;
