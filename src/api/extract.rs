//! Who calls: the API key of a request, checked before its body is taken in.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, web};
use metrics::counter;

use super::error::Error;
use crate::auth::api_keys::{ApiKeyIdentity, IdentifyError, identify};
use crate::http::client;
use crate::state::State;
use crate::token::ApiKeyType;

/// The key of a request, which may ask models.
pub(super) async fn inference_key(request: &HttpRequest) -> Result<ApiKeyIdentity, Error> {
    let identity = identity(request).await?;
    match identity.kind {
        ApiKeyType::Inference => Ok(identity),
        ApiKeyType::Management => {
            Err(Error::forbidden("Management keys cannot ask models. Use an inference key from Settings › API keys."))
        }
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
