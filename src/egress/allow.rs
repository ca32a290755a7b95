//! One entry of the operator's list `TRACECAST_EGRESS_ALLOW`: `CIDR[:port]` or `host[:port]`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::Host;

/// What the operator allows beyond public addresses. Without a port: on every port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressAllow {
    place: Place,
    pub(super) port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Net(IpNet),
    /// A name, whatever it resolves to. Lower case, no dot at its end.
    Name(String),
}

/// Why a text is no entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is neither an address range (10.0.0.0/8, [fd00::/8]:9000, 127.0.0.1:4318) nor a host name \
     (collector.lan, collector.lan:9000)"
)]
pub struct AllowError(String);

impl FromStr for EgressAllow {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        read(text).ok_or_else(|| AllowError(text.to_owned()))
    }
}

fn read(text: &str) -> Option<EgressAllow> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        let port = if after.is_empty() { None } else { Some(port(after.strip_prefix(':')?)?) };
        return Some(EgressAllow { place: Place::Net(net(inside)?), port });
    }
    if let Some(net) = net(text) {
        return Some(EgressAllow { place: Place::Net(net), port: None });
    }
    let (place, port) = match text.split_once(':') {
        Some((place, after)) => (place, Some(port(after)?)),
        None => (text, None),
    };
    let place = match net(place) {
        Some(net) => Place::Net(net),
        None => Place::Name(name(place)?),
    };
    Some(EgressAllow { place, port })
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// A host name as `url` spells it. Unusual spellings of IP addresses are no names.
fn name(text: &str) -> Option<String> {
    let plausible = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if text.is_empty() || !text.chars().all(plausible) {
        return None;
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) => Some(canonical(&name)),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// Lower case, without the dot that ends a full name (nor further ones, which `url` lets pass).
pub(super) fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

impl EgressAllow {
    /// Whether it lets a request reach `address` on `port`.
    pub(super) fn covers_address(&self, address: IpAddr, port: u16) -> bool {
        matches!(&self.place, Place::Net(net) if net.contains(&address.to_canonical())) && self.covers_port(port)
    }

    /// Whether it lets a request go to the host `name` on `port`, wherever the name leads.
    pub(super) fn covers_name(&self, name: &str, port: u16) -> bool {
        matches!(&self.place, Place::Name(allowed) if *allowed == canonical(name)) && self.covers_port(port)
    }

    pub(super) fn is_range(&self) -> bool {
        matches!(self.place, Place::Net(_))
    }

    /// Whether it holds on `port`.
    pub(super) fn covers_port(&self, port: u16) -> bool {
        self.port.is_none_or(|allowed| allowed == port)
    }
}

impl fmt::Display for EgressAllow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, self.port) {
            (Place::Net(IpNet::V6(net)), Some(port)) => write!(f, "[{net}]:{port}"),
            (Place::Net(net), Some(port)) => write!(f, "{net}:{port}"),
            (Place::Net(net), None) => write!(f, "{net}"),
            (Place::Name(name), Some(port)) => write!(f, "{name}:{port}"),
            (Place::Name(name), None) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_addresses_and_names_are_read_with_and_without_a_port() {
        let table = [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.0/8:9000", "10.0.0.0/8:9000"),
            ("127.0.0.1", "127.0.0.1/32"),
            (" 127.0.0.1:4318 ", "127.0.0.1/32:4318"),
            ("::1", "::1/128"),
            ("fd00::/8", "fd00::/8"),
            ("[fd00::/8]:9000", "[fd00::/8]:9000"),
            ("[::1]", "::1/128"),
            ("localhost", "localhost"),
            ("Collector.LAN.:9000", "collector.lan:9000"),
            ("my_host-1", "my_host-1"),
        ];
        for (text, shown) in table {
            let entry: EgressAllow = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(entry.to_string(), shown, "{text}");
            assert_eq!(entry.to_string().parse::<EgressAllow>(), Ok(entry), "{text} reads back");
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for text in [
            "",
            "*",
            "*.lan",
            "10.0.0.0/33",
            "host:0",
            "host:99999",
            "host:",
            "https://host",
            "user@host",
            "host/path",
            "a b",
            "[::1",
            "[::1]9",
            "[host]:1",
            "0x7f.1",
            "2130706433",
            "127.1",
            "10.0.0.0/8:x",
        ] {
            let error = text.parse::<EgressAllow>().expect_err(text);
            assert!(error.to_string().contains("collector.lan:9000"));
        }
    }
}
