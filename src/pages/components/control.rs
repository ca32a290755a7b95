//! One control of a form, as it is drawn.

use crate::pages::shell::Problem;

/// Choices that are shown side by side. More of them are a list to open.
const MOST_SEEN: usize = 4;

/// A labelled control with its hint, its value and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// Name and id.
    pub name: &'static str,
    /// The visible label.
    pub label: &'static str,
    /// The `type` of the `<input>`.
    pub input: &'static str,
    /// What was typed, or what is stored when that is no secret.
    pub value: String,
    /// Where to find it or what it is for; empty for none.
    pub hint: String,
    /// An example; empty for none.
    pub placeholder: &'static str,
    /// What is wrong, in the words of the summary.
    pub error: Option<String>,
    /// Whether the form cannot do without it.
    pub required: bool,
    /// What the browser may fill in by itself.
    pub autocomplete: &'static str,
    /// Whether the hint says what an empty value means, so that the label need not.
    pub is_explained: bool,
    /// Values that are offered; anything else may be typed.
    pub suggestions: &'static [&'static str],
    /// Values to choose one from, each with its words.
    pub choices: &'static [(&'static str, &'static str)],
    /// What a box sends that is not ticked, where silence would mean that it is; empty for nothing.
    pub unticked: &'static str,
    /// Set in the fixed-width font, without spelling.
    pub code: bool,
}

impl Control {
    /// A line of text that must be filled in.
    pub fn text(name: &'static str, label: &'static str) -> Self {
        Self { name, label, input: "text", required: true, autocomplete: "off", ..Self::default() }
    }

    /// A password. `autocomplete` says which one to a password manager.
    pub fn password(name: &'static str, label: &'static str, autocomplete: &'static str) -> Self {
        Self { input: "password", autocomplete, ..Self::text(name, label) }
    }

    /// The e-mail address a person signs in with.
    pub fn email() -> Self {
        Self { input: "email", autocomplete: "username", ..Self::text("email", "Email") }
    }

    /// A box that is ticked or not.
    pub fn check(name: &'static str, label: &'static str, on: bool) -> Self {
        let value = if on { "on" } else { "" };
        Self { input: "checkbox", value: value.to_owned(), ..Self::text(name, label) }
    }

    /// One of a few values, which are all seen, or one of many.
    pub fn choice(name: &'static str, label: &'static str, choices: &'static [(&'static str, &'static str)]) -> Self {
        let input = if choices.len() <= MOST_SEEN { "radio" } else { "select" };
        Self { input, choices, ..Self::text(name, label) }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// The same, holding `value`.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// The same, but it may stay empty.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// The same, with the first of `problems` that is about it.
    #[must_use]
    pub fn problem(self, problems: &[Problem]) -> Self {
        let error = problems.iter().find(|problem| problem.field.as_deref() == Some(self.name));
        Self { error: error.map(|problem| problem.message.clone()), ..self }
    }

    /// Whether this is the value that is chosen: the first, where none is.
    pub fn is_chosen(&self, value: &str) -> bool {
        if self.value.is_empty() {
            self.choices.first().is_some_and(|first| first.0 == value)
        } else {
            self.value == value
        }
    }

    /// Whether a box is ticked.
    pub fn is_on(&self) -> bool {
        !self.value.is_empty()
    }

    /// The ids of hint and error, for `aria-describedby`.
    pub fn described_by(&self) -> Option<String> {
        let name = self.name;
        match (!self.hint.is_empty(), self.error.is_some()) {
            (true, true) => Some(format!("{name}-hint {name}-error")),
            (true, false) => Some(format!("{name}-hint")),
            (false, true) => Some(format!("{name}-error")),
            (false, false) => None,
        }
    }
}
