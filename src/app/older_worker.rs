//! Stops a worker whose program is older than the schema.
//!
//! Such a worker would read tables whose meaning has changed. It would serve destinations that only a newer version
//! understands, or send a batch again and again because it cannot record it. Pages and gateway of its process keep working
//! until they are replaced.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::{Schema, Store};

/// Time between two checks of the schema.
const PAUSE: Duration = Duration::from_secs(1);

/// Stops the worker by `stop` once a newer version of the program has migrated the database. Ends with the worker.
pub(super) async fn stop_under_newer_schema(store: Store, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        // The worker itself handles a database that is away.
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
