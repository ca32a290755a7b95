//! What every request to the pages passes through: the check where it comes from, the headers of every answer, and a
//! page for whatever is not one.

mod csrf;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer;
use super::problem::ProblemPage;
use super::shell::Shell;
use super::visit::Visit;
use crate::http::{self, Edge, Headers, host};
use crate::state::State;

/// What is answered to people.
struct Pages;

impl Edge for Pages {
    fn dress(&self, headers: &mut HeaderMap, is_https: bool) {
        Headers::Page.put(headers, is_https);
    }

    fn misdirected(&self) -> HttpResponse {
        let page = ProblemPage::new(StatusCode::MISDIRECTED_REQUEST);
        let page = page.saying("This server does not know that name", host::ADVICE);
        answer::page(StatusCode::MISDIRECTED_REQUEST, &page)
    }

    fn internal_error(&self) -> HttpResponse {
        answer::page(StatusCode::INTERNAL_SERVER_ERROR, &ProblemPage::new(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// The middleware around all pages.
///
/// # Errors
/// Never without a page: an error that passes through here carries one.
pub async fn edge(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let call = async |request: ServiceRequest| {
        let path = request.match_info().as_str();
        match csrf::refusal(request.head(), path, &state.config.public_url) {
            Some(page) => Ok(http::refuse(&state, request, answer::page(StatusCode::FORBIDDEN, &page))),
            None => Ok(dressed(next.call(request).await?).await),
        }
    };
    http::pass(&Pages, &state, request, call).await
}

/// Draws the page of an error: within the frame for people who are signed in. A bare error of the framework (no route, no
/// such method) has no page yet. A refusal that a handler drew itself stays as it is.
async fn dressed(response: ServiceResponse<impl MessageBody + 'static>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_drawn = is_html(&response) && response.response().error().is_none();
    if !(status.is_client_error() || status.is_server_error()) || is_drawn {
        return response.map_into_boxed_body();
    }
    let allow = response.headers().get(ALLOW).cloned();
    let (request, _) = response.into_parts();
    let problem = ProblemPage::new(status);
    let mut page = match frame(&request, status).await {
        Some(frame) => answer::page(status, &problem.within(frame)),
        None => answer::page(status, &problem),
    };
    if let Some(allow) = allow {
        page.headers_mut().insert(ALLOW, allow);
    }
    ServiceResponse::new(request, page)
}

/// The frame of whoever sent a request. None: nobody is signed in, or the database may be away.
async fn frame(request: &HttpRequest, status: StatusCode) -> Option<Shell> {
    if status.is_server_error() {
        return None;
    }
    Some(Visit::find(request).await.ok()??.visitor.frame())
}

fn is_html<B>(response: &ServiceResponse<B>) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE);
    media_type.and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with("text/html"))
}
