//! `Tokens`: an exact amount in thousandths of a token (RULES 1.1).

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

/// An amount of tokens, held as a whole number of thousandths; negative only for refunds and debt.
///
/// A file's amounts stay within ±[`Tokens::MAX`], so that sums of millions of packs fit; arithmetic
/// past the range of the integer is a broken invariant and panics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tokens(i64);

/// Why a text is not an amount of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokensError {
    /// Not a plain decimal number such as `7`, `0.5` or `1250`.
    NotANumber,
    /// More than three digits behind the point.
    TooFine,
    /// Beyond one thousand million tokens.
    TooLarge,
}

impl Tokens {
    /// No tokens.
    pub const ZERO: Tokens = Tokens(0);
    /// The largest amount a file may name: one thousand million tokens.
    pub const MAX: Tokens = Tokens(1_000_000_000_000);

    /// An amount of `thousandths` of a token.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Tokens(thousandths)
    }

    /// An amount of whole tokens.
    pub const fn whole(tokens: i64) -> Self {
        Tokens(tokens * 1000)
    }

    /// Thousandths of a token.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// This rate times `units` thousandths of a unit; `None` where the product is not a whole number
    /// of thousandths of a token, or lies beyond [`Tokens::MAX`].
    pub fn times_thousandths(self, units: i64) -> Option<Tokens> {
        let product = i128::from(self.0) * i128::from(units);
        let exact = product % 1000 == 0 && product / 1000 <= i128::from(Tokens::MAX.0);
        exact.then(|| Tokens(i64::try_from(product / 1000).expect("bounded above")))
    }
}

impl fmt::Display for Tokens {
    /// Without trailing zeros: `7`, `0.5`, `-1.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        let text = if fraction == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{}", format!("{fraction:03}").trim_end_matches('0'))
        };
        f.pad(&text)
    }
}

impl FromStr for Tokens {
    type Err = TokensError;

    /// Reads a plain decimal, with an optional sign and at most three digits behind the point.
    fn from_str(text: &str) -> Result<Self, TokensError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(TokensError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 3 {
            return Err(TokensError::TooFine);
        }
        let whole: i64 = whole.parse().map_err(|_| TokensError::TooLarge)?;
        let thousandths: i64 = format!("{fraction:0<3}").parse().expect("three digits");
        let amount = whole.checked_mul(1000).and_then(|w| w.checked_add(thousandths));
        match amount {
            Some(amount) if amount <= Tokens::MAX.0 => Ok(Tokens(if negative { -amount } else { amount })),
            _ => Err(TokensError::TooLarge),
        }
    }
}

impl Add for Tokens {
    type Output = Tokens;

    fn add(self, other: Tokens) -> Tokens {
        Tokens(self.0.checked_add(other.0).expect("tokens stay within range"))
    }
}

impl Sub for Tokens {
    type Output = Tokens;

    fn sub(self, other: Tokens) -> Tokens {
        Tokens(self.0.checked_sub(other.0).expect("tokens stay within range"))
    }
}

impl Neg for Tokens {
    type Output = Tokens;

    fn neg(self) -> Tokens {
        Tokens(-self.0)
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Tokens) {
        *self = *self + other;
    }
}

impl SubAssign for Tokens {
    fn sub_assign(&mut self, other: Tokens) {
        *self = *self - other;
    }
}

impl Sum for Tokens {
    fn sum<I: Iterator<Item = Tokens>>(amounts: I) -> Tokens {
        amounts.fold(Tokens::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tokens, TokensError};

    #[test]
    fn rule_1_1_amounts_are_exact_decimals_with_three_digits() {
        type Read<'a> = Result<(i64, &'a str), TokensError>;
        let cases: [(&str, Read<'_>); 14] = [
            ("7", Ok((7000, "7"))),
            ("0.5", Ok((500, "0.5"))),
            ("1.250", Ok((1250, "1.25"))),
            ("0.001", Ok((1, "0.001"))),
            ("-5", Ok((-5000, "-5"))),
            ("+3", Ok((3000, "3"))),
            ("1.5000", Ok((1500, "1.5"))),
            ("1000000000", Ok((1_000_000_000_000, "1000000000"))),
            ("1000000000.001", Err(TokensError::TooLarge)),
            ("99999999999999999999", Err(TokensError::TooLarge)),
            ("0.0005", Err(TokensError::TooFine)),
            ("seven", Err(TokensError::NotANumber)),
            (".5", Err(TokensError::NotANumber)),
            ("1e3", Err(TokensError::NotANumber)),
        ];
        for (text, expected) in cases {
            let read = text.parse::<Tokens>();
            assert_eq!(read.map(Tokens::thousandths), expected.map(|(value, _)| value), "{text}");
            if let (Ok(read), Ok((_, shown))) = (read, expected) {
                assert_eq!(read.to_string(), shown);
            }
        }
    }

    #[test]
    fn units_times_a_rate_are_exact_or_nothing() {
        let rate = Tokens::from_thousandths(100);
        assert_eq!(rate.times_thousandths(2500), Some(Tokens::from_thousandths(250)));
        assert_eq!(rate.times_thousandths(5), None);
        assert_eq!(Tokens::MAX.times_thousandths(1000), Some(Tokens::MAX));
        assert_eq!(Tokens::MAX.times_thousandths(1001), None);
    }
}
