//! Asks a listener of this program, as containers do that have no other HTTP client at hand.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(5);

/// The first line of the answer for a path. A listener on all addresses is asked on loopback.
///
/// # Errors
/// When nothing listens, or nothing answers within 5 s.
pub async fn status_line(bound: SocketAddr, path: &str) -> std::io::Result<String> {
    let address = if bound.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bound.port())
    } else {
        bound
    };
    let answered = tokio::time::timeout(PATIENCE, first_line(address, path)).await;
    answered.unwrap_or_else(|_| Err(std::io::Error::new(ErrorKind::TimedOut, "no answer within 5 s")))
}

async fn first_line(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().trim().to_owned())
}
