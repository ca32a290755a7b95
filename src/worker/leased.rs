//! A leased destination, ready to be sent to, for the length of a turn.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::build::builders::Builders;
use super::schedule::lanes::Permit;
use super::settings::CurrentSettings;
use crate::destination::{Connection, GIVEN_UP, Settings, Stored, kinds};
use crate::seal::Place;
use crate::state::State;
use crate::store::Store;
use crate::store::cursors::Lease;

/// One leased destination.
#[derive(Debug)]
pub(super) struct Leased {
    pub(super) lease: Lease,
    pub(super) state: State,
    pub(super) builders: Arc<Builders>,
    pub(super) permit: Permit,
    pub(super) settings: CurrentSettings,
    pub(super) connection: Connection,
    pub(super) stop: CancellationToken,
}

impl Leased {
    /// Where to ask the database now.
    pub(super) fn store(&self) -> &Store {
        self.permit.store()
    }
}

/// Opens and parses the stored settings. The error is a sentence for the page.
pub(super) fn connection(state: &State, lease: &Lease) -> Result<Connection, String> {
    let kind = kinds::find(&lease.kind)
        .ok_or_else(|| format!("This version of Tracecast does not know destinations of the kind {}.", lease.kind))?;
    let place = Place::Destination(lease.account, lease.destination);
    let stored = Stored::open(lease.settings.0.clone(), &lease.secrets, &state.keyring, place).map_err(|error| {
        tracing::error!(%error, destination = %lease.destination, "a destination's secrets do not open");
        "The stored secret cannot be opened any more. Enter it again.".to_owned()
    })?;
    if stored.secret.is_empty() && kind.manifest.secrets().next().is_some() {
        return Err(GIVEN_UP.to_owned());
    }
    kind.connect(&Settings::from(&stored)).map_err(|errors| {
        format!("The stored settings are not valid any more: {errors} Test and save the destination again.")
    })
}
