//! The language of an error: each client reads that of its own vendor (spec 8.2).

use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Error;
use crate::api::address::Address;
use crate::completed_request::GenerationId;
use crate::gateway::Base;

/// Whose errors a client can read, by the path on which it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum ErrorStyle {
    /// Under `/api/v1`: OpenRouter's, whose clients cannot read a text as `code`, and what OpenAI has beside it.
    OpenRouter,
    /// Under `/v1`: OpenAI's, whose clients tell errors apart by `code`.
    OpenAi,
    /// On `/messages`, under either base.
    Anthropic,
}

impl ErrorStyle {
    pub(in crate::api) fn of(address: &Address<'_>) -> Self {
        match address.base {
            _ if address.is_anthropics() => Self::Anthropic,
            Some(Base::OpenAi) => Self::OpenAi,
            Some(Base::OpenRouter) | None => Self::OpenRouter,
        }
    }

    /// The body of an error.
    pub(super) fn body(self, error: &Error) -> Body<'_> {
        let status = error.status;
        let message = &*error.message;
        let code = match self {
            Self::OpenRouter => Code::Status(status.as_u16()),
            Self::OpenAi => Code::Word(error.own_word("code")),
            Self::Anthropic => {
                let error_body = AnthropicDetails { kind: anthropics_type(status), message };
                let request_id = error.id.as_ref().map(GenerationId::as_str);
                return Body::Anthropic(AnthropicEnvelope { kind: "error", error: error_body, request_id });
            }
        };
        let kind = error.own_word("type").unwrap_or_else(|| openais_type(status));
        let (param, metadata) = (error.param(), error.metadata.as_ref());
        Body::OpenAi(Envelope { error: Details { code, message, kind, param, metadata } })
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Body<'a> {
    OpenAi(Envelope<'a>),
    Anthropic(AnthropicEnvelope<'a>),
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(in crate::api) struct Envelope<'a> {
    #[schema(inline)]
    error: Details<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Details<'a> {
    #[schema(inline)]
    code: Code<'a>,
    message: &'a str,
    /// The model server's own word, else OpenAI's for the status, as `invalid_request_error`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The field that has to change.
    param: Option<&'a str>,
    /// `field` names a field of the wrong type; `upstream` is what the model server said (`status`, `type`, `code`, `param`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    metadata: Option<&'a Value>,
}

/// Under `/api/v1` the HTTP status, under `/v1` the model server's own word or null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Code<'a> {
    Status(u16),
    Word(Option<&'a str>),
}

/// The answer to a request on `/messages` that fails.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnthropicError)]
pub(in crate::api) struct AnthropicEnvelope<'a> {
    /// `error`
    #[serde(rename = "type")]
    kind: &'a str,
    #[schema(inline)]
    error: AnthropicDetails<'a>,
    /// As in the header `request-id`; null for a request that is not recorded.
    request_id: Option<&'a str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AnthropicDetails<'a> {
    /// Anthropic's word for the status, as `rate_limit_error`.
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
}

fn openais_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn anthropics_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 | 413 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        _ => "api_error",
    }
}
