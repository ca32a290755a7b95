//! What is sent, as JSON: for the API, and as it is stored.

use serde_json::{Map, Value, json};

use super::apply::Redaction;
use super::detector::Detector;
use super::fields::{Fields, Metadata};
use super::glob::Glob;
use crate::destination::selection::Mistakes;
use crate::trace::Group;

/// The version of what is stored. A greater one is of a newer program, and left alone.
const VERSION: u64 = 1;

/// What is stored cannot be used by this program, which sends nothing then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRedaction {
    #[error("what is sent to it was stored by a newer version of Tracecast")]
    Newer,
    #[error("what was stored of what is sent to it is not valid any more: {0}")]
    Invalid(Mistakes),
}

impl Redaction {
    /// The members that [`Self::replace`] reads, all of them.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut members = self.taken_out();
        let group = |group: Group| (group.name().to_owned(), Value::Bool(self.groups.has(group)));
        members.extend(Group::ALL.map(group));
        members
    }

    /// The members `redaction` and `fields`.
    fn taken_out(&self) -> Map<String, Value> {
        let action = |detector: Detector| {
            let found = self.detectors.0.iter().find(|(finder, _)| finder.detector == detector);
            found.map(|(_, action)| action.name())
        };
        let mut redaction: Map<String, Value> = Detector::BUILT_IN
            .map(|detector| (detector.name().to_owned(), json!(action(detector))))
            .into_iter()
            .collect();
        let custom =
            self.detectors.0.iter().filter_map(|(finder, action)| {
                Some(json!({ "pattern": finder.expression()?, "action": action.name() }))
            });
        redaction.insert("patterns".to_owned(), custom.collect());
        let mut members = Map::new();
        members.insert("redaction".to_owned(), Value::Object(redaction));
        members.insert("fields".to_owned(), self.fields.to_json());
        members
    }

    /// As it is stored: of the groups those that are asked for. None: everything is sent as it is.
    pub fn to_stored(&self) -> Option<Value> {
        let mut members = self.taken_out();
        let groups = Group::ALL.into_iter().filter(|group| self.groups.has(*group));
        members.extend(groups.map(|group| (group.name().to_owned(), Value::Bool(true))));
        members.insert("version".to_owned(), VERSION.into());
        (!self.is_nothing()).then_some(Value::Object(members))
    }

    /// Reads what [`Self::to_stored`] wrote.
    ///
    /// # Errors
    /// When another version wrote it.
    pub fn from_stored(stored: Option<&Value>) -> Result<Self, UnreadableRedaction> {
        let mut redaction = Self::default();
        let Some(stored) = stored else { return Ok(redaction) };
        let members = stored.as_object().filter(|_| stored["version"].as_u64().is_some_and(|it| it <= VERSION));
        redaction.replace(members.ok_or(UnreadableRedaction::Newer)?).map_err(UnreadableRedaction::Invalid)?;
        Ok(redaction)
    }
}

impl Fields {
    fn to_json(&self) -> Value {
        let names = |globs: &[Glob]| globs.iter().map(Glob::to_string).collect::<Vec<_>>();
        json!({
            "system_prompt": self.system_prompt,
            "tool_definitions": self.tool_definitions,
            "tool_content": self.tool_content,
            "user": self.user.name(),
            "session": self.session.name(),
            "metadata": match &self.metadata {
                Metadata::All => Value::Null,
                Metadata::Only(globs) => json!({ "only": names(globs) }),
                Metadata::AllBut(globs) => json!({ "all_but": names(globs) }),
            },
        })
    }
}
