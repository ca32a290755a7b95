//! Who calls: the API key of a request, checked before its body is taken in.

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use metrics::counter;

use super::error::Error;
use crate::audit::Actor;
use crate::auth::api_keys::{ApiKeyIdentity, IdentifyError, identify};
use crate::gateway::Failure;
use crate::http::client;
use crate::id::{AccountId, ApiKeyId};
use crate::state::State;
use crate::token::ApiKeyType;

/// A key that may ask models and report completed requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InferenceKey(pub ApiKeyIdentity);

/// A key that may read and change the account's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagementKey {
    pub account: AccountId,
    pub key: ApiKeyId,
}

/// Who makes a change: a program with a management key.
#[derive(Debug, Clone)]
pub(super) struct Author {
    pub(super) actor: Actor,
}

/// A key of either type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnyKey(pub(super) ApiKeyIdentity);

/// Why a key does not let a request in.
#[derive(Debug)]
pub(super) enum NotLetIn {
    /// Nobody knows whose request this is.
    Unknown(Error),
    /// The key is somebody's. Their account learns of the request.
    Known { identity: ApiKeyIdentity, failure: Failure },
}

impl From<NotLetIn> for Error {
    fn from(not_let_in: NotLetIn) -> Self {
        match not_let_in {
            NotLetIn::Unknown(error) => error,
            NotLetIn::Known { failure, .. } => failure.into(),
        }
    }
}

impl InferenceKey {
    /// The key of a request. No extractor, because the gateway listens to the body meanwhile ([`Incoming::beside`]).
    ///
    /// [`Incoming::beside`]: crate::http::Incoming::beside
    pub(super) async fn of(request: &HttpRequest) -> Result<Self, NotLetIn> {
        let identity = identity(request).await?;
        match identity.kind {
            ApiKeyType::Inference => Ok(Self(identity)),
            ApiKeyType::Management => Err(NotLetIn::Known { identity, failure: Failure::wrong_key() }),
        }
    }
}

impl FromRequest for ManagementKey {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ApiKeyIdentity { account, key, .. } = management(&request).await?;
            Ok(Self { account, key })
        })
    }
}

impl FromRequest for Author {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = request.app_data::<web::Data<State>>().ok_or_else(Error::unavailable)?;
            let caller = client(&request, &state.config.trusted_proxies);
            let actor = management(&request).await?.actor(caller);
            Ok(Self { actor })
        })
    }
}

impl FromRequest for AnyKey {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(identity(&request).await.map(Self)?) })
    }
}

/// The identity of a management key.
async fn management(request: &HttpRequest) -> Result<ApiKeyIdentity, Error> {
    const REFUSAL: &str = "Only management keys can perform this operation. Use one from Settings › API keys.";
    let identity = identity(request).await?;
    match identity.kind {
        ApiKeyType::Management => Ok(identity),
        ApiKeyType::Inference => Err(Error::forbidden(REFUSAL)),
    }
}

async fn identity(request: &HttpRequest) -> Result<ApiKeyIdentity, NotLetIn> {
    let Some(state) = request.app_data::<web::Data<State>>() else {
        tracing::error!("the API was mounted without its State");
        return Err(NotLetIn::Unknown(Error::unavailable()));
    };
    let identified = match presented(request.headers()) {
        Presented::One(key) => identify(state, key).await,
        Presented::Nothing => Err(IdentifyError::Unauthorized),
        Presented::Several => return Err(refused(request, state, Error::several_keys())),
    };
    match identified {
        Ok(identity) => match state.rate_limits.key(identity.key) {
            Ok(()) => Ok(identity),
            Err(too_often) => Err(NotLetIn::Known { identity, failure: Failure::too_often(too_often) }),
        },
        Err(IdentifyError::Unauthorized) => Err(refused(request, state, Error::unauthorized())),
        Err(IdentifyError::Unavailable(error)) => {
            tracing::error!(%error, "an API key could not be checked");
            Err(NotLetIn::Unknown(Error::unavailable()))
        }
    }
}

/// Counts a key that lets nobody in. An address that presents many is asked to wait.
fn refused(request: &HttpRequest, state: &State, error: Error) -> NotLetIn {
    let address = client(request, &state.config.trusted_proxies).address;
    counter!("tracecast_api_keys_refused_total").increment(1);
    NotLetIn::Unknown(match state.rate_limits.refused_key(address) {
        Ok(()) => {
            tracing::warn!(%address, "an API key let nobody in");
            error
        }
        Err(too_often) => Error::too_often(too_often),
    })
}

/// The keys that a request presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presented<'a> {
    Nothing,
    One(&'a str),
    Several,
}

/// The bearer token (RFC 6750), and `x-api-key`, which is all that Anthropic's clients send. The same key in both is one.
fn presented(headers: &HeaderMap) -> Presented<'_> {
    if headers.get_all(AUTHORIZATION).nth(1).is_some() {
        return Presented::Several;
    }
    let bearer = headers.get_all(AUTHORIZATION).filter_map(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    let plain = headers.get_all("x-api-key").filter_map(|value| value.to_str().ok());
    let mut keys = bearer.chain(plain).map(str::trim).filter(|key| !key.is_empty());
    match keys.next() {
        None => Presented::Nothing,
        Some(first) if keys.all(|other| other == first) => Presented::One(first),
        Some(_) => Presented::Several,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn key(headers: &[(&'static str, &'static str)]) -> &'static str {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        match presented(request.to_http_request().headers()) {
            Presented::Nothing => "nothing",
            Presented::One("k") => "k",
            Presented::One(_) => "another",
            Presented::Several => "several",
        }
    }

    #[test]
    fn key_stands_in_either_header_or_in_both() {
        for headers in [
            &[("authorization", "Bearer k")][..],
            &[("authorization", "bearer  k ")],
            &[("x-api-key", " k ")],
            &[("authorization", "BEARER k"), ("x-api-key", "k")],
            &[("authorization", "Basic dTpw"), ("x-api-key", "k")],
            &[("authorization", "Bearer "), ("x-api-key", "k")],
        ] {
            assert_eq!(key(headers), "k", "{headers:?}");
        }
    }

    #[test]
    fn different_keys_and_doubled_headers_are_several() {
        for headers in [
            &[("authorization", "Bearer k"), ("x-api-key", "l")][..],
            &[("x-api-key", "k"), ("x-api-key", "l")],
            &[("authorization", "Bearer k"), ("authorization", "Bearer k")],
        ] {
            assert_eq!(key(headers), "several", "{headers:?}");
        }
        for headers in [&[][..], &[("authorization", "k")], &[("authorization", "Basic dTpw")], &[("x-api-key", "")]] {
            assert_eq!(key(headers), "nothing", "{headers:?}");
        }
    }
}
