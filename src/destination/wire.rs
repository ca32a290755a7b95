//! How a kind of receiver is reached: where requests go, what they look like, and what its responses mean.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::reading::Reading;
use super::sign::Sign;
use super::{Header, Method, Occasion, Parcel, Request, TestStep};
use crate::delivery::Outcome;
use crate::otlp::answer::{Response, classify};
use crate::otlp::{Compression, Encode, Json, Protobuf, Resource};
use crate::rows::documents::{Documents, Form};
use crate::rows::lines::Lines;

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
    /// A port that is usual for this kind, beside those that are for all.
    pub(super) port: Option<u16>,
    /// What is done to each request, last of all.
    pub(super) sign: Option<Arc<dyn Sign>>,
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
    /// A row for each span, one on each line.
    Lines,
    /// A document for each trace, each in a request of its own.
    Documents(Form),
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
            Self::OtlpProtobuf | Self::Lines => compression,
            Self::OtlpJson | Self::Documents(_) => Compression::None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::OtlpProtobuf => "application/x-protobuf",
            Self::OtlpJson | Self::Documents(_) => "application/json",
            Self::Lines => "application/x-ndjson",
        }
    }

    pub fn encoder(self) -> Box<dyn Encode> {
        let nobody = Resource::new("");
        match self {
            Self::OtlpProtobuf => Box::new(Protobuf::new(&nobody)),
            Self::OtlpJson => Box::new(Json::new(&nobody)),
            Self::Lines => Box::new(Lines::default()),
            Self::Documents(form) => Box::new(Documents::new(form)),
        }
    }

    /// The body of a request that carries nothing, before compression.
    pub fn empty(self) -> &'static [u8] {
        match self {
            Self::OtlpProtobuf | Self::Lines => b"",
            Self::OtlpJson | Self::Documents(_) => Json::EMPTY,
        }
    }

    /// Whether each trace has a request of its own.
    pub fn is_split(self) -> bool {
        matches!(self, Self::Documents(_))
    }

    /// Whether requests are named by what they carry.
    pub fn names_requests(self) -> bool {
        matches!(self, Self::OtlpJson | Self::Documents(_))
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

    /// A port that is usual for this kind, beside those that are for all.
    pub fn port(&self) -> Option<u16> {
        self.port
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

    /// The request that carries `parcel`, whose body is compressed as it says.
    pub fn request(&self, parcel: &Parcel, compression: Compression, occasion: Occasion) -> Request {
        let (url, headers, body) = (self.url.clone(), self.headers(compression), parcel.body.clone());
        let mut request = Request { method: self.method, url, headers, body };
        if let Some(sign) = &self.sign {
            sign.sign(&mut request, parcel, occasion);
        }
        request
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
