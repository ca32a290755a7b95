//! Signing in with e-mail and password.

use secrecy::SecretString;

use super::{Email, Error, SignedIn, hashing, session, throttling};
use crate::client::Client;
use crate::state::State;
use crate::store::{members, users};

/// Said for unknown addresses and for wrong passwords alike, so that nobody learns which addresses exist.
const REFUSED: &str = "E-mail or password is not right. Check both and try again.";

/// Signs somebody in, into the account that they joined first.
///
/// # Errors
/// One sentence at `password` for whatever is wrong, in the same time; or there were too many attempts.
pub async fn sign_in(state: &State, client: &Client, email: &str, password: SecretString) -> Result<SignedIn, Error> {
    let attempts = throttling::begin(state, client, email).await?;
    let user = match Email::parse(email) {
        Ok(email) => users::find_by_email(&state.store, email.as_str()).await?,
        Err(_) => None,
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = hashing::verify(state, password, hash).await?;
    let user = user.filter(|_| right).ok_or_else(|| Error::at("password", REFUSED))?;
    throttling::passed(state, attempts).await?;
    let account = members::find_first_account(&state.store, user.id).await?.ok_or_else(|| {
        Error::at("password", "You are not a member of any account any more. Ask an admin for a new invitation.")
    })?;
    session::begin(state, user.id, account).await
}
