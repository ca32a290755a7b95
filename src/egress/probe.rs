//! The steps of a connection one by one, for the connection test.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::client::Egress;
use super::error::{ConnectFailure, Error, TlsFailure};

impl Egress {
    /// The addresses that `url` leads to, all of which the guard lets pass.
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Dns`].
    pub async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, Error> {
        let begun = Instant::now();
        let found = self.addresses(url).await;
        self.at_one_speed(begun, url, found).await
    }

    /// The same, without the least time that a refusal takes.
    pub(super) async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, Error> {
        self.0.guard.check_url(url).map_err(Error::Refused)?;
        let port = url.port_or_known_default().unwrap_or_default();
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => self.0.resolver.resolve(name, port).await?,
            None => Vec::new(),
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// Whether `url`, which leads to `addresses`, is within reach only because the operator widened it.
    pub fn is_widened(&self, url: &Url, addresses: &[SocketAddr]) -> bool {
        addresses.iter().any(|address| self.0.guard.is_widened(url.domain().unwrap_or_default(), *address))
    }

    /// A TCP connection to the first of `addresses` that takes one.
    ///
    /// # Errors
    /// [`Error::Connect`]: how the last one failed.
    pub async fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
        match tokio::time::timeout(self.0.limits.connect, TcpStream::connect(addresses)).await {
            Ok(connected) => connected.map_err(|error| Error::Connect(ConnectFailure::from(&error))),
            Err(_) => Err(Error::Connect(ConnectFailure::TimedOut)),
        }
    }

    /// A TLS handshake on `stream` with the host that `url` names.
    ///
    /// # Errors
    /// [`Error::Tls`], [`Error::Timeout`], or [`Error::Interrupted`] when the peer hangs up.
    pub async fn handshake(&self, url: &Url, stream: TcpStream) -> Result<(), Error> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|_| Error::Tls(TlsFailure::NameMismatch))?;
        let connector = TlsConnector::from(self.0.tls.clone());
        match tokio::time::timeout(self.0.limits.connect, connector.connect(name, stream)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Error::from(&error)),
            Err(_) => Err(Error::Timeout),
        }
    }
}

impl From<&io::Error> for ConnectFailure {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Self::Refused,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Unreachable,
        }
    }
}
