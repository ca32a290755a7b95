//! The limits of recorded requests (spec 1 and 2.4). A longer value is cut, never refused.

/// Characters of `user`.
pub const USER_CHARS: usize = 128;
/// Characters of `session_id`.
pub const SESSION_ID_CHARS: usize = 256;
/// Characters of a name of a trace or span.
pub const NAME_CHARS: usize = 512;
pub const METADATA_KEYS: usize = 64;
pub const METADATA_KEY_BYTES: usize = 128;
pub const METADATA_VALUE_BYTES: usize = 8 * 1024;
/// Bytes of content (prompt, completion, tools) that are recorded of one request: what a span may hold, less room for
/// everything else on it.
pub const CONTENT_BYTES: usize = 880 * 1024;
/// Names of unread members of an answer that are recorded.
pub const UNREAD_NAMES: usize = 16;
/// Characters of such a name.
pub const UNREAD_CHARS: usize = 64;
