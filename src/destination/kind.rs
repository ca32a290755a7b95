//! A kind of destination: what its form looks like, and how to connect.

use super::{Connection, Field, FieldErrors, Settings};
use crate::delivery::Outcome;

/// A kind, described as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// Its name in addresses, in the API and in the database.
    pub slug: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What a person fills in, in the form's order.
    pub fields: &'static [Field],
}

impl Manifest {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields whose values are sealed.
    pub fn secrets(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| field.is_secret())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub manifest: Manifest,
    /// What to do when the connection test comes to this. None: what the outcome itself says.
    pub(super) advice: fn(&Outcome) -> Option<&'static str>,
    /// Parses settings whose fields are long enough, short enough and free of control characters, or are reported
    /// anyway.
    pub(super) parse: fn(&Settings) -> Result<Connection, FieldErrors>,
}

impl Kind {
    /// What to do when the connection test comes to this. None: what the outcome itself says.
    pub fn advice(&self, outcome: &Outcome) -> Option<&'static str> {
        (self.advice)(outcome)
    }

    /// Parses what was typed for a new destination, or what is stored for an old one.
    ///
    /// # Errors
    /// One sentence for each field that has to be corrected.
    pub fn connect(&self, settings: &Settings) -> Result<Connection, FieldErrors> {
        let mut errors = FieldErrors::default();
        for field in self.manifest.fields {
            if let Some(sentence) = field.complaint(settings.get(field.name)) {
                errors.add(field.name, sentence);
            }
        }
        match (self.parse)(settings) {
            Ok(connection) if errors.is_empty() => Ok(connection),
            Ok(_) => Err(errors),
            Err(others) => {
                errors.add_all(others);
                Err(errors)
            }
        }
    }
}
