//! The names under which this server may be reached (spec 5.4). A request under any other name is refused.

use std::net::IpAddr;

use url::Url;

use super::entries::entries;

/// The public URL's host and the names that the operator added. IP addresses and `localhost` always count: only a name that is
/// looked up can be turned against us.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Reads names, separated by commas.
    ///
    /// # Errors
    /// A sentence that names the entry that is more than a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        entries(text).map(name).collect::<Result<_, _>>().map(Self)
    }

    /// With the host of `public_url`.
    #[must_use]
    pub fn with(mut self, public_url: &Url) -> Self {
        self.0.extend(public_url.host_str().map(str::to_ascii_lowercase));
        self
    }

    /// Whether a request to `host`, without a port, is meant for us.
    pub fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        address(&host).is_some() || is_localhost(&host) || self.0.contains(&host)
    }
}

/// Whether `host`, without a port, is this machine's name for itself: `localhost`, a name below it, or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    is_localhost(&host) || address(&host).is_some_and(|address| address.is_loopback())
}

fn is_localhost(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn name(entry: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if entry.chars().all(is_name) {
        return Ok(entry.to_ascii_lowercase());
    }
    Err(format!("`{entry}` is no name of a host; write for example tracecast or tracecast.internal, without a port"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> AllowedHosts {
        AllowedHosts::parse("tracecast, gateway.internal").unwrap().with(&Url::parse("https://t.example.com").unwrap())
    }

    #[test]
    fn our_names_the_operators_and_addresses_are_ours() {
        let ours = ["t.example.com", "T.Example.com", "tracecast", "GATEWAY.internal", "localhost", "a.localhost"];
        for ours in ours.into_iter().chain(["127.0.0.1", "[::1]", "192.168.0.9"]) {
            assert!(hosts().has(ours), "{ours}");
        }
    }

    #[test]
    fn whatever_else_leads_here_is_not() {
        for other in ["evil.example", "t.example.com.evil.example", "127.0.0.1.evil.example", "internal", "", "*"] {
            assert!(!hosts().has(other), "{other}");
        }
    }

    #[test]
    fn this_machine_calls_itself_localhost_or_by_an_address_of_loopback() {
        for here in ["localhost", "LocalHost", "app.localhost", "127.0.0.1", "127.8.9.10", "[::1]"] {
            assert!(is_loopback(here), "{here}");
        }
        for other in
            ["tracecast", "localhost.example", "127.0.0.1.example", "128.0.0.1", "0.0.0.0", "[::]", "10.0.0.1", ""]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn an_entry_that_is_more_than_a_name_is_told() {
        for wrong in ["tracecast:8080", "https://tracecast", "*.example.com", "a b"] {
            assert!(AllowedHosts::parse(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
