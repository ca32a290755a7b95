//! How a kind of receiver is reached: where requests go, what they look like, and what its responses mean.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::reading::Reading;
use super::{Header, Method, Request, TestStep};
use crate::delivery::Outcome;
use crate::otlp::Compression;
use crate::otlp::answer::{Response, classify};

/// All that sending to one destination needs to know of HTTP.
#[derive(Debug, Clone)]
pub struct Wire {
    pub(super) method: Method,
    pub(super) url: Url,
    /// All but those that the encoding needs.
    pub(super) headers: Vec<Header>,
    /// Attributes that are added to the resource, or replace one of the same name.
    pub(super) resource: Vec<(&'static str, String)>,
    pub(super) encoding: Encoding,
    pub(super) limits: Limits,
    /// Whether the receiver may accept a request before it has looked up the key, and throw it away after the look-up
    /// (spec 2.1).
    pub(super) accepts_unseen: bool,
    /// Responses that the kind knows. They are looked up first.
    pub(super) readings: &'static [Reading],
    /// What any other response means here, where that differs from the general table.
    pub(super) reading: fn(&Response, Outcome) -> Outcome,
    /// What the connection test does once the receiver is reached, in order.
    pub(super) steps: Vec<TestStep>,
    pub(super) arrival: Option<Arrival>,
}

/// What a person should know of a test trace that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The product that looks at content only after its answer, so that the test did not prove that it keeps the trace.
    pub checked_by: Option<&'static str>,
    /// When the trace shows, continuing "look for it …".
    pub shown: &'static str,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `ExportTraceServiceRequest` in protobuf.
    OtlpProtobuf,
    /// The same as JSON, never compressed.
    OtlpJson,
}

/// What one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Completed requests.
    pub requests: usize,
    /// Bytes before compression; a single larger trace goes alone.
    pub bytes: usize,
    pub spans: usize,
    /// Characters of one attribute's value.
    pub value_chars: Option<usize>,
    /// Attributes of one span.
    pub span_attributes: Option<usize>,
    /// Traces that ended longer ago are not taken.
    pub oldest: Option<Duration>,
}

impl Limits {
    /// Where a receiver names none (spec 2.4, 4.2).
    pub const USUAL: Self = Self {
        requests: 500,
        bytes: 4 * 1024 * 1024,
        spans: usize::MAX,
        value_chars: None,
        span_attributes: None,
        oldest: None,
    };
}

impl Encoding {
    /// How a body is compressed where the operator configured `compression`.
    fn compression(self, compression: Compression) -> Compression {
        match self {
            Self::OtlpProtobuf => compression,
            Self::OtlpJson => Compression::None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::OtlpProtobuf => "application/x-protobuf",
            Self::OtlpJson => "application/json",
        }
    }
}

impl Wire {
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Attributes that are added to the resource, or replace one of the same name.
    pub fn resource(&self) -> &[(&'static str, String)] {
        &self.resource
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What a person should know of a test trace that was accepted.
    pub fn arrival(&self) -> Option<Arrival> {
        self.arrival
    }

    /// What the connection test does once the receiver is reached, in order.
    pub fn steps(&self) -> &[TestStep] {
        &self.steps
    }

    /// What one request may hold.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether what the receiver accepts counts only once it is confirmed (spec 4.3).
    pub fn accepts_unseen(&self) -> bool {
        self.accepts_unseen
    }

    /// How a body is compressed where the operator configured `compression`.
    pub fn compression(&self, compression: Compression) -> Compression {
        self.encoding.compression(compression)
    }

    /// The request that carries `body`, which is compressed as it says.
    pub fn request(&self, body: impl Into<Bytes>, compression: Compression) -> Request {
        Request { method: self.method, url: self.url.clone(), headers: self.headers(compression), body: body.into() }
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
        let usual = (self.reading)(response, classify(response));
        match Reading::find(self.readings, response) {
            Some(row) => row.outcome(response, usual),
            None => usual,
        }
    }

    /// The field that a response which the kind knows is about.
    pub(super) fn field_of(&self, response: &Response) -> Option<&'static str> {
        Reading::find(self.readings, response).map(|row| row.field)
    }
}
