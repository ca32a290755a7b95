//! From values to heights above the base, and the lines that tell them.

use super::HEIGHT;

/// What the top of a scale can be, times a power of ten.
const TOPS: [f64; 9] = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
/// Values that lie further apart than this are drawn by their magnitude.
const FAR_APART: f64 = 50.0;

/// How values become heights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From 0 to this value.
    Linear(f64),
    /// Between two powers of ten, both by their exponents.
    Logarithmic { from: i32, to: i32 },
}

impl Scale {
    /// From 0 to the next round number that is not below `most`.
    pub fn linear(most: f64) -> Self {
        if most <= 0.0 {
            return Self::Linear(1.0);
        }
        let power = 10_f64.powi(exponent(most));
        let top = TOPS.into_iter().map(|top| top * power).find(|top| *top >= most);
        Self::Linear(top.unwrap_or(10.0 * power))
    }

    /// For positive values between `least` and `most`: linear unless they lie far apart.
    pub fn spanning(least: f64, most: f64) -> Self {
        if least <= 0.0 || most <= least * FAR_APART {
            return Self::linear(most);
        }
        let to = exponent(most) + i32::from(most > 10_f64.powi(exponent(most)));
        Self::Logarithmic { from: exponent(least), to }
    }

    /// Pixels above the base.
    pub fn height(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear(top) => value / top,
            Self::Logarithmic { from, to } => {
                (value.max(f64::MIN_POSITIVE).log10() - f64::from(from)) / f64::from(to - from)
            }
        };
        share.clamp(0.0, 1.0) * HEIGHT
    }

    /// Values at which a line is drawn, from the highest down, and whether it has a label. The base line is none of them.
    pub fn lines(self) -> Vec<(f64, bool)> {
        match self {
            Self::Linear(top) => vec![(top, true), (top / 2.0, false)],
            Self::Logarithmic { from, to } => (from + 1..=to).rev().map(|power| (10_f64.powi(power), true)).collect(),
        }
    }
}

/// The power of ten that is not above a positive value.
#[expect(clippy::cast_possible_truncation, reason = "a double has at most 308 digits")]
fn exponent(value: f64) -> i32 {
    value.log10().floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_ends_at_the_next_round_number() {
        for (most, top) in [(0.0, 1.0), (1.0, 1.0), (11.0, 15.0), (700.0, 800.0), (872.0, 1_000.0), (0.5, 0.5)] {
            assert_eq!(Scale::linear(most), Scale::Linear(top), "{most}");
        }
        assert_eq!(Scale::linear(8.0).lines(), [(8.0, true), (4.0, false)]);
    }

    #[test]
    fn scale_of_values_far_apart_has_a_line_at_each_power_of_ten() {
        let scale = Scale::spanning(40.0, 86_000.0);
        assert_eq!(scale, Scale::Logarithmic { from: 1, to: 5 });
        assert_eq!(scale.lines(), [(1e5, true), (1e4, true), (1e3, true), (1e2, true)]);
        let rounded = |value| format!("{:.1}", scale.height(value));
        assert_eq!([rounded(10.0), rounded(1_000.0), rounded(1e5), rounded(1.0)], ["0.0", "50.0", "100.0", "0.0"]);
        assert_eq!(Scale::spanning(40.0, 400.0), Scale::Linear(400.0));
    }
}
