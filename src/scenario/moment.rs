//! An instant as a person types it outside a file: `2026-03-02T08:00:00Z`, or without seconds, offset or time.

use toml::value::Datetime;

use crate::meter::instant::Instant;
use crate::scenario::calendar::Zone;
use crate::scenario::reader::read_instant;

/// Reads an instant; without an offset it is one of the zone, a date alone is its midnight there.
///
/// # Errors
/// What is wrong with it, and the way out.
pub fn parse(text: &str, zone: &Zone) -> Result<Instant, String> {
    const EXAMPLE: &str = "write a date and time, such as 2026-03-02T08:00 or 2026-03-02T08:00:00Z";
    let midnight = || format!("{text}T00:00:00").parse();
    let stamp: Datetime = match text.parse::<Datetime>() {
        Ok(Datetime { date: Some(_), time: None, .. }) => midnight(),
        read => read,
    }
    .map_err(|_| format!("`{text}` is not an instant; {EXAMPLE}"))?;
    read_instant(&stamp, zone).map_err(|(what, way_out)| {
        let way_out = way_out.map_or(String::new(), |help| format!("; {help}"));
        format!("`{text}` is not an instant: {what}{way_out}")
    })
}

#[cfg(test)]
mod tests {
    use crate::scenario::calendar::{Zone, iso};
    use crate::scenario::moment::parse;

    #[test]
    fn instants_are_read_as_people_type_them() {
        let cases = [
            ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z"),
            ("2026-03-02T08:00:00", "2026-03-02T07:00:00Z"),
            ("2026-03-02T08:00", "2026-03-02T07:00:00Z"),
            ("2026-03-02 08:00", "2026-03-02T07:00:00Z"),
            ("2026-03-02T08:00-05:00", "2026-03-02T13:00:00Z"),
            ("2026-03-02", "2026-03-01T23:00:00Z"),
            (
                "08:00",
                "`08:00` is not an instant: this has no date or no time of day; write date and time, such as 2026-03-02T08:00:00Z",
            ),
            (
                "tomorrow",
                "`tomorrow` is not an instant; write a date and time, such as 2026-03-02T08:00 or 2026-03-02T08:00:00Z",
            ),
        ];
        let zone = Zone::named("Europe/Amsterdam").expect("a zone");
        for (text, expected) in cases {
            let read = parse(text, &zone).map_or_else(|problem| problem, iso);
            assert_eq!(read, expected, "{text}");
        }
        let skipped = parse("2026-03-29T02:30", &zone).expect_err("clocks skip it");
        assert!(skipped.contains("skip this time"), "{skipped}");
    }
}
