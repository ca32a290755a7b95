//! E-mail addresses: the names by which people sign in.

use std::fmt;

use crate::confusables::is_unseen;

/// A lower-case e-mail address of a plausible form. Whether it exists is never checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Longest address (RFC 5321, 4.5.3.1.3).
    pub const MAX_CHARS: usize = 254;

    /// Parses typed text.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let address = text.trim().to_lowercase();
        let complaint = "Enter an e-mail address like name@example.com.";
        let (local, domain) = address.rsplit_once('@').ok_or(complaint)?;
        let odd = |c: char| is_unseen(c) || c.is_control() || matches!(c, '<' | '>' | '"' | ',');
        if local.is_empty() || domain.is_empty() || address.chars().any(odd) || local.contains('@') {
            return Err(complaint);
        }
        if address.chars().count() > Self::MAX_CHARS {
            return Err("Enter an e-mail address of at most 254 characters.");
        }
        Ok(Self(address))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_cased_and_what_has_no_look_of_one_is_refused() {
        assert_eq!(Email::parse(" Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
        for wrong in ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@c", "a\0@b", "<a@b>"] {
            assert!(Email::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "x".repeat(300))).is_err());
    }
}
