//! A worker whose program is older than the schema stops.
//!
//! It would read tables that mean something else by now: serve what only a newer version understands, or send a batch and be unable
//! to write down that it did, again and again. Pages and gateway of its process go on until they are replaced.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::{Schema, Store};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Stops the worker by `stop` once a newer version of the program has migrated the database. Ends with it.
pub(super) async fn stop_under_newer_schema(store: Store, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        // A database that is away is the worker's own business.
        if let Ok(Schema::Newer { found, known }) = store.schema().await {
            tracing::error!(
                found,
                known,
                "a newer version of Tracecast has migrated the database: this worker has stopped, and what waits is delivered by \
                 workers of that version. Restart this process with it"
            );
            stop.cancel();
        }
    }
}
