//! Seeded chance: one stream of random numbers per user and purpose, never one shared generator.
//!
//! A stream is chosen by the run's seed, the user's name and what the numbers are for. Adding a user, or
//! a question asked of a user, changes nobody else's numbers, so that two variants of a scenario can be
//! compared person by person. The numbers are the same on every machine: `ChaCha` is specified to the bit,
//! and everything drawn from it uses only operations that IEEE 754 fixes, or `libm`'s own code.

#![expect(clippy::cast_precision_loss, reason = "what is cast has at most 53 bits")]

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// The key of all streams of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed([u8; 32]);

/// A stream, and how far it has been used: what is kept of a generator between two uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    number: u64,
    /// In words of 32 bits.
    position: u64,
}

/// Numbers drawn from a stream, until they are put back with [`Draws::stop`].
#[derive(Debug)]
pub struct Draws {
    generator: ChaCha8Rng,
    number: u64,
}

impl Seed {
    /// The key for a seed as files and the command line give it.
    pub fn new(seed: u64) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"flexmeter");
        hasher.update(seed.to_le_bytes());
        Seed(hasher.finalize().into())
    }
}

impl Stream {
    /// The unused stream of a user for a purpose.
    pub fn new(user: &str, purpose: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(user.as_bytes());
        hasher.update([0]);
        hasher.update(purpose.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        let (first, _) = digest.split_at(8);
        Stream { number: u64::from_le_bytes(first.try_into().expect("eight bytes")), position: 0 }
    }

    /// Goes on where the stream was left.
    pub fn draw(self, seed: Seed) -> Draws {
        let mut generator = ChaCha8Rng::from_seed(seed.0);
        generator.set_stream(self.number);
        generator.set_word_pos(self.position.into());
        Draws { generator, number: self.number }
    }
}

impl Draws {
    /// A number from 0 (inclusive) to 1 (exclusive), a multiple of 2⁻⁵³.
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.generator.next_u64() >> 11) as f64 * STEP
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log1p(-self.unit())
    }

    /// Normal with mean 0 and standard deviation 1; draws two numbers.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// The stream as it is left, to go on from later.
    pub fn stop(self) -> Stream {
        let position = u64::try_from(self.generator.get_word_pos()).expect("fewer than 2⁶⁴ words");
        Stream { number: self.number, position }
    }
}

#[cfg(test)]
mod tests {
    use super::{Seed, Stream};

    /// The first numbers of a stream, on every machine and with every release of the libraries.
    #[test]
    fn the_numbers_of_a_stream_never_change() {
        let mut draws = Stream::new("ada", "sign-ins").draw(Seed::new(1));
        let drawn = [draws.unit(), draws.exponential(), draws.normal(), draws.unit()];
        let expected: [u64; 4] = [
            4_595_229_139_264_779_012,
            4_605_000_471_081_142_861,
            4_604_725_640_885_308_891,
            4_583_562_540_109_387_328,
        ];
        assert_eq!(drawn.map(f64::to_bits), expected, "{drawn:?}");
    }

    #[test]
    fn a_stream_goes_on_where_it_was_left() {
        let straight: Vec<u64> = {
            let mut draws = Stream::new("ada", "sign-ins").draw(Seed::new(7));
            (0..20).map(|_| draws.unit().to_bits()).collect()
        };
        let mut stream = Stream::new("ada", "sign-ins");
        let mut pieces = Vec::new();
        for length in [1, 2, 3, 5, 9] {
            let mut draws = stream.draw(Seed::new(7));
            pieces.extend((0..length).map(|_| draws.unit().to_bits()));
            stream = draws.stop();
        }
        assert_eq!(pieces, straight);
    }

    #[test]
    fn users_purposes_and_seeds_have_streams_of_their_own() {
        let first = |user, purpose, seed| Stream::new(user, purpose).draw(Seed::new(seed)).unit().to_bits();
        let ada = first("ada", "sign-ins", 1);
        assert_ne!(ada, first("ben", "sign-ins", 1));
        assert_ne!(ada, first("ada", "lengths", 1));
        assert_ne!(ada, first("ada", "sign-ins", 2));
    }
}
