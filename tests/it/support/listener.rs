//! An HTTP server that counts who comes: for tests in which nobody may come.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Answers every request with the same answer and keeps connections open.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Listener {
    /// Accepts everything.
    pub(crate) fn start(address: &str) -> Self {
        Self::answering(address, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    }

    pub(crate) fn answering(address: &str, answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::with(address, move |_| answer.clone())
    }

    /// The answer may depend on how many requests came before.
    pub(crate) fn with(address: &str, answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (counts, answer) = (Arc::new(Counts::default()), Arc::new(answer));
        let shared = counts.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (counts, answer) = (shared.clone(), answer.clone());
                thread::spawn(move || while serve(&stream, &*answer, &counts).is_some() {});
            }
        });
        Self { address, counts }
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }
}

/// Listeners on the same free port of each of these addresses.
pub(crate) fn on_one_port<const N: usize>(hosts: [&str; N]) -> [Listener; N] {
    let port = free_port(&hosts);
    hosts.map(|host| Listener::start(&format!("{host}:{port}")))
}

/// A port that is free on all of these addresses.
pub(crate) fn free_port(hosts: &[&str]) -> u16 {
    loop {
        let first = TcpListener::bind((hosts[0], 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if hosts[1..].iter().all(|host| TcpListener::bind((*host, port)).is_ok()) {
            return port;
        }
    }
}

/// Reads one request and answers it. None: the other side is gone.
fn serve(mut stream: &TcpStream, answer: &dyn Fn(usize) -> String, counts: &Counts) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut close, mut line) = (0, false, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        close |= header == "connection: close";
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let before = counts.requests.fetch_add(1, Ordering::SeqCst);
    stream.write_all(answer(before).as_bytes()).ok()?;
    (!close).then_some(())
}
