//! The values of a form's fields, with what an empty one means.

use super::super::{Field, Input, Settings, web_address};

/// What was typed, read by a kind's fields.
#[derive(Debug, Clone, Copy)]
pub(in crate::destination) struct Values<'a> {
    pub(in crate::destination) settings: &'a Settings,
    pub(in crate::destination) fields: &'static [Field],
}

impl<'a> Values<'a> {
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A field's value; what is meant where it is empty.
    pub(in crate::destination) fn get(&self, name: &str) -> &'a str {
        let typed = self.settings.get(name);
        if typed.is_empty() { self.field(name).map_or("", Field::meant) } else { typed }
    }

    /// The host of an address that is typed into a field.
    pub(in crate::destination) fn host(&self, name: &str) -> Option<String> {
        web_address::parse(self.get(name)).ok()?.host_str().map(str::to_owned)
    }

    /// Whether a box is ticked; as the kind has it where nothing is said.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        if self.settings.has(name) {
            self.settings.is_ticked(name)
        } else {
            self.field(name).is_some_and(|field| field.default == Field::TICKED)
        }
    }
}

impl Field {
    /// What an empty value means.
    fn meant(&self) -> &'static str {
        match self.input {
            Input::Choice([(first, _), ..]) if self.default.is_empty() => first,
            _ => self.default,
        }
    }
}
