//! The OTLP endpoint: takes a request in, answers it as Relay would, and keeps what Sentry would keep.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use actix_web::web::{BytesMut, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;

use super::checks::{self, Checked, Incoming};
use super::decode::{Decoded, Format, decode};
use super::decompress::LIMIT;
use super::received::ReceivedRequest;
use super::refusal::Refusal;
use super::relay::Acceptance;
use super::shared::Shared;
use super::time::UnixNanos;
use super::{Behaviour, answer, masking};

/// A request that hangs is let go after this long at the latest.
const HANG: Duration = Duration::from_mins(10);

/// `POST /api/{project_id}/integration/otlp/v1/traces`
pub(super) async fn traces(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let body = read(payload).await;
    let mut record = record(&request);
    record.bytes = body.as_ref().map_or(0, Vec::len);
    let behaviour = shared.switch.take();
    let format = checks::format(header(&request, &CONTENT_TYPE)).unwrap_or(Format::Protobuf);
    if let Behaviour::Slow { milliseconds } = behaviour {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    if let Some(answer) = misbehaved(behaviour, format, &record, &shared).await {
        return answer;
    }
    let incoming = incoming(&request, body.as_deref().map_err(|refusal| *refusal));
    let taken = checks::check(&incoming).and_then(|checked| take(&shared, record.clone(), checked, behaviour));
    if let Err(refusal) = taken {
        shared.received.keep(record.refused(refusal), Decoded::default());
        return answer::refused(refusal, format, None);
    }
    let rejected = if let Behaviour::Partial { rejected } = behaviour { Some(rejected) } else { None };
    answer::accepted(format, rejected)
}

/// Asks Relay, and keeps the request and what it carries if it is accepted.
fn take(shared: &Shared, record: ReceivedRequest, checked: Checked, behaviour: Behaviour) -> Result<(), Refusal> {
    let Checked { key, body, format } = checked;
    let carried = decode(&body, format, record.at);
    let record = ReceivedRequest { status: Some(200), decompressed_bytes: Some(body.len()), ..record };
    shared.at_relay(|relay, now| {
        match relay.ask(&key, now)? {
            _ if behaviour == Behaviour::Quota => return Err(Refusal::Quota),
            Acceptance::Stored => shared.received.keep(record, carried),
            Acceptance::Parked => shared.received.park(record, key, carried),
        }
        Ok(())
    })
}

/// The answer of a receiver that was told not to look at the request at all.
async fn misbehaved(
    behaviour: Behaviour,
    format: Format,
    record: &ReceivedRequest,
    shared: &Shared,
) -> Option<HttpResponse> {
    let turned = shared.switch.turned();
    let keep = |record| shared.received.keep(record, Decoded::default());
    match behaviour {
        Behaviour::Normal | Behaviour::Slow { .. } | Behaviour::Quota | Behaviour::Partial { .. } => None,
        Behaviour::Status { code, retry_after } => {
            keep(record.clone().refused(Refusal::Chosen(code)));
            Some(answer::refused(Refusal::Chosen(code), format, retry_after))
        }
        Behaviour::Broken => {
            keep(record.clone().told("break the connection in mid-answer"));
            Some(answer::broken())
        }
        Behaviour::Endless => {
            keep(record.clone().told("answer without an end"));
            Some(answer::endless())
        }
        Behaviour::Page => {
            keep(ReceivedRequest { status: Some(200), ..record.clone().told("answer with a page to sign in") });
            Some(answer::sign_in_page())
        }
        Behaviour::Hang => {
            keep(record.clone().told("hang"));
            let _ = tokio::time::timeout(HANG, turned).await;
            Some(answer::refused(Refusal::Chosen(503), format, None))
        }
    }
}

/// Any other path: refused, and shown, because a wrong endpoint is a common mistake.
pub(super) async fn wrong_path(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let told = ReceivedRequest { reason: Some("nothing is at this path".to_owned()), ..record(&request) };
    shared.received.keep(ReceivedRequest { status: Some(404), ..told }, Decoded::default());
    HttpResponse::NotFound().finish()
}

/// The right path with another method.
pub(super) async fn wrong_method(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let told = ReceivedRequest { reason: Some("only POST is taken here".to_owned()), ..record(&request) };
    shared.received.keep(ReceivedRequest { status: Some(405), ..told }, Decoded::default());
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST")).finish()
}

/// The body, at most as large as Relay takes.
async fn read(mut payload: Payload) -> Result<Vec<u8>, Refusal> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::BrokenBody)?;
        if body.len() + chunk.len() > LIMIT {
            return Err(Refusal::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

fn incoming<'a>(request: &'a HttpRequest, body: Result<&'a [u8], Refusal>) -> Incoming<'a> {
    Incoming {
        project_id: request.match_info().query("project_id"),
        query: request.query_string(),
        credentials: header(request, &HeaderName::from_static("x-sentry-auth")),
        content_type: header(request, &CONTENT_TYPE),
        content_encoding: header(request, &CONTENT_ENCODING),
        body,
    }
}

/// A header as text; one that is no text is as good as unreadable.
fn header<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or_default())
}

fn record(request: &HttpRequest) -> ReceivedRequest {
    ReceivedRequest {
        number: 0,
        at: UnixNanos::now(),
        method: request.method().to_string(),
        path: request.path().chars().take(500).collect(),
        headers: masking::kept(request.headers()),
        bytes: 0,
        decompressed_bytes: None,
        status: None,
        reason: None,
        parked: false,
        spans: 0,
        trace_ids: Vec::new(),
        losses: BTreeMap::new(),
    }
}

impl ReceivedRequest {
    fn refused(self, refusal: Refusal) -> Self {
        Self { status: Some(refusal.status()), reason: Some(refusal.to_string()), ..self }
    }

    fn told(self, what: &str) -> Self {
        Self { reason: Some(format!("this demo receiver was told to {what}")), ..self }
    }
}
