//! Slows down who guesses passwords, by the name that was typed and by address (spec 5.4), and tells the operator of every
//! attempt: a line in the log and a number (OWASP ASVS 5.0, 16.3.1).

use metrics::counter;
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::client::Client;
use crate::id::UserId;
use crate::state::State;
use crate::store::throttle::{self, Subject};

/// Attempts from one address within a minute.
const MOST_FROM_ADDRESS: i32 = 20;

/// One attempt to come in, or to go on, that has been counted.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    state: &'a State,
    client: &'a Client,
    secret: Secret,
    name: String,
}

/// What has to be known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Secret {
    /// The password, at the door.
    Password,
    /// The password, of somebody who is signed in.
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
    /// What it is counted under.
    pub(super) fn subject(&self) -> Subject {
        subject(self.secret.counted_as(), &self.name)
    }

    /// The secret was right: the attempts before it are forgotten.
    pub(super) async fn passed(self) -> Result<(), Error> {
        self.tell("passed", None);
        Ok(throttle::forget(&self.state.store, self.subject()).await?)
    }

    /// The secret was wrong, or nobody has that name.
    pub(super) fn failed(&self, user: Option<UserId>) {
        self.tell(if user.is_some() { "wrong" } else { "unknown" }, user);
    }

    /// Some type their password where their name belongs, so what was typed is told as a fingerprint only.
    fn tell(&self, outcome: &'static str, user: Option<UserId>) {
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
/// [`Error::Throttled`], for names that exist and for others alike.
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
    attempt.tell("throttled", None);
    Err(Error::Throttled { wait })
}

/// Forgets attempts with the password of `email`.
pub(super) async fn forget_password_of(state: &State, email: &str) -> Result<(), Error> {
    let subject = subject(Secret::Password.counted_as(), &plain(email));
    Ok(throttle::forget(&state.store, subject).await?)
}

/// Names that differ in case or in spaces around them are the same.
fn plain(name: &str) -> String {
    name.trim().to_lowercase()
}

fn subject(kind: &str, name: &str) -> Subject {
    Subject(Sha256::digest(format!("{kind}|{name}")).into())
}
