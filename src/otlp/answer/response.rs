//! What came back over HTTP, before anybody reads it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use super::sentence;
use crate::clock::UnixNanos;

/// The most of a body that is read, in bytes (spec 5.1).
pub const MAX_BODY: usize = 64 * 1024;

/// A receiver's response: status, headers, and the beginning of the body. Everything as the receiver wrote it: escape before showing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    /// At most [`MAX_BODY`] bytes.
    pub body: Bytes,
    /// The body is only its beginning: it was longer, or the connection broke.
    pub is_cut: bool,
    /// When it arrived: what a date in `retry-after` is compared with.
    pub received_at: UnixNanos,
}

/// Headers by their names in lower case. Several of one name are joined by commas; bytes that are no text are left out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, String>);

impl Headers {
    /// A header's value. `name` in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(headers: I) -> Self {
        let mut joined = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let values = joined.entry(name.to_ascii_lowercase()).or_default();
            if !values.is_empty() {
                values.push_str(", ");
            }
            values.push_str(value);
        }
        Self(joined)
    }
}

impl Response {
    /// The receiver's own words: one line, escaped and short. None when it said nothing.
    pub fn words(&self) -> Option<String> {
        sentence::words(&self.body)
    }

    /// `lead`, which has no full stop, followed by the status and the receiver's words.
    pub fn sentence(&self, lead: &str) -> String {
        match self.words() {
            Some(words) => format!("{lead} (HTTP {}: {words}).", self.status),
            None => format!("{lead} (HTTP {}).", self.status),
        }
    }

    /// Whether the body is markup for people's browsers.
    pub fn is_page(&self) -> bool {
        self.body.trim_ascii_start().first() == Some(&b'<')
    }

    /// Where a redirect points: the host only. None when it names none (or is relative).
    pub(super) fn redirect_host(&self) -> Option<String> {
        let url = url::Url::parse(self.headers.get("location")?).ok()?;
        url.host_str().map(sentence::one_line)
    }
}

/// Values of headers may be secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.0.keys())
            .field("body_bytes", &self.body.len())
            .field("is_cut", &self.is_cut)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_name_are_joined_and_names_compared_without_case() {
        let headers: Headers = [("X-Limits", "1"), ("x-limits", "2"), ("Server", "s")].into_iter().collect();
        assert_eq!(
            (headers.get("x-limits"), headers.get("server"), headers.get("via")),
            (Some("1, 2"), Some("s"), None)
        );
    }
}
