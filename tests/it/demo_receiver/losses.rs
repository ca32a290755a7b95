//! What Sentry takes with a 200 and does not show: the receiver counts it.

use demo_receiver::Loss;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;

use super::Demo;
use crate::support::export::{TRACE_ID, export, protobuf, span, text};

const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;

/// Sends one span and tells what got lost and how many spans were kept.
async fn sent(span: Span) -> (Vec<(Loss, u64)>, u64) {
    let demo = Demo::start();
    assert_eq!(demo.sends(protobuf(vec![span])).await, 200);
    let totals = demo.running.received().totals();
    (totals.losses.into_iter().collect(), totals.spans)
}

#[tokio::test]
async fn spans_that_sentry_drops_are_counted_by_reason() {
    let fine = span(1, "root");
    let end_before_start = fine.start_time_unix_nano - 1;
    let old = fine.start_time_unix_nano - 91 * DAY;
    let wrong = vec![
        (Loss::EmptyName, Span { name: String::new(), ..fine.clone() }),
        (Loss::NoSpanId, Span { span_id: Vec::new(), ..fine.clone() }),
        (Loss::NoSpanId, Span { span_id: vec![0; 8], ..fine.clone() }),
        (Loss::EndBeforeStart, Span { end_time_unix_nano: end_before_start, ..fine.clone() }),
        (Loss::EndBeforeStart, Span { end_time_unix_nano: 0, ..fine.clone() }),
        (Loss::TooOld, Span { start_time_unix_nano: old, ..fine.clone() }),
        (Loss::InvalidSegmentId, Span { attributes: vec![text("sentry.segment.id", "xyz")], ..fine.clone() }),
    ];
    for (loss, span) in wrong {
        assert_eq!(sent(span).await, (vec![(loss, 1)], 0));
    }
    let with_segment = Span { attributes: vec![text("sentry.segment.id", "64bb8ca423dcfefe")], ..fine };
    assert_eq!(sent(with_segment).await, (vec![], 1));
}

#[tokio::test]
async fn a_span_id_twice_in_one_request_is_kept_once() {
    let demo = Demo::start();
    demo.sends(protobuf(vec![span(1, "first"), span(1, "second"), span(2, "other")])).await;
    let received = demo.running.received();
    assert_eq!(received.totals().losses.get(&Loss::SameIdTwice), Some(&1));
    let names: Vec<_> = received.traces()[0].spans.iter().map(|span| span.name.clone()).collect();
    assert_eq!(names, ["first", "other"]);
}

#[tokio::test]
async fn an_invalid_trace_id_is_replaced_by_a_random_one() {
    let demo = Demo::start();
    let zero = Span { trace_id: vec![0; 16], ..span(1, "zero") };
    let short = Span { trace_id: vec![7; 15], ..span(2, "short") };
    demo.sends(protobuf(vec![zero, short])).await;
    let traces = demo.running.received().traces();
    assert_eq!(traces.len(), 2);
    assert!(traces.iter().all(|trace| trace.trace_id.len() == 32 && trace.trace_id != "0".repeat(32)));
    assert_eq!(demo.running.received().totals().losses.get(&Loss::TraceIdReplaced), Some(&2));
}

#[tokio::test]
async fn span_events_are_lost_and_their_span_stays() {
    let events = vec![Event { name: "exception".to_owned(), ..Event::default() }; 2];
    assert_eq!(sent(Span { events, ..span(1, "root") }).await, (vec![(Loss::SpanEvent, 2)], 1));
}

#[tokio::test]
async fn what_comes_with_an_unknown_key_or_is_garbage_is_lost_and_shown() {
    let demo = Demo::start();
    let unknown = format!("Sentry sentry_key={}", "f".repeat(32));
    let request = demo.post(&demo.running.endpoint(), protobuf(vec![span(1, "root")]));
    request.header("x-sentry-auth", unknown).send().await.unwrap();
    demo.sends(b"garbage".to_vec()).await;
    let totals = demo.running.received().totals();
    assert_eq!(totals.losses.into_iter().collect::<Vec<_>>(), [(Loss::Unreadable, 1), (Loss::UnknownKey, 1)]);
    assert_eq!(totals.spans, 0);
    let page = demo.page("/requests").await.text().await.unwrap();
    assert!(page.contains(Loss::Unreadable.sentence()) && page.contains(Loss::UnknownKey.sentence()));
}

#[tokio::test]
async fn json_is_read_and_brittle() {
    let demo = Demo::start();
    let sends = async |json: &serde_json::Value| {
        let request = demo.http.post(demo.running.endpoint()).header("x-sentry-auth", demo.credentials());
        request.header("content-type", "application/json").body(json.to_string()).send().await.unwrap()
    };
    let mut json = serde_json::to_value(export(vec![span(1, "root")])).unwrap();
    let answer = sends(&json).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().starts_with('{')), (200, true));
    assert!(demo.running.received().trace(TRACE_ID).is_some());

    json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["kind"] = "SPAN_KIND_SERVER".into();
    assert_eq!(sends(&json).await.status(), 200);
    assert_eq!(demo.running.received().totals().losses.get(&Loss::Unreadable), Some(&1));
}
