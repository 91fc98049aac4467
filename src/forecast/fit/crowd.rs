//! `FittedCrowd`: people without names whose use together has the mean and the variance of what was seen.

use crate::forecast::fit::shares::{Exposure, Shares};
use crate::forecast::history::{Crowd, History};

/// People without names who use one product.
#[derive(Clone, Debug)]
pub struct FittedCrowd {
    /// How many stand for those who can't be counted.
    pub count: u32,
    /// Charges and days seen of all of them together.
    pub shares: Shares,
}

/// No crowd is larger: more people of smaller chances behave alike.
const COUNT_MAX: u32 = 2_000;

impl FittedCrowd {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is cast is no less than 0 and at most COUNT_MAX"
    )]
    pub(crate) fn of(history: &History, exposure: &Exposure, crowd: &Crowd) -> Self {
        let (mut shares, mut squares) = (Shares::default(), [0.0; 7]);
        for place in exposure.days(crowd.team, (0, history.days - 1)) {
            let (weekday, count) = (exposure.weekday(place), f64::from(crowd.counts[place]));
            shares.days[weekday] += exposure.weight(crowd.team, place);
            shares.used[weekday] += count;
            squares[weekday] += count * count;
        }
        let mean = |day: usize| shares.used[day] / shares.days[day].max(1.0);
        let (means, _) = shares.sums();
        let around = |(day, square): (usize, &f64)| square - shares.days[day] * mean(day) * mean(day);
        let variance: f64 = squares.iter().enumerate().map(around).sum();
        let most = crowd.counts.iter().copied().max().unwrap_or(1).max(1);
        let busiest = (0..7).map(mean).fold(0.0, f64::max);
        // Of people who come by a chance each the variance is less than the mean by that chance.
        let chance = 1.0 - variance / f64::max(means, 1.0);
        let count =
            if chance > 0.1 { (busiest / chance).ceil().min(f64::from(COUNT_MAX)) as u32 } else { most * 3 };
        FittedCrowd { count: count.max(most).min(COUNT_MAX.max(most)), shares }
    }
}
