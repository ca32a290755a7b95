//! What has to be done now and then: partitions ahead, retention, expired sessions.

use crate::state::State;
use crate::store::{self, partitions, sessions};

/// Sweeps between two rounds: ten minutes, and once right after the start.
const EVERY: u64 = 600;

/// Does a round when it is due. Failures are told to the log and tried again at the next round.
pub(super) async fn run_when_due(state: &State, sweeps: u64) {
    if sweeps % EVERY == 1
        && let Err(error) = run(state).await
    {
        tracing::warn!(%error, "housekeeping failed");
    }
}

async fn run(state: &State) -> store::Result<()> {
    partitions::create_ahead(&state.store).await?;
    for name in partitions::drop_expired(&state.store, state.config.delivery.retention).await? {
        tracing::info!(partition = name, "dropped what is older than the retention");
    }
    sessions::delete_expired(&state.store).await?;
    Ok(())
}
