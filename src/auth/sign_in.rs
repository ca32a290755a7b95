//! Signing in with e-mail and password.

use secrecy::SecretString;

use super::{Email, Error, SignedIn, hashing, session, sign_up, throttling};
use crate::audit::{Change, Event, Who};
use crate::client::Client;
use crate::state::State;
use crate::store::{audit, members, users};

/// Said for unknown addresses and for wrong passwords alike, so that nobody learns which addresses exist.
const REFUSED: &str = "E-mail or password is not right. Check both and try again.";

const NO_ACCOUNT: &str = "You are not a member of any account any more. Ask an admin for a new invitation.";

/// What somebody typed.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// E-mail address.
    pub email: &'a str,
    /// Password.
    pub password: SecretString,
    /// The token of the invitation that led here. Whoever has no account any more needs one to come in.
    pub invitation: Option<&'a str>,
}

/// Signs somebody in, into the account that they joined first.
///
/// # Errors
/// One sentence at `password` for whatever is wrong, in the same time; or there were too many attempts.
pub async fn sign_in(state: &State, client: &Client, typed: Credentials<'_>) -> Result<SignedIn, Error> {
    let Credentials { email, password, invitation } = typed;
    let attempts = throttling::begin(state, client, email).await?;
    let user = match Email::parse(email) {
        Ok(email) => users::find_by_email(&state.store, email.as_str()).await?,
        Err(_) => None,
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = hashing::verify(state, password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        let email = Email::parse(email).map(|email| email.to_string()).unwrap_or_default();
        let who = Who::Stranger { email: email.clone() };
        let entry = Change::new(Event::SignInFailed, "").entry(state, &who, Some(client));
        audit::record_for_email(&state.store, attempts, &email, &entry).await?;
        return Err(Error::at("password", REFUSED));
    };
    throttling::passed(state, attempts).await?;
    let who = (user.id, user.email.as_str());
    let account = match (members::find_first_account(&state.store, user.id).await?, invitation) {
        (Some(account), _) => account,
        (None, Some(token)) => sign_up::join(state, client, token, who).await?,
        (None, None) => return Err(Error::at("password", NO_ACCOUNT)),
    };
    session::begin(state, client, who, account).await
}
