//! Addresses that operators give. They may contain a password or a token, which is never printed.

use std::fmt;

use url::Url;

/// Printed in the place of parts that may be secret.
const HIDDEN: &str = "***";

/// An http or https address that may name a user with a password. Neither is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads an address without query and fragment.
    ///
    /// # Errors
    /// A sentence that shows how to write one, and nothing that may be secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mistake = || {
            format!(
                "`{}` is not an http or https address; write for example https://tracecast.example.com",
                masked(text)
            )
        };
        let url = Url::parse(text.trim_end_matches('/')).map_err(|_| mistake())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(mistake());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("`{}` must end with its path; leave out what begins with `?` or `#`", masked(text)));
        }
        Ok(Self(url))
    }

    /// As [`Self::parse`], without a user's name and password.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_without_user(text: &str) -> Result<Self, String> {
        let address = Self::parse(text)?;
        if address.0.username().is_empty() && address.0.password().is_none() {
            return Ok(address);
        }
        Err(format!("`{address}` must name no user and no password; leave out what stands before the `@`"))
    }

    /// The address with its secrets, only for the code that connects there.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// With further parts of the path.
    #[must_use]
    pub fn join(&self, segments: &[&str]) -> Self {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Self(url)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(self.0.as_str()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text of an address without the parts that may be secret: a user's name and password, a query, a fragment. The text need
/// not be a valid address. A password with a `#` in it makes an address with another meaning, and a key that was pasted into
/// the wrong setting makes none: both are hidden.
pub fn masked(text: &str) -> String {
    let is_scheme = |scheme: &str| scheme.chars().all(|c| c.is_ascii_alphanumeric());
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return HIDDEN.to_owned();
    };
    match rest.rsplit_once('@') {
        _ if rest.contains(['?', '#']) => format!("{scheme}://{HIDDEN}"),
        Some((_, host)) => format!("{scheme}://{HIDDEN}@{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_prints_neither_user_nor_password_and_keeps_both() {
        let address = Address::parse("https://ada:canary@api.example.com/v1/").unwrap();
        assert_eq!(address.to_string(), "https://***@api.example.com/v1");
        assert_eq!(format!("{address:?}"), "https://***@api.example.com/v1");
        assert_eq!(address.expose().password(), Some("canary"));
        let joined = address.join(&["chat", "completions"]);
        assert_eq!(joined.expose().as_str(), "https://ada:canary@api.example.com/v1/chat/completions");
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_secrets() {
        for wrong in [
            "https://ada:canary@",
            "https://ada:canary@host:port/v1",
            "ftp://ada:canary@host/v1",
            "ada:canary@host",
            "https://ada:ca#nary@host",
            "https://host/v1?api-key=canary",
            "https://host/v1?user=a@b&api-key=canary",
            "https://host/v1#canary",
            "ada:canary://@host",
            "ada:canary@x://host",
            "sk-canary",
        ] {
            let advice = Address::parse(wrong).unwrap_err();
            assert!(!advice.contains("canary") && !advice.contains("nary"), "{wrong}: {advice}");
        }
        assert!(Address::parse("htps://example").unwrap_err().starts_with("`htps://example` is not"));
    }

    #[test]
    fn an_address_for_people_names_no_user() {
        let advice = Address::parse_without_user("https://ada:canary@host").unwrap_err();
        assert!(advice.starts_with("`https://***@host/` must name no user"), "{advice}");
        assert!(Address::parse_without_user("https://host/app").is_ok());
    }

    #[test]
    fn a_password_with_a_slash_is_hidden_though_it_makes_another_address() {
        let address = Address::parse("https://ada:4711/canary@host/v1").unwrap();
        assert_eq!(address.to_string(), "https://***@host/v1");
    }
}
