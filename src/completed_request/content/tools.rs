//! Tool definitions, in the conventions' shape: `{type, name, description, parameters}`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::piece::Piece;
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
    pub(super) fn leave_out_long_schema(&mut self, max_bytes: usize) {
        self.parameters = self.parameters.filter(|schema| schema.get().len() <= max_bytes);
    }

    /// All that a caller could make long.
    pub(super) fn pieces(&mut self) -> impl Iterator<Item = Piece<'_, 'a>> {
        let texts = [&mut self.kind, &mut self.name, &mut self.description].into_iter().flatten().map(Piece::Text);
        texts.chain(self.parameters.map(|schema| Piece::Schema(schema.get().len())))
    }
}
