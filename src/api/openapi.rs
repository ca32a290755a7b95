//! The description of this API, for people and for generators of clients (OpenAPI 3.1).

use std::sync::LazyLock;

use actix_web::HttpResponse;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::OPERATIONS;
use super::chat_completions::schema::{ChatCompletion, ChatCompletionChunk, ChatRequest};
use super::error::{DescribedId, Envelope, Error};

const ABOUT: &str = "\
An OpenAI-compatible gateway whose completed requests become traces in your observability tools.

Point any OpenAI client at `<your server>/api/v1` (or `/v1`) and give it an inference key from *Settings › API keys*. Every \
completed request becomes a trace at the destinations of your account, as soon as *Enable Broadcast* is on.

Errors are always `{\"error\":{\"code\",\"message\",\"metadata\"?}}`; `code` is the HTTP status. Unknown fields are passed on; a \
known field of the wrong type answers 400 and is named. A request under a name that is neither the server's public one nor in \
its `TRACECAST_ALLOWED_HOSTS` answers 421.";

/// All but the paths, which are those of [`OPERATIONS`].
#[derive(OpenApi)]
#[openapi(
    info(title = "Tracecast", description = ABOUT),
    servers((url = "/api/v1"), (url = "/v1", description = "For clients that cannot take a longer base.")),
    security(("apiKey" = [])),
    components(schemas(ChatRequest, ChatCompletion, ChatCompletionChunk, DescribedId, Envelope), responses(Error)),
)]
struct Frame;

/// It is the same for every request: made once, at the first.
static TEXT: LazyLock<serde_json::Result<String>> = LazyLock::new(|| document().to_pretty_json());

fn document() -> Document {
    let mut document = Frame::openapi();
    for operation in &OPERATIONS {
        operation.describe(&mut document.paths);
    }
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An inference key, `tck-inf-…`. Management keys cannot ask models (403)."));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("apiKey", SecurityScheme::Http(key.build()));
    document
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApiDocument",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json"))
)]
pub(super) async fn show() -> Result<HttpResponse, Error> {
    let text = TEXT.as_ref().map_err(|error| {
        tracing::error!(%error, "the OpenAPI document cannot be written");
        Error::internal()
    })?;
    let cached = ("cache-control", "public, max-age=300");
    Ok(HttpResponse::Ok().content_type("application/json").insert_header(cached).body(text.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn document_changes_only_on_purpose() {
        let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        insta::assert_snapshot!(TEXT.as_ref().unwrap().replace(&version, "\"version\": \"…\""));
    }

    #[test]
    fn document_has_the_programs_version_and_every_operation_once() {
        let document: Value = serde_json::from_str(TEXT.as_ref().unwrap()).unwrap();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        let paths = document["paths"].as_object().unwrap();
        let described: usize = paths.values().map(|methods| methods.as_object().unwrap().len()).sum();
        assert_eq!(described, OPERATIONS.len());
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document: Value = serde_json::from_str(TEXT.as_ref().unwrap()).unwrap();
        let references: Vec<&str> = TEXT.as_ref().unwrap().split("\"$ref\": \"#").skip(1).collect();
        assert!(references.len() > 10);
        for reference in references {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
