//! The log as a table for spreadsheets (RFC 4180), none of whose cells is taken for a formula.

use chrono::SecondsFormat;
use serde_json::Value;

use crate::store::audit::Entry;

pub const HEADER: &str = "time,event,actor kind,actor,address,subject,before,after\r\n";

pub fn line(entry: &Entry) -> String {
    let json = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let cells = [
        entry.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        entry.event.clone(),
        entry.actor_kind.clone(),
        entry.actor.clone(),
        entry.address.clone().unwrap_or_default(),
        entry.subject.clone(),
        json(&entry.before),
        json(&entry.after),
    ];
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A quoted cell. Text that a spreadsheet would take for a formula gets an apostrophe in front, which it hides (OWASP).
///
/// Where a comma is the decimal sign, spreadsheets divide cells at semicolons instead, also within our quotes. The text after a
/// semicolon could be a formula of its own.
pub fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 2);
    cell.push('"');
    if text.starts_with(char::is_control) {
        cell.push('\'');
    }
    let mut begins = true;
    for character in text.chars() {
        if begins && FORMULAS.contains(&character) {
            cell.push('\'');
        }
        if character == '"' {
            cell.push('"');
        }
        cell.push(character);
        begins =
            matches!(character, ';' | '\t' | '\r' | '\n') || begins && (character == '"' || character.is_whitespace());
    }
    cell.push('"');
    cell
}

/// The first characters of formulas.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '|', '%'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "|x", "%x"] {
            assert!(cell(formula).contains('\''), "{formula}");
        }
        for (text, guarded) in [
            ("a;=1", "\"a;'=1\""),
            ("a; +1;x", "\"a; '+1;x\""),
            ("a;\"=1\"", "\"a;\"\"'=1\"\"\""),
            ("a\n@x", "\"a\n'@x\""),
            ("=1", "\"'=1\""),
        ] {
            assert_eq!(cell(text), guarded);
        }
        for plain in ["plain", "a-b, +c = d", "2026-09-05T08:24:27.107Z", "Firefox 140; Linux"] {
            assert_eq!(cell(plain), format!("\"{plain}\""));
        }
    }

    #[test]
    fn quotes_commas_and_lines_stay_within_their_cell() {
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
    }
}
