//! The web server, and the graceful stop of all parts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health;
use super::start_error::StartError;
use crate::http::{ApiDocument, Listener};
use crate::recorder::{Buffer, Recorder};
use crate::state::State;
use crate::{api, egress};

/// Seconds for running requests to end.
const GRACE_SECONDS: u64 = 10;

/// The running parts of the program.
#[derive(Debug)]
pub struct Serving {
    pub(super) server: Option<Listener>,
    pub(super) metrics: Option<Listener>,
    pub(super) recording: Option<Arc<Buffer>>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) farewell: Duration,
}

impl Serving {
    /// Where pages and gateway listen. None: not in this process.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Listener::address)
    }

    /// Where `/metrics` is served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(Listener::address)
    }

    /// Completed requests that are neither recorded nor kept for the next start. After a stop they are lost.
    pub fn unrecorded(&self) -> usize {
        self.recording.as_ref().map_or(0, |recording| recording.requests())
    }

    /// Lets requests and turns end, records what is buffered, and returns when all is done or the time is up.
    pub async fn stop(&self) {
        self.stop.cancel();
        let all = async {
            if let Some(server) = &self.server {
                server.stop(true).await;
            }
            if let Some(metrics) = &self.metrics {
                metrics.stop(false).await;
            }
            self.tasks.close();
            self.tasks.wait().await;
        };
        if tokio::time::timeout(self.farewell, all).await.is_err() {
            tracing::warn!("not everything ended in time; what was under way is taken up again at the next start");
        }
    }
}

pub(super) fn start(state: &State, recorder: Recorder, tasks: &TaskTracker) -> Result<Listener, StartError> {
    let tls = egress::client_config(&[]).map_err(egress::BuildError::from)?;
    // Proves that the gateway of every thread can be made.
    let gateway = api::gateway(state, &tls, recorder.clone())?;
    let recording = web::Data::from(recorder.buffer());
    let address = state.config.bind;
    let bind_error = |error| StartError::Bind { address, error };
    let shared = web::Data::new(state.clone());
    let document = web::Data::new(ApiDocument(api::document()));
    let server = HttpServer::new(move || {
        // A thread has connections of its own to the upstream; see `Gateway::new`.
        let own = api::gateway(&shared, &tls, recorder.clone()).map(|own| own.sharing_models_of(&gateway));
        let gateway = own.unwrap_or_else(|_| gateway.clone());
        App::new()
            .app_data(shared.clone())
            .app_data(web::Data::new(gateway))
            .app_data(recording.clone())
            .app_data(document.clone())
            .configure(health::routes)
            .configure(api::routes)
            .configure(crate::pages::routes)
    })
    // Else the last chunk of an answer waits for the caller's acknowledgement of the one before, which callers delay by 40 ms.
    .tcp_nodelay(true)
    .h1_allow_half_closed(false)
    .shutdown_timeout(GRACE_SECONDS)
    .disable_signals()
    .bind(address)
    .map_err(bind_error)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok(Listener::run(server.run(), bound, tasks))
}
