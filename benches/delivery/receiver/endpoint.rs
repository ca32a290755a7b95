//! Where a receiver listens, and whether it speaks TLS there.

use std::net::SocketAddr;
use std::path::PathBuf;

/// An address; and with TLS the file of the certificate that callers have to trust, because no authority has signed it.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) certificate: Option<PathBuf>,
}

impl Endpoint {
    /// What URLs of it begin with.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.certificate.is_some() { "https" } else { "http" }
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self { address, certificate: None }
    }
}
