//! Attributes while they are gathered: unknown and non-finite values never get in.

use std::borrow::Cow;

use crate::trace::span::{Attribute, Phrase, Value};

/// The attributes of a span so far.
#[derive(Debug, Default)]
pub(in crate::trace) struct List<'a>(pub(in crate::trace) Vec<Attribute<'a>>);

impl<'a> List<'a> {
    pub(in crate::trace) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(in crate::trace) fn maybe(&mut self, key: Phrase<'a>, value: Option<Value<'a>>) {
        self.0.extend(value.map(|value| Attribute { key, value }));
    }

    pub(in crate::trace) fn text(&mut self, key: &'static str, text: impl Into<Phrase<'a>>) {
        self.maybe(key.into(), Some(Value::Text(text.into())));
    }

    pub(in crate::trace) fn maybe_text(&mut self, key: &'static str, text: Option<impl Into<Phrase<'a>>>) {
        self.maybe(key.into(), text.map(|text| Value::Text(text.into())));
    }

    pub(in crate::trace) fn int(&mut self, key: &'static str, value: Option<i64>) {
        self.maybe(key.into(), value.map(Value::Int));
    }

    /// Nothing for an empty list.
    pub(in crate::trace) fn texts(&mut self, key: &'static str, texts: Vec<Cow<'a, str>>) {
        self.maybe(key.into(), (!texts.is_empty()).then_some(Value::Texts(texts)));
    }

    pub(in crate::trace) fn bool(&mut self, key: &'static str, value: bool) {
        self.maybe(key.into(), Some(Value::Bool(value)));
    }

    pub(in crate::trace) fn double(&mut self, key: &'static str, value: Option<f64>) {
        self.maybe(key.into(), value.filter(|value| value.is_finite()).map(Value::Double));
    }
}
