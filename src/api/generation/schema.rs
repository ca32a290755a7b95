//! A completed request in the shape of OpenRouter's generations, whose SDKs raise where a member is missing.

use chrono::DateTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::clock::UnixNanos;
use crate::completed_request::{CompletedRequest, Ending, Operation};
use crate::id::AccountId;
use crate::json::Text;

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct GenerationAnswer {
    pub(super) data: Generation,
}

/// Members without a comment are not recorded here, and null, empty or false. Times are in milliseconds, costs in USD.
#[expect(clippy::struct_field_names, reason = "OpenRouter's names")]
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Generation {
    id: String,
    #[schema(format = "date-time")]
    created_at: String,
    /// The model that answered, else the one that was asked for.
    model: String,
    app_id: Option<i64>,
    /// `user` of the request.
    external_user: Option<String>,
    streamed: bool,
    /// Whether the caller went away.
    cancelled: bool,
    /// Until the first chunk of a streamed answer, else until the answer.
    latency: f64,
    moderation_latency: Option<f64>,
    /// How long the model server took.
    generation_time: Option<f64>,
    tokens_prompt: Option<u64>,
    tokens_completion: Option<u64>,
    native_tokens_prompt: Option<u64>,
    native_tokens_completion: Option<u64>,
    native_tokens_reasoning: Option<u64>,
    native_tokens_cached: Option<u64>,
    native_tokens_completion_images: Option<u64>,
    num_media_prompt: Option<u64>,
    num_media_completion: Option<u64>,
    num_input_audio_prompt: Option<u64>,
    num_search_results: Option<u64>,
    num_fetches: Option<u64>,
    web_search_engine: Option<String>,
    origin: &'static str,
    is_byok: bool,
    /// Normalised.
    finish_reason: Option<String>,
    /// The model server's own word.
    native_finish_reason: Option<String>,
    service_tier: Option<String>,
    /// 0 where it is not known.
    usage: f64,
    /// As `usage`.
    total_cost: f64,
    cache_discount: Option<f64>,
    upstream_inference_cost: Option<f64>,
    router: Option<String>,
    user_agent: Option<String>,
    http_referer: Option<String>,
    request_id: Option<String>,
    session_id: Option<String>,
    preset_id: Option<String>,
    /// `completions` or `embeddings`.
    api_type: &'static str,
    /// The model server's id of its answer.
    upstream_id: Option<String>,
    provider_name: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    provider_responses: Option<Vec<()>>,
    response_cache_source_id: Option<String>,
    data_region: &'static str,
    /// The account's id.
    workspace_id: String,
    /// The HTTP status that the caller got.
    status: u16,
    /// Why it failed, where it did: `429`, `timeout`, …
    error_type: Option<String>,
}

impl Generation {
    pub(super) fn of(account: AccountId, completed: &CompletedRequest<'_>) -> Self {
        let (times, usage, response) = (&completed.times, &completed.usage, &completed.response);
        let text = |text: &Option<Text<'_>>| text.as_deref().map(str::to_owned);
        let cost = completed.cost.total.unwrap_or_default();
        let finish_reason = text(&response.finish_reasons.first().cloned());
        Self {
            id: completed.id.to_string(),
            created_at: timestamp(DateTime::from_timestamp_nanos(times.received.0.cast_signed())),
            model: text(&response.model).unwrap_or_else(|| completed.request_model.to_string()),
            app_id: None,
            external_user: text(&completed.context.user),
            streamed: completed.streaming,
            cancelled: completed.ending == Ending::Cancelled,
            latency: milliseconds(times.received, times.first_chunk.unwrap_or(times.answered)),
            moderation_latency: None,
            generation_time: times.upstream_begun.zip(times.upstream_ended).map(|(from, to)| milliseconds(from, to)),
            tokens_prompt: usage.input,
            tokens_completion: usage.output,
            native_tokens_prompt: usage.input,
            native_tokens_completion: usage.output,
            native_tokens_reasoning: usage.reasoning,
            native_tokens_cached: usage.cache_read,
            native_tokens_completion_images: None,
            num_media_prompt: None,
            num_media_completion: None,
            num_input_audio_prompt: None,
            num_search_results: None,
            num_fetches: None,
            web_search_engine: None,
            origin: "",
            is_byok: false,
            native_finish_reason: text(&response.native_finish_reason).or_else(|| finish_reason.clone()),
            finish_reason,
            service_tier: None,
            usage: cost,
            total_cost: cost,
            cache_discount: None,
            upstream_inference_cost: None,
            router: None,
            user_agent: text(&completed.context.program),
            http_referer: None,
            request_id: None,
            session_id: text(&completed.context.session_id),
            preset_id: None,
            api_type: if completed.operation == Operation::Embeddings { "embeddings" } else { "completions" },
            upstream_id: text(&response.id),
            provider_name: text(&response.routed_to).or_else(|| text(&response.provider)),
            provider_responses: None,
            response_cache_source_id: None,
            data_region: "global",
            workspace_id: account.to_string(),
            status: completed.status,
            error_type: match &completed.ending {
                Ending::Failed { kind, .. } => Some(kind.to_string()),
                Ending::Completed | Ending::Cancelled => None,
            },
        }
    }
}

fn milliseconds(from: UnixNanos, to: UnixNanos) -> f64 {
    (to.seconds_since(from) * 1e6).round() / 1e3
}
