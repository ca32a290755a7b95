//! Tools that the model could call, in the shape in which most requests name them.

use serde::Serialize;

use crate::completed_request::content::Tool;
use crate::trace::attributes::List;
use crate::trace::dialogue::Dialogue;
use crate::trace::span::{Phrase, Value};

/// `{"type":"function","function":{…}}`
#[derive(Serialize)]
struct Schema<'t> {
    #[serde(rename = "type")]
    kind: &'t str,
    function: Tool<'t>,
}

pub(super) fn add<'a>(list: &mut List<'a>, dialogue: &Dialogue<'a>) {
    let tools = dialogue.tools_json.as_deref().unwrap_or("[]");
    let tools: Vec<Tool<'_>> = serde_json::from_str(tools).unwrap_or_default();
    for (number, tool) in tools.into_iter().enumerate() {
        let kind = tool.kind.clone();
        let kind = kind.as_deref().unwrap_or("function");
        let schema = match kind {
            "function" => serde_json::to_string(&Schema { kind, function: Tool { kind: None, ..tool } }),
            _ => serde_json::to_string(&tool),
        };
        let key = Phrase::joined("llm.tools.", format!("{number}.tool.json_schema"));
        list.maybe(key, schema.ok().map(|schema| Value::Text(schema.into())));
    }
}
