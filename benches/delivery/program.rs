//! The real program, as a process: the release binary that `cargo bench` has just built, or another one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::PgConnection;

use crate::outcome::Result;
use crate::receiver::Endpoint;
use crate::server::Server;
use crate::{tenants, usage};

/// Hundredths of a second in which a program that was told to end has to do so.
const PATIENCE: u32 = 2_000;

/// What to run, and with which settings beside the benchmark's own.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) settings: Vec<(String, String)>,
}

/// A running program. Ended when dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Default for Program {
    fn default() -> Self {
        Self { path: env!("CARGO_BIN_EXE_tracecast").into(), settings: Vec::new() }
    }
}

impl Program {
    /// The same with other settings: `NAME=value`, separated by commas.
    pub(crate) fn with(&self, settings: &str) -> Self {
        let pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
        let settings = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { path: self.path.clone(), settings }
    }

    /// Starts `worker`, which may send to `receiver`, and waits until it has settled down.
    pub(crate) async fn worker(
        &self,
        server: &Server,
        admin: &mut PgConnection,
        receiver: &Endpoint,
    ) -> Result<Running> {
        let mut settings = vec![("TRACECAST_EGRESS_ALLOW", receiver.address.to_string())];
        match &receiver.certificate {
            // As whoever runs a receiver with a certificate of their own does.
            Some(certificate) => settings.push(("SSL_CERT_FILE", certificate.display().to_string())),
            None => settings.push(("TRACECAST_EGRESS_ALLOW_HTTP", "true".to_owned())),
        }
        let before: DateTime<Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut *admin).await?;
        let running = self.start("worker", server, &settings)?;
        for _ in 0..1_000 {
            let listening: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query ILIKE 'listen%' AND backend_start > $1)",
            )
            .bind(before)
            .fetch_one(&mut *admin)
            .await?;
            if listening {
                // Partitions and the like are seen to in the first sweep.
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                return Ok(running);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(format!("the worker does not start; its words are in {}", log(server.folder()).display()).into())
    }

    /// Starts `command` on the benchmark's database.
    pub(crate) fn start(&self, command: &str, server: &Server, settings: &[(&str, String)]) -> Result<Running> {
        let output = File::options().create(true).append(true).open(log(server.folder()))?;
        let mut process = Command::new(&self.path);
        process.arg(command).env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        process.env("DATABASE_URL", server.url()).env("TRACECAST_KEYS", tenants::KEY).env("TRACECAST_LOG", "warn");
        process.envs(settings.iter().map(|(name, value)| (name, value))).envs(self.settings.iter().cloned());
        process.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        Ok(Running(process.spawn()?))
    }
}

/// Where the programs' words go.
pub(crate) fn log(folder: &Path) -> PathBuf {
    folder.join("tracecast.log")
}

/// What the programs said so far that is more than the usual.
pub(crate) fn words(folder: &Path) -> String {
    let words = fs::read_to_string(log(folder)).unwrap_or_default();
    let unusual = |line: &&str| ["WARN", "ERROR", "panicked", "tracecast: "].iter().any(|word| line.contains(word));
    words.lines().filter(unusual).collect::<Vec<_>>().join("\n")
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> Result<f64> {
        usage::cpu(self.pid())
    }
}

impl Drop for Running {
    /// Asks it to end, so that it gives back what it holds; ends it when it does not.
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.pid())
            && let Some(pid) = Pid::from_raw(pid)
        {
            let _ = kill_process(pid, Signal::TERM);
        }
        for _ in 0..PATIENCE {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
