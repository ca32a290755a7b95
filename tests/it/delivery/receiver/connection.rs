//! One connection of the receiver: HTTP/1.1 as plain as it gets, so that every fault can be made.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libdeflater::{DecompressionError, Decompressor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Arrival, Call, Reply, Shared, scan};

/// The head of a request, as far as it matters.
struct Head {
    project: u64,
    key: String,
    length: usize,
    gzip: bool,
    began: Instant,
}

pub(super) async fn serve(mut socket: TcpStream, number: u64, shared: Arc<Shared>) {
    // A connection that breaks is the business of the one that sends.
    let _ = serve_requests(&mut socket, number, &shared).await;
}

async fn serve_requests(socket: &mut TcpStream, number: u64, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(head) = read_head(socket, &mut buffer).await? {
        shared.journal.lock().unwrap().begun.entry(head.project).or_default().push(head.began);
        if is_slammed(shared, head.project) {
            return socket.set_zero_linger();
        }
        while buffer.len() < head.length {
            if socket.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let body: Vec<u8> = buffer.drain(..head.length).collect();
        let (index, reply) = log(shared, number, head, &body);
        if !act(socket, shared, index, reply).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// None: the caller has closed.
async fn read_head(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Head>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end + 4);
            return Ok(Some(head(&text)));
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
        // Somebody speaks TLS, for example.
        if buffer.first().is_some_and(|first| !first.is_ascii_uppercase()) {
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await?;
            return Ok(None);
        }
    }
}

fn head(text: &str) -> Head {
    let mut head = Head { project: 0, key: String::new(), length: 0, gzip: false, began: Instant::now() };
    let mut lines = text.split("\r\n");
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    head.project = path.split('/').nth(2).and_then(|project| project.parse().ok()).unwrap_or_default();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.trim().parse().unwrap_or_default(),
            "content-encoding" => head.gzip = value.trim() == "gzip",
            "x-sentry-auth" => {
                let key = value.split("sentry_key=").nth(1).and_then(|rest| rest.split(',').next());
                key.unwrap_or_default().trim().clone_into(&mut head.key);
            }
            _ => {}
        }
    }
    head
}

fn is_slammed(shared: &Shared, project: u64) -> bool {
    match shared.slams.lock().unwrap().get_mut(&project) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    }
}

/// Writes the request down and asks its rule.
fn log(shared: &Shared, connection: u64, head: Head, body: &[u8]) -> (usize, Reply) {
    let plain = if head.gzip { gunzip(body) } else { Some(body.to_vec()) };
    let events = plain.and_then(|plain| scan::events(&plain));
    let (index, number) = {
        let mut journal = shared.journal.lock().unwrap();
        let project = head.project;
        let read = Instant::now();
        let arrival = Arrival {
            project,
            connection,
            began: head.began,
            read,
            key: head.key,
            events: events.clone(),
            answered: None,
        };
        journal.arrivals.push(arrival);
        (journal.arrivals.len() - 1, journal.of(project).count())
    };
    let call = Call { number, events: events.as_deref().unwrap_or_default() };
    let reply = match shared.rules.lock().unwrap().get_mut(&head.project) {
        Some(rule) => rule(&call),
        None => Reply::accept(),
    };
    (index, reply)
}

fn gunzip(body: &[u8]) -> Option<Vec<u8>> {
    // The last four bytes of gzip are the length.
    let length = u32::from_le_bytes(body.last_chunk::<4>().copied()?);
    let mut out = vec![0; usize::try_from(length).ok()?];
    match Decompressor::new().gzip_decompress(body, &mut out) {
        Ok(length) if length == out.len() => Some(out),
        Ok(_) | Err(DecompressionError::BadData | DecompressionError::InsufficientSpace) => None,
    }
}

/// False: the connection is over.
async fn act(socket: &mut TcpStream, shared: &Shared, index: usize, reply: Reply) -> io::Result<bool> {
    let answered = |status| shared.journal.lock().unwrap().answered(index, status);
    match reply {
        Reply::Answer(answer) => {
            answer.is_due().await;
            // Before it is written: whoever reads the answer may look into the log at once.
            answered(answer.status);
            socket.write_all(&answer.bytes()).await?;
            // 1xx announces an answer that never comes.
            return Ok(answer.status >= 200);
        }
        Reply::Reset => socket.set_zero_linger()?,
        Reply::Hang => until_released(socket, shared).await,
        Reply::CloseInHead => socket.write_all(b"HTTP/1.1 200 Told\r\ncontent-le").await?,
        Reply::CloseInBody => {
            answered(200);
            socket.write_all(b"HTTP/1.1 200 Told\r\ncontent-length: 1000\r\n\r\n0123456789").await?;
        }
        Reply::SlowBody(pause) => {
            answered(200);
            socket.write_all(b"HTTP/1.1 200 Told\r\ncontent-length: 10\r\n\r\n").await?;
            for _ in 0..10 {
                tokio::time::sleep(pause).await;
                socket.write_all(b" ").await?;
            }
            return Ok(true);
        }
        Reply::EndlessBody => {
            answered(200);
            socket.write_all(b"HTTP/1.1 200 Told\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            loop {
                socket.write_all(b"8\r\nendless \r\n").await?;
                tokio::time::sleep(Duration::from_micros(50)).await;
            }
        }
    }
    Ok(false)
}

async fn until_released(socket: &mut TcpStream, shared: &Shared) {
    let mut released = shared.released.subscribe();
    let mut byte = [0];
    tokio::select! {
        _ = released.changed() => {}
        _ = socket.read(&mut byte) => {}
    }
}
