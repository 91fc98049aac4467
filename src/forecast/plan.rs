//! Plans: which packs to buy and when, so that the chance of a refusal is small and no money is wasted.

mod bound;
mod bundle;
pub mod ground;
mod path;
pub mod purchases;
mod search;
mod shelf;
pub mod cheapest;
