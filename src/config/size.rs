//! Sizes as operators write them: `64MiB`, `1GiB`, `67108864`.

const UNITS: [(&str, usize); 4] = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Reads a number of bytes.
///
/// # Errors
/// A sentence that shows how to write one.
pub fn parse(text: &str) -> Result<usize, String> {
    let mistake = || format!("`{text}` is not a size; write for example 256MiB, 1GiB or 268435456");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: usize = number.parse().map_err(|_| mistake())?;
    let (_, bytes) = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).ok_or_else(mistake)?;
    number.checked_mul(bytes).ok_or_else(mistake)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_understood() {
        assert_eq!(parse("268435456"), Ok(256 << 20));
        assert_eq!(parse("64KiB"), Ok(64 << 10));
        assert_eq!(parse("256MiB"), Ok(256 << 20));
        assert_eq!(parse("2 GiB"), Ok(2 << 30));
        for wrong in ["", "MiB", "-1", "1.5GiB", "256MB", "99999999999999999999", "99999999999999GiB"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
