//! A leased destination, ready to be sent to, for the length of a turn.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::build::batch::Target;
use super::build::builders::Builders;
use super::schedule::lanes::Permit;
use super::settings::CurrentSettings;
use crate::destination::{Connection, GIVEN_UP, Limits, Settings, Stored, kinds};
use crate::otlp::{Compression, Gzip};
use crate::seal::Place;
use crate::state::State;
use crate::store::cursors::{self, Lease};
use crate::store::{self, Store};

/// What the turns of a worker share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) state: State,
    pub(super) builders: Arc<Builders>,
    pub(super) stop: CancellationToken,
}

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
    /// A body that carries nothing.
    pub(super) empty: Bytes,
}

impl Leased {
    /// Opens and parses the stored settings. `asked`: when the lease was asked for. The error is a sentence for the page.
    pub(super) fn open(shared: Shared, lease: Lease, asked: Instant, permit: Permit) -> Result<Self, String> {
        let Shared { state, builders, stop } = shared;
        let connection = connection(&state, &lease)?;
        let settings = CurrentSettings::new(&lease, asked);
        let empty = empty_body(state.config.delivery.compression);
        Ok(Self { lease, state, builders, permit, settings, connection, stop, empty })
    }

    /// Where to ask the database now.
    pub(super) fn store(&self) -> &Store {
        self.permit.store()
    }

    /// For whom batches are built.
    pub(super) fn target(&self) -> Target<'_> {
        Target { traces: self.connection.traces(), limits: self.limits() }
    }

    /// What one request may hold.
    pub(super) fn limits(&self) -> Limits {
        self.connection.wire().limits()
    }

    /// Keeps the lease for longer: it ends for workers that stand still, not for receivers that take long.
    pub(super) async fn renew(&self) -> store::Result<()> {
        let lease = self.state.config.delivery.lease;
        cursors::renew(self.store(), self.lease.fence(), lease).await
    }
}

fn empty_body(compression: Compression) -> Bytes {
    let mut body = Vec::new();
    if compression == Compression::Gzip {
        Gzip::new().compress(&[], &mut body);
    }
    body.into()
}

fn connection(state: &State, lease: &Lease) -> Result<Connection, String> {
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
