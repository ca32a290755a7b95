//! Broadcast's settings: the switch, Privacy Mode, and destinations, which are stored only after a passed connection test.

mod audited;
pub mod budget;
mod building;
mod choose;
pub mod connect;
mod dropping;
pub mod dry_run;
mod error;
pub mod health;
pub mod history;
pub mod listing;
mod pausing;
pub mod preview;
pub mod receipts;
mod saving;
mod signing_secret;
mod stored_test;
mod twin;

use serde_json::json;

use crate::audit::{self, Actor, Change, Event};
use crate::connection_test::Verdict;
use crate::destination::{Kind, Settings};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::destinations::{Destination, UntestedValues};
use crate::store::{self, accounts, destinations};

use self::audited::{record, recorded_values};
pub use self::choose::{Chosen, choose, redact};
pub use self::connect::{Connecting, Typed, connect, reconnect, try_out};
pub use self::dropping::drop_dead_letters;
pub use self::error::Error;
pub use self::pausing::{Pausing, pause, resume};
pub use self::saving::Saving;
pub use self::signing_secret::{NewSecret, Replacing, replace_signing_secret};
pub use self::stored_test::{retest, send_trace};

/// The Enable Broadcast switch, for requests that complete from now on. Gives whether it changed.
///
/// # Errors
/// When the database is away.
pub async fn switch(state: &State, actor: &Actor, enabled: bool) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let changed = accounts::put_broadcast(&mut tenant, enabled).await?;
    if changed {
        let change = Change::new(Event::BroadcastSwitched, "");
        let change = change.between(json!({ "enabled": !enabled }), json!({ "enabled": enabled }));
        audit::record(state, &mut tenant, actor, change).await?;
    }
    tenant.commit().await?;
    Ok(changed)
}

/// Account-wide Privacy Mode: no destination receives content, whatever its own setting says. Gives whether it changed.
///
/// # Errors
/// When the database is away.
pub async fn set_privacy(state: &State, actor: &Actor, private: bool) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let changed = accounts::put_privacy_mode(&mut tenant, private).await?;
    if changed {
        let change = Change::new(Event::PrivacySwitched, "");
        let change = change.between(json!({ "privacy_mode": !private }), json!({ "privacy_mode": private }));
        audit::record(state, &mut tenant, actor, change).await?;
    }
    tenant.commit().await?;
    Ok(changed)
}

/// Values of a destination that say nothing about how its receiver is reached.
#[derive(Debug)]
pub struct Untested<'a> {
    pub name: &'a str,
    /// Whether content is kept from it.
    pub privacy_mode: bool,
    /// None: as before.
    pub enabled: Option<bool>,
    pub chosen: Chosen<'a>,
    /// The kind's fields that are defaults.
    pub defaults: Settings,
}

/// Saves values that need no connection test, if nobody else changed the destination since `revision`.
///
/// # Errors
/// Sentences at fields.
pub async fn save(
    state: &State,
    actor: &Actor,
    kind: &Kind,
    destination: &Destination,
    revision: i32,
    typed: &Untested<'_>,
) -> Result<Saving, Error> {
    let parsed =
        connect::both(connect::parse_name(typed.name), kind.edit_defaults(&typed.defaults, &destination.settings.0));
    let (name, settings) = parsed?;
    let values = UntestedValues { name: &name, privacy_mode: typed.privacy_mode, settings: &settings };
    let mut tenant = state.store.tenant(actor.account).await?;
    let is_saved = destination.revision == revision
        && destinations::put_untested(&mut tenant, destination.id, revision, &values).await?
        && choose::put(&mut tenant, destination, revision + 1, typed.chosen).await?;
    let Some(saved) = destinations::find(&mut tenant, destination.id).await? else { return Ok(Saving::Gone) };
    if !is_saved {
        return Ok(Saving::Conflict);
    }
    let (before, after) = (recorded_values(destination), recorded_values(&saved));
    let is_named_only = destination.privacy_mode == saved.privacy_mode
        && destination.settings.0 == saved.settings.0
        && destination.selection == saved.selection
        && destination.redaction == saved.redaction;
    let (event, subject) = if is_named_only {
        (Event::DestinationRenamed, destination.name.clone())
    } else {
        (Event::DestinationEdited, saved.name)
    };
    let change = Change::new(event, subject).between(before, after);
    record(state, &mut tenant, actor, destination.id, change).await?;
    pausing::put(state, &mut tenant, actor, destination, typed.enabled).await?;
    tenant.commit().await?;
    Ok(Saving::Saved)
}

/// Removes a destination with its secrets. False: there is no such destination.
///
/// # Errors
/// When the database is away.
pub async fn remove(state: &State, actor: &Actor, id: DestinationId) -> Result<bool, store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let Some(before) = destinations::find(&mut tenant, id).await? else { return Ok(false) };
    let removed = destinations::delete(&mut tenant, id).await?;
    let change = Change::new(Event::DestinationDeleted, before.name.clone()).from(recorded_values(&before));
    audit::record(state, &mut tenant, actor, change).await?;
    tenant.commit().await?;
    Ok(removed)
}

/// The evidence of the test that the stored values passed. None: another version wrote it.
pub fn last_test(destination: &Destination) -> Option<Verdict> {
    serde_json::from_value(destination.last_test.clone()).ok()
}
