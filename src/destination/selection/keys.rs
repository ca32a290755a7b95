//! The API keys whose requests a destination gets.

use super::candidate::KnownKey;
use super::decision::LeftOut;
use crate::token::TokenHash;

/// Keys by their hash, because names are given anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// None: all.
    pub included: Option<Vec<TokenHash>>,
    /// These never, also when they are included.
    pub excluded: Vec<TokenHash>,
}

impl Keys {
    pub(super) fn judge(&self, key: Option<&KnownKey>) -> Result<(), LeftOut> {
        let is_in = |list: &[TokenHash]| key.is_some_and(|key| list.contains(&key.hash));
        if is_in(&self.excluded) {
            Err(LeftOut::KeyExcluded)
        } else if self.included.as_deref().is_some_and(|included| !is_in(included)) {
            Err(LeftOut::KeyNotIncluded)
        } else {
            Ok(())
        }
    }

    /// Whether a request's key matters.
    pub(super) fn are_chosen(&self) -> bool {
        self.included.is_some() || !self.excluded.is_empty()
    }

    /// Every key that is named, each list in its order.
    pub fn named(&self) -> impl Iterator<Item = &TokenHash> {
        self.included.iter().flatten().chain(&self.excluded)
    }
}
