//! What has come in so far.

use serde::{Deserialize, Serialize};

use super::Arrivals;
use super::body::Reader;
use crate::outcome::Result;

/// Sums since the last reset.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Spans without parent: one for each event.
    pub(crate) events: u64,
    /// Bodies.
    pub(crate) requests: u64,
    /// Bytes of the bodies as they came.
    pub(crate) bytes: u64,
    /// Bytes before compression.
    pub(crate) plain_bytes: u64,
    /// When the last body had come in whole, in nanoseconds since the Unix epoch.
    pub(crate) last: u64,
}

/// Counts, and remembers arrivals if it is to.
pub(super) struct Tally {
    counts: Counts,
    arrivals: Option<Arrivals>,
    reader: Reader,
}

impl Tally {
    pub(super) fn new(arrivals: bool) -> Self {
        Self { counts: Counts::default(), arrivals: arrivals.then(Arrivals::new), reader: Reader::new() }
    }

    pub(super) fn add(&mut self, body: &[u8], gzip: bool, at: u64) -> Result<()> {
        let Self { counts, arrivals, reader } = self;
        let plain = reader.roots(body, gzip, |trace| {
            counts.events += 1;
            if let Some(arrivals) = arrivals {
                arrivals.entry(trace).or_insert(at);
            }
        })?;
        counts.requests += 1;
        counts.bytes += body.len() as u64;
        counts.plain_bytes += plain as u64;
        counts.last = counts.last.max(at);
        Ok(())
    }

    pub(super) fn counts(&self) -> Vec<u8> {
        serde_json::to_vec(&self.counts).unwrap_or_default()
    }

    /// 16 bytes of trace and 8 of time for each.
    pub(super) fn arrivals(&self) -> Vec<u8> {
        let entries = self.arrivals.iter().flatten();
        entries.flat_map(|(trace, at)| trace.iter().copied().chain(at.to_le_bytes())).collect()
    }

    pub(super) fn reset(&mut self) {
        self.counts = Counts::default();
        self.arrivals.iter_mut().for_each(Arrivals::clear);
    }
}
