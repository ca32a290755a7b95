//! What has to be done now and then: partitions ahead, retention, expired sessions, and the numbers for the operator.

use super::meter;
use std::time::Duration;

use crate::state::State;
use crate::store::{self, Store, cursors, deliveries, losses, partitions, sessions};

/// Sweeps between two rounds: ten minutes, and once right after the start.
const EVERY: u64 = 600;

/// Sweeps between two looks at how all destinations stand.
const LOOK_EVERY: u64 = 15;

/// Does what is due. Failures are told to the log and tried again at the next round.
pub(super) async fn run_when_due(state: &State, upkeep: &Store, sweeps: u64) {
    if sweeps % EVERY == 1
        && let Err(error) = run(upkeep, state.config.delivery.retention).await
    {
        tracing::warn!(%error, "housekeeping failed");
    }
    if sweeps % LOOK_EVERY == 1
        && let Ok(standings) = cursors::find_standings(&state.store).await
    {
        meter::standings(&standings, state.clock.now());
    }
}

async fn run(upkeep: &Store, retention: Duration) -> store::Result<()> {
    partitions::create_ahead(upkeep).await?;
    for name in partitions::drop_expired(upkeep, retention).await? {
        tracing::info!(partition = name, "dropped what is older than the retention");
    }
    deliveries::delete_expired_dead_letters(upkeep, retention).await?;
    losses::delete_expired(upkeep, retention).await?;
    sessions::delete_expired(upkeep).await?;
    Ok(())
}
