//! Sends one request and reads its answer, within the bounds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use hickory_resolver::net::NetError;
use reqwest::header::{CONNECTION, HeaderMap};
use rustls::ClientConfig;
use tokio::time::{Instant as Deadline, timeout_at};
use url::Url;

use super::error::Error;
use super::guard::Guard;
use super::limits::{Limits, Setup};

use super::pools::Pools;
use super::resolver::GuardedResolver;
use super::stale_connections::StaleConnections;
use super::tls;
use crate::clock::Clock;
use crate::destination::{Method, Request};
use crate::otlp::answer::{Headers, MAX_BODY, Response};

/// The port of ClickHouse's interface for HTTP over TLS, which no other kind of destination may use without the operator's list
/// (spec 7.1).
pub const KIND_PORT: u16 = 8443;

/// The way out, and the one for the kind with a port of its own. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Egress(pub(super) Arc<Inner>, Option<Arc<Inner>>);

pub(super) struct Inner {
    pub(super) guard: Arc<Guard>,
    pub(super) resolver: GuardedResolver,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) limits: Limits,
    pools: Pools,
    stale_connections: StaleConnections,
    clock: Clock,
}

/// Why no way out could be made. The program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("the resolver for host names could not be set up: {0}")]
    Resolver(#[from] NetError),
    #[error("TLS for outgoing requests could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the client for outgoing requests could not be set up: {0}")]
    Client(#[from] reqwest::Error),
}

impl Inner {
    fn new(guard: Guard, clock: Clock, tls: &Arc<ClientConfig>, setup: &Setup) -> Result<Self, BuildError> {
        let (guard, limits) = (Arc::new(guard), setup.limits);
        let resolver = GuardedResolver::new(guard.clone(), limits.dns, &setup.name_servers)?;
        let pools = Pools::new(guard.clone(), &resolver, tls, &limits)?;
        let stale_connections = StaleConnections::default();
        Ok(Self { guard, resolver, tls: tls.clone(), limits, pools, stale_connections, clock })
    }
}

impl Egress {
    /// A way out under the operator's policy, with the specification's bounds.
    ///
    /// # Errors
    /// When the system's resolver or TLS cannot be set up.
    pub fn new(guard: Guard, clock: Clock) -> Result<Self, BuildError> {
        Self::with(guard, clock, &Setup::default())
    }

    /// The same with other bounds or further authorities.
    ///
    /// # Errors
    /// As [`Egress::new`].
    pub fn with(guard: Guard, clock: Clock, setup: &Setup) -> Result<Self, BuildError> {
        let tls = Arc::new(tls::client_config(&setup.extra_roots)?);
        let wider = Inner::new(guard.clone().opening(KIND_PORT), clock, &tls, setup)?;
        Ok(Self(Arc::new(Inner::new(guard, clock, &tls, setup)?), Some(Arc::new(wider))))
    }

    /// The way out for a kind of destination that has a usual port of its own: [`KIND_PORT`] is the only one.
    #[must_use]
    pub fn opening(&self, port: Option<u16>) -> Self {
        match &self.1 {
            Some(wider) if port == Some(KIND_PORT) => Self(wider.clone(), None),
            _ => self.clone(),
        }
    }

    /// How long things may take.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Sends a request and reads its answer. A connection that breaks before anything of the answer arrived is tried
    /// once more, because a kept one may have been closed meanwhile (spec 2.1, fact 10).
    ///
    /// # Errors
    /// When the address is refused, or no answer came.
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let (begun, deadline) = (Instant::now(), Deadline::now() + self.0.limits.total);
        let sent = async {
            let addresses = self.addresses(&request.url).await?;
            match self.exchange(request, &addresses, deadline).await {
                Err(Error::Interrupted) => self.exchange(request, &addresses, deadline).await,
                first => first,
            }
        };
        let sent = sent.await;
        let (answer, read) = self.at_one_speed(begun, &request.url, sent).await?;
        read.map(|()| answer)
    }

    /// Sends once a request that must not be sent twice without need. `addresses` are those that [`Egress::resolve`]
    /// just gave: a kept connection asks no resolver, and must not be used either if its name leads to a refused
    /// address by now. A status of 2xx is the answer even if the body breaks off, because the receiver has the request.
    ///
    /// Where no connection is kept, one is made first, within the bound for connecting.
    ///
    /// # Errors
    /// When the address is refused, or no answer came.
    pub async fn hand_over(&self, request: &Request, addresses: &[SocketAddr]) -> Result<Response, Error> {
        let (begun, deadline) = (Instant::now(), Deadline::now() + self.0.limits.total);
        let sent = self.exchange(request, addresses, deadline).await;
        let (answer, read) = self.at_one_speed(begun, &request.url, sent).await?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { read.map(|()| answer) }
    }

    /// The answer, and whether it came to its end.
    async fn exchange(
        &self,
        request: &Request,
        addresses: &[SocketAddr],
        deadline: Deadline,
    ) -> Result<(Response, Result<(), Error>), Error> {
        let response = timeout_at(deadline, self.begin(request)).await.unwrap_or(Err(Error::Timeout))?;
        self.0.stale_connections.note(&request.url, addresses, response.remote_addr());
        Ok(self.read(response, deadline).await)
    }

    async fn begin(&self, request: &Request) -> Result<reqwest::Response, Error> {
        let port = request.url.port_or_known_default().unwrap_or_default();
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let mut outgoing = self.0.pools.client(port).request(method, request.url.clone()).body(request.body.clone());
        for header in &request.headers {
            outgoing = outgoing.header(header.name.as_ref(), header.expose());
        }
        if self.0.stale_connections.contains(&request.url) {
            outgoing = outgoing.header(CONNECTION, "close");
        }
        outgoing.send().await.map_err(|error| Error::from(&error))
    }

    async fn read(&self, response: reqwest::Response, deadline: Deadline) -> (Response, Result<(), Error>) {
        let mut answer = Response {
            status: response.status().as_u16(),
            headers: texts(response.headers()),
            body: Bytes::new(),
            is_cut: false,
            received_at: self.0.clock.unix_nanos(),
        };
        let mut body = BytesMut::new();
        let read = timeout_at(deadline, beginning(response, &mut body)).await.unwrap_or(Err(Error::Timeout));
        answer.body = body.freeze();
        answer.is_cut = !matches!(read, Ok(Extent::Whole));
        (answer, read.map(drop))
    }

    /// Makes every refusal take as long as every other, and writes its reason to the operator's log.
    pub(super) async fn at_one_speed<T>(
        &self,
        begun: Instant,
        url: &Url,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(Error::Refused(denial)) = &result {
            let host = url.host_str().unwrap_or_default();
            tracing::info!(reason = denial.name(), detail = %denial, host, "an outgoing request was refused");
            let rest: Duration = self.0.limits.refusal.saturating_sub(begun.elapsed());
            tokio::time::sleep(rest).await;
        }
        result
    }
}

/// How much of a body was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Beginning,
}

/// Reads at most [`MAX_BODY`] bytes.
async fn beginning(mut response: reqwest::Response, body: &mut BytesMut) -> Result<Extent, Error> {
    while let Some(chunk) = response.chunk().await.map_err(|error| Error::from(&error))? {
        let room = MAX_BODY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MAX_BODY {
            return Ok(Extent::Beginning);
        }
    }
    Ok(Extent::Whole)
}

fn texts(headers: &HeaderMap) -> Headers {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Egress").field("guard", &self.0.guard).field("limits", &self.0.limits).finish_non_exhaustive()
    }
}
