//! Signing in: with e-mail and password, then with the second factor where there is one.

use secrecy::SecretString;

use super::throttling::{self, Secret};
use super::{Email, Error, SignedIn, hashing, second_factor, session, sign_up};
use crate::audit::{Change, Event, Who};
use crate::client::Client;
use crate::password;
use crate::state::State;
use crate::store::users::{self, User};
use crate::store::{audit, members};

/// The same sentence for unknown addresses and for wrong passwords, so that it does not reveal which addresses exist.
const REFUSED: &str = "E-mail or password is not right. Check both and try again.";

const NO_ACCOUNT: &str = "You are not a member of any account any more. Ask an admin for a new invitation.";

/// The step after a right password.
#[derive(Debug)]
pub enum Progress {
    /// The person is signed in.
    SignedIn(SignedIn),
    /// The person has yet to show their second factor, together with this token.
    SecondFactor(SecretString),
}

#[derive(Debug)]
pub struct Credentials<'a> {
    pub email: &'a str,
    pub password: SecretString,
    /// The token of the invitation that led here. A person who has lost all accounts needs one to sign in.
    pub invitation: Option<&'a str>,
}

/// Signs a person in with their password, into the account that they joined first.
///
/// # Errors
/// One sentence at `password` for every mistake, after the same time; or there were too many attempts.
pub async fn sign_in(state: &State, client: &Client, typed: Credentials<'_>) -> Result<Progress, Error> {
    let Credentials { email, password, invitation } = typed;
    let attempt = throttling::begin(state, client, Secret::Password, email).await?;
    let user = match Email::parse(email) {
        Ok(email) => users::find_by_email(&state.store, email.as_str()).await?,
        Err(_) => None,
    };
    let known = user.as_ref().map(|user| user.id);
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = hashing::verify(state, password.clone(), hash).await?;
    let Some(user) = user.filter(|_| right) else {
        attempt.failed(known);
        let email = Email::parse(email).map(|email| email.to_string()).unwrap_or_default();
        let who = Who::Stranger { email: email.clone() };
        let entry = Change::new(Event::SignInFailed, "").entry(state, &who, Some(client));
        audit::record_for_email(&state.store, attempt.subject(), &email, &entry).await?;
        return Err(Error::at("password", REFUSED));
    };
    attempt.passed().await?;
    if password::is_outdated(&user.password_hash) {
        let stronger = hashing::hash(state, password).await?;
        users::put_hash(&state.store, user.id, &user.password_hash, &stronger).await?;
    }
    if user.has_second_factor {
        return Ok(Progress::SecondFactor(second_factor::wait(state, user.id).await?));
    }
    enter(state, client, &user, invitation).await.map(Progress::SignedIn)
}

/// Signs in a person who has shown their password, with the code of their second factor or a recovery code.
///
/// # Errors
/// A sentence at `code`, or there were too many attempts.
pub async fn show_code(
    state: &State,
    client: &Client,
    token: &str,
    code: &str,
    invitation: Option<&str>,
) -> Result<SignedIn, Error> {
    let user = second_factor::pass(state, client, token, code).await?;
    enter(state, client, &user, invitation).await
}

async fn enter(state: &State, client: &Client, user: &User, invitation: Option<&str>) -> Result<SignedIn, Error> {
    let (id, email) = (user.id, user.email.as_str());
    let account = match (members::find_first_account(&state.store, user.id).await?, invitation) {
        (Some(account), _) => account,
        (None, Some(token)) => sign_up::join(state, client, token, id, email).await?,
        (None, None) => return Err(Error::at("password", NO_ACCOUNT)),
    };
    session::begin(state, client, id, email, account).await
}
