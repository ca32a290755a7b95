//! Why a model stopped, in five words whoever answered.

/// The normalised reasons (spec 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
    Error,
}

impl FinishReason {
    /// The reason for what an upstream calls it: OpenAI's words, Anthropic's `stop_reason` and Gemini's `finishReason`.
    /// None for words of servers that mean "not yet".
    ///
    /// A word that nobody knows counts as `stop`: the model did stop, and the native word is recorded beside it.
    pub fn of(native: &str) -> Option<Self> {
        Some(match native.trim().to_ascii_lowercase().as_str() {
            "" | "null" | "none" | "finish_reason_unspecified" => return None,
            "length" | "max_tokens" | "max_output_tokens" | "model_length" | "model_context_window_exceeded" => {
                Self::Length
            }
            "tool_calls" | "tool_use" | "function_call" => Self::ToolCalls,
            "content_filter" | "refusal" | "safety" | "recitation" | "blocklist" | "prohibited_content" | "spii" => {
                Self::ContentFilter
            }
            "error" | "malformed_function_call" | "insufficient_system_resource" => Self::Error,
            _ => Self::Stop,
        })
    }

    /// OpenAI's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FinishReason;

    #[test]
    fn every_dialect_comes_down_to_five_words() {
        let expected = [
            ("stop", "stop"),
            ("end_turn", "stop"),
            ("STOP", "stop"),
            ("MAX_TOKENS", "length"),
            ("tool_use", "tool_calls"),
            ("function_call", "tool_calls"),
            ("SAFETY", "content_filter"),
            ("error", "error"),
            ("something new", "stop"),
        ];
        for (native, word) in expected {
            assert_eq!(FinishReason::of(native).map(FinishReason::word), Some(word), "{native}");
        }
    }

    #[test]
    fn finish_reason_that_says_nothing_is_none() {
        for native in ["", " ", "null", "None", "FINISH_REASON_UNSPECIFIED"] {
            assert_eq!(FinishReason::of(native), None, "{native:?}");
        }
    }
}
