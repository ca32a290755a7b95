//! Reads the body of a form: bounded in size and in time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;

use super::Values;
use crate::web::error::Error;

/// The most that a form may hold.
const MOST_BYTES: usize = 64 * 1024;
/// The most that is read and thrown away of one that holds more: else the browser, still sending, never sees the answer.
const MOST_DRAINED: usize = 16 * 1024 * 1024;
/// The longest that a form may take to arrive (spec 5.5).
const MOST_TIME: Duration = Duration::from_secs(10);

/// The fields of the form that was sent.
#[derive(Debug)]
pub struct Form(pub Values);

impl FromRequest for Form {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // A button alone in its form sends an empty body, for which some clients name no type.
        let is_form = matches!(request.content_type(), "application/x-www-form-urlencoded" | "");
        let payload = payload.take();
        Box::pin(async move {
            if !is_form {
                return Err(Error::NotAForm);
            }
            let body = tokio::time::timeout(MOST_TIME, read(payload)).await.map_err(|_| Error::TooSlow)??;
            Ok(Self(Values::parse(&body)))
        })
    }
}

async fn read(mut payload: Payload) -> Result<web::BytesMut, Error> {
    let mut body = web::BytesMut::new();
    let mut seen = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::NotAForm)?;
        seen += chunk.len();
        if seen <= MOST_BYTES {
            body.extend_from_slice(&chunk);
        } else if seen > MOST_DRAINED {
            break;
        }
    }
    if seen > MOST_BYTES { Err(Error::TooLarge) } else { Ok(body) }
}
