//! Turns of one destination: lease, read, build, send, record; again while there is something to read.
//!
//! The lease is taken anew for each batch and with it the settings, so that a batch never mixes old and new ones. No
//! transaction is open while a request is on the wire.

use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::batch;
use super::conclusion::{self, Next};
use crate::destination::{Connection, Settings, Stored, kinds};
use crate::otlp::{Encoder, Resource};
use crate::seal::Place;
use crate::state::State;
use crate::store;
use crate::store::cursors::{self, Key, Lease};
use crate::store::log::{self, Position, Window};
use crate::trace::{Dialect, TraceSettings};

/// Most entries of one turn (spec 4.2).
const MOST_ENTRIES: i64 = 500;

/// Serves a destination until there is nothing to read, it has to wait, or `stop`.
pub(super) async fn serve(state: &State, key: Key, worker: i32, stop: &CancellationToken) {
    let mut encoder = Encoder::new(Resource::new(&state.config.service_name));
    let mut limit = MOST_ENTRIES;
    while !stop.is_cancelled() {
        match turn(state, key, worker, limit, &mut encoder).await {
            Ok(Next::Again) => limit = MOST_ENTRIES,
            Ok(Next::Fewer(entries)) => limit = entries,
            Ok(Next::Done) => return,
            Err(error) => {
                tracing::warn!(%error, destination = %key.destination, "a turn broke off; it is taken up again");
                return;
            }
        }
    }
}

async fn turn(state: &State, key: Key, worker: i32, limit: i64, encoder: &mut Encoder) -> Result<Next, store::Error> {
    let Some(lease) = cursors::lease(&state.store, key, worker, state.config.delivery.lease).await? else {
        return Ok(Next::Done);
    };
    let connection = match connection(state, key, &lease) {
        Ok(connection) => connection,
        Err(sentence) => return conclusion::needs_attention(state, key, &lease, &sentence).await,
    };
    let window = Window {
        after: Position { xid: lease.xid, position: lease.position },
        since: lease.since,
        private: lease.private,
        entries: limit,
        bytes: i64::try_from(batch::MOST_BYTES).unwrap_or(i64::MAX),
    };
    let entries = log::list_after(&state.store, key.account, &window).await?;
    let settings = TraceSettings {
        environment: connection.environment().map(str::to_owned),
        release: connection.release().map(str::to_owned),
        sample_rate: None,
        dialect: Dialect::Sentry,
    };
    let batch = batch::build(&entries, &settings, encoder);
    let attempt = if batch.requests == 0 { None } else { Some(Attempt::make(state, &connection, &batch).await) };
    conclusion::conclude(state, key, &lease, &batch, attempt.as_ref()).await
}

/// The stored settings, opened and parsed. The error is a sentence for the page.
fn connection(state: &State, key: Key, lease: &Lease) -> Result<Connection, String> {
    let kind = kinds::find(&lease.kind)
        .ok_or_else(|| format!("This version of Tracecast does not know destinations of the kind {}.", lease.kind))?;
    let place = Place { account: key.account, destination: key.destination };
    let stored = Stored::open(lease.settings.0.clone(), &lease.secrets, &state.keyring, place).map_err(|error| {
        tracing::error!(%error, destination = %key.destination, "a destination's secrets do not open");
        "The stored secret cannot be opened any more. Enter it again.".to_owned()
    })?;
    kind.connect(&Settings::from(&stored)).map_err(|errors| {
        format!("The stored settings are not valid any more: {errors} Test and save the destination again.")
    })
}
