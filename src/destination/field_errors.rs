//! What a person has to correct, field by field.

use std::fmt;

/// One sentence at one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: &'static str,
    /// What is wrong and what to do.
    pub sentence: String,
}

/// All that is wrong with a form. At most one sentence for a field: the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// A single mistake.
    pub fn one(field: &'static str, sentence: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, sentence);
        errors
    }

    /// Adds a sentence at a field that has none yet.
    pub fn add(&mut self, field: &'static str, sentence: impl Into<String>) {
        if self.on(field).is_none() {
            self.0.push(FieldError { field, sentence: sentence.into() });
        }
    }

    /// Adds the other's sentences, where there are none yet.
    pub fn add_all(&mut self, others: Self) {
        for error in others.0 {
            self.add(error.field, error.sentence);
        }
    }

    /// The sentence at a field.
    pub fn on(&self, field: &str) -> Option<&str> {
        self.iter().find(|error| error.field == field).map(|error| error.sentence.as_str())
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a FieldErrors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}: {}", error.field, error.sentence)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}
