//! One request to the receiver, and what became of it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::time::UnixNanos;

use super::Loss;

/// One request and the answer it got. Secrets in its headers are masked before it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceivedRequest {
    /// Counted from 1 since the start or the last clearing.
    pub number: u64,
    /// When it had arrived completely.
    #[serde(serialize_with = "super::span::as_text")]
    pub at: UnixNanos,
    /// `POST`, mostly.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Names in lower case, values at most 200 characters.
    pub headers: BTreeMap<String, String>,
    /// Bytes of the body on the wire.
    pub bytes: usize,
    /// Bytes after decompression, where it came to that.
    pub decompressed_bytes: Option<usize>,
    /// The status that was answered; none while the receiver hangs.
    pub status: Option<u16>,
    /// Why it was not 200.
    pub reason: Option<String>,
    /// Accepted, and neither stored nor lost: Relay does not know yet whether the key is good.
    pub parked: bool,
    /// Spans that Sentry would show.
    pub spans: usize,
    /// The traces they belong to, each once.
    pub trace_ids: Vec<String>,
    /// What is lost without a word in the answer.
    pub losses: BTreeMap<Loss, u32>,
}
