//! Saves which requests a destination gets, and what of them. That needs no connection test: it says nothing about how the receiver
//! is reached.

use super::audited::{record, recorded_values};
use super::error::Error;
use super::saving::Saving;
use crate::audit::{Actor, Change, Event};
use crate::destination::redaction::Redaction;
use crate::destination::selection::{Mistakes, Place, Rules};
use crate::state::State;
use crate::store::destinations::{self, Destination};
use crate::store::{Tenant, api_keys};

/// What a person chooses for a destination beside its connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chosen<'a> {
    /// Which requests it gets. None: a new one gets all, another what it got.
    pub rules: Option<&'a Rules>,
    /// What is sent of them. None: all, or as before.
    pub redaction: Option<&'a Redaction>,
}

/// Saves which requests a destination gets, if nobody else changed it since `revision`.
///
/// # Errors
/// Sentences at places of the rules, or the database is away.
pub async fn choose(
    state: &State,
    actor: &Actor,
    destination: &Destination,
    revision: i32,
    rules: &Rules,
) -> Result<Saving, Error> {
    save(state, actor, destination, revision, Chosen { rules: Some(rules), redaction: None }).await
}

/// Saves what is sent to a destination, if nobody else changed it since `revision`.
///
/// # Errors
/// When the database is away.
pub async fn redact(
    state: &State,
    actor: &Actor,
    destination: &Destination,
    revision: i32,
    redaction: &Redaction,
) -> Result<Saving, Error> {
    save(state, actor, destination, revision, Chosen { rules: None, redaction: Some(redaction) }).await
}

async fn save(
    state: &State,
    actor: &Actor,
    destination: &Destination,
    revision: i32,
    chosen: Chosen<'_>,
) -> Result<Saving, Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let is_saved = destination.revision == revision && put(&mut tenant, destination, revision, chosen).await?;
    conclude(state, actor, tenant, destination, is_saved).await
}

/// Records the change in the audit log, and commits both.
async fn conclude(
    state: &State,
    actor: &Actor,
    mut tenant: Tenant,
    before: &Destination,
    is_saved: bool,
) -> Result<Saving, Error> {
    let Some(saved) = destinations::find(&mut tenant, before.id).await? else { return Ok(Saving::Gone) };
    if !is_saved {
        return Ok(Saving::Conflict);
    }
    let change = Change::new(Event::DestinationEdited, saved.name.clone());
    let change = change.between(recorded_values(before), recorded_values(&saved));
    record(state, &mut tenant, actor, before.id, change).await?;
    tenant.commit().await?;
    Ok(Saving::Saved)
}

/// Chooses in a transaction that may change more than that. `stored` has what is not chosen. False: the destination is at another
/// revision.
///
/// # Errors
/// As [`choose`].
pub(super) async fn put(
    tenant: &mut Tenant,
    stored: &Destination,
    revision: i32,
    chosen: Chosen<'_>,
) -> Result<bool, Error> {
    if chosen.is_nothing() {
        return Ok(true);
    }
    if let Some(rules) = chosen.rules {
        refuse_unknown_keys(tenant, rules).await?;
    }
    let selection = chosen.rules.map_or_else(|| stored.selection.clone(), Rules::to_stored);
    let redaction = chosen.redaction.map_or_else(|| stored.redaction.clone(), Redaction::to_stored);
    Ok(destinations::put_choice(tenant, stored.id, revision, selection.as_ref(), redaction.as_ref()).await?)
}

impl Chosen<'_> {
    pub(super) fn is_nothing(&self) -> bool {
        self.rules.is_none() && self.redaction.is_none()
    }

    /// Whether a stored destination is as chosen.
    pub fn is_stored(&self, stored: &Destination) -> bool {
        self.rules.is_none_or(|rules| rules.to_stored() == stored.selection)
            && self.redaction.is_none_or(|redaction| redaction.to_stored() == stored.redaction)
    }
}

/// A key of another account is as unknown as one that never was.
async fn refuse_unknown_keys(tenant: &mut Tenant, rules: &Rules) -> Result<(), Error> {
    let lists = [
        ("api_key_hashes", rules.keys.included.as_deref().unwrap_or_default()),
        ("excluded_api_key_hashes", &rules.keys.excluded),
    ];
    let mut mistakes = Mistakes::default();
    for (member, hashes) in lists {
        if let Some(unknown) = api_keys::list_unknown(tenant, hashes).await?.first() {
            let hash = hex::encode(unknown.as_bytes());
            mistakes.add(Place::Member(member), format!("There is no API key with the hash {hash}."));
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.into()) }
}
