//! `/metrics` for Prometheus, on a listener of its own: the numbers are the operator's, not the accounts'.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::task::TaskTracker;

use super::start_error::StartError;
use crate::http::{Headers, Listener};
use crate::recorder::Buffer;

struct Shown {
    numbers: PrometheusHandle,
    /// None: this process records nothing.
    recording: Option<Arc<Buffer>>,
}

/// Serves the metrics. Runs as a task of `tasks` until its handle stops it.
pub(super) fn start(
    address: SocketAddr,
    numbers: PrometheusHandle,
    recording: Option<Arc<Buffer>>,
    tasks: &TaskTracker,
) -> Result<Listener, StartError> {
    let shown = web::Data::new(Shown { numbers, recording });
    let server = HttpServer::new(move || App::new().app_data(shown.clone()).route("/metrics", web::get().to(show)));
    let server = server.workers(1).disable_signals().shutdown_timeout(1);
    let server = server.bind(address).map_err(|error| StartError::Bind { address, error })?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok(Listener::run(server.run(), bound, tasks))
}

async fn show(shown: web::Data<Shown>) -> HttpResponse {
    if let Some(recording) = &shown.recording {
        recording.set_oldest_gauge();
    }
    shown.numbers.run_upkeep();
    let mut answer = HttpResponse::Ok();
    let mut answer = answer.content_type("text/plain; version=0.0.4; charset=utf-8").body(shown.numbers.render());
    Headers::Data.put(answer.headers_mut(), false);
    answer
}
