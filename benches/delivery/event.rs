//! The event that everything is measured with: a chat completion of a known user in a session, 3 spans with 26 different
//! attributes, about 2 KB. Every event has its own texts, so that compression finds in them what it finds in real ones.

use std::fmt::Write as _;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tracecast::clock::UnixNanos;
use tracecast::completed_request::content::Content;
use tracecast::completed_request::context::Caller;
use tracecast::completed_request::{
    CompletedRequest, Cost, Ending, GenerationId, Operation, Parameters, ResponseFacts, Times, TraceContext, Usage,
};
use tracecast::completion::{Choice, FinishReason};
use tracecast::openai::content::{ChatParts, of_chat};

/// Spans of one event.
pub(crate) const SPANS: u64 = 3;

const MS: u64 = 1_000_000;
/// 2026-09-05T08:14:45Z, in nanoseconds.
const RECEIVED: u64 = 1_788_596_085 * 1000 * MS;

/// Bytes of question and answer together.
const TEXT_BYTES: usize = 1_000;

const WORDS: [&str; 64] = [
    "stack",
    "trace",
    "request",
    "timeout",
    "database",
    "pool",
    "connection",
    "retry",
    "the",
    "a",
    "of",
    "in",
    "on",
    "error",
    "service",
    "checkout",
    "payment",
    "queue",
    "worker",
    "latency",
    "because",
    "after",
    "before",
    "every",
    "second",
    "shows",
    "that",
    "was",
    "were",
    "not",
    "is",
    "are",
    "deploy",
    "release",
    "customer",
    "invoice",
    "thread",
    "memory",
    "limit",
    "exceeded",
    "cache",
    "index",
    "query",
    "slow",
    "plan",
    "join",
    "table",
    "row",
    "lock",
    "wait",
    "handler",
    "middleware",
    "token",
    "session",
    "user",
    "browser",
    "mobile",
    "region",
    "cluster",
    "node",
    "restart",
    "probable",
    "cause",
    "fix",
];

/// The request's name: always of the same length, so that it can be exchanged within the recorded bytes.
pub(crate) fn generation_id(number: u64) -> GenerationId {
    GenerationId::given(format!("gen-1788596085-{number:020}"))
}

/// Event number `number`.
pub(crate) fn completed(number: u64) -> (CompletedRequest<'static>, Content) {
    saying(number, TEXT_BYTES)
}

/// Event number `number`, with so many bytes of prompt and completion.
pub(crate) fn saying(number: u64, bytes: usize) -> (CompletedRequest<'static>, Content) {
    let mut text = Text::seeded(number);
    let session = format!("sess-{:08}", number / 8);
    let context = context(&format!("user-{:05}", number % 10_000), &session);
    let request = CompletedRequest {
        id: generation_id(number),
        operation: Operation::Chat,
        route: "/api/v1/chat/completions".into(),
        times: Times {
            received: at(number, 0),
            answered: at(number, 1_250),
            upstream_begun: Some(at(number, 20)),
            first_chunk: None,
            upstream_ended: Some(at(number, 1_220)),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: false,
        api_key: None,
        api_key_name: None,
        api_key_member: None,
        context,
        request_model: "openai/gpt-4o".into(),
        parameters: Parameters::default(),
        response: ResponseFacts {
            provider: Some("openai".into()),
            routed_to: None,
            model: Some("gpt-4o-2024-08-06".into()),
            id: Some(format!("chatcmpl-{:016x}", text.next()).into()),
            finish_reasons: vec!["stop".into()],
            ..ResponseFacts::default()
        },
        usage: Usage { input: Some(412), output: Some(97), total: Some(509), ..Usage::default() },
        cost: Cost { total: Some(0.002), ..Cost::default() },
        failed_attempts: Vec::new(),
        refused: None,
    };
    let messages = raw(&json!([{ "role": "user", "content": text.of(bytes / 3 * 2) }]));
    let answer = Choice {
        role: Some("assistant".into()),
        text: text.of(bytes / 3).into(),
        finish_reason: Some(FinishReason::Stop),
        ..Choice::default()
    };
    (request, of_chat(ChatParts { messages: Some(&messages), tools: None }, &[answer]))
}

fn context(user: &str, session: &str) -> TraceContext<'static> {
    let trace = raw(&json!({
        "trace_name": "Error Analysis Agent", "span_name": "Investigate Incident", "generation_name": "Analyze Stack Trace",
    }));
    let (user, session_id) = (raw(&json!(user)), raw(&json!(session)));
    let caller = Caller { user: Some(&user), session_id: Some(&session_id), trace: Some(&trace), ..Caller::default() };
    TraceContext::from_caller(&caller).expect("the caller's fields are valid")
}

fn at(number: u64, milliseconds: u64) -> UnixNanos {
    UnixNanos(RECEIVED + number * 1_000 + milliseconds * MS)
}

fn raw(json: &Value) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).expect("a value is valid JSON")
}

/// Words in an order that a number decides (xorshift64*).
struct Text(u64);

impl Text {
    fn seeded(number: u64) -> Self {
        Self((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn of(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 16);
        while text.len() < bytes {
            let random = self.next();
            let word = WORDS[usize::try_from(random >> 58).unwrap_or_default()];
            text.extend([word, " "]);
            if random.trailing_zeros() > 2 {
                // Addresses, line numbers and ids, of which stack traces are full.
                let _ = write!(text, "0x{:011x} ", random >> 20 & 0xfff_ffff_ffff);
            }
        }
        text
    }
}
