//! The only way out: every request to an address that a person typed goes through [`Egress`] (spec 5.1).
//!
//! The guard judges the address at every send and every answer of the name system; the client follows no redirect, asks
//! no proxy, and bounds time and size. The worker and the pages each have an [`Egress`] of their own.

mod allow;
mod causes;
mod client;
mod denial;
mod error;
mod guard;
mod limits;

mod pools;
mod probe;
mod public_address;
mod resolver;
mod stale_connections;
mod tls;

pub use self::allow::{AllowError, EgressAllow};
pub use self::client::{BuildError, Egress, KIND_PORT};
pub use self::denial::Denial;
pub use self::error::{ConnectFailure, DnsFailure, Error, TlsFailure};
pub use self::guard::Guard;
pub use self::limits::{Limits, Setup};
pub use self::tls::client_config;
