//! What audit log and history record of a destination.

use serde_json::{Value, json};

use crate::audit::{self, Actor, Change};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::destinations::{self, Destination, Revision};
use crate::store::{self, Tenant};

/// Records a change of a destination in the transaction that makes it: in the audit log, and with its revisions.
///
/// # Errors
/// When the database is away.
pub(super) async fn record(
    state: &State,
    tenant: &mut Tenant,
    actor: &Actor,
    id: DestinationId,
    change: Change,
) -> Result<(), store::Error> {
    destinations::record_who(tenant, id, actor.who.name()).await?;
    audit::record(state, tenant, actor, change).await
}

/// Everything but the secrets, which are recorded in their masked form.
pub(super) fn recorded_values(destination: &Destination) -> Value {
    json!({
        "kind": destination.kind,
        "name": destination.name,
        "target": destination.target,
        "privacy_mode": destination.privacy_mode,
        "settings": destination.settings.0,
        "selection": destination.selection,
        "redaction": destination.redaction,
        "secrets": destination.masked.0,
    })
}

/// The same of a revision.
pub(super) fn recorded_revision(revision: &Revision) -> Value {
    json!({
        "kind": revision.kind,
        "name": revision.name,
        "target": revision.target,
        "privacy_mode": revision.privacy_mode,
        "settings": revision.settings.0,
        "selection": revision.selection,
        "redaction": revision.redaction,
        "secrets": revision.masked.0,
    })
}
