//! Judges where a request may go: the URL rule and the address rule of spec 5.1.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::allow::{EgressAllow, canonical};
use super::denial::Denial;
use super::public_address::is_public;

/// The longest address in bytes.
const MAX_LENGTH: usize = 2048;

/// Ports of public receivers: HTTPS and OTLP over HTTP.
const PORTS: [u16; 2] = [443, 4318];

/// The port of plain HTTP, where the operator allows that.
const HTTP_PORT: u16 = 80;

/// Endings of names that lead into a private network.
const LOCAL_ENDINGS: [&str; 3] = [".localhost", ".local", ".internal"];

/// The policy of the operator.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Vec<EgressAllow>,
    allow_http: bool,
    /// The port that is usual for one kind of destination.
    port: Option<u16>,
}

impl Guard {
    /// `allow` widens what is reachable beyond public addresses on the usual ports; `allow_http` lets plain HTTP pass.
    pub fn new(allow: Vec<EgressAllow>, allow_http: bool) -> Self {
        Self { allow, allow_http, port: None }
    }

    /// The same policy for a kind of destination that has a usual port of its own.
    pub(super) fn opening(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// The URL rule. Names pass it only as names: what they resolve to is judged by [`Guard::check_address`].
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_url(&self, url: &Url) -> Result<(), Denial> {
        if url.as_str().len() > MAX_LENGTH {
            return Err(Denial::TooLong);
        }
        if url.scheme() != "https" && !(self.allow_http && url.scheme() == "http") {
            return Err(Denial::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denial::User);
        }
        if url.fragment().is_some() {
            return Err(Denial::Fragment);
        }
        if url.as_str().chars().any(char::is_control) {
            return Err(Denial::ControlCharacters);
        }
        let port = url.port_or_known_default().ok_or(Denial::Scheme)?;
        match url.host() {
            None => Err(Denial::NoHost),
            Some(Host::Ipv4(address)) => self.check_address("", address.into(), port),
            Some(Host::Ipv6(address)) => self.check_address("", address.into(), port),
            Some(Host::Domain(name)) => self.check_name(name, port),
        }
    }

    fn check_name(&self, name: &str, port: u16) -> Result<(), Denial> {
        if name.is_empty() {
            return Err(Denial::NoHost);
        }
        if self.is_listed(name, port) {
            return Ok(());
        }
        if is_local(&canonical(name)) {
            return Err(Denial::LocalName);
        }
        let may_be_listed = |entry: &EgressAllow| entry.is_range() && entry.covers_port(port);
        if !self.is_usual(port) && !self.allow.iter().any(may_be_listed) {
            return Err(Denial::Port(port));
        }
        Ok(())
    }

    /// The address rule, for an address that the host `name` leads to (empty for a host that is an address itself).
    ///
    /// # Errors
    /// When neither the table of public addresses nor the operator's list has it.
    pub fn check_address(&self, name: &str, address: IpAddr, port: u16) -> Result<(), Denial> {
        if self.is_listed(name, port) || self.allow.iter().any(|entry| entry.covers_address(address, port)) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Denial::Address(address));
        }
        if self.is_usual(port) { Ok(()) } else { Err(Denial::Port(port)) }
    }

    /// Whether the host `name`, which leads to `address`, lies outside the public internet or on an unusual port: it
    /// passed only because of the operator's list.
    pub(super) fn is_widened(&self, name: &str, address: SocketAddr) -> bool {
        self.is_listed(name, address.port()) || !is_public(address.ip()) || !self.is_usual(address.port())
    }

    /// Whether the operator trusts this name, wherever it leads.
    pub(super) fn is_listed(&self, name: &str, port: u16) -> bool {
        self.allow.iter().any(|entry| entry.covers_name(name, port))
    }

    pub(super) fn is_usual(&self, port: u16) -> bool {
        PORTS.contains(&port) || self.port == Some(port) || (self.allow_http && port == HTTP_PORT)
    }

    /// Ports that the operator's list names: on these the rules differ from all other ports.
    pub(super) fn named_ports(&self) -> BTreeSet<u16> {
        self.allow.iter().filter_map(|entry| entry.port).collect()
    }
}

/// A name without a dot, `localhost`, and what ends in a local zone.
fn is_local(name: &str) -> bool {
    !name.contains('.') || LOCAL_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests;
