//! Usage: what administrators see of a run that is over (RULES 5), as plain data, computed once for every form.

pub mod range;
pub mod balances;
pub mod figures;
