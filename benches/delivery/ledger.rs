//! The figures: gathered run by run, told as medians with ratios, written as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// A line of the table before its figures: what is measured, in which unit, and what spec 4.5 wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) goal: String,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, unit: &str, goal: &str) -> Self {
        Self { name: name.into(), unit: unit.to_owned(), goal: goal.to_owned() }
    }
}

/// One contender's figures in one row.
#[derive(Debug)]
struct Series {
    row: Row,
    contender: String,
    values: Vec<f64>,
}

/// All figures so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Vec<Series>);

impl Ledger {
    /// Adds a figure. The first contender of a row is the one to which the others' ratios refer.
    pub(crate) fn note(&mut self, row: &Row, contender: impl Into<String>, value: f64) {
        let contender = contender.into();
        eprintln!("  {:<62} {contender:<36} {value:>12.2} {}", row.name, row.unit);
        match self.0.iter_mut().find(|series| series.row == *row && series.contender == contender) {
            Some(series) => series.values.push(value),
            None => self.0.push(Series { row: row.clone(), contender, values: vec![value] }),
        }
    }

    /// The table in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut table =
            String::from("| what | who | median | least to most | ratio | goal |\n|---|---|---:|---:|---:|---|\n");
        for (row, group) in self.rows() {
            for (index, series) in group.iter().enumerate() {
                let name = if index == 0 { row.name.as_str() } else { "" };
                let goal = if index == 0 { row.goal.as_str() } else { "" };
                let range = format!("{} to {}", number(series.least()), number(series.most()));
                let _ = writeln!(
                    table,
                    "| {name} | {} | {} {} | {range} | {} | {goal} |",
                    series.contender,
                    number(series.median()),
                    row.unit,
                    series.ratio(group[0]).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")),
                );
            }
        }
        table
    }

    /// Everything, each run's figure too.
    pub(crate) fn json(&self) -> Value {
        let rows = self.rows().into_iter().map(|(row, group)| {
            let contenders = group.iter().map(|series| {
                json!({
                    "name": series.contender,
                    "median": series.median(),
                    "ratio": series.ratio(group[0]),
                    "runs": series.values,
                })
            });
            json!({
                "row": row.name, "unit": row.unit, "goal": row.goal, "contenders": contenders.collect::<Vec<_>>(),
            })
        });
        rows.collect()
    }

    /// The figures of an earlier run, as [`Self::json`] gave them.
    pub(crate) fn read(rows: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut ledger = Self::default();
        for group in rows.as_array().into_iter().flatten() {
            let row = Row { name: text(&group["row"]), unit: text(&group["unit"]), goal: text(&group["goal"]) };
            for contender in group["contenders"].as_array().into_iter().flatten() {
                let values = contender["runs"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
                ledger.0.push(Series { row: row.clone(), contender: text(&contender["name"]), values });
            }
        }
        ledger
    }

    fn rows(&self) -> Vec<(&Row, Vec<&Series>)> {
        let mut rows: Vec<(&Row, Vec<&Series>)> = Vec::new();
        for series in &self.0 {
            match rows.iter_mut().find(|(row, _)| **row == series.row) {
                Some((_, group)) => group.push(series),
                None => rows.push((&series.row, vec![series])),
            }
        }
        rows
    }
}

impl Series {
    fn sorted(&self) -> Vec<f64> {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        values
    }

    fn median(&self) -> f64 {
        percentile(&self.values, 50)
    }

    /// None where the other's figure is too small to be measured.
    fn ratio(&self, other: &Self) -> Option<f64> {
        Some(self.median() / other.median()).filter(|ratio| ratio.is_finite())
    }

    fn least(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    fn most(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }
}

/// The value that `percent` of the values do not exceed.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

/// Whole thousands with separators, small numbers with their decimals.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
