//! The errors of the routes that ask a model, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{Ref, RefOr, Response};
use utoipa::{IntoResponses, ToResponse};

use super::error::Error;

const STATUSES: [u16; 13] = [400, 401, 403, 404, 408, 413, 415, 421, 429, 500, 502, 503, 504];

/// Any of them may go wrong in all of these ways.
pub(super) struct ErrorResponses;

impl IntoResponses for ErrorResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let (name, _) = Error::response();
        STATUSES.iter().map(|status| (status.to_string(), RefOr::Ref(Ref::from_response_name(name)))).collect()
    }
}
