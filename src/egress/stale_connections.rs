//! Hosts whose kept connections lead to addresses that their names no longer have.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use url::Url;

/// The most hosts that are remembered. A host that is forgotten only keeps its connection for longer.
const MOST: usize = 10_000;

/// A kept connection outlives a change of the name system (spec 5.1). A request to a host in here asks for its
/// connection to be closed, until one is answered from an address that the name has now.
#[derive(Debug, Default)]
pub(super) struct StaleConnections(Mutex<HashSet<(String, u16)>>);

impl StaleConnections {
    /// Notes who answered a request to `url`, whose name leads to `addresses`.
    pub(super) fn note(&self, url: &Url, addresses: &[SocketAddr], answered: Option<SocketAddr>) {
        let Some((name, port)) = name_and_port(url) else { return };
        let is_current = answered.is_none_or(|answered| {
            addresses.iter().any(|address| address.ip().to_canonical() == answered.ip().to_canonical())
        });
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_current {
            hosts.remove(&(name, port));
        } else if hosts.len() < MOST {
            hosts.insert((name, port));
        }
    }

    /// Whether the last answer of this host came from an address that it has left.
    pub(super) fn contains(&self, url: &Url) -> bool {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !hosts.is_empty() && name_and_port(url).is_some_and(|host| hosts.contains(&host))
    }
}

/// None: the host is an IP address, which never changes.
fn name_and_port(url: &Url) -> Option<(String, u16)> {
    Some((url.domain()?.to_owned(), url.port_or_known_default()?))
}
