//! `Pseudonyms`: what stands in place of users' names where these are hidden (RULES 5.7).
//!
//! The same name and the same key give the same pseudonym in every run, command and file. Who has the key and a
//! list of names can tell which is which, and nobody else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::scenario::directory::names::Hider;

/// The key where nobody gives one: stable, and no secret.
const BUILT_IN: &[u8] = b"flexmeter: names are hidden, not secret";

/// The letters of five bits each (RFC 4648, in lower case).
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Letters of a pseudonym: 60 bits, so that among a million users two alike are not to be expected.
const LENGTH: usize = 12;

/// Makes pseudonyms with one key.
#[derive(Clone)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
    /// The names behind those made so far.
    known: Arc<Mutex<BTreeMap<String, String>>>,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

impl Default for Pseudonyms {
    fn default() -> Self {
        Pseudonyms::keyed(BUILT_IN)
    }
}

impl Pseudonyms {
    /// Pseudonyms by a secret key.
    pub fn keyed(key: &[u8]) -> Self {
        let keyed = Hmac::new_from_slice(key).expect("a key of any length");
        Pseudonyms { keyed, known: Arc::default() }
    }

    /// The pseudonym of a name: `user-` and twelve letters and digits.
    ///
    /// # Panics
    /// If it is that of another name.
    pub fn of(&self, name: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(name.as_bytes());
        let digest = mac.finalize().into_bytes();
        let bits = digest[..8].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let letter = |place: usize| {
            let five = bits >> (64 - 5 * (place + 1)) & 31;
            char::from(LETTERS[usize::try_from(five).expect("five bits")])
        };
        let pseudonym = "user-".to_owned() + &(0..LENGTH).map(letter).collect::<String>();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let first = known.entry(pseudonym.clone()).or_insert_with(|| name.to_owned());
        assert_eq!(first, name, "two names have one pseudonym; choose another key");
        pseudonym
    }

    /// What a scenario shows in place of its users' names.
    pub fn hider(&self) -> Hider {
        let pseudonyms = self.clone();
        Arc::new(move |name| pseudonyms.of(name))
    }
}

#[cfg(test)]
mod tests {
    use crate::usage::pseudonym::Pseudonyms;

    #[test]
    fn rule_5_7_a_pseudonym_is_60_bits_of_an_hmac() {
        // By another implementation of HMAC-SHA256 and base32.
        let cases = [
            ("key", "ana@a.example", "user-5gr7g4scbcd7"),
            ("key", "", "user-lvorhfldzfnv"),
            ("another", "ana@a.example", "user-76g3ofwijn2u"),
        ];
        for (key, name, expected) in cases {
            let pseudonyms = Pseudonyms::keyed(key.as_bytes());
            assert_eq!(pseudonyms.of(name), expected);
            assert_eq!(pseudonyms.of(name), expected, "again");
        }
        assert_eq!(Pseudonyms::default().of("bo"), "user-u7uax7vmdwm3");
    }
}
