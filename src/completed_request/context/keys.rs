//! The keys of the `trace` object: eight that have a meaning, all others metadata.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::error::ContextError;
use crate::completed_request::limits::{METADATA_KEY_BYTES, METADATA_KEYS, METADATA_VALUE_BYTES, NAME_CHARS};
use crate::completed_request::{MetadataValue, TraceContext, clean};
use crate::json::Text;

const FIELD: &str = "trace";

/// A trace id that is longer than this is recorded as the identifier that follows from it.
const TRACE_ID_BYTES: usize = 512;

/// Reads the object. Wrong types under known keys are taken leniently: numbers and booleans as text, arrays and objects
/// as metadata of that name.
pub(super) fn context(json: &str) -> Result<TraceContext<'static>, ContextError> {
    if !json.starts_with('{') {
        return Err(ContextError::WrongType { field: FIELD, expected: "an object" });
    }
    let Entries(entries) = serde_json::from_str(json).map_err(|_| ContextError::Unreadable { field: FIELD })?;
    refuse_duplicates(&entries)?;
    let mut context = TraceContext::default();
    for (key, raw) in entries {
        match Json::of(raw.get())? {
            Json::Null => {}
            Json::Nested(json) => add_metadata(&mut context, &key, MetadataValue::Text(metadata_text(&json))),
            Json::Scalar { text, value } => {
                if !take_known(&mut context, &key, &text) {
                    add_metadata(
                        &mut context,
                        &key,
                        value.unwrap_or_else(|| MetadataValue::Text(metadata_text(&text))),
                    );
                }
            }
        }
    }
    Ok(context)
}

/// Stores the value of a key that has a meaning. False for every other key.
fn take_known(context: &mut TraceContext<'static>, key: &str, text: &str) -> bool {
    let name = || named(clean::name(text, NAME_CHARS));
    match key {
        "trace_id" => context.trace_id = named(clean::without_nul(text)).map(shortened),
        "parent_span_id" => context.parent_span_id = named(clean::without_nul(text)).map(|id| metadata_text(&id)),
        "trace_name" => context.trace_name = name(),
        "span_name" => context.span_name = name(),
        "generation_name" => context.generation_name = name(),
        "agent_name" => context.agent_name = name(),
        "environment" => context.environment = name(),
        "release" => context.release = name(),
        _ => return false,
    }
    true
}

/// Empty means none.
pub(super) fn named(text: Cow<'_, str>) -> Option<Text<'static>> {
    (!text.is_empty()).then(|| text.into_owned().into())
}

/// The first keys are kept, up to the limit; the rest are counted. A key that is equal to another only after it was cut
/// is left out too: attributes must be unique.
fn add_metadata(context: &mut TraceContext<'static>, key: &str, value: MetadataValue<'static>) {
    let key = clean::without_nul(key);
    let key = clean::cut_bytes(&key, METADATA_KEY_BYTES);
    let known = context.metadata.iter().any(|(other, _)| **other == *key);
    if known || context.metadata.len() == METADATA_KEYS {
        context.metadata_left_out = context.metadata_left_out.saturating_add(1);
    } else {
        context.metadata.push((key.into_owned().into(), value));
    }
}

fn metadata_text(text: &str) -> Text<'static> {
    clean::cut_bytes(&clean::without_nul(text), METADATA_VALUE_BYTES).into_owned().into()
}

/// The identifier that follows from a long text (spec 2.4) is itself a trace id, and the same one.
fn shortened(trace_id: Text<'static>) -> Text<'static> {
    if trace_id.len() <= TRACE_ID_BYTES {
        return trace_id;
    }
    hex::encode(&Sha256::digest(trace_id.as_bytes())[..16]).into()
}

fn refuse_duplicates(entries: &[(Text<'_>, &RawValue)]) -> Result<(), ContextError> {
    let mut seen = HashSet::with_capacity(entries.len());
    match entries.iter().find(|(key, _)| !seen.insert(&**key)) {
        Some((key, _)) => Err(ContextError::DuplicateKey { field: FIELD, key: clean::name(key, 64).into_owned() }),
        None => Ok(()),
    }
}

/// One value of the object.
enum Json<'a> {
    Null,
    /// A text, or the number or boolean as it was written; `value` is there for the latter two.
    Scalar {
        text: Text<'a>,
        value: Option<MetadataValue<'static>>,
    },
    /// An array or object, without insignificant white space.
    Nested(String),
}

impl<'a> Json<'a> {
    fn of(raw: &'a str) -> Result<Self, ContextError> {
        let unreadable = |_| ContextError::Unreadable { field: FIELD };
        let number = |value| Self::Scalar { text: raw.into(), value: Some(value) };
        Ok(match raw.as_bytes().first() {
            Some(b'n') | None => Self::Null,
            Some(b't') => number(MetadataValue::Bool(true)),
            Some(b'f') => number(MetadataValue::Bool(false)),
            Some(b'"') => Self::Scalar { text: serde_json::from_str(raw).map_err(unreadable)?, value: None },
            Some(b'{' | b'[') => {
                // Reading it as a value checks its depth and the range of its numbers; raw text is checked for neither.
                serde_json::from_str::<serde_json::Value>(raw).map_err(unreadable)?;
                Self::Nested(without_white_space(raw))
            }
            Some(_) => number(match raw.parse() {
                Ok(whole) => MetadataValue::Int(whole),
                Err(_) => MetadataValue::Double(serde_json::from_str(raw).map_err(unreadable)?),
            }),
        })
    }
}

/// Valid JSON without the white space between its tokens.
fn without_white_space(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            if in_text {
                in_text = escaped || *c != '"';
                escaped = !escaped && *c == '\\';
                return true;
            }
            in_text = *c == '"';
            !matches!(c, ' ' | '\t' | '\r' | '\n')
        })
        .collect()
}

/// The members of an object in their order, also when a key stands twice.
struct Entries<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}
