//! Signing up: the first account of an instance, an open sign-up, or by invitation.

use secrecy::SecretString;
use subtle::ConstantTimeEq;

use super::{Email, Error, SignedIn, hashing, parse_name, session};
use crate::config::Signup;
use crate::destination::FieldErrors;
use crate::id::{AccountId, UserId};
use crate::state::State;
use crate::store::accounts::{self, Created, NewUser};
use crate::store::invitations::{self, Invitation};
use crate::store::{self, users};
use crate::token::TokenHash;

/// What somebody typed.
#[derive(Debug)]
pub struct SignUp<'a> {
    /// E-mail address.
    pub email: &'a str,
    /// Password.
    pub password: SecretString,
    /// Name of the new account. Not asked of the invited.
    pub account_name: &'a str,
    /// The code from the log, where [`Door::First`] asks for it.
    pub code: &'a str,
}

/// How one may sign up now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Nobody has signed up yet.
    First {
        /// Whether the one-time code from the log is asked for: the instance can be reached from elsewhere (spec 6.1).
        code: bool,
    },
    /// Everybody may.
    Open,
    /// Only by invitation.
    Invitation,
}

/// How one may sign up now.
///
/// # Errors
/// When the database is away.
pub async fn door(state: &State) -> Result<Door, store::Error> {
    if users::is_empty(&state.store).await? {
        return Ok(Door::First { code: !state.config.bind.ip().is_loopback() });
    }
    Ok(match state.config.signup {
        Signup::Open => Door::Open,
        Signup::Invite => Door::Invitation,
    })
}

/// Makes a person with an account of their own and signs them in.
///
/// # Errors
/// Sentences at `email`, `password`, `account_name` or `code`.
pub async fn sign_up(state: &State, typed: SignUp<'_>) -> Result<SignedIn, Error> {
    let door = door(state).await?;
    let mut errors = FieldErrors::default();
    match door {
        Door::Invitation => {
            errors.add("email", "Sign-up is by invitation here. Ask an admin of your team's account for a link.");
        }
        Door::First { code: true } if !is_code(state, typed.code) => {
            errors.add("code", "This is not the code. The program wrote it to its log when it started.");
        }
        Door::First { .. } | Door::Open => {}
    }
    let name = parse_name(typed.account_name).map_err(|sentence| errors.add("account_name", sentence));
    let email = Email::parse(typed.email).map_err(|sentence| errors.add("email", sentence));
    let (Ok(name), Ok(email), true) = (name, email, errors.is_empty()) else { return Err(errors.into()) };

    let password_hash = accepted_password(state, &email, &name, typed.password).await?;
    let (user, account) = (UserId(state.random.uuid()), AccountId(state.random.uuid()));
    let new = NewUser { id: user, email: email.as_str(), password_hash: &password_hash };
    let first = matches!(door, Door::First { .. });
    match accounts::create_with_admin(&state.store, &new, account, &name, first).await? {
        Created::Created => session::begin(state, user, account).await,
        Created::EmailTaken => Err(email_taken()),
        Created::NotFirst => {
            Err(Error::at("email", "Somebody else has just created the first account. Ask them for an invitation."))
        }
    }
}

/// Makes a person with an account of their own, whatever the door: for the operator.
///
/// # Errors
/// Sentences at `email`, `password` or `account_name`.
pub async fn create(
    state: &State,
    email: &str,
    account_name: &str,
    password: SecretString,
) -> Result<AccountId, Error> {
    let name = parse_name(account_name).map_err(|sentence| Error::at("account_name", sentence))?;
    let email = Email::parse(email).map_err(|sentence| Error::at("email", sentence))?;
    let password_hash = accepted_password(state, &email, &name, password).await?;
    let (user, account) = (UserId(state.random.uuid()), AccountId(state.random.uuid()));
    let new = NewUser { id: user, email: email.as_str(), password_hash: &password_hash };
    match accounts::create_with_admin(&state.store, &new, account, &name, false).await? {
        Created::Created => Ok(account),
        Created::EmailTaken | Created::NotFirst => Err(email_taken()),
    }
}

/// The invitation of a link, if it can still be accepted.
///
/// # Errors
/// When the database is away.
pub async fn find_invitation(state: &State, token: &str) -> Result<Option<Invitation>, store::Error> {
    invitations::find_by_token(&state.store, &TokenHash::of(token)).await
}

/// Makes a person who becomes a member of the inviting account, and signs them in.
///
/// # Errors
/// Sentences at `email` or `password`, or the invitation is gone.
pub async fn accept_invitation(
    state: &State,
    token: &str,
    email: &str,
    password: SecretString,
) -> Result<SignedIn, Error> {
    let gone = || Error::at("email", "This invitation was used or has expired. Ask an admin for a new one.");
    let invitation = find_invitation(state, token).await?.ok_or_else(gone)?;
    let email = Email::parse(email).map_err(|sentence| Error::at("email", sentence))?;
    let password_hash = accepted_password(state, &email, &invitation.account_name, password).await?;
    let user = NewUser { id: UserId(state.random.uuid()), email: email.as_str(), password_hash: &password_hash };

    let mut tenant = state.store.tenant(invitation.account).await?;
    if !invitations::accept(&mut tenant, invitation.id).await? {
        return Err(gone());
    }
    if !invitations::create_user(&mut tenant, &user).await? {
        return Err(email_taken());
    }
    crate::store::members::create(&mut tenant, user.id, invitation.role).await?;
    tenant.commit().await?;
    session::begin(state, user.id, invitation.account).await
}

/// Makes somebody who is signed in a member of the inviting account, and signs them in there.
///
/// # Errors
/// When the invitation is gone.
pub async fn join(state: &State, token: &str, user: UserId) -> Result<SignedIn, Error> {
    let gone = || Error::at("email", "This invitation was used or has expired. Ask an admin for a new one.");
    let invitation = find_invitation(state, token).await?.ok_or_else(gone)?;
    let mut tenant = state.store.tenant(invitation.account).await?;
    if !invitations::accept(&mut tenant, invitation.id).await? {
        return Err(gone());
    }
    crate::store::members::create(&mut tenant, user, invitation.role).await?;
    tenant.commit().await?;
    session::begin(state, user, invitation.account).await
}

async fn accepted_password(state: &State, email: &Email, name: &str, password: SecretString) -> Result<String, Error> {
    let known = vec![email.to_string(), name.to_owned(), "tracecast".to_owned()];
    hashing::check(state, password.clone(), known).await?;
    hashing::hash(state, password).await
}

fn is_code(state: &State, typed: &str) -> bool {
    state.keyring.setup_code().as_bytes().ct_eq(typed.trim().as_bytes()).into()
}

fn email_taken() -> Error {
    Error::at("email", "There is an account with this e-mail address already. Sign in instead.")
}
