//! Usage: what administrators see of a run that is over (RULES 5), as plain data, computed once for every form.

pub mod range;
pub mod pseudonym;
pub mod run_summary;
pub mod packs;
pub mod ledger;
pub mod sign_ins;
mod sums;
mod by_product;
mod by_user;
pub mod books;
pub mod recent_use;
pub mod untold;
pub mod export;
pub mod balances;
pub mod figures;
