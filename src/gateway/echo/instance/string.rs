//! Strings of the format and length that a schema asks for.

use crate::json::{Members, Text, WholeNumber, quoted};

/// Harmless wherever a program takes it for a command.
const WORD: &str = "echo";

/// A value where anything will do.
pub(super) fn any() -> String {
    quoted(WORD)
}

/// A string as JSON, None where it would be longer than `most` bytes.
pub(super) fn of(schema: &Members<'_>, most: usize) -> Option<String> {
    let format = schema.read::<Text<'_>>("format");
    if let Some(value) = format.and_then(|format| of_format(&format)) {
        return Some(quoted(value));
    }
    let whole = |key| schema.read::<WholeNumber>(key).and_then(|WholeNumber(whole)| usize::try_from(whole).ok());
    let (least, longest) = (whole("minLength").unwrap_or(0), whole("maxLength").unwrap_or(usize::MAX));
    let length = least.max(WORD.len()).min(longest);
    (length <= most).then(|| quoted(&WORD.chars().cycle().take(length).collect::<String>()))
}

fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "time" => "00:00:00Z",
        "duration" => "PT1S",
        "email" | "idn-email" => "echo@example.com",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => "https://example.com/",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "byte" | "base64" => "ZWNobw==",
        _ => return None,
    })
}
