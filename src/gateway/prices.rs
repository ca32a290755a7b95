//! What a request cost where the upstream does not say (spec 8.6): by the operator's table, else by the public list that is
//! built into the program.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use genai_prices::{Calculator, PriceRequest, UsageKey};

use super::attempts::Asked;
use crate::clock::UnixNanos;
use crate::completed_request::{Cost, CostSource, Usage};
use crate::config::{self, Config};

/// Names of providers, as OpenTelemetry or OpenRouter writes them, and their names in the list.
const ALIASES: [(&str, &str); 9] = [
    ("amazon", "aws"),
    ("aws.bedrock", "aws"),
    ("azure.ai.openai", "azure"),
    ("gcp.gemini", "google"),
    ("gcp.vertex_ai", "google"),
    ("mistral_ai", "mistral"),
    ("mistralai", "mistral"),
    ("x_ai", "x-ai"),
    ("z-ai", "zai"),
];

#[derive(Debug)]
pub(super) struct Prices {
    table: config::Prices,
    list: Option<PriceList>,
}

/// The public list, and which of its providers each upstream is.
#[derive(Debug)]
struct PriceList {
    calculator: &'static Calculator,
    /// By the upstream's name. Upstreams that the list does not know are missing.
    providers: BTreeMap<String, &'static str>,
}

impl Prices {
    /// The first call decodes the list, which takes tens of milliseconds.
    pub(super) fn new(config: &Config) -> Self {
        let list = config.price_list.then(|| PriceList::new(Calculator::bundled(), &config.upstreams));
        Self { table: config.prices.clone(), list }
    }

    /// The operator's.
    pub(super) fn table(&self) -> &config::Prices {
        &self.table
    }

    /// What `usage` costs: that of the model that answered, else of the one that was asked. Unknown where nobody has a price.
    pub(super) fn cost(&self, asked: &Asked, answered: Option<&str>, usage: &Usage, at: UnixNanos) -> Cost {
        if usage.input.is_none() {
            return Cost::default();
        }
        let models = || [answered, Some(&*asked.model), Some(&*asked.own_name)].into_iter().flatten();
        let by_table = models().find_map(|model| self.table.cost(model, usage));
        let by_list = || {
            let list = self.list.as_ref()?;
            models().find_map(|model| list.cost(&asked.provider, model, usage, at))
        };
        by_table.or_else(by_list).unwrap_or_default()
    }
}

impl PriceList {
    fn new(calculator: &'static Calculator, upstreams: &config::Upstreams) -> Self {
        let by_address = |upstream: &config::Upstream| {
            let found = calculator.find_provider(None, Some(upstream.base_url.expose().as_str())).ok().flatten();
            found.map(genai_prices::ProviderInfo::id)
        };
        let provider = |upstream: &config::Upstream| {
            let id = known(calculator, &upstream.name).or_else(|| by_address(upstream))?;
            Some((upstream.name.clone(), id))
        };
        Self { calculator, providers: upstreams.iter().filter_map(provider).collect() }
    }

    fn cost(&self, upstream: &str, model: &str, usage: &Usage, at: UnixNanos) -> Option<Cost> {
        let (provider, model) = self.provider_and_model(upstream, model)?;
        let usage = listed(usage);
        let request = PriceRequest::new(model, &usage).with_provider_id(provider);
        let request = request.with_timestamp(SystemTime::UNIX_EPOCH + Duration::from_nanos(at.0));
        let price = self.calculator.calculate(&request).ok()?;
        Some(Cost {
            total: Some(price.total_price),
            input: Some(price.input_price),
            output: Some(price.output_price),
            source: Some(CostSource::List),
            ..Cost::default()
        })
    }

    /// The upstream's own provider, else the one that the model's name begins with. Without either the model may run anywhere, so
    /// nobody's price is taken for it.
    fn provider_and_model<'m>(&self, upstream: &str, model: &'m str) -> Option<(&'static str, &'m str)> {
        let named = model.split_once('/').and_then(|(prefix, rest)| Some((known(self.calculator, prefix)?, rest)));
        match self.providers.get(upstream) {
            Some(provider) => Some(named.filter(|(named, _)| named == provider).unwrap_or((*provider, model))),
            None => named,
        }
    }
}

/// The list's own name of a provider. It is compared whole: the list's looser rules take `my-openai-proxy` for OpenAI.
fn known(calculator: &'static Calculator, name: &str) -> Option<&'static str> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, id)| id);
    calculator.providers().map(genai_prices::ProviderInfo::id).find(|id| *id == name)
}

/// Cached tokens are part of the prompt's here and there.
#[expect(clippy::cast_precision_loss, reason = "token counts lie far below 2^53")]
fn listed(usage: &Usage) -> genai_prices::Usage {
    let counts = [
        (UsageKey::INPUT_TOKENS, usage.input),
        (UsageKey::OUTPUT_TOKENS, usage.output),
        (UsageKey::CACHE_READ_TOKENS, usage.cache_read),
        (UsageKey::CACHE_WRITE_TOKENS, usage.cache_creation),
    ];
    counts.into_iter().filter_map(|(key, count)| Some((key, count? as f64))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Given, Source};

    /// 2026-11-01.
    const NOW: UnixNanos = UnixNanos(1_793_491_200_000_000_000);

    fn prices(settings: &[(&'static str, &str)]) -> Prices {
        let given =
            settings.iter().fold(Given::defaults(), |given, (name, value)| given.with(name, *value, Source::Argument));
        Prices::new(&Config::parse(&given).unwrap())
    }

    fn asked(provider: &str, model: &str, own_name: &str) -> Asked {
        Asked { provider: provider.into(), model: model.into(), own_name: own_name.into(), ..Asked::default() }
    }

    fn usage() -> Usage {
        Usage { input: Some(1_000_000), output: Some(100_000), cache_read: Some(400_000), ..Usage::default() }
    }

    const SERVERS: &str = r#"{"upstreams":[
        {"name":"openai","base_url":"http://proxy/v1","models":["openai/*"],"strip":"openai/"},
        {"name":"mine","base_url":"https://api.openai.com/v1","models":["gpt-*"]},
        {"name":"my-openai-like","base_url":"http://vllm/v1","models":["*"]}]}"#;

    #[test]
    fn list_prices_by_the_upstreams_name_its_address_or_the_models_prefix() {
        let prices = prices(&[("upstreams", SERVERS)]);
        for (asked, answered) in [
            (asked("openai", "openai/gpt-4o", "gpt-4o"), Some("gpt-4o-2024-08-06")),
            (asked("openai", "openai/gpt-4o", "gpt-4o"), None),
            (asked("mine", "gpt-4o", "gpt-4o"), None),
            (asked("my-openai-like", "openai/gpt-4o", "openai/gpt-4o"), Some("gpt-4o")),
        ] {
            let cost = prices.cost(&asked, answered, &usage(), NOW);
            let expected = Cost {
                total: Some(3.0),
                input: Some(2.0),
                output: Some(1.0),
                source: Some(CostSource::List),
                ..Cost::default()
            };
            assert_eq!(cost, expected, "{asked:?}");
        }
    }

    #[test]
    fn list_gives_no_price_for_a_model_that_may_run_anywhere() {
        let prices = prices(&[("upstreams", SERVERS)]);
        for asked in [
            asked("my-openai-like", "gpt-4o", "gpt-4o"),
            asked("my-openai-like", "acme/gpt-4o", "acme/gpt-4o"),
            asked("mine", "anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
            asked("openai", "openai/none-of-theirs", "none-of-theirs"),
        ] {
            assert_eq!(prices.cost(&asked, None, &usage(), NOW), Cost::default(), "{asked:?}");
        }
        let impossible = Usage { cache_read: Some(2_000_000), ..usage() };
        assert_eq!(prices.cost(&asked("mine", "gpt-4o", "gpt-4o"), None, &impossible, NOW), Cost::default());
        assert_eq!(prices.cost(&asked("mine", "gpt-4o", "gpt-4o"), None, &Usage::default(), NOW), Cost::default());
    }

    #[test]
    fn operators_table_comes_before_the_list_which_can_be_left_out() {
        let table = ("prices", r#"{"gpt-4o": {"input": 1, "output": 2}}"#);
        let asked = asked("openai", "openai/gpt-4o", "gpt-4o");
        let cost = prices(&[("upstreams", SERVERS), table]).cost(&asked, None, &usage(), NOW);
        assert_eq!((cost.total, cost.source), (Some(1.2), Some(CostSource::Operator)));
        let without = prices(&[("upstreams", SERVERS), ("price-list", "off")]);
        assert_eq!(without.cost(&asked, None, &usage(), NOW), Cost::default());
    }

    #[test]
    fn every_alias_names_a_provider_of_the_list() {
        for (alias, id) in ALIASES {
            assert_eq!(known(Calculator::bundled(), alias), Some(id));
        }
    }
}
