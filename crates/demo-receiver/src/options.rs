//! What a demo receiver is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::Behaviour;
use super::relay::Key;

/// A client key that the receiver knows, and the project it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedKey {
    /// Sentry's project id.
    pub project_id: u64,
    /// The public half of a DSN: 32 characters. Not a secret: the receiver exists to show it.
    pub public_key: String,
}

impl Default for AcceptedKey {
    /// The same on every start, so that a destination stored yesterday still reaches today's demo.
    fn default() -> Self {
        Self { project_id: 1, public_key: "7c1f6e0b2a9d4c35b8e06f1d5a72943e".to_owned() }
    }
}

impl AcceptedKey {
    /// The DSN that carries it, for a receiver at `host` (with port) under `prefix`.
    pub(super) fn dsn(&self, host: &str, prefix: &str) -> String {
        format!("http://{}@{host}{prefix}/{}", self.public_key, self.project_id)
    }

    /// As a request names it.
    pub(super) fn into_pair(self) -> Key {
        (self.project_id, self.public_key)
    }

    /// The OTLP traces endpoint of its project.
    pub(super) fn endpoint(&self, host: &str, prefix: &str) -> String {
        format!("http://{host}{prefix}/api/{}/integration/otlp/v1/traces", self.project_id)
    }
}

/// How much is kept in memory; the oldest leaves first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Traces.
    pub traces: usize,
    /// Requests.
    pub requests: usize,
    /// Encoded bytes of all spans together.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { traces: 1_000, requests: 1_000, bytes: 32 * 1024 * 1024 }
    }
}

/// For how long Relay believes what it loaded about a key. The defaults are Relay's own (measured on 26.9); tests set small ones
/// to go through hours in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheTimes {
    /// That a key does not exist or is disabled. After it the next request is accepted again, and lost.
    pub missing: Duration,
    /// The configuration of a project, until it is loaded anew.
    pub known: Duration,
    /// How long the old one may be used beyond that, while the new one is loaded.
    pub grace: Duration,
    /// How long a load takes. Zero: the request after the first one meets the truth.
    pub load: Duration,
}

impl Default for CacheTimes {
    fn default() -> Self {
        Self {
            missing: Duration::from_mins(1),
            known: Duration::from_mins(5),
            grace: Duration::from_mins(2),
            load: Duration::ZERO,
        }
    }
}

/// What a demo receiver is started with. `Options::default()` is what a test wants: a free port on loopback and one key.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// A path in front of everything, as self-hosted Sentry often has: empty or `/sentry`.
    pub prefix: String,
    /// The keys it knows; the first one is shown on its page. An empty list stands for the default key.
    pub keys: Vec<AcceptedKey>,
    /// When it forgets what it knows about them.
    pub cache: CacheTimes,
    /// How it behaves at first.
    pub behaviour: Behaviour,
    /// How much it keeps.
    pub limits: Limits,
    /// Where Tracecast's own pages are, for the link in the instructions.
    pub tracecast_url: Option<String>,
}

impl Options {
    /// The defaults, on this address.
    pub fn on(bind: SocketAddr) -> Self {
        Self { bind, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            prefix: String::new(),
            keys: vec![AcceptedKey::default()],
            cache: CacheTimes::default(),
            behaviour: Behaviour::default(),
            limits: Limits::default(),
            tracecast_url: None,
        }
    }
}
