//! One trace: a waterfall, and everything that each span carries.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde_json::{Map, Value};

use crate::received::{ReceivedTrace, Status};
use crate::shared::Shared;
use crate::time::UnixNanos;

use super::frame::Frame;
use super::waterfall;
use super::words::{self, Time};

/// Longer values, in characters, are folded away.
const SHORT: usize = 160;

/// Characters of a value on the page; the whole stands in the JSON.
const SHOWN: usize = 100_000;

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    frame: Frame,
    trace_id: String,
    transaction: String,
    environment: String,
    release: String,
    failed: bool,
    arrived: Time,
    duration: String,
    ticks: [String; 3],
    spans: Vec<Span>,
}

#[derive(Template)]
#[template(path = "unknown_trace.html")]
struct UnknownTrace {
    frame: Frame,
}

#[derive(Debug)]
struct Span {
    id: String,
    depth: usize,
    description: String,
    op: String,
    failed: bool,
    x: String,
    width: String,
    begins: String,
    duration: String,
    facts: Vec<(&'static str, String)>,
    attributes: Vec<Attribute>,
    resource: Vec<Attribute>,
}

#[derive(Debug)]
struct Attribute {
    key: String,
    value: String,
    /// What stands instead of a value that is folded away.
    folded: Option<String>,
    filtered: bool,
}

/// `GET /traces/{trace_id}`
pub(super) async fn show(trace_id: Path<String>, shared: Data<Shared>) -> HttpResponse {
    let frame = Frame::new(&shared, "traces");
    let Some(trace) = shared.received().trace(&trace_id) else {
        return super::page(StatusCode::NOT_FOUND, &UnknownTrace { frame });
    };
    let summary = trace.summary();
    let seconds = summary.end.seconds_since(summary.start);
    let page = Page {
        frame,
        trace_id: trace.trace_id.clone(),
        transaction: summary.transaction.unwrap_or_else(|| "No transaction yet".to_owned()),
        environment: summary.environment.unwrap_or_else(|| "none".to_owned()),
        release: summary.release.unwrap_or_else(|| "none".to_owned()),
        failed: summary.status == Status::Error,
        arrived: words::time(trace.arrived, UnixNanos::now()),
        duration: words::duration(seconds),
        ticks: ["0".to_owned(), words::duration(seconds / 2.0), words::duration(seconds)],
        spans: spans(&trace),
    };
    super::page(StatusCode::OK, &page)
}

fn spans(trace: &ReceivedTrace) -> Vec<Span> {
    waterfall::rows(trace).into_iter().map(|row| span(&row)).collect()
}

fn span(row: &waterfall::Row<'_>) -> Span {
    let span = row.span;
    let mut attributes = attributes(&span.attributes);
    for attribute in &mut attributes {
        attribute.filtered = span.filtered.contains(&attribute.key);
    }
    Span {
        id: span.span_id.clone(),
        depth: row.depth,
        description: span.description.clone(),
        op: span.op.clone(),
        failed: span.status == Status::Error,
        x: format!("{:.2}%", row.x),
        width: format!("{:.2}%", row.width),
        begins: words::duration(row.offset),
        duration: words::duration(span.seconds()),
        facts: facts(row),
        attributes,
        resource: self::attributes(&span.resource),
    }
}

fn facts(row: &waterfall::Row<'_>) -> Vec<(&'static str, String)> {
    let span = row.span;
    let mut status = span.status.name().to_owned();
    if !span.status_message.is_empty() {
        status = format!("{status}: {}", span.status_message);
    }
    let mut facts = vec![
        ("Status", status),
        ("Starts", format!("{} (+{})", words::exact(span.start), words::duration(row.offset))),
        ("Name", span.name.clone()),
        ("Kind", span.kind.to_owned()),
        ("Span id", span.span_id.clone()),
        ("Parent span id", span.parent_span_id.clone().unwrap_or_else(|| "none".to_owned())),
        ("Flags", format!("{:#x}", span.flags)),
        ("Scope", span.scope.clone()),
        ("Request", format!("number {}", span.request)),
    ];
    if span.deliveries > 1 {
        facts.push(("Delivered", format!("{} times", span.deliveries)));
    }
    facts
}

fn attributes(attributes: &Map<String, Value>) -> Vec<Attribute> {
    attributes.iter().map(|(key, value)| attribute(key, value)).collect()
}

fn attribute(key: &str, value: &Value) -> Attribute {
    let parsed = match value {
        Value::String(text) if text.starts_with(['{', '[']) => serde_json::from_str(text).ok(),
        Value::Array(_) | Value::Object(_) => Some(value.clone()),
        _ => None,
    };
    let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let folded = match (&parsed, plain.chars().count()) {
        (_, 0..=SHORT) => None,
        (Some(_), length) => Some(format!("JSON, {}", words::count(length, "character"))),
        (None, length) => Some(format!("Text, {}", words::count(length, "character"))),
    };
    let pretty = parsed.filter(|_| folded.is_some()).and_then(|json: Value| serde_json::to_string_pretty(&json).ok());
    let value = pretty.unwrap_or(plain).chars().take(SHOWN).collect();
    Attribute { key: key.to_owned(), value, folded, filtered: false }
}
