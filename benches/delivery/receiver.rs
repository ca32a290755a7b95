//! The receiver: a process of its own that answers at once (or after a set time), and counts the events that came in by
//! reading the bodies. It plays the model server behind the gateway, too (`completions.rs`).

mod body;
mod certificate;
mod completions;
mod endpoint;
mod serve;
mod tally;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use self::completions::{CHAT, CHUNKS, EMBEDDINGS, MESSAGES, PACED, RESPONSES, SENT};
pub(crate) use self::endpoint::Endpoint;
pub(crate) use self::serve::run;
pub(crate) use self::tally::Counts;
use crate::child::Role;
use crate::outcome::Result;
use crate::post::Post;

/// Where receivers listen.
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Where counts are asked for.
const COUNTS: &str = "/counts";
/// Where the arrivals of events are asked for.
const ARRIVALS: &str = "/arrivals";
/// Where everything begins anew.
const RESET: &str = "/reset";

/// When an event arrived, in nanoseconds since the Unix epoch, by its trace.
pub(crate) type Arrivals = std::collections::HashMap<[u8; 16], u64>;

/// A running receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    _role: Role,
    endpoint: Endpoint,
    control: Post,
}

impl Receiver {
    /// Starts one that answers after `delay` and, with `arrivals`, remembers when each event came.
    pub(crate) fn start(delay: Duration, arrivals: bool) -> Result<Self> {
        let delay = delay.as_millis().to_string();
        Self::with(&["--delay-ms", &delay, "--arrivals", &arrivals.to_string()], None)
    }

    /// Starts one that speaks TLS, answers at once, and writes the certificate that is to be trusted to this file.
    pub(crate) fn start_tls(certificate: &Path) -> Result<Self> {
        let file = certificate.to_str().ok_or("the benchmark's folder has a name that is no text")?;
        let arguments = ["--delay-ms", "0", "--arrivals", "false", "--certificate", file];
        Self::with(&arguments, Some(certificate.to_owned()))
    }

    fn with(arguments: &[&str], certificate: Option<PathBuf>) -> Result<Self> {
        let (role, ready) = Role::start([&["receive"], arguments].concat())?;
        let endpoint = Endpoint { address: ready.parse()?, certificate };
        let control = Post::to(&endpoint)?;
        Ok(Self { _role: role, endpoint, control })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.endpoint.address
    }

    pub(crate) fn counts(&mut self) -> Result<Counts> {
        Ok(serde_json::from_slice(self.control.send(COUNTS, "", b"")?.1)?)
    }

    pub(crate) fn reset(&mut self) -> Result<()> {
        self.control.send(RESET, "", b"")?;
        Ok(())
    }

    pub(crate) fn arrivals(&mut self) -> Result<Arrivals> {
        let entries = self.control.send(ARRIVALS, "", b"")?.1.chunks_exact(24);
        let entry =
            |entry: &[u8]| Some((entry[..16].try_into().ok()?, u64::from_le_bytes(entry[16..].try_into().ok()?)));
        Ok(entries.filter_map(entry).collect())
    }

    /// Waits until so many events have come in. An error tells how many came when nothing has come for a while.
    pub(crate) async fn wait_for(&mut self, events: u64) -> Result<Counts> {
        const PATIENCE: u32 = 3_000;
        let (mut last, mut still) = (0, 0);
        loop {
            let counts = self.counts()?;
            if counts.events >= events {
                return Ok(counts);
            }
            still = if counts.events > last { 0 } else { still + 1 };
            last = counts.events;
            if still > PATIENCE {
                return Err(format!("{last} of {events} events arrived, and no more").into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
