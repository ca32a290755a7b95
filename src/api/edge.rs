//! What every request of a program passes through, as people's pass through `pages::edge`: the name under which it came, its
//! path without odd slashes, browsers' questions, the language of an error, the headers of its answer, and a last resort for what
//! panics (spec 5.4, 5.5, 8.2).

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};

use super::address::{self, Address};
use super::cors::Cors;
use super::error::{Error, ErrorStyle, GENERATION_ID_HEADER};
use crate::http::{self, Edge, Headers, host};
use crate::state::State;

/// Where the SDKs of OpenAI and of Anthropic look for the name of a request.
const VENDORS_ID_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-request-id"), HeaderName::from_static("request-id")];

/// The middleware around everything on the web port that is no page.
///
/// # Errors
/// Never without an answer: an error that passes through here carries one.
pub async fn edge(
    state: web::Data<State>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    address::tidy(&mut request);
    let address = Address::of(request.path());
    let cors = Cors::of(request.head(), &address, &state.config.cors_origins);
    let client = Client { style: ErrorStyle::of(&address), cors };
    let call = async |request: ServiceRequest| match client.preflight(&request) {
        Some(answer) => Ok(request.into_response(answer)),
        None => next.call(request).await.map(|response| client.in_its_language(response.map_into_boxed_body())),
    };
    http::pass(&client, &state, request, call).await
}

/// The program that asks.
struct Client {
    style: ErrorStyle,
    /// None: no browser.
    cors: Option<Cors>,
}

impl Client {
    fn preflight(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        self.cors.as_ref()?.preflight(request.head(), self.style)
    }

    /// Writes an error of ours anew, in the envelope that the client can read.
    fn in_its_language(&self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let error = response.response().error().and_then(|error| error.as_error::<Error>());
        match error.map(|error| error.answer(self.style)) {
            Some(answer) => response.into_response(answer),
            None => response,
        }
    }
}

impl Edge for Client {
    fn dress(&self, headers: &mut HeaderMap, is_https: bool) {
        Headers::Data.put(headers, is_https);
        if let Some(cors) = &self.cors {
            cors.put(headers);
        }
        if let Some(id) = headers.get(GENERATION_ID_HEADER).cloned() {
            for name in VENDORS_ID_HEADERS {
                headers.insert(name, id.clone());
            }
        }
    }

    fn misdirected(&self) -> HttpResponse {
        Error::misdirected(host::ADVICE).answer(self.style)
    }

    fn internal_error(&self) -> HttpResponse {
        Error::internal().answer(self.style)
    }
}
