//! What every request to the pages passes through: the check where it comes from, the headers of every answer, and a
//! page for whatever is not one.

mod csrf;
pub mod headers;
pub mod host;

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use futures_util::FutureExt;

use super::client::client;
use super::html;
use super::pages::problem::ProblemPage;
use crate::state::State;

/// The middleware around all pages.
///
/// # Errors
/// Never without a page: an error that passes through here carries one.
pub async fn edge(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let public_url = &state.config.public_url;
    let (head, path) = (request.head(), request.match_info().as_str());
    let refusal = host::refusal(head, &state.config.allowed_hosts).or_else(|| csrf::refusal(head, path, public_url));
    if let Some(page) = refusal {
        let address = client(request.request(), &state.config.trusted_proxies).address;
        tracing::warn!(status = page.status, method = %request.method(), %address, "a request was refused at the edge");
        let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::FORBIDDEN);
        let mut response = request.into_response(html::page(status, &page));
        headers::put(response.headers_mut(), state.config.is_https());
        return Ok(response);
    }
    let is_https = state.config.is_https();
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let mut response = dressed(response);
            headers::put(response.headers_mut(), is_https);
            Ok(response)
        }
        Ok(Err(error)) => Err(carrying(error.error_response(), is_https)),
        Err(_) => {
            tracing::error!("a page panicked");
            let page = ProblemPage::new(StatusCode::INTERNAL_SERVER_ERROR);
            Err(carrying(html::page(StatusCode::INTERNAL_SERVER_ERROR, &page), is_https))
        }
    }
}

/// Gives a bare error of the framework (no route, no such method) its page.
fn dressed(response: ServiceResponse<impl MessageBody + 'static>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let has_page = response.headers().contains_key(actix_web::http::header::CONTENT_TYPE);
    if !(status.is_client_error() || status.is_server_error()) || (has_page && is_html(&response)) {
        return response.map_into_boxed_body();
    }
    let allow = response.headers().get(actix_web::http::header::ALLOW).cloned();
    let mut page = html::page(status, &ProblemPage::new(status));
    if let Some(allow) = allow {
        page.headers_mut().insert(actix_web::http::header::ALLOW, allow);
    }
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, page)
}

fn is_html<B>(response: &ServiceResponse<B>) -> bool {
    let media_type = response.headers().get(actix_web::http::header::CONTENT_TYPE);
    media_type.and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with("text/html"))
}

fn carrying(mut page: HttpResponse, is_https: bool) -> actix_web::Error {
    headers::put(page.headers_mut(), is_https);
    InternalError::from_response("", page).into()
}
