//! The drawing's order and geometry.

use std::sync::Arc;

use serde_json::Map;

use super::rows;
use crate::received::{ReceivedSpan, ReceivedTrace, Status};
use crate::time::UnixNanos;

fn span(id: &str, parent: Option<&str>, start: u64, end: u64) -> ReceivedSpan {
    ReceivedSpan {
        span_id: id.to_owned(),
        parent_span_id: parent.map(str::to_owned),
        name: id.to_owned(),
        description: id.to_owned(),
        op: "default".to_owned(),
        kind: "internal",
        start: UnixNanos(start),
        end: UnixNanos(end),
        status: Status::Unset,
        status_message: String::new(),
        flags: 0,
        is_segment: parent.is_none(),
        attributes: Map::new(),
        filtered: std::collections::BTreeSet::new(),
        resource: Arc::default(),
        scope: String::new(),
        request: 1,
        deliveries: 1,
    }
}

fn trace(spans: Vec<ReceivedSpan>) -> ReceivedTrace {
    ReceivedTrace { trace_id: "t".to_owned(), arrived: UnixNanos(0), last_request: 1, spans, bytes: 0 }
}

fn order(trace: &ReceivedTrace) -> Vec<(&str, usize)> {
    rows(trace).iter().map(|row| (row.span.span_id.as_str(), row.depth)).collect()
}

#[test]
fn parents_come_before_their_children_and_siblings_in_order_of_time() {
    let spans = vec![
        span("late", Some("root"), 50, 90),
        span("leaf", Some("early"), 20, 30),
        span("early", Some("root"), 10, 40),
        span("root", None, 0, 100),
    ];
    assert_eq!(order(&trace(spans)), [("root", 0), ("early", 1), ("leaf", 2), ("late", 1)]);
}

#[test]
fn a_span_whose_parent_is_not_here_is_a_root() {
    let spans = vec![span("orphan", Some("elsewhere"), 5, 6), span("root", None, 0, 9)];
    assert_eq!(order(&trace(spans)), [("root", 0), ("orphan", 0)]);
}

#[test]
fn circles_are_cut_and_nothing_is_left_out() {
    let spans = vec![span("a", Some("b"), 0, 1), span("b", Some("a"), 0, 1), span("self", Some("self"), 0, 1)];
    let circles = trace(spans);
    let mut drawn: Vec<_> = rows(&circles).iter().map(|row| row.span.span_id.clone()).collect();
    drawn.sort();
    assert_eq!(drawn, ["a", "b", "self"]);
}

#[test]
fn indentation_ends_at_eight_steps_and_a_long_chain_is_drawn() {
    let ids: Vec<String> = (0..5_000).map(|number| format!("{number:05}")).collect();
    let chain = ids.iter().enumerate().map(|(at, id)| span(id, at.checked_sub(1).map(|up| &*ids[up]), 0, 1));
    let chain = trace(chain.collect());
    let rows = rows(&chain);
    assert_eq!((rows.len(), rows.last().map(|row| row.depth)), (5_000, Some(8)));
}

#[test]
fn bars_lie_on_the_scale_however_short_they_are() {
    let spans = vec![span("root", None, 1_000, 2_000), span("end", Some("root"), 2_000, 2_000)];
    let trace = trace(spans);
    let rows = rows(&trace);
    assert_eq!((rows[0].x, rows[0].width), (0.0, 100.0));
    assert!(rows[1].width > 0.0 && rows[1].x + rows[1].width <= 100.0);
    for moment in [vec![span("only", None, 7, 7)], vec![span("zero", None, 0, 0)]] {
        let trace = super::tests::trace(moment);
        let rows = super::rows(&trace);
        assert!(rows[0].x.is_finite() && rows[0].width.is_finite());
    }
}
