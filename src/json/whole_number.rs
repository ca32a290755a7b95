//! A whole number as JSON knows it: `100.0` is one, too, and some languages write no other.

use serde::de::{Deserialize, Deserializer, Error};

/// A whole number of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeNumber(pub i64);

/// 2⁶³, the first number that does not fit.
const BORDER: f64 = 9_223_372_036_854_775_808.0;

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let whole = number.as_i64().or_else(|| {
            // Digits beyond 64 bits are read as a float as well, which may be rounded to the border.
            let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < BORDER)?;
            format!("{value:.0}").parse().ok()
        });
        whole.map(Self).ok_or_else(|| D::Error::custom("not a whole number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<i64> {
        serde_json::from_str::<WholeNumber>(json).ok().map(|number| number.0)
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for (json, whole) in [("100", 100), ("100.0", 100), ("1e2", 100), ("-3", -3), ("-0.0", 0)] {
            assert_eq!(read(json), Some(whole), "{json}");
        }
        assert_eq!(read(&i64::MIN.to_string()), Some(i64::MIN));
    }

    #[test]
    fn fractions_texts_and_what_is_out_of_range_are_none() {
        for json in
            ["0.5", "1e19", "9223372036854775808", "-9223372036854775809", "1e400", "\"1\"", "true", "[]", "null"]
        {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
