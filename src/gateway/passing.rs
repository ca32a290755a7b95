//! A body between model server and caller: events are read and passed on as they come.

#[cfg(test)]
mod tests;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde::de::IgnoredAny;

use super::body_kind::{BodyKind, Look, look};
use super::broken::Broken;
use super::exchange::Exchange;
use super::failure::Failure;
use super::held_finish::HeldFinish;
use super::sse::{self, Piece, Splitter};
use super::whole;
use crate::completion::ErrorWords;
use crate::json::Members;

/// A shorter event takes no room, because each connection has that much anyway. A longer one takes room in steps of
/// this size.
const LONG_EVENT: usize = 64 * 1024;

const DONE: &str = "[DONE]";

/// A body whose status and content type have gone to the caller.
pub(super) struct Passing {
    exchange: Exchange,
    upstream: BoxStream<'static, Result<Bytes, Broken>>,
    stage: Stage,
    /// Whether the caller was promised events, or got some.
    is_events: bool,
    splitter: Splitter,
    held: HeldFinish,
    /// An event was understood.
    has_begun: bool,
    /// The caller has the event that ends the stream.
    is_done: bool,
}

/// How far a body has come.
enum Stage {
    /// White space and what may be the first half of a field.
    Beginning(BytesMut),
    Events,
    Ended,
}

impl Passing {
    pub(super) fn new(
        mut exchange: Exchange,
        upstream: BoxStream<'static, Result<Bytes, Broken>>,
        beginning: BytesMut,
        is_events: bool,
    ) -> Self {
        exchange.streaming |= is_events;
        let held = HeldFinish::new(exchange.usage_is_ours);
        let (stage, splitter) = (Stage::Beginning(beginning), Splitter::default());
        Self { exchange, upstream, stage, is_events, splitter, held, has_begun: false, is_done: false }
    }

    /// What can be passed on next; never empty. None at the end.
    pub(super) async fn next_bytes(&mut self) -> Option<Bytes> {
        loop {
            let out = match &mut self.stage {
                Stage::Ended => return None,
                Stage::Beginning(_) => self.begin().await,
                Stage::Events => self.next_events().await,
            };
            self.exchange.hold_end().await;
            if !out.is_empty() {
                return Some(Bytes::from(out));
            }
        }
    }

    /// Looks at the beginning and, where it does not show what the body is, waits for more.
    async fn begin(&mut self) -> Vec<u8> {
        let Stage::Beginning(beginning) = &mut self.stage else { return Vec::new() };
        let events = self.is_events || self.exchange.streaming;
        let known = match look(beginning, events) {
            Look::Known(kind) => kind,
            // White space passes at once. No byte of it belongs to a field.
            Look::Blank if !beginning.is_empty() => return beginning.split().to_vec(),
            Look::Blank | Look::Unclear => match self.upstream.next().await {
                Some(Ok(piece)) => {
                    beginning.extend_from_slice(&piece);
                    return Vec::new();
                }
                Some(Err(broken)) => return self.fail(&broken.failure()),
                None => BodyKind::Other,
            },
        };
        // A line that is no field is a reason to read on where events are promised: the standard passes over it.
        let reads_events = known == BodyKind::Events || (known == BodyKind::Other && self.is_events);
        let beginning = beginning.split();
        if reads_events {
            (self.stage, self.is_events) = (Stage::Events, true);
            self.splitter.push(&beginning);
            return self.pass_on_what_is_whole();
        }
        let body = whole::read(&mut self.exchange, &beginning, &mut self.upstream).await;
        match body.and_then(|body| whole::understood(&mut self.exchange, body)) {
            Ok(body) => {
                self.stage = Stage::Ended;
                self.exchange.settle();
                body.to_vec()
            }
            Err(failure) => self.fail(&failure),
        }
    }

    async fn next_events(&mut self) -> Vec<u8> {
        let next = self.held.before_it_is_due(self.upstream.next()).await;
        match next {
            None => self.release(),
            Some(Some(Ok(bytes))) => {
                self.splitter.push(&bytes);
                let out = self.pass_on_what_is_whole();
                self.make_room_for_what_waits();
                out
            }
            Some(Some(Err(broken))) => self.end(Some(broken)),
            Some(None) => self.end(None),
        }
    }

    fn pass_on_what_is_whole(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(piece) = self.splitter.next_piece() {
            match piece {
                Piece::Filler(bytes) => out.extend_from_slice(&bytes),
                Piece::Event(event) => self.pass_on(&event, &mut out),
                Piece::Unread(bytes) => {
                    self.held.release(&mut out);
                    out.extend_from_slice(&bytes);
                }
            }
        }
        out
    }

    /// A long event takes room as a body does. Where there is none, it is passed on as it comes.
    fn make_room_for_what_waits(&mut self) {
        let long = self.splitter.waiting() / LONG_EVENT * LONG_EVENT;
        if self.exchange.answer_room.resize(long).is_err() {
            self.splitter.give_up_event();
        }
    }

    fn pass_on(&mut self, event: &[u8], out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(event);
        let Some(sse::Event { name, data }) = sse::read(&text) else { return out.extend_from_slice(event) };
        if data.trim() == DONE {
            self.finish(out);
            return out.extend_from_slice(event);
        }
        let exchange = &mut self.exchange;
        let (protocol, members) = (exchange.caller.protocol, Members::of(&data));
        if members.as_ref().is_none_or(|members| protocol.begins_answer(name, members)) {
            let now = exchange.now();
            exchange.first_chunk.get_or_insert(now);
        }
        let Some(members) = members else {
            self.held.release(out);
            return self.pass_on_no_object(event, &data, out);
        };
        self.has_begun = true;
        protocol.learn(&mut exchange.completion, name, &members);
        match protocol.rewritten(name, &members, &exchange.additions(&data)) {
            Some(written) => self.held.pass(protocol, &text, &members, written, out),
            None => out.extend_from_slice(event),
        }
        if protocol.ends_stream(name, &members) {
            self.is_done = true;
            exchange.upstream_has_ended();
            exchange.settle();
        }
    }

    /// Some servers tell of an error in a list, which no client looks into: the caller gets it in its protocol.
    fn pass_on_no_object(&mut self, event: &[u8], data: &str, out: &mut Vec<u8>) {
        let Some(words) = ErrorWords::of_list(data) else { return out.extend_from_slice(event) };
        self.has_begun = true;
        self.write_failure(&Failure::in_stream(&words), out);
        self.exchange.completion.note_error(words);
    }

    /// The upstream says that its stream is at its end.
    fn finish(&mut self, out: &mut Vec<u8>) {
        self.is_done = true;
        self.held.release(out);
        self.exchange.upstream_has_ended();
        if self.has_begun {
            self.exchange.settle();
        } else {
            self.write_failure(&self.nothing_understood(), out);
        }
    }

    fn nothing_understood(&self) -> Failure {
        if self.exchange.first_chunk.is_some() { Failure::not_understood() } else { Failure::empty_answer() }
    }

    /// Ends the upstream's stream. If it broke off, the caller gets an error event.
    fn end(&mut self, broken: Option<Broken>) -> Vec<u8> {
        self.stage = Stage::Ended;
        self.exchange.upstream_has_ended();
        let mut out = Vec::new();
        // Some servers forget the empty line after the last event. Else the rest is only part of an event.
        if let (None, Some(rest)) = (broken, self.splitter.rest().filter(|rest| !is_cut(rest))) {
            self.pass_on(&rest, &mut out);
        }
        self.held.release(&mut out);
        let completion = &self.exchange.completion;
        let ended_well = completion.is_finished() && !completion.has_failed();
        if self.exchange.is_settled() || ended_well || completion.has_failed() {
            self.exchange.settle();
            if ended_well && !self.is_done {
                self.end_event(&mut out);
                out.extend_from_slice(self.exchange.caller.protocol.closing().as_bytes());
            }
            return out;
        }
        let failure = match broken {
            Some(broken) => broken.failure(),
            None if self.has_begun => Failure::interrupted(),
            None => self.nothing_understood(),
        };
        self.end_event(&mut out);
        self.write_failure(&failure, &mut out);
        out
    }

    /// Ends an event of which a part has been passed on, and one whose empty line the upstream forgot.
    fn end_event(&self, out: &mut Vec<u8>) {
        if self.splitter.is_within_event() || !(out.is_empty() || out.ends_with(b"\n\n")) {
            out.extend_from_slice(b"\n\n");
        }
    }

    fn release(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.held.release(&mut out);
        out
    }

    /// The body is no answer, and its status has gone to the caller.
    fn fail(&mut self, failure: &Failure) -> Vec<u8> {
        self.stage = Stage::Ended;
        let mut out = Vec::new();
        self.write_failure(failure, &mut out);
        out
    }

    fn write_failure(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.exchange.fail(failure);
        let error = if self.is_events {
            self.exchange.error_event(failure)
        } else {
            self.exchange.caller.protocol.error_body(failure)
        };
        out.extend_from_slice(error.as_bytes());
    }
}

/// Whether the data of an event begins as JSON does and does not end so. A client would fail at it before it reads the error behind
/// it.
fn is_cut(event: &[u8]) -> bool {
    let text = String::from_utf8_lossy(event);
    let Some(sse::Event { data, .. }) = sse::read(&text) else { return false };
    let begins = data.trim_start().starts_with(['{', '[']) && data.trim() != DONE;
    begins && serde_json::from_str::<IgnoredAny>(&data).is_err()
}
