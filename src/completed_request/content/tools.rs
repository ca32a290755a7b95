//! Tool definitions: OpenAI's nested shape, flattened to the conventions' `{type, name, description, parameters}`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::completed_request::Text;

/// A tool that the model could call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tool<'a> {
    #[serde(rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    kind: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a RawValue>,
}

/// `{"type":"function","function":{…}}`; other tools (`web_search`, …) have no `function`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Nested<'a> {
    #[serde(borrow)]
    function: Option<Tool<'a>>,
}

impl<'a> Tool<'a> {
    /// Reads OpenAI's `tools`. What is no tool is left out.
    pub(super) fn list(json: &'a str) -> Vec<Self> {
        let tools: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
        tools.into_iter().filter_map(|tool| Self::from_openai(tool.get())).collect()
    }

    fn from_openai(json: &'a str) -> Option<Self> {
        let flat: Self = serde_json::from_str(json).ok()?;
        let nested: Nested<'a> = serde_json::from_str(json).unwrap_or_default();
        Some(match nested.function {
            Some(function) => Self { kind: flat.kind, ..function },
            None => flat,
        })
    }

    /// Leaves the parameters' schema out where it is longer than `max_bytes`.
    pub(super) fn leave_out_long_schema(&mut self, max_bytes: usize) {
        self.parameters = self.parameters.filter(|schema| schema.get().len() <= max_bytes);
    }

    /// Bytes of the parameters' schema.
    pub(super) fn schema_bytes(&self) -> usize {
        self.parameters.map_or(0, |schema| schema.get().len())
    }

    /// All its texts.
    pub(super) fn texts_mut(&mut self) -> impl Iterator<Item = &mut Text<'a>> {
        [&mut self.kind, &mut self.name, &mut self.description].into_iter().flatten()
    }
}
