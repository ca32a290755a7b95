//! Texts of messages, without NUL and embedded files. Empty means none.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::completed_request::content::media::without_bytes;
use crate::json::Text;

/// How the names of members begin that a model server seals for itself: they are not recorded.
const SEALED: &str = "encrypted_";

/// A JSON text that has any.
pub(crate) fn text<'a>(json: Option<&'a RawValue>) -> Option<Text<'a>> {
    let text: Text<'a> = serde_json::from_str(json?.get()).ok()?;
    (!text.is_empty()).then(|| without_bytes(text))
}

/// A JSON text, or any other value as the JSON that it is, less what is sealed.
pub(crate) fn text_or_json(json: &RawValue) -> Text<'_> {
    let text = serde_json::from_str(json.get()).unwrap_or_else(|_| Text::from(json.get()));
    if !text.contains(SEALED) {
        return without_bytes(text);
    }
    match serde_json::from_str(json.get()) {
        Ok(Value::String(_)) | Err(_) => without_bytes(text),
        Ok(mut value) => {
            leave_out_sealed(&mut value);
            without_bytes(value.to_string().into())
        }
    }
}

fn leave_out_sealed(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| !key.starts_with(SEALED));
            members.values_mut().for_each(leave_out_sealed);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_sealed),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> String {
        text_or_json(&RawValue::from_string(json.to_owned()).unwrap()).to_string()
    }

    #[test]
    fn any_value_becomes_text_without_what_is_sealed() {
        for (json, text) in [
            (r#""a \"text\" with encrypted_content""#, "a \"text\" with encrypted_content"),
            (r#""""#, ""),
            (r#"{"a": [1 ,2]}"#, r#"{"a": [1 ,2]}"#),
            (r#"[{"encrypted_content":"x","b":{"encrypted_index":"y","c":1}}]"#, r#"[{"b":{"c":1}}]"#),
            (r#"["data:image/png;base64,AAAA"]"#, r#"["[image/png]"]"#),
        ] {
            assert_eq!(read(json), text);
        }
    }
}
