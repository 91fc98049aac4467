//! Durations as people write them: "5m", "1h 30m", "2d".

use crate::meter::instant::Span;

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads whole days, hours, minutes and seconds, each at most once, largest first.
pub fn parse(text: &str) -> Option<Span> {
    let mut units = UNITS.iter();
    let mut seconds: i64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = rest[digits..].chars().next()?;
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        let number: i64 = rest[..digits].parse().ok()?;
        seconds = number.checked_mul(*length)?.checked_add(seconds)?;
        rest = rest[digits + unit.len_utf8()..].trim_start();
    }
    Some(Span::from_seconds(seconds))
}

/// Writes a span as [`parse`] reads it.
pub fn text(span: Span) -> String {
    let mut rest = span.seconds();
    let mut parts = Vec::new();
    for (name, length) in UNITS {
        if rest >= length {
            parts.push(format!("{}{name}", rest / length));
            rest %= length;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::{parse, text};
    use crate::meter::instant::Span;

    #[test]
    fn durations_read_and_write() {
        let cases = [
            ("5m", Some(300), "5m"),
            ("1h 30m", Some(5400), "1h 30m"),
            ("2d", Some(172_800), "2d"),
            ("90m", Some(5400), "1h 30m"),
            ("0s", Some(0), "0s"),
            ("1h30m", Some(5400), "1h 30m"),
            ("30m 1h", None, ""),
            ("5", None, ""),
            ("m", None, ""),
            ("-5m", None, ""),
            ("", None, ""),
            ("99999999999999999999d", None, ""),
        ];
        for (written, seconds, again) in cases {
            let read = parse(written);
            assert_eq!(read.map(Span::seconds), seconds, "{written}");
            if let Some(span) = read {
                assert_eq!(text(span), again);
            }
        }
    }
}
