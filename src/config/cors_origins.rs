//! The sites whose pages may ask models from a browser (CORS).

use url::Url;

use super::entries::entries;

/// Which origins a browser may ask from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// None: a browser sends such a request nowhere.
    Closed,
    /// Any.
    Any,
    /// These, as a browser writes them: `https://chat.example.com`.
    Listed(Vec<String>),
}

impl CorsOrigins {
    /// Reads a list of origins, or `*`, or `none`.
    ///
    /// # Errors
    /// A sentence that names the entry that is no origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries: Vec<&str> = entries(text).collect();
        match entries[..] {
            ["*"] => Ok(Self::Any),
            ["none"] => Ok(Self::Closed),
            _ => entries.into_iter().map(origin).collect::<Result<_, _>>().map(Self::Listed),
        }
    }

    /// Whether a page of `origin` may ask.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Closed => false,
            Self::Any => true,
            Self::Listed(origins) => origins.iter().any(|listed| listed == origin),
        }
    }
}

/// An entry as browsers write it: without a default port, without a path.
fn origin(entry: &str) -> Result<String, String> {
    let mistake = || {
        format!(
            "`{entry}` is no origin; write for example https://chat.example.com, without a path, or * alone for every origin"
        )
    };
    let url = Url::parse(entry).map_err(|_| mistake())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(mistake)?;
    let is_bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_bare || host.contains('*') {
        return Err(mistake());
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{}://{host}{port}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let origins =
            CorsOrigins::parse("https://Chat.Example.com/, http://localhost:5173,chrome-extension://abc").unwrap();
        for allowed in ["https://chat.example.com", "http://localhost:5173", "chrome-extension://abc"] {
            assert!(origins.allows(allowed), "{allowed}");
        }
        for other in [
            "http://chat.example.com",
            "https://chat.example.com:8443",
            "http://localhost",
            "https://evil.example",
            "null",
        ] {
            assert!(!origins.allows(other), "{other}");
        }
        assert_eq!(CorsOrigins::parse("https://a.example:443"), CorsOrigins::parse("https://a.example"));
    }

    #[test]
    fn star_allows_every_origin_and_none_allows_none() {
        assert!(CorsOrigins::parse("*").unwrap().allows("https://evil.example"));
        assert_eq!(CorsOrigins::parse(" none "), Ok(CorsOrigins::Closed));
    }

    #[test]
    fn an_entry_that_is_no_origin_is_named() {
        for wrong in [
            "chat.example.com",
            "https://chat.example.com/path",
            "https://*.example.com",
            "https://user@chat.example.com",
            "https://chat.example.com?x",
            "*, https://chat.example.com",
            "https://",
            "null",
        ] {
            let mistake = CorsOrigins::parse(wrong).unwrap_err();
            assert!(mistake.contains('`') && mistake.contains("is no origin"), "{wrong}: {mistake}");
        }
    }
}
