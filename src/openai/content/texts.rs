//! Texts of OpenAI's messages, without NUL and embedded files. Empty means none.

use serde_json::value::RawValue;

use crate::completed_request::content::media::without_bytes;
use crate::json::Text;

/// A JSON text that has any.
pub(super) fn text<'a>(json: Option<&'a RawValue>) -> Option<Text<'a>> {
    let text: Text<'a> = serde_json::from_str(json?.get()).ok()?;
    (!text.is_empty()).then(|| without_bytes(text))
}
