//! What models cost, for upstreams that do not say.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::completed_request::{Cost, Usage};

/// USD per million tokens, by the model's name.
#[derive(Debug, Clone, Default)]
pub struct Prices(BTreeMap<String, Price>);

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
}

impl Prices {
    /// Reads `{"model": {"input": 2.5, "output": 10}}`, given directly or as the path of a file.
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
        serde_json::from_str(&json).map(Self).map_err(|error| {
            format!(r#"the price table is not JSON like {{"openai/gpt-4o": {{"input": 2.5, "output": 10}}}}: {error}"#)
        })
    }

    /// What `usage` of `model` costs, if the table has the model and the usage is known.
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<Cost> {
        let price = self.0.get(model)?;
        let input = usage.input? as f64 * price.input / 1e6;
        let output = usage.output.unwrap_or_default() as f64 * price.output / 1e6;
        Some(Cost { total: Some(input + output), input: Some(input), output: Some(output) })
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
        assert!(Prices::read("{}").is_ok() && Prices::read("{").is_err() && Prices::read("no/such/file").is_err());
    }
}
