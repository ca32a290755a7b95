//! A turn of one destination: one lease, batches read ahead, up to four of them on the wire, acknowledged in order.
//!
//! No transaction is open while a request is on the wire, and no batch mixes old and new settings: they are those of the
//! lease, and the turn ends when they have changed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::stream::FuturesOrdered;

use super::batch::Batch;
use super::conclusion::{self, Memory, Writing};
use super::delivering::{Ending, Report, deliver};
use super::line::Line;
use super::reader::Reader;
use crate::store;
use crate::store::cursors::{self, Kept};
use crate::store::log::Position;

/// Most batches of one destination on the wire (spec 4.2). A turn begins with one; each success allows one more.
const MOST_IN_FLIGHT: usize = 4;

type Reading<'l> = BoxFuture<'l, (Reader, Result<Option<Batch>, store::Error>)>;

struct Turn<'l> {
    line: &'l Line,
    /// Others wait for a turn.
    crowded: &'l AtomicBool,
    /// The reader, while it does not read.
    reader: Option<Reader>,
    /// The place behind which the next batch begins.
    after: Position,
    /// Read and built, not yet on the wire.
    ready: Option<Batch>,
    /// How far each batch on the wire leaves the count of entries to be careful with.
    careful: VecDeque<i32>,
    in_flight_most: usize,
    memory: Memory,
    phase: Phase,
    released: bool,
}

/// How far a turn has come; each phase includes what the ones before it say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Batches are read and sent.
    Open,
    /// No more is read.
    Drained,
    /// Nothing more is sent.
    Ended,
    /// A batch has to wait: what is on the wire behind it cannot move the cursor.
    Blocked,
}

/// Serves a destination until there is nothing to read, it has to wait, others wait for their turn, or the program stops.
pub(super) async fn serve(line: &Line, crowded: &AtomicBool) -> Result<(), store::Error> {
    let reader = Reader::new(line);
    let turn = Turn {
        line,
        crowded,
        after: line.lease.place(),
        reader: Some(reader),
        ready: None,
        careful: VecDeque::new(),
        in_flight_most: 1,
        memory: Memory::of(&line.lease),
        phase: Phase::Open,
        released: false,
    };
    turn.run().await
}

impl<'l> Turn<'l> {
    async fn run(mut self) -> Result<(), store::Error> {
        let mut reading: OptionFuture<Reading<'l>> = None.into();
        let mut is_reading = false;
        let mut in_flight = FuturesOrdered::new();
        let mut renewal = tokio::time::interval(self.line.state.config.delivery.lease / 3);
        renewal.tick().await;
        loop {
            if !is_reading
                && self.wants_to_read(in_flight.len())
                && let Some(reader) = self.reader.take()
            {
                reading = Some(self.read(reader)).into();
                is_reading = true;
            }
            if in_flight.len() < self.in_flight_most
                && let Some(batch) = self.take_ready()
            {
                in_flight.push_back(self.deliver(batch));
                continue;
            }
            if in_flight.is_empty() && !is_reading {
                break;
            }
            tokio::select! {
                Some((reader, batch)) = &mut reading, if is_reading => {
                    is_reading = false;
                    reading = None.into();
                    self.has_read(reader, batch?);
                }
                Some(report) = in_flight.next(), if !in_flight.is_empty() => {
                    let last = in_flight.is_empty() && self.ready.is_none() && !is_reading;
                    self.acknowledge(report, last).await?;
                }
                _ = renewal.tick() => self.renew().await?,
            }
        }
        if !self.released {
            let careful = self.reader.as_ref().map_or(0, Reader::careful);
            conclusion::release(self.line, self.memory, careful).await?;
        }
        Ok(())
    }

    /// One batch is read ahead, but not before the destination has shown that it takes any.
    fn wants_to_read(&self, in_flight: usize) -> bool {
        let ahead = in_flight == 0 || self.in_flight_most > 1;
        ahead && self.ready.is_none() && self.phase == Phase::Open && !self.line.is_stopping()
    }

    fn read(&self, mut reader: Reader) -> Reading<'l> {
        let line = self.line;
        Box::pin(async move {
            let batch = reader.next(line).await;
            (reader, batch)
        })
    }

    fn has_read(&mut self, reader: Reader, batch: Option<Batch>) {
        match batch {
            Some(batch) => {
                if !batch.more {
                    self.enter(Phase::Drained);
                }
                if reader.careful() > 0 {
                    self.in_flight_most = 1;
                }
                self.ready = Some(batch);
            }
            None => self.enter(Phase::Drained),
        }
        self.reader = Some(reader);
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = self.phase.max(phase);
    }

    fn take_ready(&mut self) -> Option<Batch> {
        if self.phase >= Phase::Ended {
            self.ready = None;
        }
        self.ready.take()
    }

    fn deliver(&mut self, batch: Batch) -> impl Future<Output = Report> + use<'l> {
        let (line, after, server_errors) = (self.line, self.after, self.memory.server_errors);
        if let Some(last) = batch.last {
            self.after = last;
        }
        self.careful.push_back(self.reader.as_ref().map_or(0, Reader::careful));
        async move { deliver(line, after, batch, server_errors).await }
    }

    /// Writes down the oldest batch that was on the wire. `last`: nothing else is there or on its way.
    async fn acknowledge(&mut self, report: Report, last: bool) -> Result<(), store::Error> {
        let asked = Instant::now();
        let is_settled = matches!(report.ending, Ending::Settled);
        let in_order = self.phase < Phase::Blocked;
        if in_order && is_settled && report.accepted > 0 {
            self.in_flight_most = (self.in_flight_most + 1).min(MOST_IN_FLIGHT);
        }
        if !is_settled {
            self.enter(Phase::Blocked);
        } else if self.crowded.load(Ordering::Relaxed) || self.line.is_stopping() {
            self.enter(Phase::Drained);
        }
        let careful = self.careful.pop_front().unwrap_or_default();
        let keep = !last || self.phase == Phase::Open;
        let kept =
            conclusion::conclude(self.line, &report, &mut self.memory, Writing { in_order, keep, careful }).await?;
        match kept {
            Kept::Written(current) => {
                self.released = !keep;
                if !self.line.confirm(asked, current) {
                    self.enter(Phase::Ended);
                }
            }
            Kept::Lost | Kept::SwitchedOff => {
                self.released = kept == Kept::Lost || !keep;
                self.enter(Phase::Ended);
            }
        }
        if let Ending::BrokenOff(error) = report.ending { Err(error) } else { Ok(()) }
    }

    /// The lease is for workers that stand still, not for receivers that take long.
    async fn renew(&self) -> Result<(), store::Error> {
        let lease = self.line.state.config.delivery.lease;
        cursors::renew(&self.line.state.store, self.line.lease.key(), self.line.lease.fence(), lease).await
    }
}
