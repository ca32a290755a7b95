//! The requests, the answers they got, and what got lost without a word.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::received::ReceivedRequest;
use crate::shared::Shared;
use crate::time::UnixNanos;

use super::frame::Frame;
use super::words::{self, Time};

/// Requests on the page; all that are kept stand in the JSON.
const SHOWN: usize = 200;

/// Said of a request whose key is not known yet.
const PARKED: &str = "Accepted before Relay knows the project: stored if the key turns out to be good, otherwise lost";

#[derive(Template)]
#[template(path = "requests.html")]
struct Page {
    frame: Frame,
    total: String,
    spans: String,
    parked: usize,
    losses: Vec<(&'static str, String)>,
    requests: Vec<Row>,
    older: usize,
}

#[derive(Debug)]
struct Row {
    number: u64,
    at: Time,
    status: String,
    failed: bool,
    reason: String,
    line: String,
    size: String,
    spans: usize,
    losses: Vec<String>,
    trace_ids: Vec<String>,
    headers: Vec<(String, String)>,
}

/// `GET /requests`
pub(super) async fn show(shared: Data<Shared>) -> HttpResponse {
    let totals = shared.received().totals();
    let all = shared.received().requests();
    let now = UnixNanos::now();
    let page = Page {
        frame: Frame::new(&shared, "requests"),
        total: words::grouped(totals.requests),
        spans: words::grouped(totals.spans),
        parked: totals.parked,
        losses: totals.losses.iter().map(|(loss, count)| (loss.sentence(), words::grouped(*count))).collect(),
        older: all.len().saturating_sub(SHOWN),
        requests: all.into_iter().take(SHOWN).map(|request| row(request, now)).collect(),
    };
    super::page(StatusCode::OK, &page)
}

fn row(request: ReceivedRequest, now: UnixNanos) -> Row {
    let size = match request.decompressed_bytes {
        Some(bytes) if bytes != request.bytes => {
            format!("{}, decompressed {}", words::count(request.bytes, "byte"), words::grouped(bytes as u64))
        }
        _ => words::count(request.bytes, "byte"),
    };
    Row {
        number: request.number,
        at: words::time(request.at, now),
        status: request.status.map_or_else(|| "none".to_owned(), |status| status.to_string()),
        failed: request.status != Some(200),
        reason: if request.parked { PARKED.to_owned() } else { request.reason.unwrap_or_default() },
        line: format!("{} {}", request.method, request.path),
        size,
        spans: request.spans,
        losses: request.losses.iter().map(|(loss, count)| format!("{} × {}", count, loss.sentence())).collect(),
        trace_ids: request.trace_ids,
        headers: request.headers.into_iter().collect(),
    }
}
