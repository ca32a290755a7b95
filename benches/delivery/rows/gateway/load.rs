//! Callers: they ask again as soon as they have an answer.

use std::net::SocketAddr;
use std::thread;
use std::time::Instant;

use tracecast::clock::Clock;

use super::door::Door;
use crate::bench::count;
use crate::outcome::Result;
use crate::post::Post;
use crate::receiver::{CHUNKS, SENT};

/// Whom to ask, and with which key.
#[derive(Debug, Clone)]
pub(super) struct Target {
    address: SocketAddr,
    /// What stands before the path of a door.
    prefix: &'static str,
    headers: String,
}

impl Target {
    /// A model server, or a gateway that looks like one.
    pub(super) fn plain(address: SocketAddr, key: &str) -> Self {
        let headers = format!("content-type: application/json\r\nauthorization: Bearer {key}\r\n");
        Self { address, prefix: "", headers }
    }

    /// Tracecast's gateway.
    pub(super) fn tracecast(address: SocketAddr, key: &str) -> Self {
        Self { prefix: "/api", ..Self::plain(address, key) }
    }

    /// Whether it has this door at all.
    pub(super) fn has(&self, door: &Door) -> Result<bool> {
        let mut post = Post::connect(self.address)?;
        let (status, _) = post.send(&self.path(door), &self.headers, door.body.as_bytes())?;
        Ok(status != 404)
    }

    fn path(&self, door: &Door) -> String {
        format!("{}{}", self.prefix, door.path)
    }

    /// Asks so often, one after the other. Gives the seconds of each.
    fn ask(&self, door: &Door, requests: u64) -> Result<Vec<f64>> {
        let (mut post, path) = (Post::connect(self.address)?, self.path(door));
        (0..requests)
            .map(|_| {
                let begun = Instant::now();
                let (status, answer) = post.send(&path, &self.headers, door.body.as_bytes())?;
                checked(status, answer)?;
                Ok(begun.elapsed().as_secs_f64())
            })
            .collect()
    }

    /// The seconds that each chunk of so many streams took from the model server to the caller.
    pub(super) fn chunks(&self, door: &Door, streams: u64) -> Result<Vec<f64>> {
        let (mut post, path) = (Post::connect(self.address)?, self.path(door));
        let mut delays = Vec::new();
        for _ in 0..streams {
            let (mut read, before) = (0, delays.len());
            let (status, answer) = post.watch(&path, &self.headers, door.body.as_bytes(), |answer| {
                let now = Clock::System.unix_nanos().0;
                while let Some((sent, end)) = next_sent(answer, read) {
                    delays.push(count(now.saturating_sub(sent)) / 1e9);
                    read = end;
                }
            })?;
            checked(status, answer)?;
            if (delays.len() - before) as u64 != CHUNKS {
                return Err(format!("{} of {CHUNKS} chunks came", delays.len() - before).into());
            }
        }
        Ok(delays)
    }
}

fn checked(status: u16, answer: &[u8]) -> Result<()> {
    if status == 200 { Ok(()) } else { Err(format!("{status}: {}", String::from_utf8_lossy(answer)).into()) }
}

/// The next chunk's moment of sending behind `from`, and where it ends. None: not all of it has come.
fn next_sent(answer: &[u8], from: usize) -> Option<(u64, usize)> {
    let begin = from + answer[from..].windows(SENT.len()).position(|window| window == SENT)? + SENT.len();
    let digits = answer[begin..].iter().position(|byte| !byte.is_ascii_digit())?;
    let sent = std::str::from_utf8(&answer[begin..begin + digits]).ok()?.parse().ok()?;
    Some((sent, begin + digits))
}

/// Lets so many callers ask so many times, all together. Gives the seconds of all, and those of each request.
pub(super) fn load(target: &Target, door: &Door, (callers, requests): (u64, u64)) -> Result<(f64, Vec<f64>)> {
    let begun = Instant::now();
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let (target, door) = (target.clone(), door.clone());
            thread::spawn(move || target.ask(&door, requests / callers))
        })
        .collect();
    let mut times = Vec::new();
    tokio::task::block_in_place(|| -> Result<()> {
        for caller in callers {
            times.extend(caller.join().map_err(|_| "a caller panicked")??);
        }
        Ok(())
    })?;
    Ok((begun.elapsed().as_secs_f64(), times))
}
