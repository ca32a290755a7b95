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

/// The same of more than an `i32` holds, up to gigabytes: `2.4 GB`
#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
pub fn size(size: i64) -> String {
    match i32::try_from(size) {
        Ok(size) if size < 999_950_000 => bytes(size),
        _ => format!("{:.1} GB", size as f64 / 1e9),
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

/// How long somebody waited: `214 ms`, `3.25 s`, `4 min 38 s`, `5 h 12 min`
pub fn duration(milliseconds: i64) -> String {
    let (seconds, minutes, hours) = (milliseconds / 1_000, milliseconds / 60_000, milliseconds / 3_600_000);
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{seconds}.{:02} s", milliseconds % 1_000 / 10),
        60_000..3_600_000 => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{} h {} min", grouped(hours), minutes % 60),
    }
}

/// In three digits: `950`, `300 k`, `18.4 M`
#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
pub fn short(number: u64) -> String {
    match number as f64 {
        n if n < 1e4 => grouped(i64::try_from(number).unwrap_or(i64::MAX)),
        n if n < 999_500.0 => format!("{:.0} k", n / 1e3),
        n if n < 999_950_000.0 => format!("{:.1} M", n / 1e6),
        n => format!("{:.1} G", n / 1e9),
    }
}

/// US usd: `$43.81`, of a single request `$0.0069`. None of it is lost: what is too small for four places has two digits.
pub fn usd(cost: f64) -> String {
    match cost {
        0.0 => "$0".to_owned(),
        1.0.. => {
            let cents = format!("{cost:.2}");
            let (whole, rest) = cents.split_once('.').unwrap_or((&cents, "00"));
            format!("${}.{rest}", whole.parse().map_or_else(|_| whole.to_owned(), grouped))
        }
        0.001..1.0 => format!("${cost:.4}"),
        _ => format!("${cost:.6}"),
    }
}

/// A part of a whole in per cent, below 1 and above 99 with a decimal. Never 100 % while something is missing.
#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
pub fn per_cent(part: i64, whole: i64) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    if part != 0 && part != whole && !(1.0..99.0).contains(&share) {
        let cut = if share > 50.0 { (share * 10.0).floor() / 10.0 } else { share };
        return format!("{cut:.1} %");
    }
    format!("{share:.0} %")
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

    #[test]
    fn short_numbers_have_three_digits() {
        let written = [0, 9_999, 10_000, 300_400, 999_600, 18_400_000, 2_000_000_000].map(short);
        assert_eq!(written, ["0", "9,999", "10 k", "300 k", "1.0 M", "18.4 M", "2.0 G"]);
    }

    #[test]
    fn costs_have_the_places_that_say_something() {
        let written = [0.0, 43.812, 12_345.6, 0.0069, 0.000_08].map(usd);
        assert_eq!(written, ["$0", "$43.81", "$12,345.60", "$0.0069", "$0.000080"]);
    }

    #[test]
    fn durations_have_at_most_two_units() {
        let written = [0, 999, 3_259, 278_000, 18_720_000].map(duration);
        assert_eq!(written, ["0 ms", "999 ms", "3.25 s", "4 min 38 s", "5 h 12 min"]);
    }

    #[test]
    fn shares_are_never_whole_while_something_is_missing() {
        let written = [(0, 0), (0, 335), (1, 2), (999_999, 1_000_000), (3, 1_000), (7, 7)]
            .map(|(part, whole)| per_cent(part, whole));
        assert_eq!(written, ["0 %", "0 %", "50 %", "99.9 %", "0.3 %", "100 %"]);
    }
}
