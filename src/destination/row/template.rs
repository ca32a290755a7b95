//! Texts with values of fields in braces, and the headers that are made of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use super::super::{FieldErrors, Header, masking};
use super::values::Values;

/// A header of a kind.
#[derive(Debug)]
pub(in crate::destination) struct HeaderRow {
    /// In lower case.
    pub(super) name: &'static str,
    value: Template,
}

#[derive(Debug)]
enum Template {
    Text(&'static str),
    /// Basic authentication with `user:password`.
    Basic(&'static str),
}

/// A header whose value is `text`.
pub(in crate::destination) const fn header(name: &'static str, text: &'static str) -> HeaderRow {
    HeaderRow { name, value: Template::Text(text) }
}

/// The header for basic authentication with `user:password`.
pub(in crate::destination) const fn basic(credentials: &'static str) -> HeaderRow {
    HeaderRow { name: "authorization", value: Template::Basic(credentials) }
}

impl HeaderRow {
    /// The header with its values. None: it has fields, and all of them are empty.
    pub(super) fn fill(&self, values: &Values<'_>) -> Option<Header> {
        let text = self.text();
        let mut names = names(text).peekable();
        if names.peek().is_some() && names.all(|name| values.get(name).is_empty()) {
            return None;
        }
        let value = fill(text, |name| values.get(name).to_owned());
        let is_secret = self.secrets(values).next().is_some();
        Some(match self.value {
            Template::Text(_) if is_secret => Header::secret(self.name, value, fill(text, |name| shown(values, name))),
            Template::Text(_) => Header::open(self.name, value),
            Template::Basic(_) => {
                let encoded = SecretString::from(format!("Basic {}", STANDARD.encode(value)));
                Header::secret(self.name, encoded, "Basic ...".to_owned())
            }
        })
    }

    /// Adds the fields whose values cannot stand in a header.
    pub(super) fn check(&self, values: &Values<'_>, errors: &mut FieldErrors) {
        let Template::Text(text) = self.value else { return };
        for field in names(text).filter_map(|name| values.field(name)) {
            if !values.get(field.name).bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
                errors.add(
                    field.name,
                    format!("{} is sent as a header: use plain letters, digits and signs.", field.label),
                );
            }
        }
    }

    /// The base64 form of its credentials, which a receiver may repeat.
    pub(super) fn encoded(&self, values: &Values<'_>) -> Option<String> {
        let Template::Basic(text) = self.value else { return None };
        self.secrets(values).next()?;
        Some(STANDARD.encode(fill(text, |name| values.get(name).to_owned())))
    }

    fn text(&self) -> &'static str {
        match self.value {
            Template::Text(text) | Template::Basic(text) => text,
        }
    }

    /// Names of its fields that are secret and filled in.
    fn secrets<'a>(&self, values: &'a Values<'_>) -> impl Iterator<Item = &'static str> + 'a {
        let is_secret = |name: &&str| values.field(name).is_some_and(super::super::field::Field::is_secret);
        names(self.text()).filter(is_secret).filter(|name| !values.get(name).is_empty())
    }
}

fn shown(values: &Values<'_>, name: &str) -> String {
    let value = values.get(name);
    match values.field(name) {
        Some(field) if field.is_secret() => masking::end(value),
        _ => value.to_owned(),
    }
}

/// `template` with the value of each field that stands in braces.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, name, after)) = next(rest) {
        filled.push_str(before);
        filled.push_str(&value(name));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The names in braces.
fn names(template: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (_, name, after) = next(rest)?;
        rest = after;
        Some(name)
    })
}

/// What stands before the first braces, the name in them, and what stands behind.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}
