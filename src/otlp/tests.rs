//! Our bytes beside those that prost makes of the same trace.

mod by_prost;
mod relay;
mod vectors;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};

use super::*;
use crate::clock::UnixNanos;
use crate::completed_request::content::Content;
use crate::completed_request::sample::{after, answer, content, context, request, small_content};
use crate::completed_request::{CompletedRequest, Ending, FailedAttempt};
use crate::trace::{Dialect, Group, Groups, PRODUCTS, Parent, Trace, TraceSettings, build};

const DIALECTS: [Dialect; 4] = [Dialect::Sentry, Dialect::Plain, Dialect::OpenInference, Dialect::Langfuse];

/// What a receiver reads, after making sure that our bytes are prost's, and that our JSON says the same.
fn received(encoder: &mut Protobuf, traces: &[Trace<'_>]) -> ExportTraceServiceRequest {
    let length = encoder.encoded_len();
    let ours = encoder.finish();
    let theirs = by_prost::request("tracecast", traces);
    assert_eq!(ours.len(), length);
    assert!(ours == theirs.encode_to_vec(), "our bytes differ from prost's");
    let decoded = ExportTraceServiceRequest::decode(ours).unwrap();
    assert_eq!(decoded, theirs);
    let mut json = Json::new(&Resource::new("tracecast"));
    for trace in traces {
        json.push(trace);
    }
    let read: ExportTraceServiceRequest = serde_json::from_slice(json.finish()).unwrap();
    // Reading may move a double's last digit, so both are read.
    let theirs = serde_json::from_slice(&serde_json::to_vec(&theirs).unwrap()).unwrap();
    assert!(read == theirs, "our JSON differs from prost's message");
    decoded
}

fn spans(request: &ExportTraceServiceRequest) -> &[Span] {
    &request.resource_spans[0].scope_spans[0].spans
}

fn failing() -> CompletedRequest<'static> {
    let attempt = FailedAttempt {
        begun: after(1),
        ended: after(2),
        provider: Some("openai".into()),
        model: Some("gpt-4o".into()),
        server: Some("api.openai.com".into()),
        status: Some(503),
        kind: "503".into(),
        message: "no".into(),
    };
    let ending = Ending::Failed { kind: "429".into(), message: "Refused".into(), detail: None };
    let context = context("u", "s", &json!({ "span_name": "S", "n": -1, "b": false, "x": "", "d": 0.0 }));
    CompletedRequest { ending, context, failed_attempts: vec![attempt], ..request() }
}

#[test]
fn an_empty_batch_is_prosts_too() {
    received(&mut Protobuf::new(&Resource::new("")), &[]);
}

#[test]
fn every_kind_of_span_and_value_is_encoded_as_prost_does() {
    let (plain, mut failing, recorded) = (request(), failing(), small_content());
    failing.parameters.stop_sequences = vec!["END".into(), "".into()];
    failing.parameters.seed = Some(i64::MIN);
    let read = recorded.as_borrowed();
    let mut encoder = Protobuf::new(&Resource::new("tracecast"));
    for dialect in DIALECTS {
        let settings = TraceSettings { dialect, ..TraceSettings::default() };
        let traces = [build(&plain, Some(&read), &settings), build(&failing, None, &settings)];
        encoder.begin(&Resource::new("tracecast"));
        for trace in &traces {
            encoder.push(trace);
        }
        let request = received(&mut encoder, &traces);
        let Checkpoint { traces, spans: count, .. } = encoder.checkpoint();
        assert_eq!((traces, count, spans(&request).len()), (2, 2 + 4, 2 + 4));
        assert!(spans(&request).iter().all(|span| span.flags == 0x101));
    }
}

#[test]
fn a_batch_can_be_taken_back_to_an_earlier_length() {
    let (plain, failing, settings) = (request(), failing(), TraceSettings::default());
    let traces = [build(&plain, None, &settings), build(&failing, None, &settings)];
    let mut encoder = Protobuf::new(&Resource::new("tracecast"));
    encoder.push(&traces[0]);
    let checkpoint = encoder.checkpoint();
    encoder.push(&traces[1]);
    encoder.rewind(checkpoint);
    assert_eq!(encoder.checkpoint(), checkpoint);
    received(&mut encoder, &traces[..1]);
}

#[test]
fn a_batch_that_is_given_away_is_the_same_and_the_next_begins_empty() {
    let (plain, settings) = (request(), TraceSettings::default());
    let traces = [build(&plain, None, &settings)];
    let mut encoder = Protobuf::new(&Resource::new("tracecast"));
    for _ in 0..2 {
        encoder.push(&traces[0]);
        let kept = encoder.finish().to_vec();
        assert_eq!(encoder.take(), kept);
        assert_eq!(encoder.checkpoint().traces, 0);
        received(&mut encoder, &[]);
    }
}

#[test]
fn no_span_is_larger_than_receivers_take() {
    let metadata: Value =
        (0..64).map(|n| (format!("key{n}"), json!("ä".repeat(5_000)))).collect::<serde_json::Map<_, _>>().into();
    let request = CompletedRequest { context: context("u", "s", &metadata), ..request() };
    let messages = json!([{ "role": "system", "content": "\"".repeat(200_000) }, { "role": "user", "content": "x".repeat(2_000_000) }]);
    let recorded = content(&messages, &Value::Null, &[answer(&"y".repeat(1_000_000))]);
    let (read, settings) = (recorded.as_borrowed(), TraceSettings::default());
    let trace = build(&request, Some(&read), &settings);
    let mut encoder = Protobuf::new(&Resource::new("tracecast"));
    encoder.push(&trace);
    let received = received(&mut encoder, &[trace]);
    for span in spans(&received) {
        assert!(span.encoded_len() <= 900 * 1024, "{}", span.encoded_len());
    }
    assert!(encoder.encoded_len() <= 4 * 1024 * 1024);
}

proptest! {
    /// Spans that a receiver drops without a word (spec 2.1, fact 3) never leave, whatever the caller sends.
    #[test]
    fn any_trace_object_gives_a_valid_trace(
        trace in any_object(), user: String, session: String, times: [u64; 4], attempts in 0_usize..3,
        settings in any_settings(),
    ) {
        let mut request = CompletedRequest { context: context(&user, &session, &trace), ..failing() };
        request.times.received = UnixNanos(times[0]);
        request.times.answered = UnixNanos(times[1]);
        request.times.upstream_begun = Some(UnixNanos(times[2]));
        request.times.upstream_ended = Some(UnixNanos(times[3]));
        let attempt = request.failed_attempts.remove(0);
        request.failed_attempts = vec![attempt; attempts];
        let recorded: Vec<u8> = serde_json::to_vec(&request).unwrap();
        let request: CompletedRequest<'_> = serde_json::from_slice(&recorded).unwrap();
        let bytes = Content::to_bytes(&small_content());
        let read = crate::completed_request::content::ContentRef::from_bytes(&bytes).unwrap();
        let trace = build(&request, Some(&read), &settings);
        let mut encoder = Protobuf::new(&Resource::new("tracecast"));
        encoder.push(&trace);
        check(spans(&received(&mut encoder, &[trace])));
    }
}

fn check(spans: &[Span]) {
    let mut ids = std::collections::HashSet::new();
    for span in spans {
        assert!(span.trace_id.len() == 16 && span.trace_id != [0; 16]);
        assert!(span.span_id.len() == 8 && span.span_id != [0; 8]);
        assert!(ids.insert(span.span_id.clone()), "span id twice");
        assert!(!span.name.trim().is_empty() && span.name.chars().count() <= 512);
        assert!(!span.name.chars().any(char::is_control));
        assert!(span.start_time_unix_nano > 0 && span.end_time_unix_nano >= span.start_time_unix_nano);
        let keys: std::collections::HashSet<_> = span.attributes.iter().map(|attribute| &attribute.key).collect();
        assert_eq!(keys.len(), span.attributes.len(), "attribute twice");
        assert!(span.attributes.iter().filter(|pair| pair.key.starts_with("trace.metadata.")).count() <= 64 + 3);
        let prefixes = ["trace.metadata.", "langfuse.trace.metadata.", "langsmith.metadata.", "opik.metadata."];
        for pair in &span.attributes {
            let own = prefixes.iter().find_map(|prefix| pair.key.strip_prefix(prefix)).unwrap_or(&pair.key);
            assert!(own.len() <= 128, "{own}");
        }
        if let Some(parent) = spans.iter().find(|parent| parent.span_id == span.parent_span_id) {
            assert!(parent.start_time_unix_nano <= span.start_time_unix_nano);
            assert!(parent.end_time_unix_nano >= span.end_time_unix_nano);
        }
    }
    let roots = spans.iter().filter(|span| !ids.contains(&span.parent_span_id)).count();
    assert_eq!(roots, 1);
}

fn any_settings() -> impl Strategy<Value = TraceSettings> {
    let kind = prop::sample::select(PRODUCTS.to_vec());
    let parent = prop_oneof![Just(Parent::Link), Just(Parent::Attribute)];
    let limits = (prop::option::of(100_usize..5_000), prop::option::of(60_usize..130));
    let groups = any::<[bool; 4]>().prop_map(|asked_for| {
        let mut groups = Groups::default();
        Group::ALL.into_iter().zip(asked_for).for_each(|(group, asked_for)| groups.put(group, asked_for));
        groups
    });
    (kind, parent, limits, groups).prop_map(|((dialect, extras), parent, (value_chars, span_attributes), groups)| {
        TraceSettings { dialect, extras, parent, value_chars, span_attributes, groups, ..TraceSettings::default() }
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9a-f]{16}|[0-9a-f]{32}|0{16}|0{32}|[ \\t\\x00-\\x1f]{0,4}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    });
    let known = "trace_id|parent_span_id|trace_name|span_name|generation_name|environment|release";
    let key =
        prop_oneof![3 => known.prop_map(String::from), 1 => any::<String>(), 1 => "k{120,140}".prop_map(String::from)];
    prop::collection::hash_map(key, value, 0..80).prop_map(|map| map.into_iter().collect())
}
