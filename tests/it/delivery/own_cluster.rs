//! A Postgres of a test's own, which may crash, or whose other databases must not disturb.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use embedded_postgres::{EmbeddedPostgres, Options};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tracecast::app::launch_options;

use super::stage::PATIENCE;

/// A cluster that is thrown away with this.
pub(crate) struct OwnCluster {
    postgres: EmbeddedPostgres,
    folder: TempDir,
}

impl OwnCluster {
    /// One that keeps what was committed.
    pub(crate) async fn durable() -> Self {
        Self::start(true).await
    }

    /// One that is quick and never crashes.
    pub(crate) async fn quick() -> Self {
        Self::start(false).await
    }

    /// The same, in a folder of this place.
    pub(crate) async fn quick_in(place: &Path) -> Self {
        Self::start_in(place, false).await
    }

    async fn start(durable: bool) -> Self {
        Self::start_in(Path::new(env!("CARGO_TARGET_TMPDIR")), durable).await
    }

    async fn start_in(place: &Path, durable: bool) -> Self {
        let folder = tempfile::tempdir_in(place).unwrap();
        let options = Options { durable, search_path: std::env::var_os("PATH"), ..launch_options() };
        let postgres = EmbeddedPostgres::start(folder.path(), options).await.unwrap();
        Self { postgres, folder }
    }

    pub(crate) fn url(&self) -> String {
        self.postgres.url()
    }

    pub(crate) fn admin_url(&self) -> String {
        self.postgres.admin_url()
    }

    /// What `pg_ctl -m immediate restart` does: all processes of the server end at once, and it starts again with
    /// recovery. Returns when it serves.
    pub(crate) async fn crashes(&self) {
        self.restarts_after(Signal::QUIT).await;
    }

    /// What `pg_ctl -m fast restart` does: transactions are rolled back, sessions told to go. Returns when it serves again.
    pub(crate) async fn restarts(&self) {
        self.restarts_after(Signal::INT).await;
    }

    async fn restarts_after(&self, signal: Signal) {
        let before = postmaster(self.folder.path()).unwrap();
        kill_process(before, signal).unwrap();
        let begun = Instant::now();
        loop {
            let is_another = postmaster(self.folder.path()).is_some_and(|now| now != before);
            if is_another && PgConnection::connect(&self.admin_url()).await.is_ok() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "Postgres does not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn postmaster(folder: &Path) -> Option<Pid> {
    let text = fs::read_to_string(folder.join("postgres/postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}
