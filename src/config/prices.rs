//! What models cost, for upstreams that do not say.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::completed_request::{Cost, CostSource, Usage};

/// USD per million tokens, by the model's name.
#[derive(Debug, Clone, Default)]
pub struct Prices(BTreeMap<String, Price>);

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
    /// Of cached tokens, which are part of the prompt's; as `input` where it is missing.
    cache_read: Option<f64>,
    cache_write: Option<f64>,
}

impl Prices {
    /// Reads `{"model": {"input": 2.5, "output": 10, "cache_read": 1.25, "cache_write": 2.5}}`, given directly or as the path of a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let json = if text.trim_start().starts_with('{') {
            text.to_owned()
        } else {
            std::fs::read_to_string(text)
                .map_err(|error| format!("the price table `{text}` cannot be read: {error}"))?
        };
        let table: BTreeMap<String, Price> = serde_json::from_str(&json).map_err(|error| {
            format!(r#"the price table is not JSON like {{"openai/gpt-4o": {{"input": 2.5, "output": 10}}}}: {error}"#)
        })?;
        match table.iter().find(|(_, price)| price.is_negative()) {
            Some((model, _)) => Err(format!("the price of `{model}` is below zero; write dollars per million tokens")),
            None => Ok(Self(table)),
        }
    }

    /// What `usage` of `model` costs, if the table has the model and the usage is known.
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<Cost> {
        let price = self.0.get(model)?;
        let dollars = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        let (read, written) = (usage.cache_read.unwrap_or_default(), usage.cache_creation.unwrap_or_default());
        let uncached = usage.input?.saturating_sub(read.saturating_add(written));
        let cache_read = dollars(read, price.cache_read.unwrap_or(price.input));
        let cache_creation = dollars(written, price.cache_write.unwrap_or(price.input));
        let input = dollars(uncached, price.input) + cache_read + cache_creation;
        let output = dollars(usage.output.unwrap_or_default(), price.output);
        Some(Cost {
            total: Some(input + output),
            input: Some(input),
            output: Some(output),
            cache_read: usage.cache_read.and(Some(cache_read)),
            cache_creation: usage.cache_creation.and(Some(cache_creation)),
            reasoning: usage.reasoning.map(|tokens| dollars(tokens, price.output)),
            source: Some(CostSource::Operator),
        })
    }
}

impl Price {
    fn is_negative(&self) -> bool {
        [Some(self.input), Some(self.output), self.cache_read, self.cache_write]
            .into_iter()
            .flatten()
            .any(|price| price < 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_known_for_listed_models_with_usage_only() {
        let prices = Prices::read(r#"{"openai/gpt-4o": {"input": 2.5, "output": 10}}"#).unwrap();
        let usage = Usage { input: Some(1_000_000), output: Some(100_000), ..Usage::default() };
        let cost = prices.cost("openai/gpt-4o", &usage).unwrap();
        assert_eq!((cost.input, cost.output, cost.total), (Some(2.5), Some(1.0), Some(3.5)));
        assert!(prices.cost("other", &usage).is_none());
        assert!(prices.cost("openai/gpt-4o", &Usage::default()).is_none());
        assert!(Prices::read(r#"{"m": {"input": -1, "output": 1}}"#).unwrap_err().contains("`m` is below zero"));
        assert!(Prices::read("{}").is_ok() && Prices::read("{").is_err() && Prices::read("no/such/file").is_err());
    }
    #[test]
    fn cached_tokens_are_part_of_the_prompt_and_have_prices_of_their_own() {
        let usage = Usage {
            input: Some(1_000_000),
            output: Some(0),
            cache_read: Some(500_000),
            cache_creation: Some(100_000),
            ..Usage::default()
        };
        for (price, input) in [
            (r#"{"m": {"input": 2, "output": 10, "cache_read": 0.5, "cache_write": 4}}"#, 0.8 + 0.25 + 0.4),
            (r#"{"m": {"input": 2, "output": 10, "cache_read": 0}}"#, 1.0),
            (r#"{"m": {"input": 2, "output": 10}}"#, 2.0),
        ] {
            let cost = Prices::read(price).unwrap().cost("m", &usage).unwrap();
            assert!((cost.input.unwrap() - input).abs() < 1e-12, "{price}: {cost:?}");
            assert_eq!((cost.total, cost.source), (cost.input, Some(CostSource::Operator)));
            let parts = cost.cache_read.zip(cost.cache_creation).unwrap();
            assert!(parts.0 + parts.1 <= input && cost.reasoning.is_none(), "{price}: {cost:?}");
        }
        let usage = Usage { input: Some(1), output: Some(1_000_000), reasoning: Some(250_000), ..Usage::default() };
        let cost = Prices::read(r#"{"m": {"input": 2, "output": 10}}"#).unwrap().cost("m", &usage).unwrap();
        assert_eq!((cost.reasoning, cost.cache_read), (Some(2.5), None));
    }
}
