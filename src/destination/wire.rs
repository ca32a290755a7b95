//! How a kind of receiver is reached: where requests go, what they look like, and what its responses mean.

use bytes::Bytes;
use url::Url;

use super::{Header, Request};
use crate::delivery::Outcome;
use crate::otlp::Compression;
use crate::otlp::answer::{Response, classify};

/// All that sending to one destination needs to know of HTTP.
#[derive(Debug, Clone)]
pub struct Wire {
    pub(super) url: Url,
    /// All but those that the encoding needs.
    pub(super) headers: Vec<Header>,
    pub(super) encoding: Encoding,
    pub(super) limits: Limits,
    /// Whether the receiver may accept a request before it has looked up the key, and throw it away after the look-up
    /// (spec 2.1).
    pub(super) accepts_unseen: bool,
    /// What a response means here, where that differs from the general table.
    pub(super) reading: fn(&Response, Outcome) -> Outcome,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `ExportTraceServiceRequest` in protobuf.
    OtlpProtobuf,
}

/// What one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Completed requests.
    pub requests: usize,
    /// Bytes before compression; a single larger trace goes alone.
    pub bytes: usize,
}

impl Limits {
    /// Where a receiver names none (spec 2.4, 4.2).
    pub const USUAL: Self = Self { requests: 500, bytes: 4 * 1024 * 1024 };
}

impl Encoding {
    fn content_type(self) -> &'static str {
        match self {
            Self::OtlpProtobuf => "application/x-protobuf",
        }
    }
}

impl Wire {
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What one request may hold.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether what the receiver accepts counts only once it is confirmed (spec 4.3).
    pub fn accepts_unseen(&self) -> bool {
        self.accepts_unseen
    }

    /// The POST that carries `body`, which is compressed as it says.
    pub fn request(&self, body: impl Into<Bytes>, compression: Compression) -> Request {
        Request { url: self.url.clone(), headers: self.headers(compression), body: body.into() }
    }

    pub fn headers(&self, compression: Compression) -> Vec<Header> {
        let mut headers = self.headers.clone();
        headers.push(Header::open("content-type", self.encoding.content_type()));
        if compression == Compression::Gzip {
            headers.push(Header::open("content-encoding", "gzip"));
        }
        headers
    }

    /// What a response means. Its sentence may repeat secrets that the receiver repeats.
    pub(super) fn read(&self, response: &Response) -> Outcome {
        (self.reading)(response, classify(response))
    }
}
