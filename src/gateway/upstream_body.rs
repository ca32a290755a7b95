//! What the upstream gets of a request: the caller's members in their order and bytes, without ours.

use crate::json::{Members, ObjectWriter, quoted};
use crate::state::bodies::capacity;

/// Bytes that [`write()`] takes, about.
pub(super) fn bytes(request: &Members<'_>) -> usize {
    request.iter().map(|(key, value)| key.len() + value.len() + 8).sum::<usize>() + 320
}

/// The body for the upstream, without the members that are `ours`. `asks_usage`: a stream is asked to report its usage. `model`: the
/// model's name, where it is not the caller's.
pub(super) fn write(request: &Members<'_>, ours: &[&str], asks_usage: bool, model: Option<&str>) -> String {
    let mut writer = ObjectWriter::with_capacity(capacity(bytes(request)));
    for (key, value) in request.iter() {
        match (key, model) {
            ("stream_options", _) if asks_usage => {}
            ("model", Some(model)) => writer.raw(key, &quoted(model)),
            _ if ours.contains(&key) => {}
            _ => writer.raw(key, value),
        }
    }
    if let Some(model) = model.filter(|_| !request.contains("model")) {
        writer.raw("model", &quoted(model));
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
    use super::super::chat_completions::ChatCompletions;
    use super::super::protocol::Protocol as _;
    use super::*;

    fn upstream_body(text: &str, asks_usage: bool) -> String {
        write(&Members::of(text).unwrap(), ChatCompletions.own_members(), asks_usage, None)
    }

    #[test]
    fn the_model_is_named_as_the_upstream_knows_it_and_the_other_bytes_stay() {
        let renamed =
            |text: &str| write(&Members::of(text).unwrap(), ChatCompletions.own_members(), false, Some("gpt-4o"));
        let text = r#"{"models":["a"],"top_p":1.0,"model" : "openai/gpt-4o","messages":[ ]}"#;
        assert_eq!(renamed(text), r#"{"top_p":1.0,"model":"gpt-4o","messages":[ ]}"#);
        assert_eq!(renamed(r#"{"messages":[]}"#), r#"{"messages":[],"model":"gpt-4o"}"#);
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
