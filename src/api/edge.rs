//! What every request of a program passes through, as people's pass through `pages::edge`: the name under which it came, the
//! headers of its answer, and a last resort for what panics (spec 5.4, 5.5).

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{ResponseError as _, web};

use super::error::Error;
use crate::http::{Edge, Headers, host};
use crate::state::State;

const EDGE: Edge = Edge {
    headers: Headers::Data,
    misdirected: || Error::misdirected(host::ADVICE).error_response(),
    internal_error: || Error::internal().error_response(),
};

/// The middleware around everything on the web port that is no page.
///
/// # Errors
/// Never without an answer: an error that passes through here carries one.
pub async fn edge(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let call = async |request| next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    EDGE.pass(&state, request, call).await
}
