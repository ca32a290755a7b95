//! The description of this API, for people and for generators of clients (OpenAPI 3.1).

use std::sync::OnceLock;

use actix_web::{HttpResponse, web};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::audit_log::{EntryList, ShownEntry};
use super::catalogue::schema::{Model, ModelCount, ModelList};
use super::chat_completions::schema::{ChatCompletion, ChatCompletionChunk, ChatRequest};
use super::completions::CompletionRequest;
use super::connection_tests::TestAnswer;
use super::deliveries::schema::{Attempt, AttemptList, DeadLetter, DeadLetterList};
use super::destinations::schema::{
    CreateDestination, Deleted, Destination, DestinationAnswer, DestinationList, Detectors, OwnPattern, SentFields,
    SentMetadata, Status, TestDestination, UpdateDestination,
};
use super::dry_run::{Counts, DryRunAnswer, NotSent, Outcome};
use super::embeddings::EmbeddingsRequest;
use super::error::{AnthropicEnvelope, DescribedId, Envelope, Error};
use super::generation::chat::GenerationOutput;
use super::generation::content::{ContentAnswer, GenerationAttempt, GenerationContent, GenerationError};
use super::generation::schema::{Generation, GenerationAnswer};
use super::keys::schema::{CreateKey, Key, KeyList, ListedKeyAnswer, NewKeyAnswer, UpdateKey};
use super::members::schema::{
    CreateInvitation, Invitation, InvitationList, Member, MemberList, NewInvitation, NewInvitationAnswer, UpdateMember,
};
use super::messages::MessagesRequest;
use super::oneself::schema::{CreditsAnswer, KeyAnswer, ProviderList};
use super::operation::Operation;
use super::preview::{Body, Choice, PreviewAnswer, ShownPreview};
use super::receipts::schema::{AskReceipts, Receipt, ReceiptsAnswer, ReceiptsList, ReceiptsOfRequest};
use super::replays::{CountedReplay, CreateReplay, ReplayAnswer, ReplayList, ShownReplay, UpdateReplay};
use super::responses::ResponsesRequest;
use super::revisions::{RevisionList, ShownRevision};
use super::signing_secret::{SigningSecret, SigningSecretAnswer};
use super::workspaces::schema::{Readers, UpdateWorkspace, Workspace, WorkspaceAnswer, WorkspaceList};

const ABOUT: &str = "\
An OpenAI-compatible gateway whose completed requests become traces in your observability tools.

Point any OpenAI client at `<your server>/api/v1` (or `/v1`) and give it an inference key from *Settings › API keys*. Every \
completed request becomes a trace at the destinations of your account, as soon as *Enable Broadcast* is on.

Errors are `{\"error\":{\"code\",\"message\",\"type\",\"param\",\"metadata\"?}}`. Under `/api/v1` `code` is the HTTP status; under `/v1` it \
is the model server's own word or null, as OpenAI's clients expect. On `/messages` errors have Anthropic's shape. Unknown fields are \
passed on; a known field of the wrong type answers 400 and is named. A request under a name that is neither the server's public one nor in \
its `TRACECAST_ALLOWED_HOSTS` answers 421.";

/// All but the paths.
#[derive(OpenApi)]
#[openapi(
    info(title = "Tracecast", description = ABOUT),
    servers((url = "/api/v1"), (url = "/v1", description = "For clients that cannot take a longer base.")),
    security(("apiKey" = [])),
    components(
        schemas(
            ChatRequest, ChatCompletion, ChatCompletionChunk, CompletionRequest, EmbeddingsRequest, ResponsesRequest,
            MessagesRequest, ModelList, Model, ModelCount, KeyAnswer, CreditsAnswer, ProviderList,
            DestinationList, DestinationAnswer, Destination, Status, CreateDestination, UpdateDestination, Deleted,
            TestDestination, Detectors, OwnPattern, SentFields, SentMetadata,
            TestAnswer, DryRunAnswer, Counts, Outcome, NotSent, PreviewAnswer, ShownPreview, Choice, Body, RevisionList, ShownRevision, ReplayList, ReplayAnswer, ShownReplay, CountedReplay, CreateReplay, UpdateReplay, SigningSecretAnswer, SigningSecret, AttemptList, Attempt, DeadLetterList, DeadLetter,
            WorkspaceList, WorkspaceAnswer, Workspace, UpdateWorkspace, Readers,
            AskReceipts, ReceiptsAnswer, ReceiptsList, ReceiptsOfRequest, Receipt,
            KeyList, ListedKeyAnswer, NewKeyAnswer, Key, CreateKey, UpdateKey, GenerationAnswer, Generation,
            ContentAnswer, GenerationContent, GenerationOutput, GenerationError, GenerationAttempt,
            MemberList, Member, UpdateMember, InvitationList, Invitation, CreateInvitation, NewInvitationAnswer, NewInvitation,
            EntryList, ShownEntry,
            DescribedId, Envelope, AnthropicEnvelope
        ),
        responses(Error)
    ),
)]
struct Frame;

/// The document of a table of routes. It is the same for every request: written once, at the first.
pub(super) struct Document {
    operations: &'static [Operation],
    text: OnceLock<serde_json::Result<String>>,
}

impl Document {
    pub(super) fn of(operations: &'static [Operation]) -> Self {
        Self { operations, text: OnceLock::new() }
    }

    fn text(&self) -> Result<&str, &serde_json::Error> {
        self.text.get_or_init(|| self.write()).as_deref()
    }

    /// Null where it cannot be written, which a test finds.
    pub(super) fn value(&self) -> serde_json::Value {
        serde_json::to_value(self.whole()).unwrap_or_default()
    }

    fn write(&self) -> serde_json::Result<String> {
        self.whole().to_pretty_json()
    }

    fn whole(&self) -> utoipa::openapi::OpenApi {
        let mut document = Frame::openapi();
        for operation in self.operations {
            operation.describe(&mut document.paths);
        }
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An inference key, `tck-inf-…`, asks models; a management key, `tck-mgt-…`, manages settings. The other one answers 403."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("apiKey", SecurityScheme::Http(key.build()));
        document
    }
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApiDocument",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json"))
)]
pub(super) async fn show(document: web::Data<Document>) -> Result<HttpResponse, Error> {
    let text = document.text().map_err(|error| {
        tracing::error!(%error, "the OpenAPI document cannot be written");
        Error::internal()
    })?;
    let cached = ("cache-control", "public, max-age=300");
    Ok(HttpResponse::Ok().content_type("application/json").insert_header(cached).body(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::api::OPERATIONS;

    fn text() -> String {
        Document::of(&OPERATIONS).write().unwrap()
    }

    #[test]
    fn document_changes_only_on_purpose() {
        let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        insta::assert_snapshot!(text().replace(&version, "\"version\": \"…\""));
    }

    #[test]
    fn document_has_the_programs_version_and_every_operation_once() {
        let document: Value = serde_json::from_str(&text()).unwrap();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        let paths = document["paths"].as_object().unwrap();
        let described: usize = paths.values().map(|methods| methods.as_object().unwrap().len()).sum();
        assert_eq!(described, OPERATIONS.len());
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let text = text();
        let document: Value = serde_json::from_str(&text).unwrap();
        let references: Vec<&str> = text.split("\"$ref\": \"#").skip(1).collect();
        assert!(references.len() > 10);
        for reference in references {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
