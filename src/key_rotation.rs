//! Changing the sealing key (spec 5.3): every sealed blob is opened and sealed again with the first key of the keyring,
//! while pages and worker go on.
//!
//! Each blob is put back by a statement of its own, and only where the one that was read still lies: so an edit that comes
//! in between wins, nothing waits for a lock, and a run that was cut off is taken up by the next one.

use secrecy::ExposeSecret as _;

use crate::random::{self, Random};
use crate::seal::Keyring;
use crate::store::sealed::{Batches, COLUMNS, Column, SealedBlob};
use crate::store::{self, Store, sealed};

/// Edits may seal with an older key meanwhile, where a process has not been told of the new one yet.
const PASSES: usize = 3;

/// Why the key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to change to.
    #[error(
        "There is only one sealing key. Make a new one with `openssl rand -hex 32`, put it before the old one, restart every \
         process with both, and run this again."
    )]
    OnlyKey,
    /// The database did not do it. What was sealed again stays so.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no randomness for a seal.
    #[error(transparent)]
    Random(#[from] random::Unavailable),
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Blobs sealed again by this run.
    pub resealed: u64,
    /// Blobs that do not open: damaged, or copied from elsewhere.
    pub unopened: u64,
    /// Blobs of older keys that are left.
    pub left: u64,
}

/// Seals everything again with the first key of `keyring`, and tells how far it is after each batch.
///
/// # Errors
/// When there is no second key, or the database is away; then run it again.
pub async fn rotate(store: &Store, keyring: &Keyring, mut tell: impl FnMut(Progress)) -> Result<Progress, Error> {
    if !keyring.has_older() {
        return Err(Error::OnlyKey);
    }
    let mut progress = Progress { left: left(store, keyring).await?, ..Progress::default() };
    for _ in 0..PASSES {
        progress.unopened = 0;
        for column in COLUMNS {
            pass(store, *column, keyring, &mut progress, &mut tell).await?;
        }
        progress.left = left(store, keyring).await?;
        if progress.left <= progress.unopened {
            break;
        }
    }
    Ok(progress)
}

/// How many blobs older keys have sealed.
async fn left(store: &Store, keyring: &Keyring) -> Result<u64, store::Error> {
    let mut left = 0;
    for column in COLUMNS {
        let counts = sealed::count_by_key(store, *column).await?;
        left += counts.iter().filter(|(key, _)| *key != Some(keyring.sealing())).map(|(_, blobs)| blobs).sum::<u64>();
    }
    Ok(left)
}

async fn pass(
    store: &Store,
    column: Column,
    keyring: &Keyring,
    progress: &mut Progress,
    tell: &mut impl FnMut(Progress),
) -> Result<(), Error> {
    let mut batches = Batches::of_other_keys(store, column, keyring.sealing());
    loop {
        let batch = batches.next().await?;
        if batch.is_empty() {
            return Ok(());
        }
        for sealed in &batch {
            match reseal(keyring, sealed)? {
                Some(blob) if sealed::put(store, column, sealed, &blob).await? => {
                    progress.resealed += 1;
                    progress.left = progress.left.saturating_sub(1);
                }
                Some(_) => {}
                None => progress.unopened += 1,
            }
        }
        tell(*progress);
    }
}

/// None: it does not open, and is left as it is.
fn reseal(keyring: &Keyring, sealed: &SealedBlob) -> Result<Option<Vec<u8>>, random::Unavailable> {
    match keyring.open(sealed.place, &sealed.blob) {
        Ok(secret) => keyring.seal(sealed.place, secret.expose_secret(), Random).map(Some),
        Err(error) => {
            tracing::warn!(%error, place = ?sealed.place, "a secret does not open");
            Ok(None)
        }
    }
}
