//! Why a model stopped, in five words whoever answered.

/// The normalised word (spec 3.4) for what an upstream calls it.
///
/// OpenAI's words, Anthropic's `stop_reason` and Gemini's `finishReason`, as OpenAI-compatible servers let them through.
/// A word that nobody knows counts as `stop`: the model did stop, and the native word is recorded beside it.
pub(super) fn normalised(native: &str) -> &'static str {
    match native.to_ascii_lowercase().as_str() {
        "length" | "max_tokens" | "max_output_tokens" | "model_length" | "model_context_window_exceeded" => "length",
        "tool_calls" | "tool_use" | "function_call" => "tool_calls",
        "content_filter" | "refusal" | "safety" | "recitation" | "blocklist" | "prohibited_content" | "spii" => {
            "content_filter"
        }
        "error" | "malformed_function_call" | "insufficient_system_resource" => "error",
        _ => "stop",
    }
}

#[cfg(test)]
mod tests {
    use super::normalised;

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
            assert_eq!(normalised(native), word, "{native}");
        }
    }
}
