//! A project's DSN: `{scheme}://{public key}[:{secret}]@{host}[:{port}][/{prefix}]/{project id}`.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::endpoint::{OtlpEndpoint, project_id};
use crate::destination::masking;
use crate::destination::web_address;

/// The length of a public key.
const KEY_LENGTH: usize = 32;

/// Where a project's events go and the key they carry. The legacy secret of old DSNs is dropped when it is read.
#[derive(Clone)]
pub struct SentryDsn {
    /// Scheme, host and port; path, query and user are empty.
    server: Url,
    /// Empty, or begins with a slash and does not end in one.
    prefix: String,
    public_key: SecretString,
    project_id: u64,
}

/// Why a text is no DSN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DsnError {
    #[error("Enter the Sentry DSN.")]
    Empty,
    /// No address at all.
    #[error("A DSN must {0}. It looks like https://<key>@o123.ingest.us.sentry.io/456.")]
    Address(&'static str),
    /// The endpoint was pasted into the DSN's field.
    #[error(
        "This is the OTLP Traces Endpoint. The DSN stands on the same page of Sentry and looks like https://<key>@o123.ingest.us.sentry.io/456."
    )]
    IsEndpoint,
    /// No key before the @.
    #[error("The DSN has no key before the @. Copy it again from Sentry's Client Keys page.")]
    NoKey,
    #[error("The key in the DSN has {0} characters instead of 32. Copy the DSN again, whole.")]
    KeyLength(usize),
    /// The key holds something else than letters and digits.
    #[error("The key in the DSN must have only letters and digits. Copy the DSN again from Sentry's Client Keys page.")]
    KeyCharacters,
    /// The key stands in host or path, too: what is shown of a DSN would show it.
    #[error("The DSN holds its key twice. Copy it again from Sentry's Client Keys page, and paste it once.")]
    KeyTwice,
    /// The path does not end in a number.
    #[error("The DSN must end in the project's number, as in …/456. Copy it again, whole.")]
    ProjectId,
}

impl FromStr for SentryDsn {
    type Err = DsnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(DsnError::Empty);
        }
        let url = web_address::parse(text).map_err(DsnError::Address)?;
        if url.path().contains("/integration/otlp") {
            return Err(DsnError::IsEndpoint);
        }
        if url.fragment().is_some() {
            return Err(DsnError::Address("have no # in it"));
        }
        let public_key = key(url.username())?;
        let path = url.path().trim_end_matches('/');
        let (prefix, project) = path.rsplit_once('/').ok_or(DsnError::ProjectId)?;
        let project_id = project_id(project).ok_or(DsnError::ProjectId)?;
        let prefix = prefix.trim_end_matches('/').to_owned();
        let mut server = url.clone();
        for cleared in [server.set_username(""), server.set_password(None)] {
            cleared.map_err(|()| DsnError::NoKey)?;
        }
        server.set_path("");
        server.set_query(None);
        let dsn = Self { server, prefix, public_key, project_id };
        web_address::check_length(dsn.endpoint().as_url()).map_err(DsnError::Address)?;
        if repeats(dsn.endpoint().as_url(), &dsn.public_key) { Err(DsnError::KeyTwice) } else { Ok(dsn) }
    }
}

/// Whether an address, which anybody may see, holds the key. Hosts are in lower case, whatever was typed.
pub(super) fn repeats(url: &Url, key: &SecretString) -> bool {
    url.as_str().to_ascii_lowercase().contains(&key.expose_secret().to_ascii_lowercase())
}

fn key(username: &str) -> Result<SecretString, DsnError> {
    if username.is_empty() {
        return Err(DsnError::NoKey);
    }
    if !username.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(DsnError::KeyCharacters);
    }
    if username.len() != KEY_LENGTH {
        return Err(DsnError::KeyLength(username.len()));
    }
    Ok(SecretString::from(username))
}

impl SentryDsn {
    /// The endpoint that Sentry's own SDKs derive from the DSN.
    pub fn endpoint(&self) -> OtlpEndpoint {
        OtlpEndpoint::of_project(&self.server, &self.prefix, self.project_id)
    }

    /// The project's number.
    pub fn project_id(&self) -> u64 {
        self.project_id
    }

    /// The key that authenticates.
    pub fn public_key(&self) -> &SecretString {
        &self.public_key
    }

    /// Scheme, host and port.
    pub fn server(&self) -> &Url {
        &self.server
    }

    /// The DSN in canonical form, without the legacy secret.
    pub fn expose(&self) -> SecretString {
        SecretString::from(self.spelled(self.public_key.expose_secret()))
    }

    /// `https://abc1...f123@host/456`: may be shown.
    pub fn masked(&self) -> String {
        self.spelled(&self.masked_key())
    }

    /// `abc1...f123`
    pub fn masked_key(&self) -> String {
        masking::middle(self.public_key.expose_secret())
    }

    fn spelled(&self, key: &str) -> String {
        let (scheme, host) = (self.server.scheme(), web_address::host_and_port(&self.server));
        format!("{scheme}://{key}@{host}{}/{}", self.prefix, self.project_id)
    }
}

impl fmt::Debug for SentryDsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SentryDsn({})", self.masked())
    }
}
