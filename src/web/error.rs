//! What can go wrong on the way to a page, and the page that says so.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, ResponseError};

use super::html;
use super::pages::problem::ProblemPage;
use crate::http::body::Unread;
use crate::state::rate_limits::TooOften;
use crate::{auth, broadcast, store};

/// Why there is no page. Not a `std::error::Error`, so that `?` turns each of those into [`Error::Internal`].
pub enum Error {
    /// Nobody is signed in: go and do that, then come back to this path.
    SignedOut {
        /// A local path; empty for the settings.
        next: String,
    },
    /// The account asks for a second factor: go and set one up.
    LacksSecondFactor,
    /// Only for admins.
    Forbidden,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// Too many such forms from this address.
    TooOften(TooOften),
    /// A form of more than 64 KiB.
    TooLarge,
    /// The body took too long.
    TooSlow,
    /// The body broke off or is not a form.
    NotAForm,
    /// Not the person's fault. Told to the log only.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// Where a second factor is set up.
pub const SECOND_FACTOR: &str = "/settings/account/second-factor";

/// What handlers return.
pub type Result<T = HttpResponse> = std::result::Result<T, Error>;

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<Unread> for Error {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge => Self::TooLarge,
            Unread::TooSlow => Self::TooSlow,
            Unread::Broken(_) => Self::NotAForm,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedOut { .. } => f.write_str("signed out"),
            Self::LacksSecondFactor => f.write_str("lacks a second factor"),
            Self::Forbidden => f.write_str("forbidden"),
            Self::NotFound => f.write_str("not found"),
            Self::TooOften(_) => f.write_str("too often"),
            Self::TooLarge => f.write_str("form too large"),
            Self::TooSlow => f.write_str("form too slow"),
            Self::NotAForm => f.write_str("not a form"),
            Self::Internal(error) => write!(f, "internal error: {error}"),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignedOut { .. } | Self::LacksSecondFactor => StatusCode::SEE_OTHER,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Internal(error) if is_throttled(error.as_ref()) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(error) if is_database_away(error.as_ref()) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::SignedOut { next } = self {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let query = if next.is_empty() { String::new() } else { query.append_pair("next", next).finish() };
            let path = if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") };
            return HttpResponse::SeeOther().insert_header((LOCATION, path)).finish();
        }
        if matches!(self, Self::LacksSecondFactor) {
            return HttpResponse::SeeOther().insert_header((LOCATION, SECOND_FACTOR)).finish();
        }
        if let Self::Internal(error) = self
            && !is_throttled(error.as_ref())
        {
            tracing::error!(%error, "a page failed");
        }
        html::page(self.status_code(), &ProblemPage::new(self.status_code()))
    }
}

fn is_throttled(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref::<auth::Error>(), Some(auth::Error::Throttled { .. }))
}

fn is_database_away(error: &(dyn std::error::Error + 'static)) -> bool {
    let store = match (error.downcast_ref::<auth::Error>(), error.downcast_ref::<broadcast::Error>()) {
        (Some(auth::Error::Store(error)), _) | (_, Some(broadcast::Error::Store(error))) => Some(error),
        _ => error.downcast_ref::<store::Error>(),
    };
    matches!(store, Some(store::Error::Unavailable(_)))
}
