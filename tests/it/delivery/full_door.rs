//! A listener before the receiver that takes no connection until it is told to: whoever connects is not answered by the
//! system, as by a server that is overloaded, and tries again by itself after one second, and then two.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Ends with this.
pub(crate) struct FullDoor {
    address: SocketAddr,
    opens: CancellationToken,
    taken: Arc<AtomicUsize>,
    /// Those that wait before it.
    crowd: Vec<TcpStream>,
    stop: CancellationToken,
}

impl FullDoor {
    pub(crate) async fn before(receiver: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(0).unwrap();
        let (address, mut crowd) = (listener.local_addr().unwrap(), Vec::new());
        while let Ok(stream) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
            crowd.push(stream.unwrap());
        }
        let (opens, stop) = (CancellationToken::new(), CancellationToken::new());
        let taken = Arc::<AtomicUsize>::default();
        let forward = forward(listener, receiver, opens.clone(), taken.clone());
        let stopped = stop.clone();
        TaskTracker::new().spawn(async move { stopped.run_until_cancelled(forward).await });
        Self { address, opens, taken, crowd, stop }
    }

    /// For `TRACECAST_EGRESS_ALLOW` and in DSNs.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether somebody has asked for a connection and was not answered: Linux shows such a socket in state 2, `SYN_SENT`.
    pub(crate) fn is_waited_before(&self) -> bool {
        let port = format!(":{:04X}", self.address.port());
        let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut sockets = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        sockets.any(|socket| matches!(socket[..], [_, _, to, "02", ..] if to.ends_with(&port)))
    }

    /// From now on whoever connects is let through.
    pub(crate) fn opens(&self) {
        self.opens.cancel();
    }

    /// Connections that were let through, other than those that kept others out.
    pub(crate) fn let_through(&self) -> usize {
        self.taken.load(Ordering::SeqCst).saturating_sub(self.crowd.len())
    }
}

impl Drop for FullDoor {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn forward(listener: TcpListener, receiver: SocketAddr, opens: CancellationToken, taken: Arc<AtomicUsize>) {
    opens.cancelled().await;
    let tasks = TaskTracker::new();
    loop {
        let Ok((mut client, _)) = listener.accept().await else { continue };
        taken.fetch_add(1, Ordering::SeqCst);
        tasks.spawn(async move {
            // A connection that breaks is the business of the one that sends.
            let Ok(mut server) = TcpStream::connect(receiver).await else { return };
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        });
    }
}
