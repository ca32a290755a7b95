//! A receiver of OTLP over HTTP that fails as it is told, and keeps a log by which tests judge.
//!
//! One port serves any number of destinations, told apart by the project in the path. It runs on a thread of its own.

mod connection;
mod journal;
mod reply;
mod scan;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::journal::{Arrival, Journal};
pub(crate) use self::reply::{Answer, Reply};
pub(crate) use self::scan::Event;

/// The key of every DSN.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

/// One request, as a rule sees it.
pub(crate) struct Call<'a> {
    /// Counted from one, by project.
    pub(crate) number: usize,
    /// What it carries.
    pub(crate) events: &'a [Event],
}

type Rule = Box<dyn FnMut(&Call<'_>) -> Reply + Send>;

/// A running receiver. It ends with this.
pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

/// What its connections share.
struct Shared {
    journal: Mutex<Journal>,
    rules: Mutex<HashMap<u64, Rule>>,
    /// Requests that are still to be reset before they are read, by project.
    slams: Mutex<HashMap<u64, usize>>,
    /// Changes when those that hang are let go.
    released: watch::Sender<u64>,
    connections: AtomicU64,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            journal: Mutex::default(),
            rules: Mutex::default(),
            slams: Mutex::default(),
            released: watch::Sender::new(0),
            connections: AtomicU64::new(0),
        });
        let stop = CancellationToken::new();
        let (told, address) = oneshot::channel();
        let (theirs, stopped) = (Arc::clone(&shared), stop.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                stopped.run_until_cancelled(accept(listener, theirs)).await;
            });
        });
        Self { address: address.await.unwrap(), shared, stop }
    }

    /// For `TRACECAST_EGRESS_ALLOW`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn dsn(&self, project: u64) -> String {
        format!("http://{KEY}@{}/{project}", self.address)
    }

    /// From now on `rule` answers for a project. Without one, everything is accepted.
    pub(crate) fn answers(&self, project: u64, rule: impl FnMut(&Call<'_>) -> Reply + Send + 'static) {
        self.shared.rules.lock().unwrap().insert(project, Box::new(rule));
    }

    /// From now on a project's requests are accepted. Those that hang are let go: their connections break.
    pub(crate) fn recovers(&self, project: u64) {
        self.shared.rules.lock().unwrap().remove(&project);
        self.shared.released.send_modify(|times| *times += 1);
    }

    /// The next `times` requests of a project are reset after their head, unread.
    pub(crate) fn slams(&self, project: u64, times: usize) {
        self.shared.slams.lock().unwrap().insert(project, times);
    }

    /// Looks into the log.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Journal) -> T) -> T {
        look(&self.shared.journal.lock().unwrap())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let tasks = TaskTracker::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        tasks.spawn(connection::serve(socket, number, Arc::clone(&shared)));
    }
}
