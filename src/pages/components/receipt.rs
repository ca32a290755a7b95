//! What became of a request at a destination, as a row: what, then why, then what can be done.

use super::when::When;

#[derive(Debug)]
pub struct ReceiptRow {
    /// The mark's name: `passed`, `warning`, `left-out` or `failed`.
    pub mark: &'static str,
    /// The kind's two letters.
    pub sign: &'static str,
    /// What its people call the destination.
    pub name: String,
    pub what: Vec<Piece>,
    pub why: Vec<Piece>,
    /// The receiver's own words; empty for none.
    pub quote: String,
    /// What can be done: words, and where.
    pub action: Option<(&'static str, String)>,
}

/// A part of a sentence.
#[derive(Debug, Clone)]
pub enum Piece {
    Text(String),
    Strong(&'static str),
    Code(String),
    /// A time of day.
    Clock(When),
    Link {
        text: &'static str,
        path: String,
    },
}

pub fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}
