//! The receiver: a process of its own that answers at once (or after a set time), and counts the events that came in by
//! reading the bodies. It plays the model server behind the gateway, too.

mod body;
mod serve;
mod tally;

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use self::serve::run;
pub(crate) use self::tally::Counts;
use crate::child::Role;
use crate::outcome::Result;
use crate::post::Post;

/// Where counts are asked for.
const COUNTS: &str = "/counts";
/// Where the arrivals of events are asked for.
const ARRIVALS: &str = "/arrivals";
/// Where everything begins anew.
const RESET: &str = "/reset";

/// Where it is a model server.
pub(crate) const COMPLETIONS: &str = "/v1/chat/completions";

/// When an event arrived, in nanoseconds since the Unix epoch, by its trace.
pub(crate) type Arrivals = std::collections::HashMap<[u8; 16], u64>;

/// A running receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    _role: Role,
    address: SocketAddr,
    control: Post,
}

impl Receiver {
    /// Starts one that answers after `delay` and, with `arrivals`, remembers when each event came.
    pub(crate) fn start(delay: Duration, arrivals: bool) -> Result<Self> {
        let delay = delay.as_millis().to_string();
        let (role, ready) = Role::start(["receive", "--delay-ms", &delay, "--arrivals", &arrivals.to_string()])?;
        let address = ready.parse()?;
        Ok(Self { _role: role, address, control: Post::connect(address)? })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
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
