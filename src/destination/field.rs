//! One field of a kind's form, as data.

use crate::confusables::is_misleading;

/// One value that a person fills in. All that drawing and checking it need stands here, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key in forms, in stored settings and in errors.
    pub name: &'static str,
    /// The words beside it.
    pub label: &'static str,
    /// Where to find the value, in a sentence.
    pub hint: &'static str,
    pub input: Input,
    /// Whether it must not be empty. A secret that is stored already may be left empty.
    pub required: bool,
    /// The most characters it takes.
    pub max_length: usize,
    /// A value that works, for documents and tests; empty for fields that are left empty by most.
    pub example: &'static str,
    /// HTML's `autocomplete`.
    pub autocomplete: &'static str,
}

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A line of text.
    Text,
    Url,
    /// A line that is sealed at rest and never shown again.
    Secret,
    /// A box to tick; its value is [`Field::TICKED`] or empty.
    Checkbox,
}

impl Field {
    /// The value of a ticked box.
    pub const TICKED: &'static str = "on";

    /// Names of the two fields that every kind has.
    pub(super) const ENVIRONMENT: &'static str = "environment";
    pub(super) const RELEASE: &'static str = "release";

    /// The environment of requests that name none.
    pub(super) const fn environment(max_length: usize) -> Self {
        Self {
            name: Self::ENVIRONMENT,
            label: "Default environment",
            hint: "For requests that name none, for example production.",
            input: Input::Text,
            required: false,
            max_length,
            example: "production",
            autocomplete: "off",
        }
    }

    /// The release of requests that name none.
    pub(super) const fn release(max_length: usize) -> Self {
        Self {
            name: Self::RELEASE,
            label: "Default release",
            hint: "For requests that name none, for example v2.1.0.",
            input: Input::Text,
            required: false,
            max_length,
            example: "v2.1.0",
            autocomplete: "off",
        }
    }

    /// Whether its value is sealed at rest and never shown again.
    pub fn is_secret(&self) -> bool {
        self.input == Input::Secret
    }

    /// What is wrong with `value` before its kind even reads it; None when nothing is.
    pub(super) fn complaint(&self, value: &str) -> Option<String> {
        if value.is_empty() {
            return self.required.then(|| format!("Enter the {}.", self.label));
        }
        if value.chars().count() > self.max_length {
            return Some(format!("{} must be {} characters or fewer.", self.label, self.max_length));
        }
        if value.chars().any(char::is_control) {
            return Some(format!("{} must be one line without control characters. Copy it again.", self.label));
        }
        if let Some(unseen) = value.chars().find(|character| is_misleading(*character)) {
            let code = u32::from(unseen);
            let label = self.label;
            return Some(format!(
                "{label} holds a character that cannot be seen (U+{code:04X}). Copy it again, or type it."
            ));
        }
        None
    }
}
