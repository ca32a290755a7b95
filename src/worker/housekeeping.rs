//! What has to be done now and then: partitions ahead, retention, expired sessions, a log that was restored, and the numbers
//! for the operator. All of it beside the turns, which must not wait for it.

use std::time::Duration;

use metrics::gauge;
use tokio::time::{Instant, MissedTickBehavior};

use crate::state::State;
use crate::store::cursors::HealthCount;
use crate::store::{
    self, Store, accounts, activity, cursors, deliveries, destinations, expired, log, losses, partitions, sessions,
};

/// Time between two rounds, the first one right after the start.
const EVERY: Duration = Duration::from_mins(10);

/// Time between two looks at how all destinations stand, and at what cannot wait for the next round.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Does what is due, for as long as it is polled. Failures are logged, and tried again at the next look.
pub(super) async fn run(state: State, upkeep: Store) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut due = Instant::now();
    loop {
        looks.tick().await;
        match look(&state, &upkeep).await {
            Ok(is_urgent) if !is_urgent && Instant::now() < due => {}
            Ok(_) => match round(&upkeep, state.config.delivery.retention).await {
                Ok(()) => due = Instant::now() + EVERY,
                Err(error) => tracing::warn!(%error, "housekeeping failed, and is tried again soon"),
            },
            Err(error) => tracing::warn!(%error, "housekeeping waits for the database"),
        }
    }
}

/// Looks at what may change at any time: a database can be restored, and its clock can be set, while workers run. Whether a
/// round cannot wait: there is no partition for what is recorded next.
async fn look(state: &State, upkeep: &Store) -> store::Result<bool> {
    upkeep.go_on_after_restore().await?;
    show_health(&cursors::count_by_health(&state.store).await?);
    partitions::are_missing(upkeep).await
}

async fn round(upkeep: &Store, retention: Duration) -> store::Result<()> {
    partitions::create_ahead(upkeep).await?;
    for name in partitions::drop_expired(upkeep, retention).await? {
        tracing::info!(partition = name, "dropped what is older than the retention");
    }
    deliveries::delete_expired_dead_letters(upkeep, retention).await?;
    expired::delete_old(upkeep, retention).await?;
    losses::delete_expired(upkeep, retention).await?;
    for account in activity::list_orphans(upkeep).await?.into_iter().chain(log::list_orphans(upkeep).await?) {
        activity::delete_of(upkeep, account).await?;
        log::delete_of(upkeep, account).await?;
    }
    activity::delete_expired_rollups(upkeep, retention).await?;
    deliveries::delete_orphans(upkeep).await?;
    destinations::delete_superseded(upkeep, retention).await?;
    sessions::delete_expired(upkeep).await?;
    accounts::delete_expired_periods(upkeep, retention).await?;
    Ok(())
}

/// Shows the health of all destinations in `/metrics`.
fn show_health(counts: &[HealthCount]) {
    for health in ["healthy", "failing", "needs_attention", "off"] {
        let counted = counts.iter().find(|counted| counted.health == health);
        let age = counted.and_then(|counted| counted.oldest_seconds).map(|age| age.max(0.0));
        let count = counted.map_or(0, |counted| u32::try_from(counted.destinations).unwrap_or(u32::MAX));
        gauge!("tracecast_destinations", "health" => health).set(f64::from(count));
        gauge!("tracecast_oldest_waiting_seconds", "health" => health).set(age.unwrap_or_default());
    }
}
