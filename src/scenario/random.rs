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
        exponential(self.unit())
    }

    /// Beta with these two parameters, each more than 0, from two gamma numbers. How many numbers of the stream it
    /// takes is chance: it has a stream of its own.
    pub fn beta(&mut self, one: f64, other: f64) -> f64 {
        let [one, other] = [one, other].map(|shape| self.log_gamma(shape));
        1.0 / (1.0 + libm::exp(other - one))
    }

    /// The logarithm of a gamma number of that shape: Marsaglia and Tsang's method, and below 1 by way of the shape
    /// greater by 1. As a logarithm, because small shapes make numbers that no `f64` can hold.
    fn log_gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let less = self.exponential() / shape;
            return self.log_gamma(shape + 1.0) - less;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let [x, unit] = [normal(self.unit()), self.unit()];
            let root = 1.0 + c * x;
            let v = root * root * root;
            if root > 0.0 && libm::log(unit) < 0.5 * x * x + d * (1.0 - v + libm::log(v)) {
                return libm::log(d * v);
            }
        }
    }

    /// The stream as it is left, to go on from later.
    pub fn stop(self) -> Stream {
        let position = u64::try_from(self.generator.get_word_pos()).expect("fewer than 2⁶⁴ words");
        Stream { number: self.number, position }
    }
}

/// The quantile function of the exponential distribution with mean 1.
pub fn exponential(unit: f64) -> f64 {
    -libm::log1p(-unit)
}

/// The quantile function of the normal distribution with mean 0 and standard deviation 1: Wichura's algorithm
/// AS 241, good to 16 digits. In the middle it needs no logarithm. At 0 it is some 8.2 below the mean.
pub fn normal(unit: f64) -> f64 {
    const SMALLEST: f64 = 1e-16;
    let from_middle = unit - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * polynomial(&MIDDLE.0, r) / polynomial(&MIDDLE.1, r);
    }
    let tail = if from_middle < 0.0 { unit } else { 1.0 - unit };
    let r = libm::sqrt(-libm::log(tail.max(SMALLEST)));
    let (coefficients, r) = if r <= 5.0 { (&TAIL, r - 1.6) } else { (&FAR_TAIL, r - 5.0) };
    let size = polynomial(&coefficients.0, r) / polynomial(&coefficients.1, r);
    if from_middle < 0.0 { -size } else { size }
}

/// Numerator and denominator of a rational function, the constant terms first.
type Rational = ([f64; 8], [f64; 8]);

const MIDDLE: Rational = (
    [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_4,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);

const TAIL: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const FAR_TAIL: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

/// In pairs, so that a processor works on several at once; in a fixed order, so that each gets the same sum.
fn polynomial(c: &[f64; 8], x: f64) -> f64 {
    let (x2, pair) = (x * x, |low: usize| c[low] + c[low + 1] * x);
    let x4 = x2 * x2;
    (pair(0) + pair(2) * x2) + (pair(4) + pair(6) * x2) * x4
}

#[cfg(test)]
mod tests {
    use super::{Seed, Stream, normal};

    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        let cases = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.025, -1.959_963_984_540_054),
            (0.9, 1.281_551_565_544_600_4),
            (0.2, -0.841_621_233_572_914_2),
            (1e-3, -3.090_232_306_167_813),
            (1e-12, -7.034_483_825_301_131),
        ];
        for (unit, expected) in cases {
            assert!((normal(unit) - expected).abs() < 1e-13, "{unit}: {}", normal(unit));
        }
        assert!(normal(0.0) < -8.0, "the lowest draw is finite");
    }

    /// The first numbers of a stream, on every machine and with every release of the libraries.
    #[test]
    fn the_numbers_of_a_stream_never_change() {
        let mut draws = Stream::new("ada", "sign-ins").draw(Seed::new(1));
        let drawn = [draws.unit(), draws.exponential(), normal(draws.unit()), normal(draws.unit())];
        let expected: [u64; 4] = [
            4_595_229_139_264_779_012,
            4_605_000_471_081_142_861,
            13_828_073_602_966_318_299,
            4_612_026_613_274_353_126,
        ];
        assert_eq!(drawn.map(f64::to_bits), expected, "{drawn:?}");
    }

    #[test]
    fn beta_numbers_have_their_mean_and_variance() {
        for (one, other) in [(30.5, 9.5), (0.5, 39.5), (0.02, 1.03), (1.0, 1.0), (200.0, 0.5)] {
            let mut draws = Stream::new("ada", "beta").draw(Seed::new(3));
            let drawn: Vec<f64> = (0..40_000).map(|_| draws.beta(one, other)).collect();
            let mean = drawn.iter().sum::<f64>() / 40_000.0;
            let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 40_000.0;
            let expected = one / (one + other);
            let spread: f64 = expected * (1.0 - expected) / (one + other + 1.0);
            assert!((mean - expected).abs() < 4.0 * (spread / 40_000.0).sqrt(), "{one} {other}: mean {mean}");
            assert!(
                (variance / spread - 1.0).abs() < 0.2,
                "{one} {other}: variance {variance}, not {spread}"
            );
        }
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
