//! `HeatMap`: counts by weekday and hour as a table whose cells are shaded.

use askama::Template;

/// Shades beside the empty one.
const SHADES: u64 = 6;
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Counts by weekday, Monday first, and hour.
#[derive(Template)]
#[template(path = "heat_map.html")]
pub(crate) struct HeatMap<'a> {
    /// `admitted` or `refused`: the name of its figures and of its colours.
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) what: &'static str,
    /// The counts.
    pub(crate) hours: &'a [[u64; 24]; 7],
}

impl HeatMap<'_> {
    fn most(&self) -> u64 {
        self.hours.iter().flatten().copied().max().unwrap_or_default()
    }

    /// 0 where nothing was, else 1 to 6 by the share of the most.
    fn shade(&self, count: u64) -> u64 {
        if count == 0 { 0 } else { (count * SHADES).div_ceil(self.most()) }
    }

    /// The main thing to see.
    fn message(&self) -> String {
        let most = self.most();
        let at = |(weekday, hours): (&str, &[u64; 24])| {
            let hour = hours.iter().position(|count| *count == most)?;
            Some(format!("Most on {weekday}s from {hour:02}:00, {most} in the range."))
        };
        let busiest = WEEKDAYS.into_iter().zip(self.hours).find_map(at);
        busiest.filter(|_| most > 0).unwrap_or_else(|| "None in the range.".to_owned())
    }
}
