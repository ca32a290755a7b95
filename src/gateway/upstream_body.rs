//! What the upstream gets of a request: the caller's members in their order and bytes, without ours.

use crate::json::{Members, ObjectWriter};
use crate::state::bodies::capacity;

/// Fields of ours that no upstream knows (spec 3.4). `user` is OpenAI's own and passes.
const NOT_PASSED_ON: [&str; 2] = ["trace", "session_id"];

/// Bytes that [`write()`] takes, about.
pub(super) fn bytes(request: &Members<'_>) -> usize {
    request.iter().map(|(key, value)| key.len() + value.len() + 8).sum::<usize>() + 64
}

/// The body for the upstream. `asks_usage`: a stream is asked to report its usage.
pub(super) fn write(request: &Members<'_>, asks_usage: bool) -> String {
    let mut writer = ObjectWriter::with_capacity(capacity(bytes(request)));
    for (key, value) in request.iter() {
        let is_rewritten = key == "stream_options" && asks_usage;
        if !is_rewritten && !NOT_PASSED_ON.contains(&key) {
            writer.raw(key, value);
        }
    }
    if asks_usage {
        writer.raw("stream_options", &with_usage(&request.read("stream_options").unwrap_or_default()));
    }
    writer.finish()
}

/// The caller's `stream_options` with `include_usage` switched on.
fn with_usage(options: &Members<'_>) -> String {
    let mut writer = ObjectWriter::with_capacity(64);
    for (key, value) in options.iter().filter(|(key, _)| *key != "include_usage") {
        writer.raw(key, value);
    }
    writer.raw("include_usage", "true");
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream_body(text: &str, asks_usage: bool) -> String {
        write(&Members::of(text).unwrap(), asks_usage)
    }

    #[test]
    fn upstream_body_leaves_our_fields_out_and_keeps_the_other_bytes() {
        let text =
            r#"{"messages":[ {"role":"user","content":"\u00e9"} ],"trace":{},"session_id":"s","user":"u","top_p":1.0}"#;
        let expected = r#"{"messages":[ {"role":"user","content":"\u00e9"} ],"user":"u","top_p":1.0}"#;
        assert_eq!(upstream_body(text, false), expected);
    }

    #[test]
    fn a_stream_is_asked_to_report_its_usage() {
        for (options, expected) in [
            ("", r#"{"include_usage":true}"#),
            (r#","stream_options":null"#, r#"{"include_usage":true}"#),
            (r#","stream_options":{"include_usage":false,"x":1}"#, r#"{"x":1,"include_usage":true}"#),
        ] {
            let text = format!(r#"{{"messages":[],"stream":true{options}}}"#);
            assert_eq!(upstream_body(&text, false), text);
            assert_eq!(
                upstream_body(&text, true),
                format!(r#"{{"messages":[],"stream":true,"stream_options":{expected}}}"#)
            );
        }
    }
}
