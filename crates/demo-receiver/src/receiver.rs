//! Starting and stopping the receiver.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use tokio_util::task::TaskTracker;

use super::change::Change;
use super::shared::Shared;
use super::{Behaviour, Options, Received, ingest, pages};

/// A receiver that behaves like Sentry's OTLP endpoint.
#[derive(Debug)]
pub struct Receiver;

/// A receiver that runs. It stops when told to, or when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    shared: Data<Shared>,
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
        let shared = Data::new(Shared::new(options));
        let for_workers = shared.clone();
        let server = HttpServer::new(move || {
            App::new()
                .wrap(from_fn(pages::protect))
                .app_data(for_workers.clone())
                .configure(|app| routes(app, &for_workers))
        });
        let server = server.workers(1).disable_signals().shutdown_timeout(1).bind(bind).map_err(failed)?;
        let address = server.addrs().first().copied().unwrap_or(bind);
        let server = server.run();
        let handle = server.handle();
        tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the demo receiver stopped");
            }
        });
        Ok(Running { address, shared, server: handle })
    }
}

fn routes(app: &mut ServiceConfig, shared: &Shared) {
    let endpoint =
        |path| web::resource(path).route(web::post().to(ingest::traces)).default_service(web::to(ingest::wrong_method));
    let scope = web::scope(&shared.prefix)
        .service(endpoint("/api/{project_id}/integration/otlp/v1/traces"))
        .service(endpoint("/api/{project_id}/integration/otlp/v1/traces/"))
        .configure(pages::routes);
    app.service(scope).default_service(web::to(ingest::wrong_path));
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its pages, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.host(), self.shared.prefix)
    }

    /// The *Sentry DSN* to enter.
    pub fn dsn(&self) -> String {
        self.shared.key.dsn(&self.host(), &self.shared.prefix)
    }

    /// The *OTLP Traces Endpoint* to enter.
    pub fn endpoint(&self) -> String {
        self.shared.key.endpoint(&self.host(), &self.shared.prefix)
    }

    /// What arrived, and what has become of it by now.
    pub fn received(&self) -> &Received {
        self.shared.received()
    }

    /// From now on behaves like this. Requests that hang are let go.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.switch.turn(behaviour, None);
    }

    /// Behaves like this for the next `requests` requests, then as usual.
    pub fn behave_for(&self, behaviour: Behaviour, requests: u32) {
        self.shared.switch.turn(behaviour, Some(requests));
    }

    /// Switches the shown key off in Sentry. Relay meets it when it loads the project the next time.
    pub fn disable_key(&self) {
        self.shared.change(Change::DisableKey);
    }

    /// Makes the shown key good in Sentry: enabled, and with a quota. Relay meets it when it loads the project the next time.
    pub fn enable_key(&self) {
        self.shared.change(Change::EnableKey);
    }

    /// Sets the shown key's quota to 0 in Sentry. Relay meets it when it loads the project the next time.
    pub fn zero_quota(&self) {
        self.shared.change(Change::ZeroQuota);
    }

    /// Relay restarts: it has forgotten every project. What it had parked stays parked, and connections stay open.
    pub fn restart(&self) {
        self.shared.change(Change::Restart);
    }

    /// Relay loses its upstream: it loads nothing, and parks whatever it accepts without knowing.
    pub fn lose_upstream(&self) {
        self.shared.change(Change::LoseUpstream);
    }

    /// Relay finds its upstream again: what was parked with good keys is stored, and the rest is lost.
    pub fn find_upstream(&self) {
        self.shared.change(Change::FindUpstream);
    }

    /// Lets Relay's caches age by this, at once.
    pub fn advance(&self, by: Duration) {
        self.shared.advance(by);
    }

    /// Host and port under which this machine reaches it.
    fn host(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        address.to_string()
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
