//! Reads the body of a form: bounded in size and in time.

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::Values;
use crate::http::{Incoming, body};
use crate::pages::error::Error;

/// The fields of the form that was sent.
#[derive(Debug)]
pub struct Form(pub Values);

impl FromRequest for Form {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // A button alone in its form sends an empty body, for which some clients name no type.
        let is_form = matches!(request.content_type(), "application/x-www-form-urlencoded" | "");
        let Ok(incoming) = Incoming::from_request(request, payload).into_inner();
        Box::pin(async move {
            if !is_form {
                return Err(Error::NotAForm);
            }
            let mut fields = Vec::new();
            let take = |piece: Bytes| {
                fields.extend_from_slice(&piece);
                Ok::<_, Error>(())
            };
            incoming.read(&body::FORM, take).await?;
            Ok(Self(Values::parse(&fields)))
        })
    }
}
