//! What holds for whatever strangers send: one function for each place where their bytes are read. The fuzzer calls them with
//! bytes that it makes up, and the program's tests call them with those that it found interesting (`seeds/`).

mod choices;
mod model_servers;
mod protocols;

use std::collections::HashSet;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use secrecy::ExposeSecret as _;
use serde_json::value::RawValue;
use tracecast::clock::UnixNanos;
use tracecast::completed_request::content::ContentRef;
use tracecast::completed_request::context::Caller;
use tracecast::completed_request::{
    CompletedRequest, Cost, Ending, GenerationId, Operation, Parameters, ResponseFacts, Times, TraceContext, Usage,
};
use tracecast::delivery::Outcome;
use tracecast::destination::{Connection, Settings, kinds};
use tracecast::json::Text;
use tracecast::otlp::answer::Response;
use tracecast::otlp::{Encode as _, Protobuf, Resource};
use tracecast::trace::{self, Dialect, TraceSettings};

pub use self::choices::{redactor, rules};
pub use self::model_servers::{models, upstreams};
pub use self::protocols::{chat, completions, embeddings, events, messages, responses};

/// A DSN that belongs to the endpoints of the seeds.
const DSN: &str = "https://7c1f6e0b2a9d4c35b8e06f1d5a72943e@o123.ingest.us.sentry.io/456";

fn connect<const N: usize>(fields: [(&str, &str); N]) -> Option<Connection> {
    let settings: Settings = fields.into_iter().collect();
    let kind = kinds::find("sentry").expect("there is a kind `sentry`");
    match kind.connect(&settings) {
        Ok(connection) => Some(connection),
        Err(errors) => {
            assert!(!errors.is_empty(), "a refusal says why");
            None
        }
    }
}

/// A Sentry DSN: what is taken is taken again in its canonical form, and its key shows nowhere.
pub fn dsn(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(connection) = connect([("dsn", &text)]) else { return };
    let stored = connection.stored();
    let canonical = stored.secret["dsn"].expose_secret();
    let again = connect([("dsn", canonical)]).expect("the canonical form is valid");
    assert_eq!(again.stored().secret["dsn"].expose_secret(), canonical);
    assert_eq!(again.wire().url(), connection.wire().url());
    let (_, after) = canonical.split_once("://").expect("a scheme");
    let (key, _) = after.split_once('@').expect("a key");
    let shown =
        format!("{connection:?} {} {:?} {}", connection.wire().url(), connection.all_masked(), connection.target());
    assert!(!shown.contains(key), "the key shows: {shown}");
    assert!(matches!(connection.wire().url().scheme(), "http" | "https"));
    assert!(connection.wire().url().username().is_empty() && connection.wire().url().password().is_none());
}

/// An OTLP Traces Endpoint: what is taken is taken again in its canonical form, and carries no credentials.
pub fn endpoint(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(connection) = connect([("dsn", DSN), ("otlp_endpoint", &text), ("relay", "on")]) else { return };
    let canonical = connection.wire().url().as_str();
    let again = connect([("dsn", DSN), ("otlp_endpoint", canonical), ("relay", "on")]);
    if text.trim().is_empty() {
        return;
    }
    assert_eq!(again.expect("the canonical form is valid").wire().url().as_str(), canonical);
    let url = connection.wire().url();
    assert!(url.path().ends_with("/integration/otlp/v1/traces"), "{url}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    assert!(url.query_pairs().all(|(name, _)| !name.to_ascii_lowercase().starts_with("sentry_")), "{url}");
}

/// An entry of the log, as another version or a damaged disk may have left it: payload, a zero byte, content.
pub fn completed_request(input: &[u8]) {
    let (payload, content) = match input.iter().position(|byte| *byte == 0) {
        Some(at) => (&input[..at], Some(&input[at + 1..])),
        None => (input, None),
    };
    let Ok(request) = serde_json::from_slice::<CompletedRequest<'_>>(payload) else { return };
    let Ok(content) = content.map(ContentRef::from_bytes).transpose() else { return };
    spans_of(&request, content.as_ref());
}

/// A caller's `trace`: any JSON gives a trace that every receiver keeps.
pub fn trace(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(json) = serde_json::from_str::<&RawValue>(&text) else { return };
    let traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let caller = Caller { trace: Some(json), traceparent, ..Caller::default() };
    if let Ok(context) = TraceContext::from_caller(&caller) {
        for span in spans_of(&request(context), None) {
            let mut keys = HashSet::new();
            assert!(span.attributes.iter().all(|attribute| keys.insert(&attribute.key)), "a key twice: {span:?}");
        }
    }
}

/// A receiver's answer: its status in two bytes; then `Retry-After`, rate limits and `Location`, a line each; then the body.
pub fn answer(input: &[u8]) {
    let Some((status, rest)) = input.split_at_checked(2) else { return };
    let mut parts = rest.splitn(4, |byte| *byte == b'\n');
    let mut header = || Some(String::from_utf8_lossy(parts.next()?).into_owned()).filter(|text| !text.is_empty());
    let answer = Response {
        status: u16::from_be_bytes([status[0], status[1]]) % 1000,
        headers: [("retry-after", header()), ("x-sentry-rate-limits", header()), ("location", header())]
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
            .collect(),
        body: parts.next().unwrap_or_default().to_vec().into(),
        received_at: UnixNanos(1_764_000_000_000_000_000),
        ..Response::default()
    };
    let connection = connect([("dsn", DSN)]).expect("the DSN is valid");
    let outcome = connection.outcome(&answer);
    assert!(!outcome.is_accepted() || (200..300).contains(&answer.status), "{outcome:?}");
    if let Outcome::Wait { not_before: Some(pause), .. } = &outcome {
        assert!(pause.as_secs() <= 3_600, "{pause:?}");
    }
    let words = connection.words(&answer).unwrap_or_default();
    assert!(words.chars().count() <= 200, "{words:?}");
    let told = format!("{} {words}", outcome.sentence().unwrap_or_default());
    assert!(told.chars().count() <= 1_000, "{told:?}");
    let reverses = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!told.chars().any(|c| c.is_control() || reverses(c)), "{told:?}");
    assert!(!told.contains("7c1f6e0b2a9d4c35b8e06f1d5a72943e"), "{told:?}");
}

fn request(context: TraceContext<'static>) -> CompletedRequest<'static> {
    let at = |milliseconds: u64| UnixNanos(1_764_000_000_000_000_000 + milliseconds * 1_000_000);
    CompletedRequest {
        id: GenerationId::given("gen-1788612885-hFm6Av9rEF3NMfxjJXWk"),
        operation: Operation::Chat,
        route: Text::from("/api/v1/chat/completions"),
        times: Times {
            received: at(0),
            answered: at(900),
            upstream_begun: Some(at(1)),
            first_chunk: None,
            upstream_ended: Some(at(890)),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: false,
        api_key: None,
        api_key_name: None,
        api_key_member: None,
        context,
        request_model: Text::from("openai/gpt-4o"),
        parameters: Parameters::default(),
        response: ResponseFacts::default(),
        usage: Usage::default(),
        cost: Cost::default(),
        failed_attempts: Vec::new(),
        refused: None,
    }
}

/// The trace is encoded, and decoded by another implementation: all that Sentry would drop silently is not there (spec 2.1).
fn spans_of(request: &CompletedRequest<'_>, content: Option<&ContentRef<'_>>) -> Vec<Span> {
    let mut all = Vec::new();
    for dialect in [Dialect::Sentry, Dialect::Plain, Dialect::OpenInference, Dialect::Langfuse] {
        let settings = TraceSettings { dialect, ..TraceSettings::default() };
        let trace = trace::build(request, content, &settings);
        let mut encoder = Protobuf::new(&Resource::new("tracecast"));
        encoder.push(&trace);
        let bytes = encoder.finish();
        let decoded = ExportTraceServiceRequest::decode(bytes).expect("our bytes are protobuf");
        let spans = &decoded.resource_spans[0].scope_spans[0].spans;
        assert_eq!(spans.len(), trace.spans.len());
        let mut ids = HashSet::new();
        for span in spans {
            assert!(span.trace_id.len() == 16 && span.trace_id.iter().any(|byte| *byte != 0));
            assert!(span.span_id.len() == 8 && span.span_id.iter().any(|byte| *byte != 0));
            assert!(ids.insert(&span.span_id), "a span id twice");
            assert!(!span.name.is_empty() && span.name.chars().count() <= 512, "{:?}", span.name);
            assert!(!span.name.chars().any(char::is_control), "{:?}", span.name);
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            assert!(span.encoded_len() <= 1_000_000, "{} bytes", span.encoded_len());
        }
        let root = &spans[0];
        assert!(spans[1..].iter().all(|span| span.trace_id == root.trace_id && ids.contains(&span.parent_span_id)));
        all.extend_from_slice(spans);
    }
    all
}
