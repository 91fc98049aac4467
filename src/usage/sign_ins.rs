//! `SignIns`: how many sign-ins came when, by team, day and hour.

use std::collections::BTreeMap;

use crate::meter::instant::Instant;
use crate::results::table_reader::WrittenTables;
use crate::scenario::calendar::{Day, Zone};
use crate::usage::figures::SignInHours;
use crate::usage::range::Range;
use crate::usage::recent_use::entry;
use crate::usage::untold::{Untold, open};

/// Sign-ins and uses of a run that wrote them down.
#[derive(Clone, Debug, Default)]
pub struct SignIns {
    /// By team and day, the admitted and the refused ones of each hour.
    days: BTreeMap<String, BTreeMap<i32, [[u32; 24]; 2]>>,
}

impl SignIns {
    /// Counts the rows of `sign_ins.csv`, by the days and hours of a zone.
    ///
    /// # Errors
    /// Where it is missing or is no such table.
    pub fn read(tables: &dyn WrittenTables, zone: &Zone) -> Result<Self, Untold> {
        let mut counted = SignIns::default();
        let mut rows = open(tables, "sign_ins.csv")?;
        while rows.row().is_some() {
            let at = rows.instant()?.expect("every sign-in has its instant");
            let refused = usize::from(rows.cell("outcome") == "refused");
            counted.count(rows.cell("team"), (at, zone), refused);
            rows.advance()?;
        }
        Ok(counted)
    }

    fn count(&mut self, team: &str, (at, zone): (Instant, &Zone), refused: usize) {
        let (day, hour) = zone.day_and_hour(at);
        entry(&mut self.days, team).entry(day.0).or_default()[refused][hour] += 1;
    }

    /// The sign-ins of a range by weekday and hour, of a team or of all.
    pub(crate) fn hours(&self, range: &Range, team: Option<&str>) -> SignInHours {
        let mut hours = SignInHours { admitted: [[0; 24]; 7], refused: [[0; 24]; 7] };
        let teams = self.days.iter().filter(|(name, _)| team.is_none_or(|team| team == *name));
        for (day, [admitted, refused]) in teams.flat_map(|(_, days)| days.range(range.first.0..range.after.0))
        {
            let weekday = Day(*day).weekday().num_days_from_monday() as usize;
            for hour in 0..24 {
                hours.admitted[weekday][hour] += u64::from(admitted[hour]);
                hours.refused[weekday][hour] += u64::from(refused[hour]);
            }
        }
        hours
    }
}
