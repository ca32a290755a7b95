//! Tool definitions: OpenAI's nested shape, flattened.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::completed_request::content::Tool;

/// `{"type":"function","function":{…}}`; other tools (`web_search`, …) have no `function`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Nested<'a> {
    #[serde(borrow)]
    function: Option<Tool<'a>>,
}

/// Reads `tools`. Anything else in it is left out.
pub(in crate::openai) fn list(json: &str) -> Vec<Tool<'_>> {
    let tools: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    tools.into_iter().filter_map(|tool| read(tool.get())).collect()
}

fn read(json: &str) -> Option<Tool<'_>> {
    let flat: Tool<'_> = serde_json::from_str(json).ok()?;
    let nested: Nested<'_> = serde_json::from_str(json).unwrap_or_default();
    Some(match nested.function {
        Some(function) => Tool { kind: flat.kind, ..function },
        None => flat,
    })
}
