//! Streams of every protocol, cut at every byte: what the caller gets, and what is recorded.

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::*;
use crate::clock::{Clock, UnixNanos};
use crate::completed_request::{Ending, GenerationId};
use crate::config::{Config, Given, Source};
use crate::gateway::Responses;
use crate::gateway::exchange::Recording;
use crate::gateway::prices::Prices;
use crate::gateway::{Base, Caller, CallerHeaders, ChatCompletions, Completions, Messages, PassedHeaders, Protocol};
use crate::id::{AccountId, ApiKeyId};
use crate::state::bodies::Bodies;

const CHAT: &str = concat!(
    ": hello\n\n",
    r#"data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Paris é"}}]}"#,
    "\n\n",
    r#"data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":" it is."},"finish_reason":"stop"}]}"#,
    "\r\n\r\n",
    "data: [DONE]\n\n"
);

const COMPLETIONS: &str = concat!(
    r#"data: {"id":"c","model":"m","choices":[{"index":0,"text":"Paris é"}]}"#,
    "\n\n",
    r#"data: {"id":"c","model":"m","choices":[{"index":0,"text":" it is.","finish_reason":"stop"}]}"#,
    "\n\n",
    "data: [DONE]\n\n"
);

const RESPONSES: &str = concat!(
    "event: response.created\n",
    r#"data: {"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}"#,
    "\n\nevent: response.output_text.delta\n",
    r#"data: {"type":"response.output_text.delta","output_index":0,"delta":"Paris é"}"#,
    "\n\nevent: response.completed\n",
    r#"data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message","#,
    r#""role":"assistant","content":[{"type":"output_text","text":"Paris é it is."}]}]}}"#,
    "\n\n"
);

const MESSAGES: &str = concat!(
    "event: message_start\n",
    r#"data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[]}}"#,
    "\n\nevent: content_block_start\n",
    r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    "\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Paris é"}}"#,
    "\n\nevent: message_delta\n",
    r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}"#,
    "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
);

const ALL: [(&dyn Protocol, &str); 4] =
    [(&ChatCompletions, CHAT), (&Completions, COMPLETIONS), (&Responses, RESPONSES), (&Messages, MESSAGES)];

/// What the caller got, and what was recorded.
#[derive(Debug, PartialEq)]
struct Passed {
    out: String,
    is_completed: bool,
    text: String,
}

/// Passes these pieces on, and then breaks off or ends.
async fn passed(protocol: &'static dyn Protocol, pieces: &[&[u8]], broken: Option<Broken>) -> Passed {
    let recorded = Arc::new(Mutex::new(None));
    let into = recorded.clone();
    let given = Given::defaults().with("price-list", "off", Source::Argument);
    let recording = Recording {
        clock: Clock::System,
        prices: Arc::new(Prices::new(&Config::parse(&given).unwrap())),
        record: Arc::new(move |_, request, content, _| {
            let text = String::from_utf8(content.to_bytes()).unwrap();
            *into.lock().unwrap() = Some((request.ending == Ending::Completed, text));
        }),
        before_answer: None,
    };
    let (account, api_key) = (AccountId(Uuid::nil()), ApiKeyId(Uuid::nil()));
    let caller = Caller {
        account,
        api_key,
        api_key_name: "ours".into(),
        api_key_member: None,
        base: Base::OpenAi,
        protocol,
        query: None,
        headers: CallerHeaders::default(),
        passed: PassedHeaders::default(),
    };
    let room = Bodies::new(64 << 20).room(account, api_key);
    let mut exchange = Exchange::new(recording, caller, GenerationId::given("gen-1"), UnixNanos(1), room);
    exchange.status = Some(200);
    let pieces: Vec<Result<Bytes, Broken>> =
        pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).chain(broken.map(Err)).collect();
    let mut passing = Passing::new(exchange, stream::iter(pieces).boxed(), BytesMut::new(), true);
    let mut out = Vec::new();
    while let Some(bytes) = passing.next_bytes().await {
        out.extend_from_slice(&bytes);
    }
    drop(passing);
    let (is_completed, text) = recorded.lock().unwrap().take().expect("every exchange is recorded");
    Passed { out: String::from_utf8_lossy(&out).into_owned(), is_completed, text }
}

/// The data of the events that a client of the standard would read: those that end with an empty line.
fn events(out: &str) -> Vec<String> {
    let out = out.replace("\r\n", "\n");
    let whole = out.rfind("\n\n").map_or("", |at| &out[..at]);
    whole.split("\n\n").filter_map(|event| sse::read(event).map(|event| event.data.into_owned())).collect()
}

#[tokio::test]
async fn stream_that_is_cut_at_any_byte_is_told_as_broken_to_caller_and_record() {
    for (protocol, text) in ALL {
        let whole = passed(protocol, &[text.as_bytes()], None).await;
        assert!(whole.is_completed && whole.text.contains("Paris é"));
        for at in 0..text.len() {
            for broken in [None, Some(Broken::Cut)] {
                let cut = passed(protocol, &[&text.as_bytes()[..at]], broken).await;
                let (path, told) = (protocol.path(), events(&cut.out));
                let has_error = told.iter().any(|data| data.contains(r#""error""#));
                assert_eq!(has_error, !cut.is_completed, "{path} cut at {at}, {broken:?}: {}", cut.out);
                // The last words of the model and its reason to stop have come, and no end of the stream.
                let has_ended = text.as_bytes()[..at].windows(4).any(|bytes| bytes == b"stop");
                assert!(has_ended || !cut.is_completed || path == "/responses", "{path} cut at {at}, {broken:?}");
                let has_delta = told.iter().any(|data| data.contains("Paris é"));
                assert_eq!(cut.text.contains("Paris é"), has_delta, "{path} cut at {at}, {broken:?}: {}", cut.text);
            }
        }
    }
}

#[tokio::test]
async fn stream_that_comes_in_two_pieces_is_the_same_wherever_it_is_parted() {
    for (protocol, text) in ALL {
        let whole = passed(protocol, &[text.as_bytes()], None).await;
        for at in 1..text.len() {
            let (first, second) = text.as_bytes().split_at(at);
            let parted = passed(protocol, &[first, second], None).await;
            assert_eq!(parted, whole, "{} parted at {at}", protocol.path());
        }
    }
}
