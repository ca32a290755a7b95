//! A destination that is about to be made a second time: a program that got no answer repeats its request (spec 3.2).

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::choose::Chosen;
use crate::destination::redaction::Redaction;
use crate::destination::selection::Rules;
use crate::destination::{Connection, Kind, Stored};
use crate::id::DestinationId;
use crate::seal::Place;
use crate::state::State;
use crate::store::destinations::{self, Destination};
use crate::store::{self, Tenant};

/// What is about to be made.
pub(super) struct Wanted<'a> {
    pub(super) kind: &'a Kind,
    pub(super) name: &'a str,
    pub(super) privacy_mode: bool,
    pub(super) enabled: bool,
    pub(super) chosen: Chosen<'a>,
    pub(super) connection: &'a Connection,
}

/// The same destination, made within the last minute. `new` does not count: it was made just now, in this transaction.
pub(super) async fn find(
    state: &State,
    tenant: &mut Tenant,
    wanted: &Wanted<'_>,
    new: Option<DestinationId>,
) -> Result<Option<DestinationId>, store::Error> {
    for id in destinations::list_of_last_minute(tenant, wanted.kind.manifest.slug, wanted.name).await? {
        let Some(other) = destinations::find(tenant, id).await?.filter(|_| new != Some(id)) else { continue };
        let place = Place::Destination(tenant.account(), id);
        let stored = wanted.connection.stored();
        let is_same = other.privacy_mode == wanted.privacy_mode
            && other.enabled == wanted.enabled
            && other.selection == wanted.chosen.rules.and_then(Rules::to_stored)
            && other.redaction == wanted.chosen.redaction.and_then(Redaction::to_stored)
            && other.settings.0 == stored.open
            && has_secrets(state, &other, place, &stored.secret);
        if is_same {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn has_secrets(state: &State, other: &Destination, place: Place, secrets: &BTreeMap<String, SecretString>) -> bool {
    let Ok(stored) = Stored::open(BTreeMap::new(), &other.secrets, &state.keyring, place) else { return false };
    stored.secret.len() == secrets.len()
        && stored.secret.iter().all(|(name, value)| {
            secrets.get(name).is_some_and(|secret| secret.expose_secret() == value.expose_secret())
        })
}
