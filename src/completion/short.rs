//! Names and words of a model server, as they are recorded.

use crate::completed_request::clean;

/// Characters of a model's name, an id or a finish reason that are recorded.
const NAME_CHARS: usize = 256;

pub(super) fn short(text: &str) -> String {
    clean::name(text, NAME_CHARS).into_owned()
}
