//! The bounds of every request that leaves.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

/// How long things may take. The defaults are the specification's (5.1); tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For looking up a name.
    pub dns: Duration,
    /// For a TCP connection.
    pub connect: Duration,
    /// For everything together, the answer's body included.
    pub total: Duration,
    /// For all steps of a connection test together (spec 2.3).
    pub test: Duration,
    /// A receiver that takes longer for an answer is slow: a warning in its connection test (spec 2.3).
    pub slow: Duration,
    /// How long an unused connection is kept: Relay closes its side after 5 s (spec 2.1, fact 10).
    pub idle: Duration,
    /// Every refusal takes at least this long, so that its time does not reveal the reason.
    pub refusal: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(3),
            connect: Duration::from_secs(5),
            total: Duration::from_secs(30),
            test: Duration::from_secs(30),
            slow: Duration::from_secs(2),
            idle: Duration::from_secs(4),
            refusal: Duration::from_millis(500),
        }
    }
}

/// What an [`Egress`](super::Egress) is made of beside its guard.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    pub limits: Limits,
    /// Authorities that are trusted beside the system's and Mozilla's.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Name servers that are asked instead of the system's. None: the system's.
    pub name_servers: Vec<SocketAddr>,
}
