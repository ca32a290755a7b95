//! `healthcheck`: for containers, which have no other HTTP client at hand.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::failure::Failure;
use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let address = reachable(config.bind);
    let status = tokio::time::timeout(PATIENCE, status_line(address))
        .await
        .map_err(|_| Failure::Said(format!("{address} did not answer within 5 s")))?
        .map_err(|error| Failure::Said(format!("{address} cannot be reached: {error}")))?;
    if status.starts_with("HTTP/1.1 200") {
        println!("ready");
        return Ok(());
    }
    Err(Failure::Said(format!("not ready: {}", status.trim())))
}

/// A server that listens on all addresses is asked on loopback.
fn reachable(bind: SocketAddr) -> SocketAddr {
    if bind.ip().is_unspecified() { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bind.port()) } else { bind }
}

async fn status_line(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
}
