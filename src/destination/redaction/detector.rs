//! What is looked for, and what becomes of it.

use std::borrow::Cow;

/// A kind of value that is recognised by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detector {
    Email,
    /// International, or grouped as in North America.
    Phone,
    /// 13 to 19 digits with a valid checksum (Luhn).
    Card,
    /// With a valid checksum.
    Iban,
    /// Version 4 or 6.
    Ip,
    /// What looks like a key: known prefixes, JSON Web Tokens, private keys in PEM.
    Token,
    /// A regular expression of the account's own.
    Custom,
}

/// What becomes of a value that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The detector's name stands in its place: `[email]`.
    Mask,
    /// 12 hexadecimal digits stand in its place, the same wherever the same value stood.
    Hash,
    /// The message that it is part of is left out, or the value of metadata.
    Drop,
}

impl Detector {
    /// Those that are built in, in the order of forms.
    pub const BUILT_IN: [Self; 6] = [Self::Email, Self::Phone, Self::Card, Self::Iban, Self::Ip, Self::Token];

    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::BUILT_IN.into_iter().find(|detector| detector.name() == name)
    }

    /// Its name in the API, in masks and in `tracecast.redactions`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ip => "ip",
            Self::Token => "token",
            Self::Custom => "custom",
        }
    }

    /// A value without what differs in how people write it, so that it has one hash.
    pub(super) fn plain(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Email => Cow::Owned(value.to_lowercase()),
            Self::Phone | Self::Card | Self::Iban => {
                Cow::Owned(value.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '+').collect())
            }
            Self::Ip | Self::Token | Self::Custom => Cow::Borrowed(value),
        }
    }

    /// What stands in place of a value.
    pub(super) fn mask(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::Ip => "[ip]",
            Self::Token => "[token]",
            Self::Custom => "[custom]",
        }
    }
}

impl Action {
    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Mask, Self::Hash, Self::Drop].into_iter().find(|action| action.name() == name)
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Hash => "hash",
            Self::Drop => "drop",
        }
    }
}
