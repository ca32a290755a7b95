//! The signing secret of a webhook: made by us, shown once, replaced without a gap.

use secrecy::{ExposeSecret as _, SecretString};

use super::audited::{record, recorded_values};
use super::error::Error;
use crate::audit::{Actor, Change, Event};
use crate::destination::kinds::{self, webhook};
use crate::destination::{Settings, Stored};
use crate::id::DestinationId;
use crate::seal::Place;
use crate::state::State;
use crate::store::destinations;

/// The result of replacing a secret.
#[derive(Debug)]
pub enum Replacing {
    Replaced(NewSecret),
    /// There is no such destination, or it signs nothing.
    Gone,
    /// Somebody else changed the destination meanwhile, or its secrets do not open; nothing was changed.
    Conflict,
}

/// A secret that is shown this once.
#[derive(Debug)]
pub struct NewSecret {
    /// `whsec_…`
    pub secret: SecretString,
    /// Until when the one before signs as well, in Unix seconds. None: there was none.
    pub older_until: Option<u64>,
}

/// Makes a new signing secret. The one before still signs for 24 hours, so that the receiver can change over at any time within them.
///
/// # Errors
/// The database is away, or there is no randomness.
pub async fn replace_signing_secret(state: &State, actor: &Actor, id: DestinationId) -> Result<Replacing, Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    let found = destinations::find(&mut tenant, id).await?;
    let kind = kinds::find(webhook::SLUG);
    let (Some(before), Some(kind)) = (found.filter(|found| found.kind == webhook::SLUG), kind) else {
        return Ok(Replacing::Gone);
    };
    let place = Place::Destination(actor.account, id);
    let Ok(mut stored) = Stored::open(before.settings.0.clone(), &before.secrets, &state.keyring, place) else {
        return Ok(Replacing::Conflict);
    };
    let text = stored.secret.get(webhook::SECRET).map(SecretString::expose_secret).unwrap_or_default();
    let Some(secrets) = webhook::Secrets::parse(text) else { return Ok(Replacing::Conflict) };
    let secrets = secrets.replaced(state.clock.unix_nanos(), state.random)?;
    stored.secret.insert(webhook::SECRET.to_owned(), secrets.to_text());
    let connection = kind.connect(&Settings::from(&stored))?;
    let sealed = connection.stored().seal(&state.keyring, place, state.random)?;
    if !destinations::put_secrets(&mut tenant, id, &before.secrets, &sealed, connection.all_masked()).await? {
        return Ok(Replacing::Conflict);
    }
    if let Some(after) = destinations::find(&mut tenant, id).await? {
        let change = Change::new(Event::DestinationEdited, after.name.clone());
        let change = change.between(recorded_values(&before), recorded_values(&after));
        record(state, &mut tenant, actor, id, change).await?;
    }
    tenant.commit().await?;
    Ok(match secrets.current() {
        Some(secret) => Replacing::Replaced(NewSecret { secret, older_until: secrets.older_until() }),
        None => Replacing::Conflict,
    })
}
