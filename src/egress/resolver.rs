//! Looks names up and refuses a name if any of its addresses is refused.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::error::{DnsFailure, Error};
use super::guard::Guard;

/// Names to remember; each destination has one.
const CACHE: u64 = 1024;

/// Looks names up by the system's configuration, `/etc/hosts` included, under the guard's eyes.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    names: TokioResolver,
    guard: Arc<Guard>,
    budget: Duration,
}

impl GuardedResolver {
    pub(super) fn new(guard: Arc<Guard>, budget: Duration, servers: &[SocketAddr]) -> Result<Self, NetError> {
        let with = |config| TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio().unwrap_or_else(|error| {
                tracing::warn!(%error, "the system's resolver settings cannot be read; only /etc/hosts answers");
                with(ResolverConfig::default())
            })
        } else {
            with(ResolverConfig::from_name_servers(servers.iter().copied().map(name_server).collect()))
        };
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.use_hosts_file = ResolveHosts::Always;
        options.cache_size = CACHE;
        options.timeout = budget / 2;
        Ok(Self { names: builder.build()?, guard, budget })
    }

    /// The addresses of `name`, for a request to `port`.
    ///
    /// # Errors
    /// [`Error::Refused`] if any address is refused; [`Error::Dns`] if there is none.
    pub(super) async fn resolve(&self, name: &str, port: u16) -> Result<Vec<IpAddr>, Error> {
        let addresses = tokio::time::timeout(self.budget, self.look_up(name, port))
            .await
            .map_err(|_| Error::Dns(DnsFailure::Unanswered))??;
        for address in &addresses {
            self.guard.check_address(name, *address, port).map_err(Error::Refused)?;
        }
        if addresses.is_empty() { Err(Error::Dns(DnsFailure::NotFound)) } else { Ok(addresses) }
    }

    /// Only names that the operator lists are completed by the system's search domains.
    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<IpAddr>, Error> {
        let name =
            if name.ends_with('.') || self.guard.is_listed(name, port) { name.to_owned() } else { format!("{name}.") };
        let found = self.names.lookup_ip(name).await.map_err(|error| {
            let absent = error.is_nx_domain() || error.is_no_records_found() || matches!(error, NetError::Proto(_));
            Error::Dns(if absent { DnsFailure::NotFound } else { DnsFailure::Unanswered })
        })?;
        Ok(found.iter().collect())
    }
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

/// reqwest gives its resolver the name alone, so there is one for each port that has rules of its own.
pub(super) struct OnPort {
    pub(super) resolver: GuardedResolver,
    pub(super) port: u16,
}

impl Resolve for OnPort {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, port) = (self.resolver.clone(), self.port);
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str(), port).await?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
