//! What all rows share: the server, the program, sizes, the ledger; and the run that most rows are made of.

use std::net::SocketAddr;
use std::time::Duration;

use sqlx::PgConnection;
use tracecast::clock::Clock;
use tracecast::state::State;

use crate::backlog::{self, Backlog};
use crate::child::Role;
use crate::ledger::Ledger;
use crate::options::Options;
use crate::outcome::Result;
use crate::program::{Program, Running};
use crate::receiver::{Counts, Receiver};
use crate::server::Server;
use crate::tenants::{self, Tenant};

/// Everything that rows work with.
pub(crate) struct Bench {
    pub(crate) options: Options,
    pub(crate) program: Program,
    pub(crate) server: Server,
    pub(crate) admin: PgConnection,
    pub(crate) state: State,
    pub(crate) backlog: Backlog,
    pub(crate) ledger: Ledger,
}

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From the word to go until the last event had come in.
    pub(crate) seconds: f64,
    /// Seconds of processor time of the sending process.
    pub(crate) sender: f64,
    /// Seconds of processor time of Postgres.
    pub(crate) postgres: f64,
    pub(crate) counts: Counts,
}

impl Run {
    pub(crate) fn events_per_second(&self) -> f64 {
        count(self.counts.events) / self.seconds
    }

    pub(crate) fn sender_us(&self) -> f64 {
        self.sender * 1e6 / count(self.counts.events)
    }

    pub(crate) fn postgres_us(&self) -> f64 {
        self.postgres * 1e6 / count(self.counts.events)
    }

    pub(crate) fn bytes_per_event(&self) -> f64 {
        count(self.counts.bytes) / count(self.counts.events)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
pub(crate) fn count(count: u64) -> f64 {
    count as f64
}

impl Bench {
    /// Starts Postgres, migrates it, records the templates.
    pub(crate) async fn start(options: Options) -> Result<Self> {
        let server = Server::start().await?;
        let mut admin = server.admin().await?;
        let state = tenants::state(&server.url()).await?;
        // Nobody ever sends what the templates' account has.
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 9)).into();
        let templates = Tenant::create(&state, "templates", &nowhere).await?;
        let backlog = Backlog::prepare(&state, &mut admin, templates.account).await?;
        let program = options.program();
        Ok(Self { options, program, server, admin, state, backlog, ledger: Ledger::default() })
    }

    /// An account with so many events waiting for its destination.
    pub(crate) async fn tenant(&mut self, name: &str, receiver: &Receiver, events: u64) -> Result<Tenant> {
        let tenant = Tenant::create(&self.state, name, receiver.endpoint()).await?;
        self.backlog.append(&mut self.admin, tenant.account, events).await?;
        Ok(tenant)
    }

    /// A worker that may send to `receiver`.
    pub(crate) async fn worker(&mut self, program: &Program, receiver: &Receiver) -> Result<Running> {
        program.worker(&self.server, &mut self.admin, receiver.endpoint()).await
    }

    /// The worker sends all that waits for the tenant.
    pub(crate) async fn drain(
        &mut self,
        worker: &Running,
        tenant: Tenant,
        receiver: &mut Receiver,
        events: u64,
    ) -> Result<Run> {
        tenant.rewind(&mut self.admin).await?;
        backlog::settle(&mut self.admin).await?;
        receiver.reset()?;
        let (sender, postgres) = (worker.cpu()?, self.server.cpu()?);
        let begun = Clock::System.unix_nanos().0;
        tenants::go(&mut self.admin, &[tenant]).await?;
        let counts = receiver.wait_for(events).await?;
        let (sender, postgres) = (worker.cpu()? - sender, self.server.cpu()? - postgres);
        Ok(Run { seconds: seconds(begun, counts.last), sender, postgres, counts })
    }

    /// A contender does its task.
    pub(crate) async fn contend(&mut self, role: &mut Role, receiver: &mut Receiver) -> Result<Run> {
        backlog::settle(&mut self.admin).await?;
        receiver.reset()?;
        let (sender, postgres) = (role.cpu()?, self.server.cpu()?);
        let begun = Clock::System.unix_nanos().0;
        role.go()?;
        let (sender, postgres) = (role.cpu()? - sender, self.server.cpu()? - postgres);
        let counts = receiver.counts()?;
        Ok(Run { seconds: seconds(begun, counts.last), sender, postgres, counts })
    }

    /// Whatever a worker said: it stands in the way of trusting the figures.
    pub(crate) fn words(&self) -> String {
        crate::program::words(self.server.folder())
    }
}

/// Between two moments in nanoseconds.
pub(crate) fn seconds(begun: u64, ended: u64) -> f64 {
    Duration::from_nanos(ended.saturating_sub(begun)).as_secs_f64()
}
