//! Proxies that are believed about their client's address, and that address (spec 5.4).

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::entries::entries;

/// The networks of our own proxies.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Reads addresses and networks, separated by commas.
    ///
    /// # Errors
    /// A sentence that names the entry that is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        entries(text).map(network).collect::<Result<_, _>>().map(Self)
    }

    /// The address that sent a request, which came from `peer` with these entries of `X-Forwarded-For`, in their order.
    ///
    /// Each proxy appends the address that it heard, so the list is read from the right, and only as far as our own proxies
    /// wrote it. Everything further left is the client's claim.
    pub fn client<'a>(&self, peer: IpAddr, forwarded_for: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        for entry in forwarded_for.rev() {
            if !self.is_trusted(client) {
                break;
            }
            let Some(heard) = address(entry.trim()) else { break };
            client = heard;
        }
        client
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(entry: &str) -> Result<IpNet, String> {
    let single = entry.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    single
        .or_else(|_| entry.parse::<IpNet>())
        .map_err(|_| format!("`{entry}` is no address or network; write for example 10.0.0.7 or 10.0.0.0/8"))
}

/// An address, with or without a port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = || entry.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let address = entry.parse::<SocketAddr>().map(|socket| socket.ip()).or_else(|_| bare()).ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded_for: &[&str]) -> String {
        let proxies = TrustedProxies::parse(trusted).unwrap();
        proxies.client(peer.parse().unwrap(), forwarded_for.iter().copied()).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_configured() {
        assert_eq!(client("", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn the_list_is_read_from_the_right_as_far_as_our_proxies_wrote_it() {
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["6.6.6.6", "198.51.100.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["198.51.100.1", "nonsense"]), "10.0.0.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        assert_eq!(client("10.0.0.1", "::ffff:10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client("::1", "::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client("::1", "::1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn an_entry_that_is_no_network_is_named() {
        assert!(TrustedProxies::parse("10.0.0.0/8, proxy.example").unwrap_err().contains("`proxy.example`"));
    }
}
