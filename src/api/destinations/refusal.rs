//! Why a destination was not stored, in the API's words.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde_json::json;

use super::verdict::{field, shown};
use crate::api::error::Error;
use crate::broadcast::{self, Connecting};
use crate::connection_test::Verdict;
use crate::destination::selection::Mistakes;
use crate::id::DestinationId;
use crate::state::testing::Busy;

/// Somebody else was quicker.
pub(in crate::api) fn conflict() -> Error {
    const CONFLICT: &str =
        "Somebody changed this destination meanwhile. Nothing was saved. Read it again, then repeat your change.";
    Error::conflict(CONFLICT)
}

/// The destination that was stored.
///
/// # Errors
/// Nothing was.
pub(super) fn conclude(connecting: Result<Connecting, broadcast::Error>) -> Result<DestinationId, Error> {
    const TOO_MANY: &str =
        "This account has five destinations of this kind already. Nothing was saved. Delete one first.";
    match connecting.map_err(refused)? {
        Connecting::Stored(id, _) | Connecting::Repeated(id) => Ok(id),
        Connecting::Failed(verdict) => Err(failed(&verdict)),
        Connecting::Conflict => Err(conflict()),
        Connecting::TooMany => Err(Error::conflict(TOO_MANY)),
        Connecting::Gone => Err(Error::no_such("There is no such destination any more.")),
    }
}

/// A test that failed, with its steps.
pub(in crate::api) fn failed(verdict: &Verdict) -> Error {
    let advice = verdict.advice.as_deref().unwrap_or("The connection test failed.");
    let field = verdict.field.as_deref().map(field);
    let metadata = json!({ "field": field, "test": shown(verdict) });
    Error::new(StatusCode::BAD_REQUEST, format!("{advice} Nothing was saved.")).with_metadata(metadata)
}

pub(in crate::api) fn refused(error: broadcast::Error) -> Error {
    match error {
        broadcast::Error::Invalid(errors) => Error::mistakes(&errors, field),
        broadcast::Error::Misruled(mistakes) => misruled(&mistakes),
        broadcast::Error::Busy(busy) => self::busy(busy),
        broadcast::Error::Store(error) => error.into(),
        broadcast::Error::Random(error) => {
            tracing::error!(%error, "there is no randomness for a seal");
            Error::unavailable()
        }
    }
}

/// Mistakes in rules: the first in the sentence, all in `metadata.errors`.
pub(super) fn misruled(mistakes: &Mistakes) -> Error {
    let all: Vec<_> = mistakes.iter().map(|mistake| (mistake.place.to_string(), mistake.sentence.as_str())).collect();
    Error::wrong(&all)
}

fn busy(busy: Busy) -> Error {
    let (sentence, seconds) = match busy {
        Busy::Running => {
            ("Another connection test of this account is still running. Send the request again in a few seconds.", "5")
        }
        Busy::TooMany => {
            ("This account ran ten connection tests within a minute. Send the request again in a minute.", "60")
        }
    };
    Error::new(StatusCode::TOO_MANY_REQUESTS, sentence).with(RETRY_AFTER, seconds)
}
