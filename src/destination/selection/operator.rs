//! How a filter rule compares.

/// OpenRouter's operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    Regex,
    StartsWith,
    EndsWith,
    Gt,
    Lt,
    Gte,
    Lte,
    Exists,
    NotExists,
}

/// What an operator needs to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Nothing.
    Presence,
    /// A value like the field's.
    Equality,
    /// A part of a text.
    Textual,
    /// A regular expression.
    Pattern,
    /// A number.
    Order,
}

impl Operator {
    /// In the order in which forms offer them.
    pub const NAMED: [(&str, Self); 13] = [
        ("equals", Self::Equals),
        ("not_equals", Self::NotEquals),
        ("contains", Self::Contains),
        ("not_contains", Self::NotContains),
        ("starts_with", Self::StartsWith),
        ("ends_with", Self::EndsWith),
        ("regex", Self::Regex),
        ("gt", Self::Gt),
        ("gte", Self::Gte),
        ("lt", Self::Lt),
        ("lte", Self::Lte),
        ("exists", Self::Exists),
        ("not_exists", Self::NotExists),
    ];

    /// By the name in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find_map(|(known, operator)| (known == name).then_some(operator))
    }

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find_map(|(name, operator)| (*operator == self).then_some(*name)).unwrap_or_default()
    }

    /// Whether it says the opposite of another one.
    pub(super) fn is_negation(self) -> bool {
        matches!(self, Self::NotEquals | Self::NotContains | Self::NotExists)
    }

    pub(super) fn sort(self) -> Sort {
        match self {
            Self::Exists | Self::NotExists => Sort::Presence,
            Self::Equals | Self::NotEquals => Sort::Equality,
            Self::Contains | Self::NotContains | Self::StartsWith | Self::EndsWith => Sort::Textual,
            Self::Regex => Sort::Pattern,
            Self::Gt | Self::Lt | Self::Gte | Self::Lte => Sort::Order,
        }
    }
}
