//! Who answers at a model server's address: the value of `gen_ai.provider.name`.

/// Hosts and the provider's name in OpenTelemetry's GenAI semantic conventions, or the name it goes by.
const KNOWN: [(&str, &str); 14] = [
    ("openai.com", "openai"),
    ("openrouter.ai", "openrouter"),
    ("anthropic.com", "anthropic"),
    ("openai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("amazonaws.com", "aws.bedrock"),
    ("mistral.ai", "mistral_ai"),
    ("groq.com", "groq"),
    ("deepseek.com", "deepseek"),
    ("perplexity.ai", "perplexity"),
    ("x.ai", "x_ai"),
    ("cohere.com", "cohere"),
];

/// The provider behind `host`: a known name, else the host itself.
pub(super) fn of_host(host: &str) -> &str {
    KNOWN
        .iter()
        .find(|(known, _)| host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
        .map_or(host, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::of_host;

    #[test]
    fn provider_is_named_after_the_host() {
        assert_eq!(of_host("api.openai.com"), "openai");
        assert_eq!(of_host("openrouter.ai"), "openrouter");
        assert_eq!(of_host("example.openai.azure.com"), "azure.ai.openai");
        assert_eq!(of_host("notopenai.com"), "notopenai.com");
        assert_eq!(of_host("localhost"), "localhost");
    }
}
