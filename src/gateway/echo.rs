//! `demo/echo`: the built-in model that answers where no upstream is configured, so that a newcomer needs no provider's
//! key. It repeats what it is asked, calls the first tool once, and fills in a schema. The same question always gets the
//! same answer.

mod answer;
pub(super) mod chat;
pub(super) mod completions;
pub(super) mod embeddings;
mod inputs;
mod instance;
pub(super) mod messages;
mod question;
pub(super) mod responses;

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;

pub(super) use self::answer::{Asking, EchoAnswer, MODEL, PRICES, PROVIDER};
use super::failure::Failure;
use super::upstream::UpstreamAnswer;
use super::upstream_headers::PassedHeaders;
use crate::json::{Members, Text};

/// The answer as an upstream's, with a pause between two events.
///
/// # Errors
/// When the model refuses the request.
pub(super) fn sent(answer: EchoAnswer, pause: Duration) -> Result<UpstreamAnswer, Failure> {
    let (content_type, body) = match answer {
        EchoAnswer::Whole(body) => ("application/json", stream::iter([Ok(Bytes::from(body.to_string()))]).boxed()),
        EchoAnswer::Events(events) => {
            let events = stream::iter(events.into_iter().enumerate()).then(move |(position, event)| async move {
                if position > 0 && !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                Ok(Bytes::from(event.to_string()))
            });
            ("text/event-stream", events.boxed())
        }
        EchoAnswer::Refused { status, body } => {
            return Err(Failure::answered(status, body.to_string().as_bytes(), PassedHeaders::default()));
        }
    };
    Ok(UpstreamAnswer { status: 200, content_type: content_type.to_owned(), headers: PassedHeaders::default(), body })
}

/// Any model may be asked for, because every guide's example names another one. Only names below `demo/` are its own.
pub(super) fn refusal(body: &Members<'_>) -> Option<EchoAnswer> {
    let model = body.read::<Text<'_>>("model").filter(|model| model.starts_with("demo/") && **model != *MODEL)?;
    let message = format!("There is no model `{}`. The built-in model is called `{}`.", &*model, MODEL);
    let error = json!({
        "message": message, "type": "invalid_request_error", "param": "model", "code": "model_not_found",
    });
    Some(EchoAnswer::Refused { status: 404, body: json!({ "error": error }) })
}

#[cfg(test)]
mod tests;
