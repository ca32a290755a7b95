//! `serve`, `web`, `worker`: run until a signal.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::signals::Signals;
use crate::app::{App, Roles, Serving, StartError};
use crate::auth::sign_up::setup_code;
use crate::config::Config;
use crate::telemetry;

/// How long a start waits for a database that is away. After a reboot both start at the same time, and a supervisor gives up
/// after a few quick ends. The wait is bounded, so that a wrong address does not look as if it worked.
const PATIENCE: Duration = Duration::from_mins(1);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn run(config: Config, roles: Roles) -> Result<(), Failure> {
    let public_url = config.public_url.clone();
    let mut signals = Signals::listen()?;
    let app = tokio::select! {
        app = build(config) => app?.with_numbers(telemetry::count()),
        () = signals.next() => return Ok(()),
    };
    log_setup_code(&app).await?;
    let serving = app.serve(roles)?;
    if let Some(address) = serving.address() {
        tracing::info!(%address, "listening");
        println!("Tracecast is ready: {}", public_url.as_str().trim_end_matches('/'));
    }
    if let Some(address) = serving.metrics_address() {
        tracing::info!(%address, "serving metrics");
    }
    let stopped = until_stopped(&serving, signals).await;
    app.close().await;
    stopped
}

/// Builds the program, once the database is there.
async fn build(config: Config) -> Result<App, StartError> {
    let begun = Instant::now();
    loop {
        match App::build(config.clone()).await {
            Err(error) if error.may_pass() && begun.elapsed() < PATIENCE => {
                tracing::warn!(%error, "the start waits for the database");
                tokio::time::sleep(PAUSE).await;
            }
            built => return built,
        }
    }
}

/// Waits for a signal, then stops gracefully. A second signal ends at once. Fails if completed requests are lost.
pub(super) async fn until_stopped(serving: &Serving, mut signals: Signals) -> Result<(), Failure> {
    signals.next().await;
    tracing::info!("stopping; a second signal ends at once");
    tokio::select! {
        () = serving.stop() => {}
        () = signals.next() => {}
    }
    match serving.unrecorded() {
        0 => Ok(()),
        lost => Err(Failure::Said(format!(
            "{lost} completed request(s) are lost: the database did not take them before the end, and they could not be kept \
             in the data folder (TRACECAST_DATA_DIR) either. Their callers were answered, and no trace of them will arrive."
        ))),
    }
}

/// Logs the code that guards the first sign-up. A person who signs up at this machine does not need it.
async fn log_setup_code(app: &App) -> Result<(), StartError> {
    let state = app.state("tracecast start", 1)?;
    if let Some(code) = setup_code(&state).await? {
        tracing::info!(code, "the first account can be created with this setup code");
    }
    state.store.close().await;
    Ok(())
}
