//! Charts drawn on the server as SVG, without a script: x and widths are in per cent, y and heights in pixels, so that
//! bars stretch with the page and text does not.

mod bar;
mod curve;
mod scale;
mod ticks;

pub use self::bar::{Bar, pile};
pub use self::curve::Curve;
pub use self::scale::Scale;
pub use self::ticks::{Tick, between, of_a_day};

/// Room above the plot, for the highest label.
pub const TOP: f64 = 16.0;
/// Height of the plot.
pub const HEIGHT: f64 = 100.0;
/// Where the base line lies.
pub const BASE: f64 = TOP + HEIGHT;

/// One chart, with its names and its words.
#[derive(Debug)]
pub struct Chart {
    /// Unique on the page: its title and its description are named after it.
    pub id: &'static str,
    /// What is drawn, in a few words.
    pub title: &'static str,
    /// The same with the time that it covers.
    pub name: String,
    /// The numbers in a sentence, for who does not see them.
    pub sentence: String,
    /// The number that matters, if one does.
    pub number: Option<Number>,
    /// Colours with their meaning: the class of the key, and words.
    pub keys: &'static [(&'static str, &'static str)],
    /// Lines across the plot, from the top down.
    pub lines: Vec<Line>,
    pub bars: Vec<Bar>,
    pub curves: Vec<Curve>,
    pub ticks: Vec<Tick>,
    /// What is said of each bucket where somebody points at it.
    pub hints: Vec<Hint>,
}

impl Chart {
    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty() && self.curves.iter().all(|curve| curve.pieces.is_empty())
    }
}

/// A number above a chart.
#[derive(Debug, PartialEq, Eq)]
pub struct Number {
    pub value: String,
    /// What it is, or what belongs to it. May be empty.
    pub of: String,
}

/// A line across the plot.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub y: String,
    /// Where its label stands.
    pub label_y: String,
    /// Empty for none.
    pub label: String,
}

/// A part of the plot, from its base to its top.
#[derive(Debug)]
pub struct Hint {
    /// In per cent, as the width.
    pub x: String,
    pub width: String,
    /// Where it leads, if it leads anywhere.
    pub path: Option<String>,
    pub words: String,
}

impl Line {
    /// A line `pixels` above the base.
    pub fn new(pixels: f64, label: String) -> Self {
        let y = BASE - pixels;
        Self { y: format!("{:.1}", y + 0.5), label_y: format!("{:.1}", y - 5.0), label }
    }
}

/// Where a bucket begins, in per cent.
#[expect(clippy::cast_precision_loss, reason = "a chart has fewer than a hundred buckets")]
pub fn share(bucket: usize, buckets: usize) -> f64 {
    100.0 * bucket as f64 / buckets as f64
}
