//! An answer on its way to the caller: our id and the cost written into it, everything else as it came.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use serde_json::json;

use super::exchange::Exchange;
use super::failure::Failure;
use super::rewrite;
use super::sse::{self, Piece, Splitter};
use super::upstream::{Broken, UpstreamAnswer};
use crate::json::Members;

/// A shorter event takes no room, because each connection has that much anyway. A longer one takes room in steps of
/// this size.
const LONG_EVENT: usize = 64 * 1024;

/// What the caller gets.
pub struct Answer {
    pub status: u16,
    /// The content type, as the upstream gave it.
    pub content_type: String,
    /// Length of the body in bytes; None for a stream of events.
    pub length: Option<usize>,
    /// The body. Dropping it before its end means that the caller went away.
    pub body: BoxStream<'static, Bytes>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("length", &self.length).finish_non_exhaustive()
    }
}

/// An answer that came whole.
pub(super) fn whole(mut exchange: Exchange, status: u16, content_type: String, body: Bytes) -> Answer {
    let body =
        std::str::from_utf8(&body).ok().and_then(|text| rewritten(&mut exchange, text)).map_or(body, Bytes::from);
    let length = Some(body.len());
    let body = stream::unfold((exchange, Some(body)), move |(mut exchange, body)| async move {
        let body = body?;
        exchange.status = Some(status);
        exchange.settle();
        exchange.hold_end().await;
        Some((body, (exchange, None)))
    });
    Answer { status, content_type, length, body: body.boxed() }
}

/// An answer that is passed on event by event.
pub(super) fn event_stream(mut exchange: Exchange, answer: UpstreamAnswer) -> Answer {
    exchange.streaming = true;
    exchange.status = Some(answer.status);
    let (status, content_type) = (answer.status, answer.content_type);
    let passing = Passing { exchange, upstream: answer.body, splitter: Splitter::default(), has_ended: false };
    let body = stream::unfold(passing, |mut passing| async move { Some((passing.next_bytes().await?, passing)) });
    Answer { status, content_type, length: None, body: body.boxed() }
}

/// A stream of events between upstream and caller.
struct Passing {
    exchange: Exchange,
    upstream: BoxStream<'static, Result<Bytes, Broken>>,
    splitter: Splitter,
    has_ended: bool,
}

impl Passing {
    /// What can be passed on next; never empty. None at the end.
    async fn next_bytes(&mut self) -> Option<Bytes> {
        while !self.has_ended {
            let out = match self.upstream.next().await {
                Some(Ok(bytes)) => {
                    self.splitter.push(&bytes);
                    let out = self.pass_on_what_is_whole();
                    self.hold_what_waits();
                    out
                }
                Some(Err(broken)) => self.end(Some(broken)),
                None => self.end(None),
            };
            self.exchange.hold_end().await;
            if !out.is_empty() {
                return Some(out);
            }
        }
        None
    }

    fn pass_on_what_is_whole(&mut self) -> Bytes {
        let mut out = Vec::new();
        while let Some(piece) = self.splitter.next_piece() {
            match piece {
                Piece::Unread(bytes) => out.extend_from_slice(&bytes),
                Piece::Event(event) => self.pass_on(&event, &mut out),
            }
        }
        Bytes::from(out)
    }

    /// A long event takes room as a body does. Where there is none, it is passed on as it comes.
    fn hold_what_waits(&mut self) {
        let long = self.splitter.waiting() / LONG_EVENT * LONG_EVENT;
        if self.exchange.answer_room.resize(long).is_err() {
            self.splitter.give_up_event();
        }
    }

    fn pass_on(&mut self, event: &[u8], out: &mut Vec<u8>) {
        match self.read(event) {
            Some(data) => out.extend_from_slice(&sse::with_data(event, &data)),
            None => out.extend_from_slice(event),
        }
    }

    /// Learns from an event. Gives its new data, None where the event passes as it is.
    fn read(&mut self, event: &[u8]) -> Option<String> {
        let data = sse::data(event)?;
        if data.trim() == "[DONE]" {
            self.exchange.upstream_has_ended();
            self.exchange.settle();
            return None;
        }
        if self.exchange.first_chunk.is_none() {
            self.exchange.first_chunk = Some(self.exchange.now());
        }
        rewritten(&mut self.exchange, &data)
    }

    /// Ends the upstream's stream. If it broke off, the caller gets an error chunk.
    fn end(&mut self, broken: Option<Broken>) -> Bytes {
        self.has_ended = true;
        self.exchange.upstream_has_ended();
        let mut out = Vec::new();
        // Some servers forget the empty line after the last event. After a broken connection the rest is only part of
        // an event.
        if let (None, Some(rest)) = (broken, self.splitter.rest()) {
            self.pass_on(&rest, &mut out);
        }
        let completion = &self.exchange.completion;
        if self.exchange.is_settled() || completion.is_finished() || completion.has_failed() {
            self.exchange.settle();
            return Bytes::from(out);
        }
        let failure = broken.map_or_else(Failure::interrupted, Broken::failure);
        self.exchange.fail(&failure);
        if self.splitter.is_within_event() || !out.is_empty() {
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(format!("data: {}\n\n", error_chunk(&self.exchange, &failure)).as_bytes());
        Bytes::from(out)
    }
}

/// The last chunk of a stream that failed (spec 3.4).
fn error_chunk(exchange: &Exchange, failure: &Failure) -> String {
    let model = exchange.completion.model.as_deref().unwrap_or(&exchange.facts.model);
    json!({
        "id": exchange.id.as_str(), "object": "chat.completion.chunk", "created": exchange.now().as_seconds(),
        "model": model, "provider": exchange.provider,
        "error": { "code": failure.status, "message": failure.message },
        "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error" }],
    })
    .to_string()
}

/// Learns from an answer or a chunk and gives it with our id and the cost. None where it is no JSON object, which
/// passes unchanged.
fn rewritten(exchange: &mut Exchange, text: &str) -> Option<String> {
    let answer = Members::of(text)?;
    exchange.completion.learn(&answer);
    Some(rewrite::answer(&answer, &exchange.id, exchange.cost().total))
}
