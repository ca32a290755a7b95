//! The parts of the program that reach outside it, built once and passed to flows.

pub mod bodies;
pub mod hashing;
pub mod known_keys;
pub mod rate_limits;
pub mod refusals;
pub mod spending;
pub mod stream_options;
pub mod testing;

use std::sync::Arc;

use self::bodies::Bodies;
use self::hashing::Hashing;
use self::known_keys::KnownKeys;
use self::rate_limits::RateLimits;
use self::refusals::Refusals;
use self::spending::Spending;
use self::stream_options::StreamOptions;
use self::testing::Testing;
use crate::clock::Clock;
use crate::config::Config;
use crate::egress::Egress;
use crate::random::Random;
use crate::seal::Keyring;
use crate::store::Store;

/// Cheap to clone. Each role (pages, worker) has its own, with its own connections.
#[derive(Debug, Clone)]
pub struct State {
    pub clock: Clock,
    pub random: Random,
    pub config: Arc<Config>,
    pub store: Store,
    /// The only way out to destinations.
    pub egress: Egress,
    pub keyring: Arc<Keyring>,
    /// Lets as many passwords be hashed at once as there are cores, so that sign-ins leave room for other pages.
    pub hashing: Hashing,
    /// Lets one connection test run at a time for each account.
    pub testing: Testing,
    /// How often one address or one API key may come.
    pub rate_limits: RateLimits,
    /// Which refused requests are recorded.
    pub refusals: Refusals,
    /// The owners of API keys that were presented lately.
    pub known_keys: KnownKeys,
    /// How much memory requests in flight may hold.
    pub bodies: Bodies,
    /// Which models take what the gateway adds to streams.
    pub stream_options: StreamOptions,
    /// What accounts have spent, as far as it was asked for lately.
    pub spending: Spending,
}
