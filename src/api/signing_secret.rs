//! The secret with which a webhook's requests are signed (spec 7.4). Beyond OpenRouter.

use actix_web::{HttpResponse, web};
use chrono::DateTime;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::destinations::{conflict, parse, refused};
use super::error::Error;
use super::error_responses::ManagementErrorResponses;
use super::extract::Author;
use super::timestamp::timestamp;
use crate::broadcast::{self, Replacing};
use crate::state::State;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningSecretAnswer {
    data: SigningSecret,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningSecret {
    /// Shown this once.
    #[schema(example = "whsec_…")]
    secret: String,
    /// Until then the one before signs as well. Null: there was none.
    older_until: Option<String>,
}

/// Make a new signing secret of a webhook
///
/// The one before signs for 24 hours more, so that the receiver can change over without a gap.
#[utoipa::path(
    post,
    path = "/observability/destinations/{id}/signing-secret",
    operation_id = "replaceSigningSecret",
    params(("id" = String, Path, description = "The id of a webhook.")),
    responses(
        (status = 201, description = "The secret.", body = SigningSecretAnswer),
        ManagementErrorResponses,
    )
)]
pub(super) async fn replace(
    state: web::Data<State>,
    author: Author,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    match broadcast::replace_signing_secret(&state, &author.actor, parse(&id)?).await.map_err(refused)? {
        Replacing::Replaced(new) => {
            let until = new.older_until.and_then(|seconds| DateTime::from_timestamp(seconds.cast_signed(), 0));
            let secret = new.secret.expose_secret().to_owned();
            let data = SigningSecret { secret, older_until: until.map(timestamp) };
            Ok(HttpResponse::Created().json(SigningSecretAnswer { data }))
        }
        Replacing::Gone => Err(Error::no_such("There is no such webhook.")),
        Replacing::Conflict => Err(conflict()),
    }
}
