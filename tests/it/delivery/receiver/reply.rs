//! What the receiver can be told to do with a request.

use std::fmt::Write as _;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use tokio_util::sync::CancellationToken;

/// A request's fate, after it was read.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A complete answer.
    Answer(Answer),
    /// The connection is reset.
    Reset,
    /// Nothing happens until the receiver recovers or the caller goes away.
    Hang,
    /// The connection closes in the middle of the answer's head.
    CloseInHead,
    /// 200 and a body of 1,000 bytes are promised, ten bytes come, and the connection closes.
    CloseInBody,
    /// 200, and a body of which a byte comes after each pause.
    SlowBody(Duration),
    /// 200, and a body that does not end.
    EndlessBody,
}

/// A complete answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    /// Only then the delay begins.
    gate: Option<CancellationToken>,
}

impl Answer {
    pub(crate) fn of(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Not before `gate` is cancelled.
    pub(crate) fn held_by(self, gate: &CancellationToken) -> Self {
        Self { gate: Some(gate.clone()), ..self }
    }

    /// Waits until it may go out.
    pub(super) async fn is_due(&self) {
        if let Some(gate) = &self.gate {
            gate.cancelled().await;
        }
        tokio::time::sleep(self.delay).await;
    }

    /// As it goes over the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Told\r\n", self.status);
        // 1xx, 204 and 304 have no body and no length (RFC 9110, 6.4.1).
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        if !bodiless {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let mut bytes = (head + "\r\n").into_bytes();
        if !bodiless {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

impl Reply {
    /// 200.
    pub(crate) fn accept() -> Self {
        Answer::of(200).into()
    }

    pub(crate) fn status(status: u16) -> Self {
        Answer::of(status).into()
    }

    /// 200, with some spans rejected.
    pub(crate) fn accept_in_part(rejected: i64, message: &str) -> Self {
        let partial = ExportTracePartialSuccess { rejected_spans: rejected, error_message: message.to_owned() };
        let response = ExportTraceServiceResponse { partial_success: Some(partial) };
        Answer::of(200).header("content-type", "application/x-protobuf").body(response.encode_to_vec()).into()
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}
