//! Tool definitions: Anthropic's `input_schema` is what the conventions call parameters.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::completed_request::content::Tool;
use crate::json::Text;
use crate::openai::fields::items;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Definition<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
}

/// Reads `tools`. Anything else in it is left out.
pub(super) fn list(tools: Option<&RawValue>) -> Vec<Tool<'_>> {
    items(tools).into_iter().filter_map(|tool| serde_json::from_str(tool.get()).ok().map(read)).collect()
}

/// A tool of the caller's own has no type, or `custom`; others are run by the model server.
fn read(tool: Definition<'_>) -> Tool<'_> {
    let kind = tool.kind.filter(|kind| &**kind != "custom").unwrap_or("function".into());
    Tool { kind: Some(kind), name: tool.name, description: tool.description, parameters: tool.input_schema }
}
