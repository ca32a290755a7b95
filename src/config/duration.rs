//! Durations as operators write them: `250ms`, `30s`, `15m`, `1h`, `7d`.

use std::time::Duration;

const UNITS: [(&str, f64); 5] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];

/// Longest duration that is accepted: ten years, far beyond any use and safe to add to any time.
const LONGEST_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// Reads one duration.
///
/// # Errors
/// A sentence that shows how to write one.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mistake = || format!("`{text}` is not a duration; write for example 250ms, 30s, 15m, 1h or 7d");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(mistake)?;
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| mistake())?;
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).ok_or_else(mistake)?;
    let total = number * seconds;
    if total > LONGEST_SECONDS {
        return Err(format!("`{text}` is longer than ten years"));
    }
    Duration::try_from_secs_f64(total).map_err(|_| mistake())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_understood() {
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("7d"), Ok(Duration::from_hours(168)));
        assert_eq!(parse("0"), Ok(Duration::ZERO), "in any unit");
        for wrong in ["", "s", "10", "-3s", "1 fortnight", "99999999d", "1.2.3s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
