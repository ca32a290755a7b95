//! Asking a model, whatever the protocol: from HTTP to the gateway and back.

use std::convert::Infallible;

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;

use super::body::{self, NoBody};
use super::caller::caller;
use super::error::{Error, GENERATION_ID_HEADER};
use super::extract::InferenceKey;
use super::turned_away;
use crate::completed_request::GenerationId;
use crate::gateway::{Answer, Caller, Gateway, Protocol};
use crate::http::Incoming;
use crate::http::body::Unread;

/// The handler of every route that asks a model.
pub(super) async fn ask(
    protocol: &'static dyn Protocol,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    mut incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let InferenceKey(identity) = match incoming.beside(InferenceKey::of(&request)).await {
        Ok(Ok(key)) => key,
        Ok(Err(not_let_in)) => {
            return Err(turned_away::record(protocol, &request, &gateway, incoming, not_let_in).await);
        }
        Err(broken) => {
            return Err(match Unread::Broken(broken).into() {
                NoBody::Refused(failure) => (*failure).into(),
                NoBody::Gone => nobody_reads_this(),
            });
        }
    };
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let passed = gateway.passed(headers);
    let caller = Caller { passed, ..caller(protocol, &request, identity) };
    let mut exchange = gateway.receive(caller).map_err(|error| {
        tracing::error!(%error, "a request could not be named");
        Error::unavailable()
    })?;
    let id = exchange.id().clone();
    let body = match body::read(&request, incoming, exchange.room()).await {
        Ok(body) => body,
        Err(NoBody::Refused(failure)) => return Err(Error::from(exchange.refuse(*failure).await).of(&id)),
        Err(NoBody::Gone) => return Err(nobody_reads_this()),
    };
    match gateway.answer(exchange, body).await {
        Ok(answer) => Ok(response(answer, &id)),
        Err(failure) => Err(Error::from(failure).of(&id)),
    }
}

/// The caller went away. Dropping the exchange records the request as cancelled.
fn nobody_reads_this() -> Error {
    Error::new(StatusCode::BAD_REQUEST, "The body broke off. Send it again.")
}

fn response(answer: Answer, id: &GenerationId) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK));
    response.insert_header((GENERATION_ID_HEADER, id.as_str()));
    if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
        response.insert_header((CONTENT_TYPE, content_type));
    }
    for (name, value) in answer.headers.iter() {
        response.append_header((name, value));
    }
    let body = answer.body.map(Ok::<_, Infallible>);
    if let Some(length) = answer.length {
        return response.body(SizedStream::new(length as u64, body));
    }
    // nginx and others would otherwise gather the events before they pass them on.
    response.insert_header(("x-accel-buffering", "no"));
    response.body(BodyStream::new(body))
}
