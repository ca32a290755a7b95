//! What a management operation is sent: a small JSON object, read member by member. Unknown members are ignored (spec 3.6).

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use serde_json::{Map, Value};

use super::body;
use super::error::Error;
use crate::gateway::Failure;
use crate::http::body::{SETTINGS, Unread};
use crate::http::{Broken, Incoming};
use crate::json;

/// The members of a body.
pub(super) struct Input(Map<String, Value>);

impl Input {
    /// Called after it is known who sends the body.
    ///
    /// # Errors
    /// The body is no JSON object, or is longer or slower than it may be.
    pub(super) async fn read(request: &HttpRequest, incoming: Incoming) -> Result<Self, Error> {
        body::check_type(request)?;
        let mut body = Vec::new();
        let take = |piece: Bytes| {
            body.extend_from_slice(&piece);
            Ok::<_, Unread>(())
        };
        incoming.read(&SETTINGS, take).await.map_err(unread)?;
        let text = json::text(&mut body).map_err(|error| Error::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let members = serde_json::from_str(&text);
        members.map(Self).map_err(|_| Error::new(StatusCode::BAD_REQUEST, "The body must be a JSON object. Send one."))
    }

    pub(super) fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A member that is there, be it null.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text. Null counts as absent.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        self.typed(name, "a text", Value::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        self.typed(name, "true or false", Value::as_bool)
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<&Map<String, Value>>, Error> {
        self.typed(name, "an object", Value::as_object)
    }

    fn typed<'a, T>(
        &'a self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| wrong_type(name, expected))
    }
}

/// `expected` completes "must be …".
pub(super) fn wrong_type(field: &str, expected: &str) -> Error {
    Error::invalid(field, format!("`{field}` must be {expected}. Correct it and send it again."))
}

/// A member that must be there.
pub(super) fn required<T>(field: &str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| Error::invalid(field, format!("`{field}` is missing. Add it and send the request again.")))
}

fn unread(unread: Unread) -> Error {
    match unread {
        Unread::TooLarge => {
            let message = format!("The body is larger than {} KiB. Send less.", SETTINGS.bytes >> 10);
            Error::new(StatusCode::PAYLOAD_TOO_LARGE, message)
        }
        Unread::TooSlow => Failure::body_too_slow().into(),
        Unread::Broken(Broken::Encoding) => Failure::broken_encoding().into(),
        Unread::Broken(Broken::Gone) => Error::new(StatusCode::BAD_REQUEST, "The body broke off. Send it again."),
    }
}
