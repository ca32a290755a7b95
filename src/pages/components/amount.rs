//! Numbers as people read them: grouped, with a unit that fits.

/// `1,234,567`
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 request`, `2,000 requests`
pub fn count(number: i64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(number))
}

/// The same of something that is counted up to `most` only: `10,000+ requests`
pub fn count_up_to(number: i64, most: i64, one: &str) -> String {
    if number < most { count(number, one) } else { format!("{}+ {one}s", grouped(most)) }
}

/// `512 bytes`, `24.1 kB`, `3.9 MB`
pub fn bytes(bytes: i32) -> String {
    match f64::from(bytes) {
        b if b < 1e3 => count(bytes.into(), "byte"),
        b if b < 999_950.0 => format!("{:.1} kB", b / 1e3),
        b => format!("{:.1} MB", b / 1e6),
    }
}

/// `under 1 ms`, `102 ms`, `3.25 s`
pub fn milliseconds(milliseconds: i32) -> String {
    match milliseconds {
        ..1 => "under 1 ms".to_owned(),
        1..1_000 => format!("{milliseconds} ms"),
        _ => format!("{:.2} s", f64::from(milliseconds) / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_and_units() {
        assert_eq!([grouped(0), grouped(999), grouped(1_234_567)], ["0", "999", "1,234,567"]);
        assert_eq!([count(1, "request"), count(2_000, "request")], ["1 request", "2,000 requests"]);
        assert_eq!(count_up_to(9_999, 10_000, "request"), "9,999 requests");
        assert_eq!(count_up_to(10_000, 10_000, "request"), "10,000+ requests");
        assert_eq!([bytes(1), bytes(24_100), bytes(999_999)], ["1 byte", "24.1 kB", "1.0 MB"]);
        assert_eq!([milliseconds(0), milliseconds(999), milliseconds(3_250)], ["under 1 ms", "999 ms", "3.25 s"]);
    }
}
