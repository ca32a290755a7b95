//! Starting and stopping the receiver.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio_util::task::TaskTracker;

use super::{AcceptedKey, Behaviour, Options, Received};

/// A receiver that behaves like Sentry's OTLP endpoint.
#[derive(Debug)]
pub struct Receiver;

/// A receiver that runs. It stops when told to, or when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    prefix: String,
    key: AcceptedKey,
    received: Arc<Received>,
    server: ServerHandle,
}

/// The receiver cannot start.
#[derive(Debug, thiserror::Error)]
#[error("the demo receiver cannot listen on {address}: {source}. Choose another address or stop what listens there.")]
pub struct StartError {
    address: SocketAddr,
    source: io::Error,
}

impl Receiver {
    /// Starts a receiver; it accepts connections when this returns. Its server runs as a task of `tasks`.
    ///
    /// # Errors
    /// When its address cannot be listened on.
    pub fn start(options: Options, tasks: &TaskTracker) -> Result<Running, StartError> {
        let bind = options.bind;
        let failed = |source| StartError { address: bind, source };
        let received = Arc::new(Received::new(options.limits));
        let key = options.keys.first().cloned().unwrap_or_default();
        let server = HttpServer::new(move || App::new().default_service(web::to(async || "")))
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .bind(bind)
            .map_err(failed)?;
        let address = server.addrs().first().copied().unwrap_or(bind);
        let server = server.run();
        let handle = server.handle();
        tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the demo receiver stopped");
            }
        });
        Ok(Running { address, prefix: options.prefix, key, received, server: handle })
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its pages.
    pub fn url(&self) -> String {
        format!("http://{}{}/", self.address, self.prefix)
    }

    /// The *Sentry DSN* to enter.
    pub fn dsn(&self) -> String {
        let AcceptedKey { project_id, public_key } = &self.key;
        format!("http://{public_key}@{}{}/{project_id}", self.address, self.prefix)
    }

    /// The *OTLP Traces Endpoint* to enter.
    pub fn endpoint(&self) -> String {
        format!("http://{}{}/api/{}/integration/otlp/v1/traces", self.address, self.prefix, self.key.project_id)
    }

    /// What arrived.
    pub fn received(&self) -> &Received {
        &self.received
    }

    /// From now on behaves like this.
    pub fn behave(&self, behaviour: Behaviour) {
        let _ = behaviour;
    }

    /// Behaves like this for the next `requests` requests, then as usual.
    pub fn behave_for(&self, behaviour: Behaviour, requests: u32) {
        let _ = (behaviour, requests);
    }

    /// Stops it; connections that are open are closed.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}
