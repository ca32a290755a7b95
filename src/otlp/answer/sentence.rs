//! One safe line out of whatever a receiver wrote: `google.rpc.Status`, vendors' JSON, a page of HTML, plain text.

use prost::Message;
use serde_json::Value;

/// The most characters of a receiver's words that are ever shown (spec 5.1).
pub const MAX_SENTENCE: usize = 200;

/// `google.rpc.Status`, without its details.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The receiver's words in one line; None when there are none.
pub(super) fn words(body: &[u8]) -> Option<String> {
    let text = from_json(body).or_else(|| from_status(body)).or_else(|| from_text(body))?;
    let line = one_line(&text);
    (!line.is_empty()).then_some(line)
}

/// `text` in one line of at most [`MAX_SENTENCE`] characters: white space collapsed, control and direction-changing
/// characters escaped, a closing full stop dropped (the sentence around it has its own).
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let space = usize::from(!line.is_empty());
        if space == 1 {
            line.push(' ');
        }
        length += space;
        for character in word.chars() {
            let shown = shown(character);
            length += shown.chars().count();
            if length > MAX_SENTENCE {
                while line.chars().count() >= MAX_SENTENCE {
                    line.pop();
                }
                line.push('…');
                return line;
            }
            line.push_str(&shown);
        }
    }
    line.strip_suffix('.').map(str::to_owned).unwrap_or(line)
}

/// A character as it may be shown: those that are invisible or turn the direction of writing become `\u{…}`.
fn shown(character: char) -> String {
    let hidden = matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    if character.is_control() || hidden { character.escape_unicode().to_string() } else { character.to_string() }
}

/// `{"code", "message"}`, `{"detail", "causes": […]}`, `{"error": "…"}` or `{"error": {"message"}}`.
fn from_json(body: &[u8]) -> Option<String> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let lead = ["message", "detail", "error", "error_description"].iter().find_map(|key| match body.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(inner) => inner.get("message")?.as_str().map(str::to_owned),
        _ => None,
    });
    let causes: Vec<&str> =
        body.get("causes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    match (lead, causes.is_empty()) {
        (Some(lead), true) => Some(lead),
        (Some(lead), false) => Some(format!("{lead}: {}", causes.join("; "))),
        (None, false) => Some(causes.join("; ")),
        (None, true) => None,
    }
}

/// A status message in protobuf. Plain text never decodes to one: field 2 begins with the control character 0x12.
fn from_status(body: &[u8]) -> Option<String> {
    let status = Status::decode(body).ok()?;
    (!status.message.is_empty()).then_some(status.message)
}

/// Plain text, or a page's title. Bytes that are no text say nothing.
fn from_text(body: &[u8]) -> Option<String> {
    let start = &body[..body.len().min(4096)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let text = text.trim();
    if !text.starts_with('<') {
        return Some(text.to_owned());
    }
    let lower = text.to_ascii_lowercase();
    let begin = lower.find("<title>")? + "<title>".len();
    let end = begin + lower[begin..].find("</title>")?;
    Some(text[begin..end].to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_error_body_gives_its_sentence() {
        let status = Status { code: 7, message: "ProjectId".to_owned() }.encode_to_vec();
        let table: [(&[u8], Option<&str>); 13] = [
            (&status, Some("ProjectId")),
            (
                br#"{"code":7,"message":"event submission rejected with_reason: ProjectId"}"#,
                Some("event submission rejected with_reason: ProjectId"),
            ),
            (
                br#"{"detail":"bad envelope","causes":["missing newline","eof."]}"#,
                Some("bad envelope: missing newline; eof"),
            ),
            (br#"{"causes":["only a cause"]}"#, Some("only a cause")),
            (br#"{"error":{"message":"no such key","type":"x"}}"#, Some("no such key")),
            (br#"{"error":"nope"}"#, Some("nope")),
            (b"404 page not found\n", Some("404 page not found")),
            (b"<html><head><TITLE>502 Bad Gateway</TITLE></head>", Some("502 Bad Gateway")),
            (b"<html>no title", None),
            (b"", None),
            (b"  \r\n ", None),
            (b"\xff\xfe\x00\x01", None),
            ("bell \u{7} and \u{202e}evil".as_bytes(), Some("bell \\u{7} and \\u{202e}evil")),
        ];
        for (body, expected) in table {
            assert_eq!(words(body).as_deref(), expected, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_long_sentence_is_cut_with_a_mark() {
        let line = one_line(&"word ".repeat(100));
        assert_eq!(line.chars().count(), MAX_SENTENCE);
        assert!(line.ends_with('…'));
    }

    proptest! {
        #[test]
        fn any_body_gives_a_short_line_without_control_characters(body: Vec<u8>) {
            if let Some(line) = words(&body) {
                prop_assert!(line.chars().count() <= MAX_SENTENCE);
                prop_assert!(!line.chars().any(char::is_control));
            }
        }

        #[test]
        fn any_text_gives_a_short_line_without_control_characters(text in "\\PC*[\\x00-\\x20\u{202e}é]{0,300}\\PC*") {
            let line = one_line(&text);
            prop_assert!(line.chars().count() <= MAX_SENTENCE, "{}", line.chars().count());
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
