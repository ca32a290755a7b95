//! Keeps the known keys current: listens for keys that end in other processes, and notices when the listening fails.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store;
use crate::store::api_keys::{KeyChange, Listener};

/// Time between two signs of life of the connection.
const PULSE: Duration = Duration::from_secs(1);
/// Pause before the next try to listen when the database is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// Refuses keys that end in any process, until `stop`.
pub async fn refuse_ended_keys(state: State, stop: CancellationToken) {
    let for_ever = async {
        loop {
            let Err(error) = listen(&state).await;
            tracing::warn!(%error, "not told of keys that end elsewhere; they are asked for");
            tokio::time::sleep(RECONNECT).await;
        }
    };
    stop.run_until_cancelled(for_ever).await;
}

async fn listen(state: &State) -> Result<Infallible, store::Error> {
    let mut listener = Listener::connect(&state.store).await?;
    state.known_keys.listens(Instant::now());
    let mut pulse = tokio::time::interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            change = listener.next() => note(state, change?),
            _ = pulse.tick() => {
                let asked = Instant::now();
                for change in listener.catch_up().await? {
                    note(state, change);
                }
                state.known_keys.hears(asked);
            }
        }
    }
}

fn note(state: &State, change: KeyChange) {
    match change {
        KeyChange::Ended(key) => state.known_keys.end(key, Instant::now()),
        KeyChange::Enabled(key) => state.known_keys.enable(key),
    }
}
