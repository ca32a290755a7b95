//! What a flow refuses, as the API's error.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use super::Error;
use crate::auth;
use crate::destination::FieldErrors;
use crate::destination::config::ConfigError;

impl Error {
    /// Mistakes of a form. `name` gives the API's name of a field.
    pub(in crate::api) fn mistakes(errors: &FieldErrors, name: impl Fn(&str) -> String) -> Self {
        let fields: Vec<_> = errors.iter().map(|error| (name(error.field), error.sentence.as_str())).collect();
        Self::wrong(&fields)
    }

    /// Fields that are wrong, each with a sentence: the first one's is the error's, all are in `metadata.errors`.
    pub(in crate::api) fn wrong(fields: &[(String, &str)]) -> Self {
        let (first, sentence) = fields.first().cloned().unwrap_or_default();
        let all: Vec<_> = fields.iter().map(|(name, sentence)| json!({ "field": name, "message": sentence })).collect();
        let metadata = json!({ "field": first, "errors": all });
        Self::new(StatusCode::BAD_REQUEST, sentence.to_owned()).with_metadata(metadata)
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::invalid(&error.field, error.sentence)
    }
}

impl From<auth::Error> for Error {
    fn from(error: auth::Error) -> Self {
        match error {
            auth::Error::Invalid(errors) => Self::mistakes(&errors, str::to_owned),
            auth::Error::Store(error) => error.into(),
            auth::Error::Throttled { wait } => {
                let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait as Retry-After says.");
                error.with(RETRY_AFTER, &(wait.as_secs() + 1).to_string())
            }
            auth::Error::Random(_) | auth::Error::Hash(_) | auth::Error::Sealed(_) | auth::Error::Stopping => {
                tracing::error!(%error, "a flow could not do what the API asked");
                Self::unavailable()
            }
        }
    }
}
