//! What a form sent: parsed strictly, so that nothing reaches a database that no browser would send.

mod body;

pub use self::body::Form;
use super::shell::Problem;

/// The fields of a form in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Values(Vec<(String, Value)>);

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    /// Not UTF-8, or with a NUL character: kept as far as it can be shown.
    Unreadable(String),
}

impl Values {
    /// Parses `application/x-www-form-urlencoded`.
    pub fn parse(body: &[u8]) -> Self {
        let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        Self(pairs.map(parse_pair).collect())
    }

    /// The text of a field without surrounding white space; empty when it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The text of a field exactly as it was typed, for passwords; empty when it is absent.
    pub fn raw(&self, name: &str) -> &str {
        match self.0.iter().find(|(found, _)| found == name) {
            Some((_, Value::Text(text) | Value::Unreadable(text))) => text,
            None => "",
        }
    }

    /// The texts of all fields of this name that can be stored.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(move |(found, value)| match value {
            Value::Text(text) if found == name => Some(text.trim()),
            _ => None,
        })
    }

    /// Whether a field was sent, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// Whether a box was ticked, or a hidden `true` sent.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.text(name), "on" | "true")
    }

    /// The fields that hold what cannot be text.
    pub fn problems(&self, known: &[&'static str]) -> Vec<Problem> {
        let unreadable = |name: &&&'static str| {
            self.0.iter().any(|(found, value)| found == **name && matches!(value, Value::Unreadable(_)))
        };
        let message = "Type this again: it holds characters that cannot be stored.";
        known
            .iter()
            .filter(unreadable)
            .map(|field| Problem { field: Some((*field).into()), message: message.to_owned() })
            .collect()
    }
}

fn parse_pair(pair: &[u8]) -> (String, Value) {
    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let name = String::from_utf8_lossy(&decode(&pair[..at])).into_owned();
    let value = match String::from_utf8(decode(pair.get(at + 1..).unwrap_or_default())) {
        Ok(text) if !text.contains('\0') => Value::Text(text),
        Ok(text) => Value::Unreadable(text.replace('\0', "\u{fffd}")),
        Err(error) => Value::Unreadable(String::from_utf8_lossy(error.as_bytes()).replace('\0', "\u{fffd}")),
    };
    (name, value)
}

/// Undoes `+` and `%XX`; a broken escape stands for itself, as the URL standard has it.
fn decode(encoded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex_value(*high).zip(hex_value(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    bytes
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let values = Values::parse(b"email=a%40b.example&name=+Caf%C3%A9+&privacy=on&broken=100%&=x&empty");
        assert_eq!(values.text("email"), "a@b.example");
        assert_eq!(values.text("name"), "Café");
        assert_eq!(values.raw("name"), " Café ");
        assert_eq!(values.text("broken"), "100%");
        assert!(values.is_on("privacy") && !values.is_on("empty"));
    }

    #[test]
    fn field_that_cannot_be_text_has_a_problem() {
        let values = Values::parse(b"name=a%00b&key=%ff&email=fine");
        let problems = values.problems(&["email", "name", "key"]);
        let fields: Vec<_> = problems.iter().map(|found| found.field.as_deref()).collect();
        assert_eq!(fields, [Some("name"), Some("key")]);
        assert_eq!(values.text("name"), "a\u{fffd}b");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "[^\0]*") {
            let body: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("field", &text).finish();
            let values = Values::parse(body.as_bytes());
            prop_assert_eq!(values.raw("field"), text);
        }

        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Values::parse(&body).problems(&["a"]);
        }
    }
}
