//! The reasons why the program does not start, and what to do about each.

use std::net::SocketAddr;

use embedded_postgres::LaunchError;

use super::launch;
use crate::gateway::UpstreamError;
use crate::random::Unavailable;
use crate::seal::{KeyId, KeyringError};
use crate::store::roles;
use crate::{egress, store};

/// Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{error}{advice}", error = .0, advice = launch::advice(.0))]
    Launch(#[from] LaunchError),
    #[error("{0}. {advice}", advice = advice(.0))]
    Store(#[from] store::Error),
    /// Row-level security would not hold.
    #[error(transparent)]
    Unsafe(#[from] roles::Unsafe),
    /// `DATABASE_URL` is no address of a database.
    #[error("DATABASE_URL is not an address like postgres://user:password@host/name: {0}")]
    DatabaseUrl(String),
    #[error(
        "the server in DATABASE_URL is a standby, which takes no writes. Name the primary, or all of them with commas between \
         (postgres://user@host1,host2/name): then the one that takes writes is used."
    )]
    Standby,
    #[error(
        "the database takes no writes (its sessions begin with transaction_read_only = on). Look at \
         default_transaction_read_only, and at the room on its disk."
    )]
    ReadOnly,
    /// Several hosts are named.
    #[error("none of the hosts in DATABASE_URL takes writes: each is away, refuses, or is a standby. {CHECK}")]
    NoPrimary,
    #[error(
        "between Tracecast and the database stands a pooler in transaction or statement mode: its sessions share connections, and lose locks, \
         notifications and settings. Set `pool_mode = session` for this database, or connect without the pooler."
    )]
    SharedSessions,
    #[error("{place}: {error}.")]
    Keyring {
        /// Where the keys were read.
        place: String,
        error: KeyringError,
    },
    /// A key that stored secrets need is missing.
    #[error(
        "{secrets} stored secret(s) are sealed with the key {key}, which is not among the sealing keys. Add that key after \
         the first one, in TRACECAST_KEYS or in the file of keys; then start again. If it is lost for good, run `tracecast key \
         forget {key}`: what needs those secrets asks for them again."
    )]
    LostKey {
        key: KeyId,
        /// The number of secrets that it sealed.
        secrets: u64,
    },
    /// The file of the sealing keys.
    #[error("the file of sealing keys `{path}` cannot be used: {error}. Check its path and permissions.")]
    KeyFile { path: String, error: std::io::Error },
    /// An entry of the egress list.
    #[error("--egress-allow (TRACECAST_EGRESS_ALLOW): {0}")]
    EgressAllow(#[from] egress::AllowError),
    #[error(transparent)]
    Egress(#[from] egress::BuildError),
    #[error("the gateway cannot start: {0}")]
    Upstream(#[from] UpstreamError),
    /// There is no randomness for the sealing key.
    #[error(transparent)]
    Random(#[from] Unavailable),
    /// The address to listen on.
    #[error("cannot listen on {address}: {error}. Choose another with --bind.")]
    Bind { address: SocketAddr, error: std::io::Error },
}

const CHECK: &str = "Check DATABASE_URL and that Postgres runs.";

fn advice(error: &store::Error) -> &'static str {
    match error {
        store::Error::SchemaIsNewer { .. } => {
            "Nothing was changed. Start that version, or restore the backup that was made before the upgrade."
        }
        store::Error::Unavailable(_) | store::Error::Refused(_) | store::Error::Migration(_) => CHECK,
    }
}

impl StartError {
    /// Whether the same start may succeed later, because the operator's database is away.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.is_unavailable(),
            // Another server is about to be the primary.
            Self::Standby | Self::ReadOnly | Self::NoPrimary => true,
            _ => false,
        }
    }
}
