//! Slows down guesses at passwords, by the typed name and by address (spec 5.4), and shows every attempt to the operator: a
//! line in the log and a number (OWASP ASVS 5.0, 16.3.1).

use metrics::counter;
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::client::Client;
use crate::id::UserId;
use crate::state::State;
use crate::store::throttle::{self, Subject};

/// Attempts from one address within a minute.
const MOST_FROM_ADDRESS: i32 = 20;

/// A counted attempt to sign in or to confirm.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    state: &'a State,
    client: &'a Client,
    secret: Secret,
    name: String,
}

/// The secret that is typed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Secret {
    /// The password, at sign-in.
    Password,
    /// The password of a person who is signed in.
    PasswordAgain,
    /// A code of the second factor, or a recovery code.
    Code,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAgain => "password_again",
            Self::Code => "code",
        }
    }

    /// Guesses at a password are counted together, wherever they are made.
    fn counted_as(self) -> &'static str {
        match self {
            Self::Password | Self::PasswordAgain => "name",
            Self::Code => "code",
        }
    }
}

impl Attempt<'_> {
    /// The key of its count.
    pub(super) fn subject(&self) -> Subject {
        subject(self.secret.counted_as(), &self.name)
    }

    /// The secret was right. The attempts before it are forgotten.
    pub(super) async fn passed(self) -> Result<(), Error> {
        self.log("passed", None);
        Ok(throttle::forget(&self.state.store, self.subject()).await?)
    }

    /// The secret was wrong, or no person has this name.
    pub(super) fn failed(&self, user: Option<UserId>) {
        self.log(if user.is_some() { "wrong" } else { "unknown" }, user);
    }

    /// Some people type their password in place of their name, so the typed name is logged as a fingerprint only.
    fn log(&self, outcome: &'static str, user: Option<UserId>) {
        let (secret, address) = (self.secret.name(), self.client.address);
        counter!("tracecast_sign_ins_total", "secret" => secret, "outcome" => outcome).increment(1);
        let name = self.state.keyring.fingerprint(&self.name);
        let user = user.map(|user| user.to_string());
        if outcome == "passed" {
            tracing::info!(secret, outcome, name, %address, "a sign-in attempt");
        } else {
            tracing::warn!(secret, outcome, name, user, %address, "a sign-in attempt");
        }
    }
}

/// Counts an attempt.
///
/// # Errors
/// [`Error::Throttled`], for existing and unknown names alike.
pub(super) async fn begin<'a>(
    state: &'a State,
    client: &'a Client,
    secret: Secret,
    name: &str,
) -> Result<Attempt<'a>, Error> {
    let attempt = Attempt { state, client, secret, name: plain(name) };
    let address = subject("address", &client.network().to_string());
    let wait = match throttle::begin_for_address(&state.store, address, MOST_FROM_ADDRESS).await? {
        Some(wait) => Some(wait),
        None => throttle::begin_for_name(&state.store, attempt.subject()).await?,
    };
    let Some(wait) = wait else { return Ok(attempt) };
    attempt.log("throttled", None);
    Err(Error::Throttled { wait })
}

/// Forgets attempts with the password of `email`.
pub(super) async fn forget_password_of(state: &State, email: &str) -> Result<(), Error> {
    let subject = subject(Secret::Password.counted_as(), &plain(email));
    Ok(throttle::forget(&state.store, subject).await?)
}

/// Names that differ in case or in surrounding spaces are the same.
fn plain(name: &str) -> String {
    name.trim().to_lowercase()
}

fn subject(kind: &str, name: &str) -> Subject {
    Subject(Sha256::digest(format!("{kind}|{name}")).into())
}
