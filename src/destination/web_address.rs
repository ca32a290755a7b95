//! Reads the address of a receiver strictly: what a browser would repair is refused.

use url::{Host, Url};

/// The longest address that is taken, in bytes (spec 5.1).
pub(super) const MAX_LENGTH: usize = 2048;

/// Continues "… must" about a longer one.
const TOO_LONG: &str = "be at most 2,048 bytes long";

/// Parses an `http` or `https` address without repairing it.
///
/// `url` alone turns `https:///v1/traces` into host `v1`, drops tabs and line ends, and reads `2130706433` as 127.0.0.1.
///
/// # Errors
/// A sentence that continues "… must": what the address must look like.
pub(super) fn parse(text: &str) -> Result<Url, &'static str> {
    if text.len() > MAX_LENGTH {
        return Err(TOO_LONG);
    }
    if text.chars().any(|character| character.is_control() || character.is_whitespace() || character == '\\') {
        return Err("have no spaces, control characters or backslashes");
    }
    let Some(rest) = text.split_once("://").filter(|(scheme, _)| is_http(scheme)).map(|(_, rest)| rest) else {
        return Err("begin with https:// (or http:// for a server of your own)");
    };
    if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
        return Err("name a host after ://");
    }
    let url = Url::parse(text).map_err(|_| "be a complete address with a valid host and port")?;
    check_length(&url)?;
    match url.host() {
        Some(Host::Ipv4(address)) if !host_begins(rest, &address.to_string()) => {
            Err("write its IP address in the usual form, as 203.0.113.7")
        }
        Some(_) => Ok(url),
        None => Err("name a host after ://"),
    }
}

/// Whether an address is still short enough in canonical form, in which characters may take more room than as typed.
///
/// # Errors
/// As [`parse`].
pub(super) fn check_length(url: &Url) -> Result<(), &'static str> {
    if url.as_str().len() > MAX_LENGTH { Err(TOO_LONG) } else { Ok(()) }
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// Whether the authority in `rest` spells its host exactly as `host`.
fn host_begins(rest: &str, host: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after_user = authority.rsplit('@').next().unwrap_or_default();
    after_user.split(':').next() == Some(host)
}

/// `host` or `host:port`, as it is shown and compared.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_but_never_repaired() {
        for good in [
            "https://example.com",
            "http://example.com:9000/prefix/",
            "HTTPS://Example.COM/",
            "https://203.0.113.7/x",
            "https://user@203.0.113.7:4318/x",
            "https://[2001:db8::1]:4318/v1/traces",
            "https://bücher.example/",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "//example.com",
            "ftp://example.com",
            "javascript://x",
            "https:example.com",
            "https:/example.com",
            "https:///v1/traces",
            "https://",
            "https://?x",
            "https://#x",
            "https://\\example.com",
            "https://exa\tmple.com",
            "https://exa mple.com",
            "https://example.com\0",
            "https://exam\u{a0}ple.com",
            "https://example.com:99999",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://127.1/",
            "https://0177.0.0.1/",
            "https://①②⑦.⓪.⓪.①/",
            "https://user@0x7f.1:80/",
            "https://exa%00mple.com/",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        assert!(parse(&format!("https://example.com/{}", "a".repeat(2048))).is_err());
    }
}
