//! The answers, as Relay 26.9 writes them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream::{self, StreamExt as _};
use prost::Message;

use super::decode::Format;
use super::otlp::{ExportResponse, PartialSuccess};
use super::refusal::Refusal;

/// What stands in the `server` header.
pub(super) const SERVER: &str = "sentry-relay/26.9.0 (tracecast demo)";

/// What a proxy that wants to know people first answers to everything.
const SIGN_IN_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in</title></head>\
<body><h1>Sign in</h1><form method=\"post\" action=\"/sign-in\"><label>Email <input name=\"email\"></label>\
<button>Continue</button></form></body></html>\n";

/// `google.rpc.Status` (google/rpc/status.proto), without details.
#[derive(Clone, PartialEq, Eq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// 200. With a number, the answer of a receiver that says it rejected so many spans.
pub(super) fn accepted(format: Format, rejected: Option<i64>) -> HttpResponse {
    let error_message = "this demo receiver was told to say so".to_owned();
    let partial_success = rejected.map(|rejected_spans| PartialSuccess { rejected_spans, error_message });
    let answer = ExportResponse { partial_success };
    let body = match format {
        Format::Protobuf => answer.encode_to_vec(),
        Format::Json => serde_json::to_vec(&answer).unwrap_or_default(),
    };
    HttpResponse::Ok().insert_header((CONTENT_TYPE, content_type(format))).body(body)
}

/// A refusal: its status, and its sentence in a `google.rpc.Status` of the format that the request used.
pub(super) fn refused(refusal: Refusal, format: Format, retry_after: Option<u32>) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    add_headers(&mut answer, refusal, retry_after);
    let (code, message) = (refusal.rpc_code(), refusal.to_string());
    let body = match format {
        Format::Protobuf => RpcStatus { code, message }.encode_to_vec(),
        Format::Json => serde_json::json!({ "code": code, "message": message }).to_string().into_bytes(),
    };
    answer.insert_header((CONTENT_TYPE, content_type(format))).body(body)
}

fn add_headers(answer: &mut HttpResponseBuilder, refusal: Refusal, retry_after: Option<u32>) {
    if refusal == Refusal::Quota {
        answer.insert_header((RETRY_AFTER, "60"));
        answer.insert_header(("x-sentry-rate-limits", "60:span:organization:span_quota"));
    }
    if let Some(seconds) = retry_after {
        answer.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    if (300..400).contains(&refusal.status()) {
        answer.insert_header((LOCATION, "/followed"));
    }
}

/// 200, and a body that breaks off, after the part before it has left.
pub(super) fn broken() -> HttpResponse {
    let first = stream::once(async { Ok(Bytes::from_static(b"\0")) });
    let then = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("told to break off"))
    });
    let parts = Box::pin(first.chain(then));
    HttpResponse::Ok().insert_header((CONTENT_TYPE, content_type(Format::Protobuf))).streaming(parts)
}

/// 200, and a body without an end.
pub(super) fn endless() -> HttpResponse {
    let chunk = Bytes::from_static(&[0; 16 * 1024]);
    let parts = stream::repeat(chunk).map(Ok::<_, std::io::Error>);
    HttpResponse::Ok().insert_header((CONTENT_TYPE, content_type(Format::Protobuf))).streaming(parts)
}

/// 200, and a page to sign in.
pub(super) fn sign_in_page() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(SIGN_IN_PAGE)
}

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Protobuf => "application/x-protobuf",
        Format::Json => "application/json",
    }
}
