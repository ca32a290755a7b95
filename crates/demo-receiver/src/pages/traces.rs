//! The list of traces, and how to make one arrive.

use actix_web::http::StatusCode;
use actix_web::http::header::HOST;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::received::{ReceivedTrace, Status};
use crate::shared::Shared;
use crate::time::UnixNanos;

use super::frame::Frame;
use super::words::{self, Time};

/// Traces on the page; all that are kept stand in the JSON.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "traces.html")]
struct Page {
    frame: Frame,
    dsn: String,
    endpoint: String,
    tracecast_url: Option<String>,
    traces: Vec<Row>,
    older: usize,
}

#[derive(Debug)]
struct Row {
    trace_id: String,
    transaction: String,
    environment: String,
    release: String,
    spans: usize,
    duration: String,
    failed: bool,
    arrived: Time,
}

/// `GET /`
pub(super) async fn show(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let key = &shared.key;
    let all = shared.received().traces();
    let now = UnixNanos::now();
    let page = Page {
        frame: Frame::new(&shared, "traces"),
        dsn: key.dsn(host, &shared.prefix),
        endpoint: key.endpoint(host, &shared.prefix),
        tracecast_url: shared.tracecast_url.clone(),
        older: all.len().saturating_sub(SHOWN),
        traces: all.iter().take(SHOWN).map(|trace| row(trace, now)).collect(),
    };
    super::page(StatusCode::OK, &page)
}

fn row(trace: &ReceivedTrace, now: UnixNanos) -> Row {
    let summary = trace.summary();
    Row {
        trace_id: trace.trace_id.clone(),
        transaction: summary.transaction.unwrap_or_else(|| "(no transaction: its root has not arrived)".to_owned()),
        environment: summary.environment.unwrap_or_default(),
        release: summary.release.unwrap_or_default(),
        spans: trace.spans.len(),
        duration: words::duration(summary.end.seconds_since(summary.start)),
        failed: summary.status == Status::Error,
        arrived: words::time(trace.arrived, now),
    }
}
