//! Names of members of an answer that no reader knows. With them a trace tells that it may lack something.

use crate::completed_request::clean;
use crate::completed_request::limits::{UNREAD_CHARS, UNREAD_NAMES};

/// Each name once, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Unread(Vec<String>);

impl Unread {
    pub(super) fn add(&mut self, name: &str) {
        if self.0.len() == UNREAD_NAMES {
            return;
        }
        let name = clean::name(name, UNREAD_CHARS);
        if !name.is_empty() && !self.0.iter().any(|known| *known == name) {
            self.0.push(name.into_owned());
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.0
    }
}
