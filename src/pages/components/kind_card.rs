//! A kind of destination as a card: its sign, its name, what one has to have at hand, and how many are in use.

use crate::destination::{Kind, Manifest};
use crate::store::destinations::MOST_PER_KIND;

#[derive(Debug, Clone)]
pub struct KindCard {
    /// As in its address.
    pub slug: &'static str,
    pub label: &'static str,
    /// Two letters, like a chemical element's.
    pub sign: &'static str,
    /// One line below the name.
    pub note: &'static str,
    /// How many the account has.
    pub count: usize,
    /// How many an account may have.
    pub limit: usize,
}

impl KindCard {
    /// With what one has to have at hand. `kinds` are those of the account's destinations.
    pub fn new<'a>(kind: &Kind, kinds: impl Iterator<Item = &'a str>) -> Self {
        let Manifest { slug, label, sign, needs, .. } = kind.manifest;
        Self {
            slug,
            label,
            sign,
            note: needs,
            count: kinds.filter(|found| *found == slug).count(),
            limit: usize::try_from(MOST_PER_KIND).unwrap_or_default(),
        }
    }

    /// Whether no more can be added.
    pub fn is_full(&self) -> bool {
        self.count >= self.limit
    }

    /// How many are in use, where there are any.
    pub fn in_use(&self) -> Option<String> {
        match (self.is_full(), self.count) {
            (true, count) => Some(format!("{count} of {} in use", self.limit)),
            (false, 0) => None,
            (false, count) => Some(format!("{count} in use")),
        }
    }
}
