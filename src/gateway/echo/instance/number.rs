//! Numbers within the limits of a schema.

use serde_json::Number;

use crate::json::Members;

/// Up to here every whole number is a double, too.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

pub(super) fn integer(schema: &Members<'_>) -> Option<String> {
    let limits = Limits::of(schema);
    let step = limits.multiple.filter(|multiple| multiple.fract() == 0.0).unwrap_or(1.0);
    let fits = |value: &f64| value.fract() == 0.0 && value.abs() <= LARGEST_WHOLE && limits.hold(*value);
    let value = limits.candidates(7.0, Some(step)).into_iter().find(fits)?;
    // Without the sign that a zero may have.
    Some(format!("{:.0}", value + 0.0))
}

/// A whole number where one fits: many schemas say `number` and programs behind them read an integer.
pub(super) fn number(schema: &Members<'_>) -> Option<String> {
    integer(schema).or_else(|| {
        let limits = Limits::of(schema);
        let value = limits.candidates(1.5, limits.multiple).into_iter().find(|value| limits.hold(*value))?;
        Number::from_f64(value).map(|number| number.to_string())
    })
}

#[derive(Debug, Default)]
struct Limits {
    least: Option<f64>,
    above: Option<f64>,
    most: Option<f64>,
    below: Option<f64>,
    multiple: Option<f64>,
}

impl Limits {
    fn of(schema: &Members<'_>) -> Self {
        let mut limits = Self {
            least: schema.read("minimum"),
            above: schema.read("exclusiveMinimum"),
            most: schema.read("maximum"),
            below: schema.read("exclusiveMaximum"),
            multiple: schema.read("multipleOf").filter(|multiple| *multiple > 0.0),
        };
        // Until 2013 the word said whether the limit itself is left out.
        if schema.read("exclusiveMinimum") == Some(true) {
            limits.above = limits.least;
        }
        if schema.read("exclusiveMaximum") == Some(true) {
            limits.below = limits.most;
        }
        limits
    }

    fn hold(&self, value: f64) -> bool {
        self.least.is_none_or(|least| value >= least)
            && self.above.is_none_or(|above| value > above)
            && self.most.is_none_or(|most| value <= most)
            && self.below.is_none_or(|below| value < below)
            && self.multiple.is_none_or(|multiple| ((value / multiple).round() * multiple - value).abs() < 1e-9)
    }

    /// Values at and near the limits, each as it is and rounded to the next multiples of `step`.
    fn candidates(&self, usual: f64, step: Option<f64>) -> Vec<f64> {
        let (low, high) = (self.least.or(self.above), self.most.or(self.below));
        let near = step.unwrap_or(1.0);
        let middle = low.zip(high).map(|(low, high)| low.midpoint(high));
        let limits = [low, low.map(|low| low + near), high, high.map(|high| high - near), middle];
        let values = std::iter::once(usual).chain(limits.into_iter().flatten());
        let rounded = |value: f64| match step {
            Some(step) => [(value / step).ceil() * step, (value / step).floor() * step],
            None => [value, value],
        };
        values.flat_map(rounded).collect()
    }
}
