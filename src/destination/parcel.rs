//! What one request carries: a body, and what the body is made of.

use bytes::Bytes;

use crate::clock::UnixNanos;
use crate::id::DestinationId;
use crate::trace::{Export, TraceId};

/// A body, and the completed requests in it.
#[derive(Debug, Clone, Default)]
pub struct Parcel {
    /// In order. Empty where the encoding names none of them, and for a body that carries nothing.
    pub carried: Vec<Carried>,
    /// As it goes over the wire: encoded and compressed.
    pub body: Bytes,
}

/// A completed request in a body, by all that names of messages and objects are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub generation: String,
    pub trace: TraceId,
    pub received: UnixNanos,
    /// The name of the API key that it came with.
    pub api_key: Option<String>,
}

/// When, to whom and why a request is made.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    pub destination: DestinationId,
    pub at: UnixNanos,
    /// It belongs to a connection test.
    pub is_test: bool,
}

impl Parcel {
    /// A body that names nothing.
    pub fn of(body: impl Into<Bytes>) -> Self {
        Self { carried: Vec::new(), body: body.into() }
    }
}

impl Carried {
    pub fn of(export: &Export<'_>) -> Self {
        Self {
            generation: export.request.id.as_str().to_owned(),
            trace: export.trace.trace_id,
            received: export.request.times.received,
            api_key: export.api_key(),
        }
    }
}
