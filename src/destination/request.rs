//! A request to a destination: always a POST.

use bytes::Bytes;
use url::Url;

use super::Header;

/// One POST, ready to be sent by whoever does the sending.
#[derive(Clone)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// All headers but those that HTTP itself needs.
    pub headers: Vec<Header>,
    /// As it goes over the wire: encoded and compressed.
    pub body: Bytes,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.url.as_str())
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
