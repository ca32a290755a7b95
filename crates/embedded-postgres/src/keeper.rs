//! The thread that keeps the instance: it spawns the server (whose life hangs on this thread), starts it again when it
//! dies, and takes over from another program when that ends.

use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::watch;

use super::Socket;
use super::error::LaunchError;
use super::launch::{Launch, Launched};

/// How often a first start is tried where the server before was killed: its last processes may still be going.
const ATTEMPTS_AFTER_A_KILL: u32 = 4;

/// First pause before a server that died is started again; doubles each time.
const RESTART_PAUSE: Duration = Duration::from_millis(250);

/// How long a stop may take before the server is told to end without writing everything (it recovers at next start).
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// How the instance stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is being found out.
    Undecided,
    /// Another program keeps it.
    Joined,
    /// This program keeps it; whether it accepts connections is seen by connecting.
    Running,
    /// Somebody runs it by hand.
    Foreign(Socket),
    /// It cannot run.
    Failed(LaunchError),
    /// It was stopped.
    Ended,
}

/// The thread's other end.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
}

#[derive(Debug)]
struct Shared {
    phase: watch::Sender<Phase>,
    orders: Mutex<Orders>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Orders {
    stopping: bool,
    /// The server accepted a connection once: when it ends, it is started again.
    proven: bool,
    /// The server, as long as its number is certainly its own.
    server: Option<Pid>,
    ended: bool,
}

impl Keeper {
    pub(super) fn start(launch: Launch) -> Result<Self, LaunchError> {
        let (sender, phase) = watch::channel(Phase::Undecided);
        let shared = Arc::new(Shared { phase: sender, orders: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("embedded-postgres".into());
        thread
            .spawn(move || run(&launch, &theirs))
            .map_err(|error| LaunchError::NotReady { reason: error.to_string() })?;
        Ok(Self { shared, phase })
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    /// Returns when the phase changes, at the latest after `pause`.
    pub(super) async fn changed_within(&mut self, pause: Duration) {
        let _ = tokio::time::timeout(pause, self.phase.changed()).await;
    }

    /// The server accepted a connection.
    pub(super) fn proven(&self) {
        self.shared.orders().proven = true;
    }

    /// Ends our server and waits for it.
    pub(super) async fn stop(&mut self) {
        self.shared.stop(Signal::INT);
        for signal in [Signal::QUIT, Signal::KILL] {
            let ended = self.phase.wait_for(|phase| !matches!(phase, Phase::Undecided | Phase::Running));
            if tokio::time::timeout(STOP_PATIENCE, ended).await.is_ok() {
                return;
            }
            tracing::warn!(?signal, "the embedded Postgres does not end; using a stronger signal");
            self.shared.stop(signal);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.stop(Signal::INT);
        let deadline = Instant::now() + STOP_PATIENCE;
        let mut orders = self.shared.orders();
        while orders.server.is_some() && !orders.ended && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            let waited = self.shared.changed.wait_timeout(orders, left);
            orders = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self, signal: Signal) {
        let mut orders = self.orders();
        orders.stopping = true;
        if let Some(server) = orders.server {
            let _ = kill_process(server, signal);
        }
        self.changed.notify_all();
    }

    fn is_stopping(&self) -> bool {
        self.orders().stopping
    }

    /// Waits before the next start of the server; false when a stop is asked for.
    fn pause(&self, pause: Duration) -> bool {
        let orders = self.orders();
        let waited = self.changed.wait_timeout_while(orders, pause, |orders| !orders.stopping);
        !waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// Waits until the server ends. Its number is forgotten before it is given back to the system, so that no signal
    /// can hit a stranger.
    fn watch(&self, mut server: Child) {
        let pid = Pid::from_child(&server);
        {
            let mut orders = self.orders();
            orders.server = Some(pid);
            if orders.stopping {
                let _ = kill_process(pid, Signal::INT);
            }
        }
        let until_it_ends = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), until_it_ends).is_err_and(|error| error == Errno::INTR) {}
        self.orders().server = None;
        let _ = server.wait();
        self.changed.notify_all();
    }
}

fn run(launch: &Launch, shared: &Shared) {
    let last = match keep(launch, shared) {
        Ok(phase) => phase,
        Err(error) => {
            tracing::error!(error = error.name(), "{error}");
            Phase::Failed(error)
        }
    };
    shared.orders().ended = true;
    shared.changed.notify_all();
    shared.phase.send_replace(last);
}

fn keep(launch: &Launch, shared: &Shared) -> Result<Phase, LaunchError> {
    let mut lock = launch.lock_file()?;
    if lock.try_lock().is_err() {
        shared.phase.send_replace(Phase::Joined);
        lock.lock().map_err(|error| LaunchError::NotReady { reason: error.to_string() })?;
    }
    let mut attempt = 0;
    while !shared.is_stopping() {
        let (server, log, after_a_kill) = match launch.launch(&mut lock)? {
            Launched::Own { server, log, after_a_kill } => (server, log, after_a_kill),
            Launched::Foreign(socket) => return Ok(Phase::Foreign(socket)),
        };
        shared.phase.send_replace(Phase::Running);
        let began = Instant::now();
        shared.watch(server);
        if shared.is_stopping() {
            break;
        }
        attempt = if began.elapsed() > STOP_PATIENCE { 1 } else { attempt + 1 };
        let proven = shared.orders().proven;
        if !proven && (attempt >= ATTEMPTS_AFTER_A_KILL || !after_a_kill && attempt == 1) {
            return Err(log.exited());
        }
        tracing::error!(attempt, "the embedded Postgres ended by itself and is started again");
        if !shared.pause(RESTART_PAUSE * 2_u32.pow(attempt.min(7))) {
            break;
        }
    }
    Ok(Phase::Ended)
}
