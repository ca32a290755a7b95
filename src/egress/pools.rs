//! The HTTP clients: one for each class of ports, because reqwest's resolver does not learn the port.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::redirect::Policy;
use rustls::ClientConfig;

use super::guard::Guard;
use super::limits::Limits;
use super::resolver::{GuardedResolver, OnPort};

/// Says who sends.
const USER_AGENT: &str = concat!("tracecast/", env!("CARGO_PKG_VERSION"));

/// Clients by port. Ports that the operator's list names have one each; the usual ones share one, and so do the rest.
pub(super) struct Pools {
    guard: Arc<Guard>,
    named: BTreeMap<u16, reqwest::Client>,
    usual: reqwest::Client,
    other: reqwest::Client,
}

impl Pools {
    pub(super) fn new(
        guard: Arc<Guard>,
        resolver: &GuardedResolver,
        tls: &ClientConfig,
        limits: &Limits,
    ) -> Result<Self, reqwest::Error> {
        let named = guard.named_ports();
        let client = |port| client(OnPort { resolver: resolver.clone(), port }, tls.clone(), limits);
        // Any port of the class stands for all of them; if every port of a class is named, its client is never asked.
        let unnamed = |usual: bool| (1..=u16::MAX).find(|port| guard.is_usual(*port) == usual && !named.contains(port));
        Ok(Self {
            usual: client(unnamed(true).unwrap_or(443))?,
            other: client(unnamed(false).unwrap_or(1))?,
            named: named.iter().map(|port| Ok((*port, client(*port)?))).collect::<Result<_, reqwest::Error>>()?,
            guard,
        })
    }

    /// The client whose resolver judges by the rules of `port`.
    pub(super) fn client(&self, port: u16) -> &reqwest::Client {
        self.named.get(&port).unwrap_or(if self.guard.is_usual(port) { &self.usual } else { &self.other })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes clients for addresses that people type")]
fn client(resolver: OnPort, tls: ClientConfig, limits: &Limits) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(resolver))
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(limits.connect)
        .timeout(limits.total)
        .pool_idle_timeout(limits.idle)
        .build()
}
