//! Why the program does not start, and what to do about it.

use std::net::SocketAddr;

use embedded_postgres::LaunchError;

use super::launch;
use crate::gateway::UpstreamError;
use crate::random::Unavailable;
use crate::seal::{KeyId, KeyringError};
use crate::store::roles;
use crate::{egress, store};

/// Why the program cannot start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The embedded database.
    #[error("{error}{advice}", error = .0, advice = launch::advice(.0))]
    Launch(#[from] LaunchError),
    /// The database.
    #[error("{0}. {advice}", advice = advice(.0))]
    Store(#[from] store::Error),
    /// Nothing would keep accounts apart.
    #[error(transparent)]
    Unsafe(#[from] roles::Unsafe),
    /// `DATABASE_URL` is no address of a database.
    #[error("DATABASE_URL is not an address like postgres://user:password@host/name: {0}")]
    DatabaseUrl(String),
    /// The sealing keys.
    #[error("{place}: {error}.")]
    Keyring {
        /// Where they were read.
        place: String,
        /// What is wrong with them.
        error: KeyringError,
    },
    /// A key that stored secrets need.
    #[error(
        "{secrets} stored secret(s) are sealed with the key {key}, which is not among the sealing keys. Add that key after \
         the first one, in TRACECAST_KEYS or in the file of keys; then start again. If it is lost for good, run `tracecast key \
         forget {key}`: what needs those secrets asks for them again."
    )]
    LostKey {
        /// It.
        key: KeyId,
        /// How many.
        secrets: u64,
    },
    /// The file of the sealing keys.
    #[error("the file of sealing keys `{path}` cannot be used: {error}. Check its path and permissions.")]
    KeyFile {
        /// Its path.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// An entry of the egress list.
    #[error("--egress-allow (TRACECAST_EGRESS_ALLOW): {0}")]
    EgressAllow(#[from] egress::AllowError),
    /// The way out.
    #[error(transparent)]
    Egress(#[from] egress::BuildError),
    /// The model server behind the gateway.
    #[error("UPSTREAM_BASE_URL or UPSTREAM_API_KEY cannot be used: {0}")]
    Upstream(#[from] UpstreamError),
    /// No randomness for the sealing key.
    #[error(transparent)]
    Random(#[from] Unavailable),
    /// The address to listen on.
    #[error("cannot listen on {address}: {error}. Choose another with --bind.")]
    Bind {
        /// It.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
}

fn advice(error: &store::Error) -> &'static str {
    match error {
        store::Error::SchemaIsNewer { .. } => {
            "Nothing was changed. Start that version, or restore the backup that was made before the upgrade."
        }
        store::Error::Unavailable(_) | store::Error::Refused(_) | store::Error::Migration(_) => {
            "Check DATABASE_URL and that Postgres runs."
        }
    }
}

impl StartError {
    /// Whether the same start may succeed later: the operator's database is away.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}
