//! A JSON object taken apart into its members and put together again, values as the bytes they are.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::escapes;
use super::text::Text;

/// The members of a JSON object: keys read, values left as the bytes they are, in their order.
#[derive(Debug, Clone, Default)]
pub struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// None when the text is no JSON object.
    pub fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The members with a value other than `null`, in order.
    pub fn filled(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().filter(|(_, value)| value.get() != "null").map(|(key, value)| (&**key, *value))
    }

    /// The bytes of a member's value; None where it is missing or `null`.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(name, _)| &**name == key).map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    /// The same object less one member.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        Self(self.0.iter().filter(|(name, _)| &**name != key).cloned().collect())
    }

    /// Whether the member is there, `null` or not.
    pub fn contains(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| &**name == key)
    }

    /// A member's value read as `T`; None where it is missing, `null` or something else.
    pub fn read<T: serde::Deserialize<'a>>(&self, key: &str) -> Option<T> {
        self.get(key).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// A member's value, whatever it is, with halves of characters repaired; None where it is missing or `null`.
    pub fn value(&self, key: &str) -> Option<Value> {
        self.get(key).and_then(repaired)
    }

    /// A number, also one that is written as a text: `0.0021` or `"0.0021"`.
    pub fn number(&self, key: &str) -> Option<f64> {
        let number = self.read(key).or_else(|| self.read::<Text<'_>>(key)?.trim().parse().ok());
        number.filter(|number: &f64| number.is_finite())
    }

    /// The whole object, halves of characters repaired.
    pub fn to_value(&self) -> Value {
        self.0.iter().filter_map(|(key, value)| Some((key.to_string(), repaired(value)?))).collect()
    }

    /// Keys and the bytes of their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(key, value)| (&**key, value.get()))
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

fn repaired(json: &RawValue) -> Option<Value> {
    serde_json::from_str(&escapes::repair(json.get())).ok()
}

/// Writes a JSON object member by member, taking values as the bytes they are.
#[derive(Debug)]
pub struct ObjectWriter {
    text: String,
}

impl ObjectWriter {
    /// With room for an object of so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes);
        text.push('{');
        Self { text }
    }

    /// Adds a member whose value is JSON already.
    pub fn raw(&mut self, key: &str, value: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(&quoted(key));
        self.text.push(':');
        self.text.push_str(value);
    }

    pub fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_keep_order_and_bytes() {
        let text = r#"{"b": 1.0 ,"a":[ 1 ,2],"\u0063":null}"#;
        let members = Members::of(text).unwrap();
        assert_eq!(members.iter().collect::<Vec<_>>(), [("b", "1.0"), ("a", "[ 1 ,2]"), ("c", "null")]);
        assert!(members.get("c").is_none() && members.contains("c"));
    }

    proptest! {
        #[test]
        fn members_written_again_are_the_same_object(keys in proptest::collection::btree_set("\\PC{0,8}", 0..30)) {
            let mut writer = ObjectWriter::with_capacity(64);
            for (index, key) in keys.iter().enumerate() {
                writer.raw(key, &index.to_string());
            }
            let text = writer.finish();
            let members = Members::of(&text).unwrap();
            prop_assert_eq!(members.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>(), keys.into_iter().collect::<Vec<_>>());
        }
    }
}
