//! Giving up secrets whose sealing key is lost: nobody can open them any more, and the program does not start as long as they
//! stand there. What they were for says so instead.
//!
//! Each secret goes in a transaction of its own, with its entry in the audit log, and only where the blob that was read still
//! lies: so a secret that is entered anew meanwhile wins, and a run that was cut off is taken up by the next one.

use serde_json::json;

use crate::audit::{self, Actor, Change, Event, Who};
use crate::destination::{GIVEN_UP, Stored};
use crate::id::{AccountId, DestinationId, UserId};
use crate::random;
use crate::seal::{KeyId, Place};
use crate::state::State;
use crate::store::sealed::{Batches, COLUMNS, SealedBlob};
use crate::store::{self, destinations, second_factor, users};
use crate::totp::TotpSecret;

/// Why nothing, or not everything, was given up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key is not lost.
    #[error(
        "The key {0} is among the sealing keys, so its secrets can be opened. To change the key, run `tracecast key rotate`."
    )]
    NotLost(KeyId),
    /// The database did not do it. What was given up stays so; run it again.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no randomness for a seal.
    #[error(transparent)]
    Random(#[from] random::Unavailable),
}

/// What a key has sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Destinations.
    pub destinations: u64,
    /// Second factors of people.
    pub second_factors: u64,
}

impl Sealed {
    /// Whether it is nothing.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    fn count(&mut self, place: Place) {
        match place {
            Place::Destination(..) => self.destinations += 1,
            Place::SecondFactor(_) => self.second_factors += 1,
            // A file, and in no column.
            Place::Unrecorded(_) => {}
        }
    }
}

/// What was sealed with `key`.
///
/// # Errors
/// When the key is not lost, or the database is away.
pub async fn find(state: &State, key: KeyId) -> Result<Sealed, Error> {
    each(state, key, async |_| Ok(true)).await
}

/// Gives up what was sealed with `key`. Says what that was.
///
/// # Errors
/// When the key is not lost, or the database is away.
pub async fn give_up(state: &State, key: KeyId) -> Result<Sealed, Error> {
    each(state, key, async |sealed| match sealed.place {
        Place::Destination(account, id) => give_up_destination(state, account, id, sealed).await,
        Place::SecondFactor(user) => give_up_second_factor(state, user, sealed).await,
        Place::Unrecorded(_) => Ok(false),
    })
    .await
}

/// Counts the secrets of `key` for which `act` says that it acted.
async fn each(
    state: &State,
    key: KeyId,
    act: impl AsyncFn(&SealedBlob) -> Result<bool, Error>,
) -> Result<Sealed, Error> {
    if state.keyring.has(key) {
        return Err(Error::NotLost(key));
    }
    let mut counted = Sealed::default();
    for column in COLUMNS {
        let mut batches = Batches::of_other_keys(&state.store, *column, state.keyring.sealing());
        loop {
            let batch = batches.next().await?;
            if batch.is_empty() {
                break;
            }
            for sealed in batch.iter().filter(|sealed| KeyId::of(&sealed.blob) == Some(key)) {
                if act(sealed).await? {
                    counted.count(sealed.place);
                }
            }
        }
    }
    Ok(counted)
}

async fn give_up_destination(
    state: &State,
    account: AccountId,
    id: DestinationId,
    sealed: &SealedBlob,
) -> Result<bool, Error> {
    let nothing = Stored::seal_nothing(&state.keyring, sealed.place, state.random)?;
    let mut tenant = state.store.tenant(account).await?;
    let Some(before) = destinations::find(&mut tenant, id).await? else { return Ok(false) };
    if !destinations::give_up_secrets(&mut tenant, id, &sealed.blob, &nothing, GIVEN_UP).await? {
        return Ok(false);
    }
    let change = Change::new(Event::SecretGivenUp, before.name).from(json!({ "secrets": before.masked.0 }));
    audit::record(state, &mut tenant, &Actor::operator(account), change).await?;
    tenant.commit().await?;
    Ok(true)
}

/// A secret that nobody knows takes its place: the second factor stays in force, so that a lost key lets nobody in with the
/// password alone, and only recovery codes open.
async fn give_up_second_factor(state: &State, user: UserId, sealed: &SealedBlob) -> Result<bool, Error> {
    let unknown = TotpSecret::new(state.random)?;
    let blob = state.keyring.seal(sealed.place, unknown.expose(), state.random)?;
    let email = users::find(&state.store, user).await?.map(|user| user.email).unwrap_or_default();
    let change = Change::new(Event::SecretGivenUp, format!("second factor of {email}"));
    let entry = change.entry(state, &Who::Operator, None);
    Ok(second_factor::replace_secret(&state.store, user, &sealed.blob, &blob, &entry).await?)
}
