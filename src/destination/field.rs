//! One field of a kind's form, as data.

use super::web_address;
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
    /// What an empty field means, as a value; empty: nothing.
    pub default: &'static str,
    /// Further values that many choose.
    pub suggestions: &'static [&'static str],
    pub format: Format,
    /// Values that belong elsewhere and are often pasted here.
    pub mix_ups: &'static [MixUp],
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
    /// One of these values, each with its words. The first is meant where none is chosen.
    Choice(&'static [(&'static str, &'static str)]),
}

/// Which characters a value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Any,
    /// `0` to `9`.
    Digits,
    /// Letters, digits, `.`, `_` and `-`.
    Name,
    Uuid,
    /// Letters, digits and `_`, not beginning with a digit: a name that databases take.
    Identifier,
    /// Anything but a colon, which would end the user's part of basic authentication.
    WithoutColon,
}

/// A value that was probably meant for another field or product. It is never refused for its looks: the sentence leads
/// the advice when a connection test fails (spec 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MixUp {
    pub shape: Shape,
    /// What it is, and what is wanted.
    pub sentence: &'static str,
}

/// How a value looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Begins(&'static str),
    /// As many hexadecimal digits.
    Hex(usize),
    NotUuid,
}

impl Field {
    /// The value of a ticked box.
    pub const TICKED: &'static str = "on";
    /// The value of a box that is usually ticked, and is not.
    pub const UNTICKED: &'static str = "off";

    /// Names of the two fields that every kind has.
    pub(super) const ENVIRONMENT: &'static str = "environment";
    pub(super) const RELEASE: &'static str = "release";
    /// The name of [`Field::join`].
    pub(super) const JOIN: &'static str = "joinApplicationTraces";

    /// A line of text that may be left empty, for kinds to fill in.
    pub(super) const TEXT: Self = Self {
        name: "",
        label: "",
        hint: "",
        input: Input::Text,
        required: false,
        max_length: 200,
        default: "",
        suggestions: &[],
        format: Format::Any,
        mix_ups: &[],
        example: "",
        autocomplete: "off",
    };
    /// A secret that is required.
    pub(super) const SECRET: Self = Self { input: Input::Secret, required: true, max_length: 4096, ..Self::TEXT };
    /// An address.
    pub(super) const URL: Self = Self { input: Input::Url, max_length: web_address::MAX_LENGTH, ..Self::TEXT };

    /// Headers that a person adds.
    pub(super) const HEADERS: Self = Self {
        name: "headers",
        label: "Headers",
        hint: "Sent with every request, as a JSON object. Leave it empty where the receiver asks for none.",
        required: false,
        max_length: 16 * 1024,
        example: r#"{"X-Gateway-Token": "fedcba9876543210fedcba9876543210"}"#,
        ..Self::SECRET
    };

    /// Whether the root span has the parent that the caller's application names.
    pub(super) const fn join(is_usual: bool) -> Self {
        Self {
            name: Self::JOIN,
            label: "Join traces that my application sends to the same place",
            hint: "Tick this only if the spans of your application arrive there too: a trace whose first span never \
                   arrives is hidden or dropped by some products.",
            input: Input::Checkbox,
            max_length: 5,
            default: if is_usual { Self::TICKED } else { "" },
            ..Self::TEXT
        }
    }

    /// The environment of requests that name none.
    pub(super) const fn environment(max_length: usize) -> Self {
        Self {
            name: Self::ENVIRONMENT,
            label: "Default environment",
            hint: "For requests that name none, for example production.",
            max_length,
            example: "production",
            ..Self::TEXT
        }
    }

    /// The release of requests that name none.
    pub(super) const fn release(max_length: usize) -> Self {
        Self {
            name: Self::RELEASE,
            label: "Default release",
            hint: "For requests that name none, for example v2.1.0.",
            max_length,
            example: "v2.1.0",
            ..Self::TEXT
        }
    }

    /// Whether it fills in for requests that name nothing. It says nothing about how the receiver is reached, so that it is saved
    /// without a connection test.
    pub fn is_default(&self) -> bool {
        matches!(self.name, Self::ENVIRONMENT | Self::RELEASE)
    }

    /// Whether it is a box that is ticked where nobody says anything of it.
    pub fn is_usually_on(&self) -> bool {
        self.input == Input::Checkbox && self.default == Self::TICKED
    }

    /// Whether its value is a JSON object of headers.
    pub fn holds_headers(&self) -> bool {
        self.name == Self::HEADERS.name
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
        if let Input::Choice(choices) = self.input
            && !choices.iter().any(|(known, _)| *known == value)
        {
            let known: Vec<_> = choices.iter().map(|(known, _)| *known).collect();
            return Some(format!("{} must be one of these: {}.", self.label, known.join(", ")));
        }
        self.format.must(value).map(|must| format!("{} must {must}.", self.label))
    }

    /// The sentence about a value that was probably meant for another field.
    pub(super) fn mix_up(&self, value: &str) -> Option<&'static str> {
        self.mix_ups.iter().find(|mix_up| mix_up.shape.is(value)).map(|mix_up| mix_up.sentence)
    }
}

impl Format {
    /// Continues "… must" about a value that is not of this format.
    fn must(self, value: &str) -> Option<&'static str> {
        let is_name = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        let (is_met, must) = match self {
            Self::Any => return None,
            Self::Digits => (value.bytes().all(|byte| byte.is_ascii_digit()), "be a number"),
            Self::Name => (
                value.chars().all(is_name) && value.contains(|character| character != '.'),
                "be made of letters, digits, dots, hyphens and underscores",
            ),
            Self::Identifier => {
                let begins = !value.starts_with(|first: char| first.is_ascii_digit());
                let is_plain = value.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
                (begins && is_plain, "be made of letters, digits and underscores, and begin with no digit")
            }
            Self::Uuid => (is_uuid(value), "be an id of the form 01234567-89ab-cdef-0123-456789abcdef"),
            Self::WithoutColon => (!value.contains(':'), "have no colon"),
        };
        (!is_met).then_some(must)
    }
}

impl Shape {
    pub(super) fn is(self, value: &str) -> bool {
        match self {
            Self::Begins(start) => value.starts_with(start),
            Self::Hex(digits) => value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::NotUuid => !is_uuid(value),
        }
    }
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && uuid::Uuid::try_parse(value).is_ok()
}
