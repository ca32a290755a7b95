//! The log as a table for spreadsheets (RFC 4180), in which no cell is taken for a formula.

use chrono::SecondsFormat;
use serde_json::Value;

use super::Entry;

/// The first line.
pub const HEADER: &str = "time,event,actor kind,actor,address,subject,before,after\r\n";

/// One line.
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

/// Quoted; and what a spreadsheet would take for a formula begins with an apostrophe, which it hides (OWASP).
fn cell(text: &str) -> String {
    let is_formula =
        text.starts_with(char::is_control) || text.trim_start().starts_with(['=', '+', '-', '@', '|', '%']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "|x", "%x"] {
            assert!(cell(formula).starts_with("\"'"), "{formula}");
        }
        assert_eq!(cell("plain"), "\"plain\"");
    }

    #[test]
    fn quotes_commas_and_lines_stay_within_their_cell() {
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
    }
}
