//! A listener that runs until it is stopped.

use std::net::SocketAddr;

use actix_web::dev::{Server, ServerHandle};
use tokio_util::task::TaskTracker;

/// Where it listens, and what stops it.
#[derive(Debug)]
pub struct Listener {
    handle: ServerHandle,
    address: SocketAddr,
}

impl Listener {
    /// Runs a server that is bound to `address`, as a task of `tasks`.
    pub fn run(server: Server, address: SocketAddr, tasks: &TaskTracker) -> Self {
        let handle = server.handle();
        tasks.spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, %address, "a listener ended");
            }
        });
        Self { handle, address }
    }

    /// Its address, with the port that the system chose where none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections. `graceful`: requests in flight get the server's grace to end.
    pub async fn stop(&self, graceful: bool) {
        self.handle.stop(graceful).await;
    }
}
