//! Who calls: the API key of a request, checked before its body is taken in.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use metrics::counter;

use super::error::Error;
use crate::auth::api_keys::{ApiKeyIdentity, IdentifyError, identify};
use crate::http::client;
use crate::id::{AccountId, ApiKeyId};
use crate::state::State;
use crate::token::ApiKeyType;

/// A key that may ask models and report completed requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InferenceKey {
    pub account: AccountId,
    pub key: ApiKeyId,
}

/// A key that may read and change the account's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagementKey {
    pub account: AccountId,
    pub key: ApiKeyId,
}

impl InferenceKey {
    /// The key of a request. No extractor, because the gateway listens to the body meanwhile ([`Incoming::beside`]).
    ///
    /// [`Incoming::beside`]: crate::http::Incoming::beside
    pub(super) async fn of(request: &HttpRequest) -> Result<Self, Error> {
        const REFUSAL: &str = "Management keys cannot ask models. Use an inference key from Settings › API keys.";
        let ApiKeyIdentity { account, key, kind } = identity(request).await?;
        match kind {
            ApiKeyType::Inference => Ok(Self { account, key }),
            ApiKeyType::Management => Err(Error::forbidden(REFUSAL)),
        }
    }
}

impl FromRequest for ManagementKey {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        const REFUSAL: &str = "Only management keys can perform this operation. Use one from Settings › API keys.";
        let request = request.clone();
        Box::pin(async move {
            let ApiKeyIdentity { account, key, kind } = identity(&request).await?;
            match kind {
                ApiKeyType::Management => Ok(Self { account, key }),
                ApiKeyType::Inference => Err(Error::forbidden(REFUSAL)),
            }
        })
    }
}

async fn identity(request: &HttpRequest) -> Result<ApiKeyIdentity, Error> {
    let Some(state) = request.app_data::<web::Data<State>>() else {
        tracing::error!("the API was mounted without its State");
        return Err(Error::unavailable());
    };
    let identified = match presented_key(request) {
        Some(presented) => identify(state, presented).await,
        None => Err(IdentifyError::Unauthorized),
    };
    match identified {
        Ok(identity) => state.rate_limits.key(identity.key).map(|()| identity).map_err(Error::too_often),
        Err(IdentifyError::Unauthorized) => {
            let address = client(request, &state.config.trusted_proxies).address;
            counter!("tracecast_api_keys_refused_total").increment(1);
            state.rate_limits.refused_key(address).map_err(Error::too_often)?;
            tracing::warn!(%address, "an API key let nobody in");
            Err(Error::unauthorized())
        }
        Err(IdentifyError::Unavailable(error)) => {
            tracing::error!(%error, "an API key could not be checked");
            Err(Error::unavailable())
        }
    }
}

/// The bearer token (RFC 6750); None where it is missing or there are several.
fn presented_key(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next()?.to_str().ok()?;
    if headers.next().is_some() {
        return None;
    }
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
