//! YAML as JSON, with the line of each member, so that every mistake can name its place.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// Something in the file that has to be corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) line: u64,
    /// The path of a member, as `destinations[0].config.dsn`. Empty: the file as a whole.
    pub(super) field: String,
    pub(super) sentence: String,
}

/// A file that is valid YAML.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    lines: BTreeMap<String, u64>,
}

impl Document {
    /// # Errors
    /// It is no YAML, or names a member twice.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        let root: Spanned<Node> = serde_saphyr::from_str(text).map_err(|error| Mistake {
            line: error.location().map_or(1, |location| location.line()),
            field: String::new(),
            sentence: error.without_snippet().to_string(),
        })?;
        let mut lines = BTreeMap::new();
        let value = root.value.into_json("", &mut lines);
        Ok(Self { value, lines })
    }

    pub(super) fn mistake(&self, field: impl Into<String>, sentence: impl Into<String>) -> Mistake {
        let field = field.into();
        Mistake { line: self.line(&field), field, sentence: sentence.into() }
    }

    /// The line of a member, else of what it is missing in.
    pub(super) fn line(&self, field: &str) -> u64 {
        let mut field = field;
        loop {
            match (self.lines.get(field), field.rfind(['.', '['])) {
                (Some(line), _) => return *line,
                (None, Some(end)) => field = &field[..end],
                (None, None) => return 1,
            }
        }
    }
}

/// All mistakes, each with its file and line.
pub(super) fn listed(path: &str, mistakes: &[Mistake]) -> String {
    let line = |Mistake { line, field, sentence }: &Mistake| {
        let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
        format!("{path}:{line}: {field}{sentence}")
    };
    mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[derive(Debug)]
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Members(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl Node {
    fn into_json(self, path: &str, lines: &mut BTreeMap<String, u64>) -> Value {
        match self {
            Self::Scalar(value) => value,
            Self::List(nodes) => {
                let read = |(place, node): (usize, Spanned<Self>)| {
                    let path = format!("{path}[{place}]");
                    lines.insert(path.clone(), node.referenced.line());
                    node.value.into_json(&path, lines)
                };
                nodes.into_iter().enumerate().map(read).collect()
            }
            Self::Members(members) => {
                let read = |(name, node): (Spanned<String>, Spanned<Self>)| {
                    let path = if path.is_empty() { name.value.clone() } else { format!("{path}.{}", name.value) };
                    lines.insert(path.clone(), name.referenced.line());
                    (name.value, node.value.into_json(&path, lines))
                };
                Value::Object(members.into_iter().map(read).collect::<Map<_, _>>())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false, a list, or members with names")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = access.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Node::Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_knows_the_line_of_every_member_and_of_what_misses_one() {
        let document = Document::parse("a: 1\nlist:\n  - b: x\n\n    c: {d: 2}\n").unwrap();
        assert_eq!(document.value, serde_json::json!({ "a": 1, "list": [{ "b": "x", "c": { "d": 2 } }] }));
        for (field, line) in [("a", 1), ("list[0].c.d", 5), ("list[0].c.e", 5), ("list[0].e", 3), ("nothing", 1)] {
            assert_eq!(document.line(field), line, "{field}");
        }
    }

    #[test]
    fn text_that_is_no_yaml_or_names_a_member_twice_is_refused_with_its_line() {
        for (text, line) in [("a: [1\nb: 2\n", 2), ("a: 1\na: 2\n", 2), ("a:\n\t- x\n", 2), ("a: 1\n---\nb: 2\n", 3)] {
            assert_eq!(Document::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
