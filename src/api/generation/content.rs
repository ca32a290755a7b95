//! What a completed request asked and was answered (spec 3.3): in OpenRouter's shape, for those who may read it.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::chat::{self, GenerationOutput};
use super::no_such;
use crate::api::error::Error;
use crate::api::error_responses::ManagementErrorResponses;
use crate::api::extract::AnyKey;
use crate::api::input::required;
use crate::api::query::Query;
use crate::auth;
use crate::auth::api_keys::ApiKeyIdentity;
use crate::completed_request::content::{ContentRef, Conversation};
use crate::completed_request::{CompletedRequest, Ending, FailedAttempt, GenerationId, Operation};
use crate::http::client;
use crate::state::State;
use crate::store::log;
use crate::store::members::Role;
use crate::token::ApiKeyType;

pub(in crate::api) const NOBODY: &str =
    "This account lets nobody read prompts and completions. An admin changes that under Settings › Account.";

/// The status of an attempt that was never answered.
const UNANSWERED: u16 = 502;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GenerationContentAnswer)]
pub(in crate::api) struct ContentAnswer {
    data: GenerationContent,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct GenerationContent {
    /// `{"messages":[…]}`, as chat completions have them; `{"prompt":"…"}` of completions and embeddings.
    #[schema(value_type = Object)]
    input: Value,
    output: GenerationOutput,
    /// Null where it succeeded.
    error: Option<GenerationError>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct GenerationError {
    message: Option<String>,
    previous_errors: Vec<GenerationAttempt>,
    provider_name: Option<String>,
    /// The model server's own words.
    raw: Option<String>,
    /// The HTTP status that the caller got.
    status: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct GenerationAttempt {
    /// The model server's HTTP status; 502 where it did not answer.
    code: u16,
    message: String,
    provider_name: Option<String>,
    raw: Option<String>,
}

/// What a completed request asked and was answered
///
/// With a management key, or with the key that made the request, where the account's `content_readers` are not `nobody`. The audit log
/// says who read it. In Privacy Mode nothing of it is recorded: 404 says so.
#[utoipa::path(
    get,
    path = "/generation/content",
    operation_id = "listGenerationContent",
    params(("id" = String, Query, description = "The `id` of the answer, also in its header `X-Generation-Id`.")),
    responses(
        (status = 200, description = "Prompt and completion.", body = ContentAnswer),
        ManagementErrorResponses,
    )
)]
pub(in crate::api) async fn show(
    state: web::Data<State>,
    AnyKey(identity): AnyKey,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = Query::of(&request);
    let id = GenerationId::given(required("id", query.get("id"))?);
    let begun = id.begun().ok_or_else(no_such)?;
    let mut tenant = state.store.tenant(identity.account).await?;
    let recorded = log::find_recorded(&mut tenant, &id, begun, true).await?.ok_or_else(no_such)?;
    let unreadable = |error: &dyn std::error::Error| {
        tracing::error!(%error, %id, "a recorded request cannot be read");
        no_such()
    };
    let completed = CompletedRequest::from_bytes(&recorded.payload).map_err(|error| unreadable(&error))?;
    refuse_others(&identity, &completed)?;
    // A key acts for those who made it: admins.
    if !auth::content::may_read(&mut tenant, Role::Admin).await? {
        return Err(Error::forbidden(NOBODY));
    }
    let bytes = recorded.content.as_deref().ok_or_else(not_recorded)?;
    let content = ContentRef::from_bytes(bytes).map_err(|error| unreadable(&error))?;
    let data = GenerationContent::of(&completed, &content);
    let actor = identity.actor(client(&request, &state.config.trusted_proxies));
    auth::content::record_reading(&state, &mut tenant, &actor, id.as_str()).await?;
    tenant.commit().await?;
    Ok(HttpResponse::Ok().json(ContentAnswer { data }))
}

/// Other keys of the account see that there is a request, and not what it said.
fn refuse_others(identity: &ApiKeyIdentity, completed: &CompletedRequest<'_>) -> Result<(), Error> {
    const REFUSAL: &str = "Only a management key and the key that made this request can read what it said.";
    let may_read = identity.kind == ApiKeyType::Management || completed.api_key == Some(identity.key);
    if may_read { Ok(()) } else { Err(Error::forbidden(REFUSAL)) }
}

fn not_recorded() -> Error {
    Error::no_such("What this request said was not recorded: no destination of the account was to get it.")
}

impl GenerationContent {
    fn of(completed: &CompletedRequest<'_>, content: &ContentRef<'_>) -> Self {
        let input = match completed.operation {
            Operation::Chat => chat::input(&Conversation::read(content)),
            Operation::TextCompletion | Operation::Embeddings => chat::prompt(content),
        };
        let output = chat::output(&Conversation::read(content));
        Self { input, output, error: GenerationError::of(completed) }
    }
}

impl GenerationError {
    /// None: it did not fail.
    fn of(completed: &CompletedRequest<'_>) -> Option<Self> {
        let Ending::Failed { message, detail, .. } = &completed.ending else { return None };
        Some(Self {
            message: Some(message.to_string()),
            previous_errors: completed.failed_attempts.iter().map(GenerationAttempt::of).collect(),
            provider_name: completed.response.provider.as_deref().map(str::to_owned),
            raw: detail.as_deref().map(str::to_owned),
            status: Some(completed.status),
        })
    }
}

impl GenerationAttempt {
    fn of(attempt: &FailedAttempt<'_>) -> Self {
        Self {
            code: attempt.status.unwrap_or(UNANSWERED),
            message: attempt.message.to_string(),
            provider_name: attempt.provider.as_deref().map(str::to_owned),
            raw: None,
        }
    }
}
