//! An answer on its way to the caller: our id and the cost written into it, everything else as it came.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::body_kind::{BodyKind, Look, look};
use super::exchange::Exchange;
use super::failure::Failure;
use super::passing::Passing;
use super::upstream::UpstreamAnswer;
use super::upstream_headers::PassedHeaders;
use super::whole;

const EVENT_STREAM: &str = "text/event-stream";

/// What the caller gets.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    /// Further headers of the upstream's.
    pub headers: PassedHeaders,
    /// Length of the body in bytes; None where it is passed on as it comes.
    pub length: Option<usize>,
    /// The body. Dropping it before its end means that the caller went away.
    pub body: BoxStream<'static, Bytes>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("length", &self.length).finish_non_exhaustive()
    }
}

/// Gives an answer as soon as its first bytes show what it is.
///
/// What was asked for as events and calls itself so is begun at once, because a model may be silent for long before its first
/// word. So is what begins with empty lines, which are there to keep the connection alive. Whatever such an answer turns out
/// to be, its status has gone to the caller by then.
///
/// # Errors
/// When it is no answer.
pub(super) async fn begin(mut exchange: Exchange, mut answer: UpstreamAnswer) -> Result<Answer, Failure> {
    let mut beginning = BytesMut::new();
    if exchange.streaming && answer.is_event_stream() {
        return Ok(passing(exchange, answer, beginning));
    }
    let may_be_events = exchange.streaming || answer.is_event_stream();
    loop {
        match look(&beginning, may_be_events) {
            Look::Known(BodyKind::Events) => {
                EVENT_STREAM.clone_into(&mut answer.content_type);
                return Ok(passing(exchange, answer, beginning));
            }
            Look::Known(_) => break,
            Look::Blank if !beginning.is_empty() => return Ok(passing(exchange, answer, beginning)),
            Look::Blank | Look::Unclear => match answer.body.next().await {
                Some(Ok(piece)) => beginning.extend_from_slice(&piece),
                Some(Err(broken)) => return Err(exchange.refuse(broken.failure()).await),
                None => break,
            },
        }
    }
    let (status, headers) = (answer.status, answer.headers);
    let body = whole::read(&mut exchange, &beginning, &mut answer.body).await;
    match body.and_then(|body| whole::understood(&mut exchange, body)) {
        Ok(body) => Ok(whole(exchange, status, headers, body).await),
        Err(failure) => Err(exchange.refuse(failure).await),
    }
}

/// An answer that came whole.
async fn whole(mut exchange: Exchange, status: u16, headers: PassedHeaders, body: Bytes) -> Answer {
    let length = Some(body.len());
    let content_type = "application/json".to_owned();
    if body.is_empty() {
        // The web server never asks for a body of length 0.
        exchange.status = Some(status);
        exchange.settle();
        exchange.hold_end().await;
    }
    let body = stream::unfold((exchange, Some(body)), move |(mut exchange, body)| async move {
        let body = body?;
        exchange.status = Some(status);
        exchange.settle();
        exchange.hold_end().await;
        Some((body, (exchange, None)))
    });
    Answer { status, content_type, headers, length, body: body.boxed() }
}

/// An answer that is passed on as it comes.
fn passing(mut exchange: Exchange, answer: UpstreamAnswer, beginning: BytesMut) -> Answer {
    let is_events = answer.is_event_stream();
    let (status, content_type, headers) = (answer.status, answer.content_type, answer.headers);
    exchange.status = Some(status);
    let passing = Passing::new(exchange, answer.body, beginning, is_events);
    let body = stream::unfold(passing, |mut passing| async move { Some((passing.next_bytes().await?, passing)) });
    Answer { status, content_type, headers, length: None, body: body.boxed() }
}
