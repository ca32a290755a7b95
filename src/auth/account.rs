//! A person's account page: its name and their password.

use secrecy::SecretString;

use super::{Error, SignedIn, hashing, parse_name, session};
use crate::id::{AccountId, UserId};
use crate::state::State;
use crate::store::{self, accounts, sessions, users};

pub use crate::store::accounts::Account;

/// The account.
///
/// # Errors
/// When the database is away.
pub async fn find(state: &State, account: AccountId) -> Result<Option<Account>, store::Error> {
    accounts::find(&mut state.store.tenant(account).await?).await
}

/// Gives the account another name.
///
/// # Errors
/// A sentence at `name`.
pub async fn rename(state: &State, account: AccountId, name: &str) -> Result<(), Error> {
    let name = parse_name(name).map_err(|sentence| Error::at("name", sentence))?;
    let mut tenant = state.store.tenant(account).await?;
    accounts::put_name(&mut tenant, &name).await?;
    Ok(tenant.commit().await?)
}

/// Changes a person's password, signs them out everywhere and in again here.
///
/// # Errors
/// A sentence at `current_password` or `password`.
pub async fn change_password(
    state: &State,
    (user, account): (UserId, AccountId),
    email: &str,
    current: SecretString,
    new: SecretString,
) -> Result<SignedIn, Error> {
    let stored = users::find(&state.store, user).await?.map(|user| user.password_hash);
    if !hashing::verify(state, current, stored).await? {
        return Err(Error::at("current_password", "This is not your password. Type the one you signed in with."));
    }
    hashing::check(state, new.clone(), vec![email.to_owned(), "tracecast".to_owned()]).await?;
    let hash = hashing::hash(state, new).await?;
    users::put_password(&state.store, user, &hash).await?;
    sessions::delete_all_of(&state.store, user).await?;
    session::begin(state, user, account).await
}
