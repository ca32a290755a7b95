//! Where a request of a person comes from: what a list of sessions and the audit log show.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest description of a device that is kept.
const LONGEST_DEVICE: usize = 200;

/// Where somebody sits, as far as a request shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// At the machine on which the program runs: the request came over loopback, under a name of loopback, and nothing says that
    /// anybody passed it on.
    Here,
    /// Anywhere.
    Anywhere,
}

/// The sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its network address.
    pub address: IpAddr,
    /// What it calls itself (the header `User-Agent`); empty when it says nothing.
    pub device: String,
}

impl Client {
    /// `user_agent` is cut, and freed of what cannot be shown.
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        let device = user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_DEVICE).collect();
        Self { address, device }
    }

    /// The network that one household or office has: the address, and of IPv6 the first 64 bits.
    pub fn network(&self) -> IpAddr {
        network(self.address)
    }

    /// Browser and system in a few words, for example "Firefox on Linux".
    pub fn device_in_words(&self) -> String {
        device_in_words(&self.device)
    }
}

/// The address, and of IPv6 the first 64 bits, of which everybody has a whole network.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

/// Browser and system of a `User-Agent`, in a few words.
pub fn device_in_words(user_agent: &str) -> String {
    // In this order: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Chromium/", "Chromium"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named =
        |list: &[(&str, &'static str)]| list.iter().find(|(part, _)| user_agent.contains(part)).map(|row| row.1);
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "An unknown device".to_owned(),
    }
}

/// Of nobody in particular: the operator's shell.
impl Default for Client {
    fn default() -> Self {
        Self { address: Ipv4Addr::UNSPECIFIED.into(), device: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_in_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device_in_words(firefox), "Firefox on Linux");
        assert_eq!(device_in_words(edge), "Edge on Windows");
        assert_eq!(device_in_words("curl/8.1"), "curl");
        assert_eq!(device_in_words(""), "An unknown device");
    }

    #[test]
    fn what_cannot_be_shown_is_left_out_and_long_names_are_cut() {
        let client = Client::new(Ipv4Addr::LOCALHOST.into(), &format!("a\u{1}b{}", "x".repeat(500)));
        assert!(client.device.starts_with("abx") && client.device.len() == LONGEST_DEVICE);
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6".parse().unwrap()).to_string(), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.7".parse().unwrap()).to_string(), "192.0.2.7");
    }
}
