//! How amounts are written in JSON: as texts of exact decimals.

use serde::{Serialize, Serializer};

use crate::meter::tokens::Tokens;
use crate::scenario::price_list::Money;

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
