//! The second factor: set up with a code, shown at sign-in, replaced by recovery codes in an emergency (RFC 6238).

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::throttling::{self, Secret};
use super::{Email, Error};
use crate::audit::{self, Actor, Change, Event, Who};
use crate::client::Client;
use crate::id::UserId;
use crate::seal::Place;
use crate::state::State;
use crate::store::sessions::Session;
use crate::store::{self, accounts, second_factor, users};
use crate::token::{self, TokenHash};
use crate::totp::TotpSecret;

/// How long after the password the second factor may be shown.
const STEP_LIFETIME: Duration = Duration::from_mins(10);
/// Recovery codes of one set.
const CODES: usize = 10;

const WRONG: &str = "This code is not right, or was used before. Wait for the next one and type its six digits.";

/// The secret that is being set up. Makes one if there is none. None: a second factor is in force already.
///
/// # Errors
/// When the database is away, or the stored one does not open.
pub async fn begin(state: &State, user: UserId) -> Result<Option<TotpSecret>, Error> {
    if let Some(secret) = pending(state, user).await? {
        return Ok(Some(secret));
    }
    let secret = TotpSecret::new(state.random)?;
    let sealed = state.keyring.seal(Place::SecondFactor(user), secret.expose(), state.random)?;
    Ok(second_factor::put_secret(&state.store, user, &sealed).await?.then_some(secret))
}

/// The secret that is being set up. None: there is none, or it is in force already.
///
/// # Errors
/// When the database is away, or it does not open.
pub async fn pending(state: &State, user: UserId) -> Result<Option<TotpSecret>, Error> {
    let factor = second_factor::find(&state.store, user).await?.filter(|factor| !factor.is_on);
    match factor.and_then(|factor| factor.secret) {
        Some(sealed) => open(state, user, &sealed).map(Some),
        None => Ok(None),
    }
}

/// Puts the secret into force with a code of it. Gives the recovery codes, which are shown only once.
///
/// # Errors
/// A sentence at `code`, or there were too many attempts.
pub async fn confirm(
    state: &State,
    client: &Client,
    session: &Session,
    code: &str,
) -> Result<Vec<SecretString>, Error> {
    let attempt = throttling::begin(state, client, Secret::Code, &session.user.to_string()).await?;
    let wrong = || {
        attempt.failed(Some(session.user));
        Error::at("code", WRONG)
    };
    let secret = pending(state, session.user).await?.ok_or_else(wrong)?;
    let step = secret.step_of(code, state.clock.unix_nanos().as_seconds(), 0).ok_or_else(wrong)?;
    attempt.passed().await?;
    let (codes, hashes) = new_codes(state)?;
    let entry = Change::new(Event::SecondFactorOn, "").entry(state, &session.who(), Some(client));
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    let confirmed = second_factor::confirm(&state.store, session.user, step, &hashes, &entry).await?;
    if confirmed { Ok(codes) } else { Err(Error::at("code", WRONG)) }
}

/// Makes new recovery codes, which are shown only once. The old ones stop working.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn renew_codes(state: &State, client: &Client, session: &Session) -> Result<Vec<SecretString>, Error> {
    let (codes, hashes) = new_codes(state)?;
    let entry = Change::new(Event::RecoveryCodesMade, "").entry(state, &session.who(), Some(client));
    second_factor::put_codes(&state.store, session.user, &hashes, &entry).await?;
    Ok(codes)
}

/// Removes a person's second factor.
///
/// # Errors
/// When the database is away.
pub async fn remove(state: &State, client: &Client, session: &Session) -> Result<(), store::Error> {
    let entry = Change::new(Event::SecondFactorOff, "").entry(state, &session.who(), Some(client));
    second_factor::delete(&state.store, session.user, &entry).await
}

/// Removes the second factor of the person with this e-mail address: for the operator. False: there is no such person.
///
/// # Errors
/// When the database is away.
pub async fn remove_by_operator(state: &State, email: &str) -> Result<bool, Error> {
    let email = Email::parse(email).map_err(|sentence| Error::at("email", sentence))?;
    let Some(user) = users::find_by_email(&state.store, email.as_str()).await? else { return Ok(false) };
    let entry = Change::new(Event::SecondFactorOff, user.email).entry(state, &Who::Operator, None);
    second_factor::delete(&state.store, user.id, &entry).await?;
    Ok(true)
}

/// Sets whether every member needs a second factor to see the account.
///
/// # Errors
/// When the database is away.
pub async fn require(state: &State, actor: &Actor, required: bool) -> Result<(), store::Error> {
    let mut tenant = state.store.tenant(actor.account).await?;
    if accounts::put_second_factor_required(&mut tenant, required).await? {
        let change = Change::new(Event::SecondFactorRequired, "");
        let change = change.between(json!({ "required": !required }), json!({ "required": required }));
        audit::record(state, &mut tenant, actor, change).await?;
    }
    tenant.commit().await
}

/// Records that a person has shown their password. Gives the token with which they show their second factor.
pub(super) async fn wait(state: &State, user: UserId) -> Result<SecretString, Error> {
    let token = token::new_token(state.random)?;
    second_factor::create_step(&state.store, &TokenHash::of(token.expose_secret()), user, STEP_LIFETIME).await?;
    Ok(token)
}

/// Checks a code or a recovery code of the person who has shown their password with this token, and gives that person.
///
/// # Errors
/// A sentence at `code`, or there were too many attempts.
pub(super) async fn pass(state: &State, client: &Client, token: &str, code: &str) -> Result<users::User, Error> {
    let late = || Error::at("code", "That took more than ten minutes. Sign in with your password again.");
    let id = second_factor::find_step(&state.store, &TokenHash::of(token)).await?.ok_or_else(late)?;
    let attempt = throttling::begin(state, client, Secret::Code, &id.to_string()).await?;
    let user = users::find(&state.store, id).await?.ok_or_else(late)?;
    if !is_code(state, user.id, code).await? && !is_recovery_code(state, client, &user, code).await? {
        attempt.failed(Some(user.id));
        let who = Who::Stranger { email: user.email.clone() };
        let entry = Change::new(Event::SignInFailed, "second factor").entry(state, &who, Some(client));
        store::audit::record_for_email(&state.store, attempt.subject(), &user.email, &entry).await?;
        return Err(Error::at("code", WRONG));
    }
    attempt.passed().await?;
    second_factor::delete_steps(&state.store, id).await?;
    Ok(user)
}

async fn is_code(state: &State, user: UserId, code: &str) -> Result<bool, Error> {
    let Some(factor) = second_factor::find(&state.store, user).await?.filter(|factor| factor.is_on) else {
        return Ok(false);
    };
    let Some(sealed) = factor.secret else { return Ok(false) };
    let last_step = u64::try_from(factor.last_step).unwrap_or_default();
    let secret = open(state, user, &sealed)?;
    match secret.step_of(code, state.clock.unix_nanos().as_seconds(), last_step) {
        Some(step) => Ok(second_factor::take_step(&state.store, user, i64::try_from(step).unwrap_or(i64::MAX)).await?),
        None => Ok(false),
    }
}

async fn is_recovery_code(state: &State, client: &Client, user: &users::User, code: &str) -> Result<bool, Error> {
    let who = Who::Person { user: user.id, email: user.email.clone() };
    let entry = Change::new(Event::RecoveryCodeUsed, "").entry(state, &who, Some(client));
    Ok(second_factor::take_code(&state.store, user.id, &recovery_hash(code), &entry).await?)
}

/// Ten codes of 120 random bits, written in six groups, and their hashes. From 112 bits on a plain hash is enough (OWASP ASVS
/// 5.0, 6.5.2).
fn new_codes(state: &State) -> Result<(Vec<SecretString>, Vec<TokenHash>), Error> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let digits = hex::encode(state.random.bytes::<15>()?);
        let groups: Vec<_> = digits.as_bytes().chunks(5).map(String::from_utf8_lossy).collect();
        codes.push(SecretString::from(groups.join("-")));
    }
    let hashes = codes.iter().map(|code| recovery_hash(code.expose_secret())).collect();
    Ok((codes, hashes))
}

/// Case, spaces and hyphens do not matter.
fn recovery_hash(code: &str) -> TokenHash {
    let digits: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    TokenHash::of(&digits.to_ascii_lowercase())
}

fn open(state: &State, user: UserId, sealed: &[u8]) -> Result<TotpSecret, Error> {
    let bytes = state.keyring.open(Place::SecondFactor(user), sealed)?;
    TotpSecret::from_bytes(bytes.expose_secret()).ok_or(Error::Sealed(crate::seal::OpenError::Malformed))
}
