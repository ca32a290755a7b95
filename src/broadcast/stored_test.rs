//! Tests a destination that is stored, and sends the example trace to it. Neither goes through the queue or changes a
//! setting.

use std::time::Instant;

use super::error::Error;
use crate::connection_test::{self, Verdict};
use crate::destination::{Connection, FieldErrors, GIVEN_UP, Kind, Settings, Stored, kinds};
use crate::id::{AccountId, DestinationId};
use crate::seal::Place;
use crate::state::State;
use crate::store::accounts;
use crate::store::destinations::{self, Destination};

/// Tests the stored settings once more. None: there is no such destination.
///
/// # Errors
/// Sentences at fields whose stored values are not good any more, or another test is running.
pub async fn retest(state: &State, account: AccountId, id: DestinationId) -> Result<Option<Verdict>, Error> {
    let Some(found) = find(state, account, id).await? else { return Ok(None) };
    let (kind, connection) = open(state, account, &found)?;
    let _permit = state.testing.begin(account, Instant::now())?;
    Ok(Some(connection_test::run(state, kind, &connection).await))
}

/// Sends the example trace: a chat with a tool call, tokens and cost; its trace id stands in the verdict. It has content
/// unless the destination or the account keeps content back. None: there is no such destination.
///
/// # Errors
/// As [`retest`].
pub async fn send_trace(state: &State, account: AccountId, id: DestinationId) -> Result<Option<Verdict>, Error> {
    let Some(found) = find(state, account, id).await? else { return Ok(None) };
    let (kind, connection) = open(state, account, &found)?;
    let with_content = !found.privacy_mode && !is_private(state, account).await?;
    let _permit = state.testing.begin(account, Instant::now())?;
    Ok(Some(connection_test::send_example(state, kind, &connection, with_content).await))
}

async fn find(state: &State, account: AccountId, id: DestinationId) -> Result<Option<Destination>, Error> {
    let mut tenant = state.store.tenant(account).await?;
    Ok(destinations::find(&mut tenant, id).await?)
}

/// Whether the account keeps content from all destinations.
async fn is_private(state: &State, account: AccountId) -> Result<bool, Error> {
    let mut tenant = state.store.tenant(account).await?;
    Ok(accounts::find(&mut tenant).await?.is_none_or(|account| account.privacy_mode))
}

fn open(state: &State, account: AccountId, found: &Destination) -> Result<(&'static Kind, Connection), Error> {
    let unknown = || FieldErrors::one("type", "This version knows no destination of this kind.");
    let kind = kinds::find(&found.kind).ok_or_else(unknown)?;
    let place = Place::Destination(account, found.id);
    let opened = Stored::open(found.settings.0.clone(), &found.secrets, &state.keyring, place);
    let secret = kind.manifest.secrets().next().map_or("name", |field| field.name);
    let stored = opened.map_err(|error| {
        tracing::error!(%error, destination = %found.id, "a destination's secrets do not open");
        FieldErrors::one(secret, GIVEN_UP)
    })?;
    Ok((kind, kind.connect(&Settings::from(&stored))?))
}
