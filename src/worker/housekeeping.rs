//! What has to be done now and then: partitions ahead, retention, expired sessions, and the numbers for the operator.

use super::meter;
use crate::state::State;
use crate::store::{self, cursors, deliveries, losses, partitions, sessions};

/// Sweeps between two rounds: ten minutes, and once right after the start.
const EVERY: u64 = 600;

/// Sweeps between two looks at how all destinations stand.
const LOOK_EVERY: u64 = 15;

/// Does what is due. Failures are told to the log and tried again at the next round.
pub(super) async fn run_when_due(state: &State, sweeps: u64) {
    if sweeps % EVERY == 1
        && let Err(error) = run(state).await
    {
        tracing::warn!(%error, "housekeeping failed");
    }
    if sweeps % LOOK_EVERY == 1
        && let Ok(standings) = cursors::find_standings(&state.store).await
    {
        meter::standings(&standings, state.clock.now());
    }
}

async fn run(state: &State) -> store::Result<()> {
    let retention = state.config.delivery.retention;
    partitions::create_ahead(&state.store).await?;
    for name in partitions::drop_expired(&state.store, retention).await? {
        tracing::info!(partition = name, "dropped what is older than the retention");
    }
    deliveries::delete_expired_dead_letters(&state.store, retention).await?;
    losses::delete_expired(&state.store, retention).await?;
    sessions::delete_expired(&state.store).await?;
    Ok(())
}
