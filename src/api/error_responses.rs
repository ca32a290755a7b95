//! The errors of the routes, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToResponse, ToSchema};

use super::error::{AnthropicEnvelope, Error};

/// Of a route that asks a model.
const STATUSES: [u16; 13] = [400, 401, 403, 404, 408, 413, 415, 421, 429, 500, 502, 503, 504];

/// Of a route that lists models.
const STATUSES_OF_LISTS: [u16; 5] = [401, 429, 502, 503, 504];

/// Of a route on which callers ask about themselves.
const STATUSES_OF_OWN: [u16; 3] = [401, 429, 503];

/// Of an operation that manages settings.
const STATUSES_OF_MANAGEMENT: [u16; 11] = [400, 401, 403, 404, 408, 409, 412, 413, 415, 429, 503];

/// Of OpenAI's protocols. Any of them may go wrong in all of these ways.
pub(super) struct ErrorResponses;

/// Of Anthropic's.
pub(super) struct AnthropicErrorResponses;

/// Of the lists of models.
pub(super) struct ListErrorResponses;

/// Of what callers ask about themselves.
pub(super) struct OwnErrorResponses;

/// Of what manages settings.
pub(super) struct ManagementErrorResponses;

impl IntoResponses for ManagementErrorResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        in_our_envelope(&STATUSES_OF_MANAGEMENT)
    }
}

impl IntoResponses for ErrorResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        in_our_envelope(&STATUSES)
    }
}

impl IntoResponses for ListErrorResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        in_our_envelope(&STATUSES_OF_LISTS)
    }
}

impl IntoResponses for OwnErrorResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        in_our_envelope(&STATUSES_OF_OWN)
    }
}

fn in_our_envelope(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let (name, _) = Error::response();
    statuses.iter().map(|status| (status.to_string(), RefOr::Ref(Ref::from_response_name(name)))).collect()
}

impl IntoResponses for AnthropicErrorResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let body = || Content::new(Some(Ref::from_schema_name(AnthropicEnvelope::name())));
        let error =
            || ResponseBuilder::new().description("What went wrong.").content("application/json", body()).build();
        STATUSES.iter().map(|status| (status.to_string(), RefOr::T(error()))).collect()
    }
}
