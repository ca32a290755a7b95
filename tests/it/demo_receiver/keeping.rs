//! What is kept, and what Sentry would read from it.

use demo_receiver::{Limits, Options, Status};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status as OtlpStatus};
use serde_json::json;

use super::Demo;
use crate::support::export::{TRACE_ID, attribute, protobuf, span, text};

fn child_of(parent: u8, child: Span) -> Span {
    Span { parent_span_id: vec![parent; 8], ..child }
}

#[tokio::test]
async fn a_trace_shows_transaction_environment_release_and_descriptions() {
    let demo = Demo::start();
    let described = vec![
        text("sentry.environment", "production"),
        text("sentry.release", "v2.1.0"),
        text("sentry.op", "http.server"),
        text("trace.metadata.author", "Ann"),
    ];
    let root = Span { attributes: described, ..span(1, "Error Analysis Agent") };
    let named = vec![text("sentry.description", "Analyze Stack Trace"), attribute("n", Value::IntValue(7))];
    let generation = child_of(1, Span { attributes: named, ..span(2, "chat gpt-4o") });
    let unnamed = vec![text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-4o")];
    let overwritten = child_of(1, Span { attributes: unnamed, ..span(3, "My generation") });
    demo.sends(protobuf(vec![generation, overwritten, root])).await;

    let trace = demo.running.received().trace(TRACE_ID).unwrap();
    let summary = trace.summary();
    assert_eq!(summary.transaction.as_deref(), Some("Error Analysis Agent"));
    assert_eq!(summary.environment.as_deref(), Some("production"));
    assert_eq!(summary.release.as_deref(), Some("v2.1.0"));
    assert_eq!(summary.status, Status::Ok);
    let root = trace.root().unwrap();
    assert_eq!((root.op.as_str(), root.kind, root.scope.as_str()), ("http.server", "server", "test 1"));
    assert_eq!(root.filtered.iter().collect::<Vec<_>>(), ["trace.metadata.author"]);
    assert_eq!(root.resource["service.name"], "foreign");
    let generation = trace.span("chat gpt-4o").unwrap();
    assert_eq!(generation.description, "Analyze Stack Trace");
    assert_eq!(generation.parent_span_id.as_deref(), Some(root.span_id.as_str()));
    assert_eq!(generation.attributes["n"], json!(7));
    assert_eq!(trace.span("My generation").unwrap().description, "chat gpt-4o", "Relay writes its own over it");
}

#[tokio::test]
async fn a_remote_parent_makes_a_transaction_only_when_it_is_marked_as_remote() {
    for (flags, transaction) in [(0x101, None), (0x301, Some("root"))] {
        let demo = Demo::start();
        demo.sends(protobuf(vec![child_of(9, Span { flags, ..span(1, "root") })])).await;
        let summary = demo.running.received().traces()[0].summary();
        assert_eq!(summary.transaction.as_deref(), transaction, "{flags:#x}");
    }
}

#[tokio::test]
async fn a_failed_span_marks_its_trace() {
    let demo = Demo::start();
    let status = Some(OtlpStatus { code: StatusCode::Error.into(), message: "upstream said 500".to_owned() });
    demo.sends(protobuf(vec![span(1, "root"), child_of(1, Span { status, ..span(2, "generation") })])).await;
    let trace = &demo.running.received().traces()[0];
    assert_eq!(trace.summary().status, Status::Error);
    assert_eq!(trace.span("generation").unwrap().status_message, "upstream said 500");
}

#[tokio::test]
async fn what_is_delivered_again_is_counted_and_kept_once() {
    let demo = Demo::start();
    let body = protobuf(vec![span(1, "root"), child_of(1, span(2, "generation"))]);
    demo.sends(body.clone()).await;
    demo.sends(body).await;
    let trace = &demo.running.received().traces()[0];
    assert_eq!(trace.spans.iter().map(|span| span.deliveries).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(trace.last_request, 2);
}

#[tokio::test]
async fn requests_are_kept_with_their_answer_and_without_secrets() {
    let demo = Demo::start();
    let body = protobuf(vec![span(1, "root")]);
    let bytes = body.len();
    demo.export(body).header("authorization", "Bearer canary").header("x-team", "red").send().await.unwrap();
    let request = &demo.running.received().requests()[0];
    assert_eq!((request.status, request.bytes, request.decompressed_bytes), (Some(200), bytes, Some(bytes)));
    assert_eq!((request.spans, request.trace_ids.as_slice()), (1, &[TRACE_ID.to_owned()][..]));
    assert_eq!(request.headers["x-team"], "red");
    let json = demo.page("/received.json").await.text().await.unwrap();
    assert!(!json.contains("canary") && !json.contains("7c1f6e0b2a9d4c35b8e06f1d5a72943e"), "{json}");
}

#[tokio::test]
async fn memory_is_bounded_and_the_oldest_leaves_first() {
    let limits = Limits { traces: 3, requests: 2, bytes: 10_000 };
    let demo = Demo::start_with(Options { limits, ..Options::default() });
    for number in 1..=5 {
        demo.sends(protobuf(vec![Span { trace_id: vec![number; 16], ..span(number, "root") }])).await;
    }
    let received = demo.running.received();
    let ids: Vec<_> = received.traces().into_iter().map(|trace| trace.trace_id).collect();
    assert_eq!(ids, [5, 4, 3].map(|number| format!("{number:02x}").repeat(16)));
    assert_eq!(received.requests().len(), 2);
    assert_eq!((received.totals().requests, received.totals().spans), (5, 5));

    let large = Span { attributes: vec![text("large", &"x".repeat(9_950))], ..span(6, "root") };
    demo.sends(protobuf(vec![large])).await;
    assert_eq!(received.traces().len(), 0, "a trace over the limit is not kept, whatever else is");
}
