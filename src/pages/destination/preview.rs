//! What is sent of one request with the saved settings and with those in the form, side by side.

use chrono::{DateTime, Utc};

use crate::broadcast::preview::{Body, Choice, Preview};
use crate::pages::components::amount::{count, grouped};
use crate::pages::components::when::When;

/// Characters of a value that are shown.
const SHOWN: usize = 2_000;

/// The result, in the form.
#[derive(Debug)]
pub struct PreviewPanel {
    /// Requests to choose from: id, words, and whether it is the one that is shown.
    pub requests: Vec<(String, String, bool)>,
    /// Attributes that differ.
    pub rows: Vec<PreviewRow>,
    /// How many are the same, and how large both are. Empty where there was no request.
    pub rest: String,
}

/// An attribute that differs.
#[derive(Debug, PartialEq)]
pub struct PreviewRow {
    pub name: String,
    pub stored: Vec<Piece>,
    pub proposed: Vec<Piece>,
}

/// A piece of a value, and whether the other value has it not.
#[derive(Debug, PartialEq)]
pub struct Piece {
    pub text: String,
    pub is_marked: bool,
}

impl PreviewPanel {
    pub(super) fn new(preview: &Preview, now: DateTime<Utc>) -> Self {
        let choice = |choice: &Choice| {
            let words = format!("{}, {}", When::new(choice.completed_at, now).absolute(), choice.trace_name);
            (choice.id.clone(), words, Some(&choice.id) == preview.shown.as_ref())
        };
        let rows = rows(preview);
        let same = preview.proposed.attributes.len().max(preview.stored.attributes.len()).saturating_sub(rows.len());
        let bytes = |body: &Body| grouped(number(body.bytes));
        let verb = if same == 1 { "is" } else { "are" };
        let rest = format!(
            "{} {verb} the same. {} bytes instead of {}, as OTLP in JSON.",
            count(number(same), "more attribute"),
            bytes(&preview.proposed),
            bytes(&preview.stored)
        );
        Self {
            requests: preview.requests.iter().map(choice).collect(),
            rows,
            rest: if preview.shown.is_some() { rest } else { String::new() },
        }
    }
}

fn rows(preview: &Preview) -> Vec<PreviewRow> {
    let row = |name: &str| {
        let value = |body: &Body| body.find(name).unwrap_or_default().to_owned();
        let (stored, proposed) = pieces(&value(&preview.stored), &value(&preview.proposed));
        PreviewRow { name: name.to_owned(), stored, proposed }
    };
    preview.different().map(row).collect()
}

/// Both values in pieces. What stands between their common beginning and end, in whole words, is marked.
fn pieces(before: &str, after: &str) -> (Vec<Piece>, Vec<Piece>) {
    let words = |text: &str| text.split_inclusive([' ', '"', '\n']).map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (words(before), words(after));
    let begin = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let rest = before.len().min(after.len()) - begin;
    let ends = before.iter().rev().zip(after.iter().rev()).take(rest);
    let end = ends.take_while(|(one, other)| one == other).count();
    let parts = |words: &[String]| {
        let middle = words.len() - end;
        let parts = [(&words[..begin], false), (&words[begin..middle], true), (&words[middle..], false)];
        let piece = |(words, is_marked): (&[String], bool)| Piece { text: shorten(&words.concat()), is_marked };
        parts.map(piece).into_iter().filter(|piece| !piece.text.is_empty()).collect()
    };
    (parts(&before), parts(&after))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: usize, attributes: &[(&str, &str)]) -> Body {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Body { bytes, attributes: attributes.iter().map(owned).collect() }
    }

    #[test]
    fn panel_shows_what_differs_and_marks_the_words_that_do() {
        let stored = body(2_902, &[("model", "m"), ("user.id", "ada"), ("input", "write to ada@b.example now")]);
        let proposed = body(814, &[("model", "m"), ("input", "write to [email] now"), ("counts", "email 1")]);
        let preview = Preview { shown: Some("gen-1".to_owned()), requests: Vec::new(), proposed, stored };
        let panel = PreviewPanel::new(&preview, DateTime::UNIX_EPOCH);
        let plain = |pieces: &[Piece]| -> String {
            pieces.iter().map(|it| if it.is_marked { format!("<{}>", it.text) } else { it.text.clone() }).collect()
        };
        let rows: Vec<_> = panel
            .rows
            .iter()
            .map(|row| format!("{}: {} | {}", row.name, plain(&row.stored), plain(&row.proposed)))
            .collect();
        assert_eq!(
            rows,
            [
                "user.id: <ada> | ",
                "input: write to <ada@b.example >now | write to <[email] >now",
                "counts:  | <email 1>"
            ]
        );
        assert_eq!(panel.rest, "0 more attributes are the same. 814 bytes instead of 2,902, as OTLP in JSON.");
    }
}
