//! The model servers behind the gateway (spec 8.5): which of them answers for which model, and which models are asked
//! instead of one that fails.

mod document;
mod pattern;

use std::collections::BTreeMap;

use secrecy::SecretString;

pub use self::document::read;
pub use self::pattern::Pattern;
use super::Address;
use super::provider;

/// Models that one request may be sent to: the one asked for and its fallbacks.
pub const MOST_MODELS: usize = 5;

/// In the order in which their patterns are tried.
#[derive(Debug, Clone, Default)]
pub struct Upstreams {
    servers: Vec<Upstream>,
    fallbacks: BTreeMap<String, Vec<String>>,
}

/// A model server.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// The operator's name for it, and the provider in traces.
    pub name: String,
    /// For example `https://api.openai.com/v1`, without a trailing slash.
    pub base_url: Address,
    pub api_key: Option<SecretString>,
    /// The models that it answers for; never empty.
    pub models: Vec<Pattern>,
    /// Taken off the beginning of a model's name before the server reads it.
    pub strip: Option<String>,
    /// Never empty.
    pub speaks: Vec<Api>,
}

/// Whose API a model server speaks. It decides path and key header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    OpenAi,
    Anthropic,
}

impl Api {
    /// The words of the setting.
    const NAMES: [(&str, Self); 2] = [("openai", Self::OpenAi), ("anthropic", Self::Anthropic)];
}

impl Upstreams {
    /// One server for every model.
    pub fn one(base_url: Address, api_key: Option<SecretString>) -> Self {
        let name = provider::of_host(base_url.expose().host_str().unwrap_or_default()).to_owned();
        let server = Upstream {
            name,
            base_url,
            api_key,
            models: vec![Pattern::any()],
            strip: None,
            speaks: vec![Api::OpenAi, Api::Anthropic],
        };
        Self { servers: vec![server], fallbacks: BTreeMap::new() }
    }

    /// Without any, the built-in `demo/echo` answers.
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Upstream> {
        self.servers.iter()
    }

    /// The models that the operator's table names in full: patterns without `*` first, then those with fallbacks.
    pub fn named_models(&self) -> impl Iterator<Item = &str> {
        let patterns = self.servers.iter().flat_map(|server| &server.models);
        patterns.filter_map(Pattern::name).chain(self.fallbacks.keys().map(String::as_str))
    }

    /// The models that the operator's table names for when `model` fails, in order. The table is not followed further, so two
    /// models may stand in for each other.
    pub fn fallbacks(&self, model: &str) -> &[String] {
        self.fallbacks.get(model).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Upstream {
    /// Whether it answers for a model of this name.
    pub fn serves(&self, model: &str) -> bool {
        self.models.iter().any(|pattern| pattern.fits(model))
    }

    /// The model's name as this server knows it.
    pub fn own_name<'m>(&self, model: &'m str) -> &'m str {
        self.strip.as_deref().and_then(|prefix| model.strip_prefix(prefix)).unwrap_or(model)
    }

    /// The name by which callers ask this server for a model that it lists: with the prefix that is taken off again, or as it is.
    /// None: its patterns let neither through.
    pub fn callers_name(&self, own_name: &str) -> Option<String> {
        let prefixed = self.strip.iter().map(|prefix| format!("{prefix}{own_name}"));
        let mut names = prefixed.chain([own_name.to_owned()]);
        names.find(|name| self.serves(name) && self.own_name(name) == own_name)
    }

    pub fn speaks(&self, family: Api) -> bool {
        self.speaks.contains(&family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Upstreams {
        read(EXAMPLE, |name| (name == "OPENAI_API_KEY").then(|| "sk-canary".to_owned())).unwrap()
    }

    const EXAMPLE: &str = r#"{ "upstreams": [
        { "name": "openai", "base_url": "https://api.openai.com/v1", "api_key_env": "OPENAI_API_KEY",
          "models": ["openai/*", "gpt-*"], "strip": "openai/", "speaks": ["openai"] },
        { "name": "anthropic", "base_url": "https://api.anthropic.com/v1", "models": ["anthropic/*"], "speaks": ["anthropic"] },
        { "name": "local", "base_url": "http://ada:canary@vllm:8000/v1/", "models": ["*"], "speaks": ["openai", "anthropic"] } ],
      "fallbacks": { "openai/gpt-4o": ["local/llama-3.3"], "local/llama-3.3": ["openai/gpt-4o"] } }"#;

    #[test]
    fn first_server_whose_pattern_fits_answers_and_is_asked_by_its_own_name() {
        let upstreams = example();
        for (model, server, own_name) in [
            ("openai/gpt-4o", "openai", "gpt-4o"),
            ("gpt-4o", "openai", "gpt-4o"),
            ("anthropic/claude", "anthropic", "anthropic/claude"),
            ("llama", "local", "llama"),
            ("", "local", ""),
        ] {
            let found = upstreams.iter().find(|upstream| upstream.serves(model)).unwrap();
            assert_eq!((found.name.as_str(), found.own_name(model)), (server, own_name), "{model}");
        }
        assert_eq!(upstreams.fallbacks("openai/gpt-4o"), ["local/llama-3.3"]);
        assert!(upstreams.fallbacks("gpt-4o").is_empty());
        assert_eq!(upstreams.named_models().collect::<Vec<_>>(), ["local/llama-3.3", "openai/gpt-4o"]);
    }

    #[test]
    fn model_is_listed_by_the_name_that_leads_to_it() {
        let server = |models: &str, strip: &str| {
            let table = format!(
                r#"{{"upstreams":[{{"name":"a","base_url":"http://a","models":[{models}],"strip":"{strip}"}}]}}"#
            );
            read(&table, |_| None).unwrap().servers.remove(0)
        };
        for (models, strip, own_name, listed) in [
            (r#""a/*""#, "a/", "m", Some("a/m")),
            (r#""a/*""#, "a/", "a/m", Some("a/a/m")),
            (r#""a/*","m*""#, "a/", "m", Some("a/m")),
            (r#""m*""#, "a/", "m", Some("m")),
            (r#""m*""#, "a/", "n", None),
            (r#""*""#, "b/", "a/m", Some("b/a/m")),
        ] {
            let server = server(models, strip);
            let name = server.callers_name(own_name);
            assert_eq!(name.as_deref(), listed, "{models} {own_name}");
            assert!(name.is_none_or(|name| server.own_name(&name) == own_name));
        }
        assert_eq!(example().servers[2].callers_name("llama").as_deref(), Some("llama"));
    }

    #[test]
    fn upstreams_print_no_secret() {
        let printed = format!("{:?}", example());
        assert!(printed.contains("api.openai.com") && !printed.contains("canary"), "{printed}");
    }

    #[test]
    fn one_server_answers_for_every_model_and_is_named_after_its_host() {
        let upstreams = Upstreams::one(Address::parse("https://api.openai.com/v1").unwrap(), None);
        let server = upstreams.iter().next().unwrap();
        assert!(server.serves("") && server.serves("any/model"));
        assert!(server.speaks(Api::OpenAi) && server.speaks(Api::Anthropic));
        assert_eq!(server.name, "openai");
    }
}
