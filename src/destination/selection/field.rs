//! The fields of a request that a filter rule can be about.

use std::borrow::Cow;

/// What a rule looks at: OpenRouter's fields, then ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    Model,
    Provider,
    SessionId,
    UserId,
    ApiKeyName,
    FinishReason,
    Input,
    Output,
    TotalCost,
    TotalTokens,
    PromptTokens,
    CompletionTokens,
    Status,
    Outcome,
    Environment,
    Release,
    TraceName,
    LatencyMs,
    Streaming,
    /// A key of `trace` without a meaning of its own.
    Metadata(String),
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Text,
    Number,
    /// True or false.
    Flag,
    /// What the caller sent.
    Any,
}

/// Before the key of a field of metadata.
const METADATA: &str = "metadata.";

/// Most characters of a key of metadata. Recorded ones are shorter.
const MOST_KEY_CHARS: usize = 200;

impl Field {
    /// All but those of metadata, in the order in which forms offer them.
    pub const NAMED: [(&str, Self); 19] = [
        ("model", Self::Model),
        ("provider", Self::Provider),
        ("session_id", Self::SessionId),
        ("user_id", Self::UserId),
        ("api_key_name", Self::ApiKeyName),
        ("finish_reason", Self::FinishReason),
        ("input", Self::Input),
        ("output", Self::Output),
        ("total_cost", Self::TotalCost),
        ("total_tokens", Self::TotalTokens),
        ("prompt_tokens", Self::PromptTokens),
        ("completion_tokens", Self::CompletionTokens),
        ("status", Self::Status),
        ("outcome", Self::Outcome),
        ("environment", Self::Environment),
        ("release", Self::Release),
        ("trace_name", Self::TraceName),
        ("latency_ms", Self::LatencyMs),
        ("streaming", Self::Streaming),
    ];

    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(key) = name.strip_prefix(METADATA) {
            let is_key = !key.is_empty() && key.chars().count() <= MOST_KEY_CHARS;
            return is_key.then(|| Self::Metadata(key.to_owned()));
        }
        Self::NAMED.into_iter().find_map(|(known, field)| (known == name).then_some(field))
    }

    /// Its name in the API.
    pub fn name(&self) -> Cow<'static, str> {
        if let Self::Metadata(key) = self {
            return Cow::Owned(format!("{METADATA}{key}"));
        }
        Cow::Borrowed(Self::NAMED.iter().find_map(|(name, field)| (field == self).then_some(*name)).unwrap_or_default())
    }

    pub fn measure(&self) -> Measure {
        match self {
            Self::TotalCost
            | Self::TotalTokens
            | Self::PromptTokens
            | Self::CompletionTokens
            | Self::Status
            | Self::LatencyMs => Measure::Number,
            Self::Streaming => Measure::Flag,
            Self::Metadata(_) => Measure::Any,
            _ => Measure::Text,
        }
    }
}
