//! A header of a request to a destination, which knows whether it may be shown.

use std::borrow::Cow;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Name and value; a secret value has a masked form beside it.
#[derive(Clone)]
pub struct Header {
    /// In lower case.
    pub name: Cow<'static, str>,
    value: Value,
}

#[derive(Clone)]
enum Value {
    Open(Cow<'static, str>),
    Secret { value: SecretString, masked: String },
}

impl Header {
    /// A header that anybody may see.
    pub fn open(name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        Self { name: Cow::Borrowed(name), value: Value::Open(value.into()) }
    }

    /// A header that is never shown but as `masked`.
    pub fn secret(name: impl Into<Cow<'static, str>>, value: impl Into<SecretString>, masked: String) -> Self {
        Self { name: name.into(), value: Value::Secret { value: value.into(), masked } }
    }

    /// What is sent. Only for the one who sends.
    pub fn expose(&self) -> &str {
        match &self.value {
            Value::Open(value) => value,
            Value::Secret { value, .. } => value.expose_secret(),
        }
    }

    /// What may be shown.
    pub fn shown(&self) -> &str {
        match &self.value {
            Value::Open(value) => value,
            Value::Secret { masked, .. } => masked,
        }
    }

    pub fn is_secret(&self) -> bool {
        matches!(self.value, Value::Secret { .. })
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.shown())
    }
}
