//! What dialects and products are told of a request, whatever they call it.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::attributes::{metadata_value, seconds_to_first_chunk};
use super::span::{Phrase, Value};
use super::times::Period;
use super::{TraceSettings, size};
use crate::completed_request::{CompletedRequest, Operation};

/// Bytes of metadata that are said once more under names of the product's own. The plain attributes have all of it.
const METADATA_BYTES: usize = 64 * 1024;

/// Which span something is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Intermediate,
    Generation,
    Attempt,
}

/// What the additions are made of.
#[derive(Debug)]
pub(super) struct Facts<'a, 'r> {
    pub(super) request: &'a CompletedRequest<'r>,
    pub(super) settings: &'a TraceSettings,
    /// The root's name.
    pub(super) trace_name: Phrase<'a>,
    /// The generation span's.
    pub(super) generation: Period,
}

impl<'a, 'r> Facts<'a, 'r> {
    pub(super) fn environment(&self) -> Option<&'a str> {
        self.settings.environment_of(self.request)
    }

    pub(super) fn release(&self) -> Option<&'a str> {
        self.settings.release_of(self.request)
    }

    pub(super) fn user(&self) -> Option<&'a str> {
        self.request.context.user.as_deref()
    }

    pub(super) fn session(&self) -> Option<&'a str> {
        self.request.context.session_id.as_deref()
    }

    /// The model that answered, else the one that was asked for.
    pub(super) fn model(&self) -> Option<&'a str> {
        let asked = Some(&*self.request.request_model).filter(|model| !model.is_empty());
        self.request.response.model.as_deref().or(asked)
    }

    pub(super) fn provider(&self) -> Option<&'a str> {
        self.request.response.provider.as_deref()
    }

    pub(super) fn is_embedding(&self) -> bool {
        self.request.operation == Operation::Embeddings
    }

    /// From the beginning of the generation span to the first chunk of a streamed answer.
    pub(super) fn seconds_to_first_chunk(&self) -> Option<f64> {
        seconds_to_first_chunk(self.request, self.generation)
    }

    /// The caller's metadata, as much of it as is said twice.
    pub(super) fn metadata(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a, 'r> {
        let mut bytes = 0;
        let pairs = self.request.context.metadata.iter();
        let pairs = pairs.filter_map(|(key, value)| Some((&**key, metadata_value(value)?)));
        pairs.take_while(move |(key, value)| {
            bytes += key.len() + size::of_value(value);
            bytes <= METADATA_BYTES
        })
    }

    /// Environment and release where they are known, then the caller's metadata, as members of a JSON object.
    pub(super) fn metadata_object(&self) -> Map<String, Json> {
        let mut object: Map<_, _> = self.metadata().map(|(key, value)| (key.to_owned(), json(&value))).collect();
        for (key, value) in [("environment", self.environment()), ("release", self.release())] {
            object.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        object
    }

    /// The caller's `tags`, where they are a list of texts.
    pub(super) fn tags(&self) -> Vec<Cow<'a, str>> {
        let tags = self.metadata().find(|(key, _)| *key == "tags");
        let Some((_, Value::Text(Phrase { tail, .. }))) = tags else { return Vec::new() };
        let tags: Vec<String> = serde_json::from_str(&tail).unwrap_or_default();
        tags.into_iter().map(Cow::Owned).collect()
    }

    /// How the caller wanted to be answered, under the names of the request that it sent.
    pub(super) fn parameters(&self) -> Map<String, Json> {
        let given = &self.request.parameters;
        let stops = Some(&given.stop_sequences).filter(|stops| !stops.is_empty());
        let members = [
            ("temperature", given.temperature.map(Json::from)),
            ("top_p", given.top_p.map(Json::from)),
            ("top_k", given.top_k.map(Json::from)),
            ("max_tokens", given.max_tokens.map(Json::from)),
            ("frequency_penalty", given.frequency_penalty.map(Json::from)),
            ("presence_penalty", given.presence_penalty.map(Json::from)),
            ("seed", given.seed.map(Json::from)),
            ("reasoning_effort", given.reasoning_level.as_deref().map(Json::from)),
            ("stop", stops.map(|stops| stops.iter().map(|stop| &**stop).collect())),
        ];
        members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

/// An object as JSON text; none for an empty one.
pub(super) fn object_text(object: Map<String, Json>) -> Option<String> {
    (!object.is_empty()).then(|| Json::Object(object).to_string())
}

fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Text(text) => text.to_string().into(),
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Double(value) => (*value).into(),
        Value::Texts(texts) => texts.iter().map(|text| &**text).collect(),
    }
}
