//! What can go wrong on the way to a page, and the page that says so.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, ResponseError};

use super::answer;
use super::problem::ProblemPage;
use crate::http::body::Unread;
use crate::state::rate_limits::TooOften;
use crate::{auth, broadcast, store};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in: go and do that, then come back to this path.
    #[error("signed out")]
    SignedOut {
        /// A local path; empty for the settings.
        next: String,
    },
    /// The account asks for a second factor: go and set one up.
    #[error("lacks a second factor")]
    LacksSecondFactor,
    /// Only for admins.
    #[error("forbidden")]
    Forbidden,
    /// There is no such thing, or it is somebody else's.
    #[error("not found")]
    NotFound,
    /// Too many such forms from this address.
    #[error("too often")]
    TooOften(TooOften),
    /// A form of more than 64 KiB.
    #[error("form too large")]
    TooLarge,
    #[error("form too slow")]
    TooSlow,
    /// The body broke off or is not a form.
    #[error("not a form")]
    NotAForm,
    /// The store did not do what the page needs.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A sign-in, a session or a member.
    #[error(transparent)]
    Auth(#[from] auth::Error),
    /// A destination or the switch.
    #[error(transparent)]
    Broadcast(#[from] broadcast::Error),
    /// A cookie that no header can hold.
    #[error(transparent)]
    Cookie(#[from] actix_web::error::HttpError),
}

/// Where a second factor is set up.
pub const SECOND_FACTOR: &str = "/settings/account/second-factor";

/// What handlers return.
pub type Result<T = HttpResponse> = std::result::Result<T, Error>;

impl Error {
    /// Whether the database is away.
    fn is_unavailable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_unavailable(),
            Self::Auth(error) => error.is_unavailable(),
            Self::Broadcast(error) => error.is_unavailable(),
            _ => false,
        }
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

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignedOut { .. } | Self::LacksSecondFactor => StatusCode::SEE_OTHER,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooOften(_) | Self::Auth(auth::Error::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
            error if error.is_unavailable() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Auth(_) | Self::Broadcast(_) | Self::Cookie(_) => StatusCode::INTERNAL_SERVER_ERROR,
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
        if self.status_code().is_server_error() {
            tracing::error!(error = %self, "a page failed");
        }
        answer::page(self.status_code(), &ProblemPage::new(self.status_code()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::time::Duration;

    use super::*;

    fn status(error: impl Into<Error>) -> u16 {
        error.into().status_code().as_u16()
    }

    #[test]
    fn database_that_is_away_is_503_whichever_flow_asked_it() {
        let away = || store::Error::lost(ErrorKind::ConnectionReset);
        assert_eq!(status(away()), 503);
        assert_eq!(status(auth::Error::from(away())), 503);
        assert_eq!(status(broadcast::Error::from(away())), 503);
    }

    #[test]
    fn statement_that_the_database_refuses_is_500() {
        let refused = || store::Error::from(sqlx::Error::RowNotFound);
        assert_eq!(status(refused()), 500);
        assert_eq!(status(auth::Error::from(refused())), 500);
        assert_eq!(status(broadcast::Error::from(refused())), 500);
    }

    #[test]
    fn attempt_too_many_is_429() {
        assert_eq!(status(auth::Error::Throttled { wait: Duration::from_secs(1) }), 429);
    }
}
