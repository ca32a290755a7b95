//! The event: one completed LLM request, as it is recorded and later exported.
//!
//! Two documents are recorded for each: this one, with all that Privacy Mode allows to leave, and
//! [`content`], with the prompt and the completion. Both are UTF-8 JSON; [`FORMAT`] says which version.

pub mod clean;
pub mod content;
pub mod context;
pub mod generation_id;
pub mod limits;
pub mod metadata;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod secrets;

use serde::{Deserialize, Serialize};

pub use self::generation_id::GenerationId;
pub use self::metadata::{MetadataValue, TraceContext};
use crate::clock::UnixNanos;
use crate::id::{ApiKeyId, UserId};
use crate::json::{self, Text};

/// Version of the recorded bytes. A worker leaves rows with a greater one alone.
///
/// Format 2: system and developer messages stand in the content's instructions alone, as parts; arguments of tool calls are objects.
pub const FORMAT: i16 = 2;

/// One LLM request that came to its end: answered, failed, refused or cancelled.
///
/// Borrows from the recorded bytes where it can (see [`Text`]), because the worker reads tens of thousands a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompletedRequest<'a> {
    /// `gen-<unix seconds>-<20 alphanumerics>` for our own gateway's requests; any name for reported ones.
    pub id: GenerationId,
    /// What was asked of the model.
    pub operation: Operation,
    /// The caller's route, for example `/api/v1/chat/completions`.
    #[serde(borrow)]
    pub route: Text<'a>,
    pub times: Times,
    /// The HTTP status that the caller got; 499 for one that went away before it got any.
    pub status: u16,
    #[serde(borrow)]
    pub ending: Ending<'a>,
    pub streaming: bool,
    /// The API key it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<ApiKeyId>,
    /// What people called the key then. Requests that were recorded by older versions do not say.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub api_key_name: Option<Text<'a>>,
    /// The member who made the key. None: a program made it, or an older version recorded the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_member: Option<UserId>,
    /// The caller's identifiers and metadata.
    #[serde(borrow)]
    pub context: TraceContext<'a>,
    /// The model that was asked for, as the caller named it. Empty when the request named none.
    #[serde(borrow)]
    pub request_model: Text<'a>,
    /// Sampling parameters, those that were given.
    #[serde(default, borrow)]
    pub parameters: Parameters<'a>,
    /// Who answered and with what.
    #[serde(default, borrow)]
    pub response: ResponseFacts<'a>,
    /// Tokens, as far as known.
    #[serde(default)]
    pub usage: Usage,
    /// Cost in USD, as far as known.
    #[serde(default)]
    pub cost: Cost,
    /// Upstream attempts that failed before the last one, in order.
    #[serde(default, borrow, skip_serializing_if = "Vec::is_empty")]
    pub failed_attempts: Vec<FailedAttempt<'a>>,
    /// How many refused requests of its key it stands for, itself among them: a flood is recorded once a second. None: it was let
    /// in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
}

impl<'a> CompletedRequest<'a> {
    /// Whether a model was asked. What was refused or given up before that has no generation.
    pub fn asked_a_model(&self) -> bool {
        self.ending == Ending::Completed || self.times.upstream_begun.is_some() || !self.failed_attempts.is_empty()
    }

    /// Reads what was recorded.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_bytes(bytes: &'a [u8]) -> serde_json::Result<Self> {
        json::read(bytes)
    }
}

/// `gen_ai.operation.name` (OpenTelemetry's GenAI semantic conventions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Chat,
    TextCompletion,
    Embeddings,
}

impl Operation {
    /// The convention's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::TextCompletion => "text_completion",
            Self::Embeddings => "embeddings",
        }
    }
}

/// The request's times by the gateway's clock. Builders of traces must not trust their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// The request was received.
    pub received: UnixNanos,
    /// The response was sent (or given up).
    pub answered: UnixNanos,
    /// The last upstream attempt began. None when the request was refused before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_begun: Option<UnixNanos>,
    /// The first chunk of a streamed answer arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_chunk: Option<UnixNanos>,
    /// The upstream's last byte arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_ended: Option<UnixNanos>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending<'a> {
    /// The model's answer was passed on to its end.
    Completed,
    /// The upstream failed, or the gateway refused the request.
    Failed {
        /// A low-cardinality word: the HTTP status as text (`429`), `timeout`, `connection_error`, `invalid_request`, …
        /// Becomes `error.type`.
        #[serde(borrow)]
        kind: Text<'a>,
        /// A sentence that never holds prompt or completion.
        #[serde(borrow)]
        message: Text<'a>,
        /// The upstream's own words, which may repeat content: not sent in Privacy Mode, and recorded only here when the
        /// gateway may record content.
        #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
        detail: Option<Text<'a>>,
    },
    /// The caller went away.
    Cancelled,
}

/// An upstream attempt that failed before the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt<'a> {
    pub begun: UnixNanos,
    /// When it was given up.
    pub ended: UnixNanos,
    /// Who was asked, as [`ResponseFacts::provider`]. Attempts that were recorded by older versions name nobody.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text<'a>>,
    /// The model that was asked, by the name that the upstream got.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text<'a>>,
    /// The host that was asked, for example `api.openai.com`. Attempts that were recorded by older versions have none.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub server: Option<Text<'a>>,
    /// The upstream's HTTP status, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// As [`Ending::Failed`]'s.
    #[serde(borrow)]
    pub kind: Text<'a>,
    /// As [`Ending::Failed`]'s.
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// How the caller wants to be answered: only what it gave.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameters<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<f64>,
    /// `max_tokens` or `max_completion_tokens`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// `stop`, one or several
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// How much the model shall think, in the provider's word: `low`, `high`, …
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub reasoning_level: Option<Text<'a>>,
    /// `text` or `json`: the form in which the answer shall come.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub output_type: Option<Text<'a>>,
    /// How many of the inputs were arrays of tokens. Their tokens are not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_arrays: Option<u64>,
}

/// Who answered and with what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResponseFacts<'a> {
    /// The upstream's name, for example `openai`; becomes `gen_ai.provider.name`. A provider has the same name where it fails.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text<'a>>,
    /// The provider that the answer itself names, where that is another: a router names whom it asked.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub routed_to: Option<Text<'a>>,
    /// The model that answered.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub model: Option<Text<'a>>,
    /// The upstream's id of the answer.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// Normalised: `stop`, `length`, `tool_calls`, `content_filter`, `error`; one for each choice.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub finish_reasons: Vec<Text<'a>>,
    /// The upstream's own word where it differs.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub native_finish_reason: Option<Text<'a>>,
    /// Numbers in a vector of an answer with embeddings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u64>,
    /// Names of members of the answer that nobody read: what it said there is not recorded.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Text<'a>>,
}

/// Token counts. `input` includes cached tokens, `output` includes reasoning ones (spec 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// All tokens of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<u64>,
    /// All tokens of the completion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// Both together, as the upstream reported them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Those of `input` that were read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Those of `input` that were written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation: Option<u64>,
    /// Those of `output` that were reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
}

/// Cost in USD. Zero is a known cost and differs from none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// Of the whole request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// Of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    /// Of the completion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<f64>,
    /// Of the part of the prompt that was read from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    /// Of the part of the prompt that was written to the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation: Option<f64>,
    /// Of the part of the completion that was reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<f64>,
    /// Where the numbers come from. Requests that were recorded by older versions do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<CostSource>,
}

/// Who named the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The upstream's `usage.cost`.
    Upstream,
    /// The operator's price table.
    Operator,
    /// The public price list that is built into the program.
    List,
}

impl CostSource {
    /// The value of `tracecast.cost.source`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Operator => "operator",
            Self::List => "list",
        }
    }
}
