//! What holds for whatever is asked and answered: no body, no stream of events and no answer stops the gateway, each gives a
//! trace that every receiver keeps, and no text of a model is lost without a word about it.

use serde_json::value::RawValue;
use tracecast::completed_request::content::ContentRef;
use tracecast::completed_request::{CompletedRequest, Cost, TraceContext};
use tracecast::completion::Completion;
use tracecast::gateway::sse::{self, Piece, Splitter};
use tracecast::gateway::{CallerHeaders, ChatCompletions, Completions, Embeddings, Messages, Protocol, Responses};
use tracecast::json::{self, Members, Text};

use super::{request, spans_of};

/// Adds the texts that an event or an answer holds for certain, found without the readers that are tested.
type Texts = fn(data: &Members<'_>, told: &mut Vec<String>);

/// A chat: the caller's body, a zero byte, and what the model server answers; so for every protocol.
pub fn chat(input: &[u8]) {
    exchange(&ChatCompletions, input, |data, told| {
        for choice in list(data, "choices") {
            let message = choice.read::<Members<'_>>("message").or_else(|| choice.read("delta")).unwrap_or_default();
            told.extend(message.read::<String>("content"));
        }
    });
}

pub fn completions(input: &[u8]) {
    exchange(&Completions, input, |data, told| {
        told.extend(list(data, "choices").iter().filter_map(|choice| choice.read::<String>("text")));
    });
}

pub fn embeddings(input: &[u8]) {
    exchange(&Embeddings, input, |_, _| ());
}

pub fn messages(input: &[u8]) {
    exchange(&Messages, input, |data, told| match &*kind(data) {
        "content_block_start" => told.extend(text_of(&data.read("content_block").unwrap_or_default(), "text")),
        "content_block_delta" => told.extend(text_of(&data.read("delta").unwrap_or_default(), "text_delta")),
        "message" => told.extend(list(data, "content").iter().filter_map(|block| text_of(block, "text"))),
        _ => {}
    });
}

/// The last event repeats the answer, and takes the place of what came before.
pub fn responses(input: &[u8]) {
    exchange(&Responses, input, |data, told| match &*kind(data) {
        "response.completed" | "response.incomplete" | "response.failed" => told.clear(),
        "response.output_text.delta" => told.extend(data.read::<String>("delta")),
        _ => {}
    });
}

fn list<'a>(data: &Members<'a>, key: &str) -> Vec<Members<'a>> {
    data.read(key).unwrap_or_default()
}

fn kind(data: &Members<'_>) -> String {
    data.read("type").unwrap_or_default()
}

fn text_of(part: &Members<'_>, wanted: &str) -> Option<String> {
    (kind(part) == wanted).then(|| part.read("text")).flatten()
}

/// A stream of events, cut after each run of so many bytes as the first byte says: the cuts change nothing, and no
/// byte is lost.
pub fn events(input: &[u8]) {
    let Some((step, stream)) = input.split_first() else { return };
    let whole = pieces(&[stream]);
    let cut: Vec<&[u8]> = stream.chunks(usize::from(*step).max(1)).collect();
    assert_eq!(pieces(&cut), whole);
    // A comment may overtake the event that it stands in.
    let (fillers, others): (Vec<&Piece>, Vec<&Piece>) =
        whole.iter().partition(|piece| matches!(piece, Piece::Filler(_)));
    for some in [&fillers, &others] {
        let mut rest = stream.iter();
        assert!(some.iter().flat_map(|piece| bytes(piece)).all(|byte| rest.any(|other| other == byte)), "out of order");
    }
    let passed: usize = whole.iter().map(|piece| bytes(piece).len()).sum();
    assert_eq!(passed, stream.len(), "bytes are lost or made up");
    for piece in whole {
        let Piece::Event(event) = piece else { continue };
        let event = String::from_utf8_lossy(&event);
        let Some(before) = sse::read(&event) else { continue };
        let mut written = Vec::new();
        sse::write(&event, "{}", &mut written);
        let written = String::from_utf8(written).expect("lines of a text are text");
        let after = sse::read(&written).expect("an event with data");
        assert_eq!((after.name, &*after.data), (before.name, "{}"));
    }
}

fn bytes(piece: &Piece) -> &[u8] {
    let (Piece::Event(bytes) | Piece::Filler(bytes) | Piece::Unread(bytes)) = piece;
    bytes
}

fn pieces(stream: &[&[u8]]) -> Vec<Piece> {
    let (mut splitter, mut pieces) = (Splitter::default(), Vec::new());
    for bytes in stream {
        splitter.push(bytes);
        pieces.extend(std::iter::from_fn(|| splitter.next_piece()));
    }
    pieces.extend(splitter.rest().map(Piece::Unread));
    pieces
}

/// A body at the door of a protocol and what comes back, as the gateway reads both.
fn exchange(protocol: &dyn Protocol, input: &[u8], texts: Texts) {
    let (body, answer) = match input.iter().position(|byte| *byte == 0) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &b""[..]),
    };
    let (headers, text) = (CallerHeaders::default(), json::text(&mut body.to_vec()).unwrap_or_default());
    let facts = match protocol.read(&text, &headers) {
        Ok(request) => request.facts,
        Err(invalid) => {
            assert!(!invalid.sentence.is_empty(), "a refusal says why");
            protocol.read_refused(body, &headers)
        }
    };
    let completion = answered(protocol, answer, texts);
    let content = protocol.content(&text, &completion).to_bytes();
    let content = ContentRef::from_bytes(&content).expect("our own content");
    let asked = CompletedRequest {
        operation: protocol.operation(),
        request_model: Text::from(facts.model),
        streaming: facts.streaming,
        parameters: facts.parameters,
        response: completion.facts("openai"),
        usage: completion.usage(),
        cost: Cost { total: completion.cost, ..Cost::default() },
        ..request(TraceContext::default())
    };
    let asked = CompletedRequest { context: facts.context, ..asked };
    let recorded = serde_json::to_vec(&asked).expect("our own event is JSON");
    let read = CompletedRequest::from_bytes(&recorded).expect("what is recorded is read again");
    spans_of(&read, Some(&content));
}

/// The answer, whole or as events, as far as it was understood.
fn answered(protocol: &dyn Protocol, answer: &[u8], texts: Texts) -> Completion {
    let (mut completion, mut told) = (Completion::default(), Vec::new());
    let mut learn = |name: &str, data: &str| {
        let Some(members) = Members::of(data) else { return };
        let _ = (protocol.begins_answer(name, &members), protocol.ends_stream(name, &members));
        protocol.learn(&mut completion, name, &members);
        texts(&members, &mut told);
    };
    if let Ok(whole) = std::str::from_utf8(answer)
        && serde_json::from_str::<&RawValue>(whole).is_ok()
    {
        learn("", whole);
    } else {
        for piece in pieces(&[answer]) {
            let event = String::from_utf8_lossy(bytes(&piece));
            if let Some(event) = sse::read(&event) {
                learn(event.name, &event.data);
            }
        }
    }
    let unread = completion.facts("").unread;
    let recorded = |text: &str| completion.choices.iter().any(|choice| choice.text.contains(text));
    for text in told {
        assert!(recorded(&text) || !unread.is_empty(), "{text:?} is lost, and nothing says so: {completion:?}");
    }
    completion
}
