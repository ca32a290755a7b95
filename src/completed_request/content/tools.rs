//! Tool definitions, in the conventions' shape: `{type, name, description, parameters}`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::Text;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tool<'a> {
    #[serde(rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters: Option<&'a RawValue>,
}

impl<'a> Tool<'a> {
    /// Leaves the parameters' schema out where it is longer than `max_bytes`.
    pub(crate) fn leave_out_long_schema(&mut self, max_bytes: usize) {
        self.parameters = self.parameters.filter(|schema| schema.get().len() <= max_bytes);
    }

    /// Bytes of the parameters' schema.
    pub(crate) fn schema_bytes(&self) -> usize {
        self.parameters.map_or(0, |schema| schema.get().len())
    }

    /// All its texts.
    pub(crate) fn texts_mut(&mut self) -> impl Iterator<Item = &mut Text<'a>> {
        [&mut self.kind, &mut self.name, &mut self.description].into_iter().flatten()
    }
}
