//! What a person typed for a destination, and the two halves in which it is stored.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::confusables::is_unseen;

/// Field name → value, as typed. Any value may be a secret, so none is ever printed.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, SecretString>);

/// Settings as they are stored: parsed, in canonical form, and parted by secrecy.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// May be shown and searched.
    pub open: BTreeMap<String, String>,
    /// Sealed at rest.
    pub secret: BTreeMap<String, SecretString>,
}

impl Settings {
    /// Both halves of what is stored, as if a person had typed it.
    pub fn merge(open: &BTreeMap<String, String>, secret: &BTreeMap<String, SecretString>) -> Self {
        let open = open.iter().map(|(name, value)| (name.clone(), SecretString::from(value.as_str())));
        let secret = secret.iter().map(|(name, value)| (name.clone(), value.clone()));
        Self(open.chain(secret).collect())
    }

    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<SecretString>) {
        self.0.insert(name.into(), value.into());
    }

    /// A field's value without the white space and the invisible characters that are copied along with it; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.expose_secret().trim_matches(is_unseen))
    }

    /// As [`Self::get`], but None when it is empty.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether anything was said about a field, be it empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn is_ticked(&self, name: &str) -> bool {
        matches!(self.get(name), "on" | "true" | "1")
    }
}

impl<K: Into<String>, V: Into<SecretString>> FromIterator<(K, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl From<&Stored> for Settings {
    fn from(stored: &Stored) -> Self {
        Self::merge(&stored.open, &stored.secret)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
