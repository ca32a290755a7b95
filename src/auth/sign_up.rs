//! Signing up: the first account of an instance, an open sign-up, or by invitation.

use secrecy::SecretString;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{Email, Error, SignedIn, hashing, parse_name, session};
use crate::audit::{self, Actor, Change, Event, Who};
use crate::client::{Client, Whereabouts};
use crate::config::Signup;
use crate::destination::FieldErrors;
use crate::id::{AccountId, UserId};
use crate::state::State;
use crate::store::accounts::{self, Created, NewUser};
use crate::store::invitations::{self, Invitation};
use crate::store::members::{self, Role};
use crate::store::{self, Tenant, users};
use crate::token::TokenHash;

#[derive(Debug)]
pub struct SignUp<'a> {
    pub email: &'a str,
    pub password: SecretString,
    /// Name of the new account. Invited people give none.
    pub account_name: &'a str,
    /// The code from the log, where [`Policy::First`] asks for it.
    pub code: &'a str,
}

/// How a person may sign up now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nobody has signed up yet.
    First {
        /// Whether the code from the log is required (spec 6.1), because the person may sit at another machine.
        code: bool,
    },
    Open,
    /// Only with an invitation.
    Invitation,
}

/// How a person at `whereabouts` may sign up now.
///
/// # Errors
/// When the database is away.
pub async fn policy(state: &State, whereabouts: Whereabouts) -> Result<Policy, store::Error> {
    if users::is_empty(&state.store).await? {
        let is_here = whereabouts == Whereabouts::Here && state.config.is_for_this_machine();
        return Ok(Policy::First { code: !is_here });
    }
    Ok(match state.config.signup {
        Signup::Open => Policy::Open,
        Signup::Invite => Policy::Invitation,
    })
}

/// The code that creates the first account. None once there is an account.
///
/// # Errors
/// When the database is away.
pub async fn setup_code(state: &State) -> Result<Option<String>, store::Error> {
    Ok(users::is_empty(&state.store).await?.then(|| state.keyring.setup_code()))
}

/// Creates a person with an account of their own and signs them in.
///
/// # Errors
/// Sentences at `email`, `password`, `account_name` or `code`.
pub async fn sign_up(
    state: &State,
    client: &Client,
    whereabouts: Whereabouts,
    typed: SignUp<'_>,
) -> Result<SignedIn, Error> {
    let policy = policy(state, whereabouts).await?;
    let mut errors = FieldErrors::default();
    match policy {
        Policy::Invitation => {
            errors.add("email", "Sign-up is by invitation here. Ask an admin of your team's account for a link.");
        }
        Policy::First { code: true } if !is_code(state, typed.code) => {
            errors.add("code", "This is not the code. The program wrote it to its log when it started.");
        }
        Policy::First { .. } | Policy::Open => {}
    }
    let name = parse_name(typed.account_name).map_err(|sentence| errors.add("account_name", sentence));
    let email = Email::parse(typed.email).map_err(|sentence| errors.add("email", sentence));
    let (Ok(name), Ok(email), true) = (name, email, errors.is_empty()) else { return Err(errors.into()) };

    let password_hash = accepted_password(state, &email, &name, typed.password).await?;
    let (user, account) = (UserId(state.random.uuid()), AccountId(state.random.uuid()));
    let new = NewUser { id: user, email: email.as_str(), password_hash: &password_hash };
    let first = matches!(policy, Policy::First { .. });
    let who = Who::Person { user, email: email.to_string() };
    let entry = Change::new(Event::AccountCreated, name.clone()).entry(state, &who, Some(client));
    match accounts::create_with_admin(&state.store, &new, (account, &name), first, &entry).await? {
        Created::Created => session::begin(state, client, user, email.as_str(), account).await,
        Created::EmailTaken => Err(email_taken()),
        Created::NotFirst => {
            Err(Error::at("email", "Somebody else has just created the first account. Ask them for an invitation."))
        }
    }
}

/// Creates a person with an account of their own, whoever may sign up: for the operator.
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
    let entry = Change::new(Event::AccountCreated, name.clone()).entry(state, &Who::Operator, None);
    match accounts::create_with_admin(&state.store, &new, (account, &name), false, &entry).await? {
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

/// Creates a person as a member of the inviting account, and signs them in.
///
/// # Errors
/// Sentences at `email` or `password`, or the invitation is gone.
pub async fn accept_invitation(
    state: &State,
    client: &Client,
    token: &str,
    email: &str,
    password: SecretString,
) -> Result<SignedIn, Error> {
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
    enter(state, client, tenant, user.id, email.as_str(), invitation.role).await?;
    session::begin(state, client, user.id, email.as_str(), invitation.account).await
}

/// Makes a signed-in person a member of the inviting account.
///
/// # Errors
/// When the invitation is gone.
pub async fn join(state: &State, client: &Client, token: &str, user: UserId, email: &str) -> Result<AccountId, Error> {
    let invitation = find_invitation(state, token).await?.ok_or_else(gone)?;
    let mut tenant = state.store.tenant(invitation.account).await?;
    if !invitations::accept(&mut tenant, invitation.id).await? {
        return Err(gone());
    }
    enter(state, client, tenant, user, email, invitation.role).await?;
    Ok(invitation.account)
}

/// Makes a person a member, in the transaction that took their invitation.
async fn enter(
    state: &State,
    client: &Client,
    mut tenant: Tenant,
    user: UserId,
    email: &str,
    role: Role,
) -> Result<(), Error> {
    if members::create(&mut tenant, user, role).await? {
        let who = Who::Person { user, email: email.to_owned() };
        let actor = Actor { account: tenant.account(), who, client: Some(client.clone()) };
        let change = Change::new(Event::MemberJoined, email).to(json!({ "role": role.name() }));
        audit::record(state, &mut tenant, &actor, change).await?;
    }
    Ok(tenant.commit().await?)
}

fn gone() -> Error {
    Error::at("email", "This invitation was used or has expired. Ask an admin for a new one.")
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
