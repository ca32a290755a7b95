//! A request to a destination.

use bytes::Bytes;
use url::Url;

use super::Header;

/// The methods that destinations take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// One request, ready to be sent by whoever does the sending.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
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
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
