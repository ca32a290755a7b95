//! Several servers of which one is the primary, and not always the same one: finds it, and leads the pools there.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio_util::sync::CancellationToken;

use super::{Store, session};

/// Time between two looks at the primary.
const EVERY: Duration = Duration::from_secs(1);
/// How long a server may take to answer. One that is cut off says nothing, and the others must not wait for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The servers of one database, in the order of its address.
pub struct Hosts {
    servers: Vec<PgConnectOptions>,
    led: Mutex<Led>,
}

/// Where the pools are led.
#[derive(Default)]
struct Led {
    /// None: where each pool was opened.
    primary: Option<PgConnectOptions>,
    pools: Vec<Store>,
}

impl Hosts {
    pub fn new(servers: Vec<PgConnectOptions>) -> Self {
        Self { servers, led: Mutex::default() }
    }

    /// The first server that takes writes. None: none does, or can be reached.
    pub async fn find_primary(&self) -> Option<PgConnectOptions> {
        Some(self.find().await?.0)
    }

    /// Leads this pool to the primary, whichever server that becomes.
    pub fn lead(&self, store: &Store) {
        let mut led = self.led.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(primary) = &led.primary {
            store.redirect(primary);
        }
        led.pools.push(store.clone());
    }

    /// Looks for another primary as soon as the one that was does not answer any more, until `stop`.
    pub async fn follow(&self, stop: &CancellationToken) {
        let mut primary = None;
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            if let Some(connection) = &mut primary
                && still_is(connection).await
            {
                continue;
            }
            primary = None;
            if let Some((server, connection)) = self.find().await {
                tracing::info!(host = server.get_host(), port = server.get_port(), "the database's primary");
                self.redirect(&server);
                primary = Some(connection);
            }
        }
    }

    fn redirect(&self, server: &PgConnectOptions) {
        let mut led = self.led.lock().unwrap_or_else(PoisonError::into_inner);
        led.primary = Some(server.clone());
        led.pools.retain(|store| !store.pool().is_closed());
        for store in &led.pools {
            store.redirect(server);
        }
    }

    async fn find(&self) -> Option<(PgConnectOptions, PgConnection)> {
        for server in &self.servers {
            let options = server.clone().application_name("tracecast primary").extra_float_digits(None);
            if let Ok(Ok(mut connection)) = tokio::time::timeout(PATIENCE, options.connect()).await
                && still_is(&mut connection).await
            {
                return Some((server.clone(), connection));
            }
        }
        None
    }
}

// The addresses hold a password.
impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts").field("servers", &self.servers.len()).finish_non_exhaustive()
    }
}

async fn still_is(connection: &mut PgConnection) -> bool {
    matches!(tokio::time::timeout(PATIENCE, session::is_primary(connection)).await, Ok(Ok(true)))
}
