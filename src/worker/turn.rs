//! A turn of one destination: one lease, batches read ahead, some of them on the wire at once, acknowledged in order.
//!
//! No transaction is open while a request is on the wire, and no batch mixes old and new settings: they are those of the
//! lease, and the turn ends when they have changed.

mod asking;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::time::sleep_until;

use super::batch::Batch;
use super::conclusion::{self, Memory, Writing};
use super::confirming::{Confirming, Probed};
use super::delivering::{Ending, Report, deliver};
use super::horizon::Horizon;
use super::line::Line;
use super::reader::{Read, Reader};
use super::turns::Seat;
use crate::store;
use crate::store::cursors::{self, LeaseState, Progress};
use crate::store::log::Position;

/// How long a turn that has read all waits for what is recorded next, after it has sent something. As long as between two
/// sweeps: whoever is not told of news waits no longer than for those.
const STAY: Duration = Duration::from_secs(1);

/// A batch that is read and built: at most one at a time.
type Reading<'l> = FuturesOrdered<BoxFuture<'l, (Reader, Result<Read, store::Error>)>>;

/// A batch whose end is written down: at most one at a time, so that they are in order.
type Concluding<'l> = FuturesOrdered<BoxFuture<'l, Result<Concluded, store::Error>>>;

/// Probes on the wire, one after the other.
type Asking<'l> = FuturesOrdered<BoxFuture<'l, Result<Probed, store::Error>>>;

/// A batch that is back from the wire.
struct Arrived {
    report: Report,
    /// How far it brings the destination.
    progress: Progress,
    /// Requests that were accepted, and have to be sent again.
    again: usize,
    /// What was known of the destination then.
    memory: Memory,
    /// Counts from 1 since something was last accepted.
    attempt: u32,
    /// No batch before it has to wait.
    in_order: bool,
    /// How far it leaves the count of entries to be careful with.
    careful: i32,
}

/// A batch whose end is written down.
struct Concluded {
    ending: Ending,
    /// When it was asked how things stand.
    asked: Instant,
    kept: LeaseState,
    /// Whether the lease was to be kept.
    keep: bool,
}

struct Turn<'l> {
    line: &'l Line,
    seat: &'l Seat,
    horizon: Horizon,
    /// How long to wait for news.
    stay_until: Instant,
    /// The reader, while it does not read.
    reader: Option<Reader>,
    /// The place behind which the next batch begins.
    after: Position,
    /// Read and built, not yet on the wire.
    ready: Option<Batch>,
    /// How far each batch on the wire leaves the count of entries to be careful with.
    careful: VecDeque<i32>,
    /// The same for the last batch that is back.
    careful_at_last: i32,
    /// To be written down in this order.
    arrived: VecDeque<Arrived>,
    /// Most batches on the wire (spec 4.2). A turn begins with one where the last attempt failed, and each success allows one
    /// more.
    in_flight_most: usize,
    memory: Memory,
    confirming: Confirming,
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
pub(super) async fn serve(line: &Line, seat: &Seat) -> Result<(), store::Error> {
    let (reader, lease) = (Reader::new(line), &line.lease);
    let is_well = (lease.failures, lease.server_errors, lease.deaths) == (0, 0, 0) && reader.careful() == 0;
    let turn = Turn {
        line,
        seat,
        horizon: Horizon::new(),
        stay_until: Instant::now(),
        after: line.lease.place(),
        reader: Some(reader),
        ready: None,
        careful: VecDeque::new(),
        careful_at_last: line.lease.careful,
        arrived: VecDeque::new(),
        in_flight_most: if is_well { most_in_flight(line) } else { 1 },
        memory: Memory::of(&line.lease),
        confirming: Confirming::of(&line.lease, line.accepts_unseen()),
        phase: Phase::Open,
        released: false,
    };
    turn.run().await
}

impl<'l> Turn<'l> {
    async fn run(mut self) -> Result<(), store::Error> {
        let (mut reading, mut concluding) = (Reading::new(), Concluding::new());
        let (mut in_flight, mut asking) = (FuturesOrdered::new(), Asking::new());
        let mut renewal = tokio::time::interval(self.line.state.config.delivery.lease / 3);
        renewal.tick().await;
        loop {
            let on_their_way = in_flight.len() + self.arrived.len();
            if reading.is_empty()
                && self.wants_to_read(on_their_way, concluding.is_empty() && asking.is_empty())
                && let Some(reader) = self.reader.take()
            {
                reading.push_back(self.read(reader));
            }
            if on_their_way < self.in_flight_most
                && let Some(batch) = self.take_ready()
            {
                in_flight.push_back(self.deliver(batch));
                continue;
            }
            if asking.is_empty()
                && self.phase <= Phase::Drained
                && let Some(probes) = self.confirming.probes(in_flight.is_empty() && reading.is_empty())
            {
                asking.push_back(self.ask(probes));
            }
            let is_quiet = in_flight.is_empty() && reading.is_empty() && asking.is_empty();
            if concluding.is_empty()
                && let Some(arrived) = self.arrived.pop_front()
            {
                concluding.push_back(self.conclude(arrived, is_quiet));
            }
            let is_idle = is_quiet && concluding.is_empty();
            if is_idle && !self.stays() && !self.waits_to_confirm() {
                break;
            }
            let due = self.confirming.due().filter(|_| is_idle && self.waits_to_confirm());
            tokio::select! {
                Some((reader, read)) = reading.next() => self.has_read(reader, read?),
                Some((begun, report)) = in_flight.next() => self.has_arrived(report, begun),
                Some(probed) = asking.next() => self.has_asked(probed?),
                Some(concluded) = concluding.next() => self.has_concluded(concluded?)?,
                () = self.seat.news() => self.horizon.has_news(),
                () = self.horizon.look() => self.horizon.looks_again(),
                () = sleep_until(self.stay_until.into()), if is_idle && self.stays() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now).into()), if due.is_some() => {}
                () = self.line.stopped(), if is_idle => {}
                _ = renewal.tick() => self.renew().await?,
            }
        }
        self.enter(Phase::Ended);
        if !self.released {
            let careful = self.reader.as_ref().map_or(0, Reader::careful);
            conclusion::release(self.line, self.memory, careful).await?;
        }
        Ok(())
    }

    /// One batch is read ahead, but not before the destination has shown that it takes any, nor where entries are built one by
    /// one: what is noted of building holds for the entry at the cursor. `on_their_way`: batches on the wire or back from it.
    fn wants_to_read(&self, on_their_way: usize, nothing_concludes: bool) -> bool {
        let ahead = (on_their_way == 0 && nothing_concludes) || self.in_flight_most > 1;
        let is_time = self.horizon.is_time(on_their_way < self.in_flight_most);
        let is_open = self.confirming.is_open();
        is_open && ahead && is_time && self.ready.is_none() && self.phase == Phase::Open && !self.line.is_stopping()
    }

    fn read(&mut self, mut reader: Reader) -> BoxFuture<'l, (Reader, Result<Read, store::Error>)> {
        self.horizon.reads();
        let line = self.line;
        Box::pin(async move {
            let read = reader.next(line).await;
            (reader, read)
        })
    }

    fn has_read(&mut self, reader: Reader, read: Read) {
        match read {
            Read::Batch(batch) => {
                if batch.more {
                    self.horizon.has_more();
                }
                if reader.careful() > 0 {
                    self.in_flight_most = 1;
                }
                self.horizon.has_read();
                self.ready = Some(batch);
            }
            Read::Nothing => self.horizon.is_clear(),
            Read::HeldBack => self.horizon.is_held_back(),
        }
        self.reader = Some(reader);
    }

    /// Whether the turn waits for what is recorded next when it has read and sent all: the lease need not be taken anew then.
    fn stays(&self) -> bool {
        let may_stay = self.phase == Phase::Open && !self.horizon.is_given_up() && !self.line.is_stopping();
        may_stay && Instant::now() < self.stay_until && self.seat.may_stay()
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = self.phase.max(phase);
        if self.phase > Phase::Open {
            self.seat.close();
        }
    }

    fn take_ready(&mut self) -> Option<Batch> {
        if self.phase >= Phase::Ended {
            self.ready = None;
        }
        self.ready.take()
    }

    fn deliver(&mut self, batch: Batch) -> impl Future<Output = (Instant, Report)> + use<'l> {
        let (line, after, server_errors) = (self.line, self.after, self.memory.server_errors);
        if let Some(last) = batch.last {
            self.after = last;
        }
        self.careful.push_back(self.reader.as_ref().map_or(0, Reader::careful));
        let seat = self.seat;
        async move {
            let begun = Instant::now();
            (begun, seat.hold(Box::pin(line.priority.hold(deliver(line, after, batch, server_errors)))).await)
        }
    }

    /// Takes in the oldest batch that was on the wire: what it came to holds for the next one at once.
    fn has_arrived(&mut self, report: Report, begun: Instant) {
        let in_order = self.phase < Phase::Blocked;
        let is_settled = matches!(report.ending, Ending::Settled);
        self.line.priority.learn(&report);
        let careful = self.careful.pop_front().unwrap_or_default();
        self.careful_at_last = careful;
        let (mut progress, mut again, attempt) = (Progress::default(), 0, self.memory.failures.saturating_add(1));
        if in_order {
            (progress, again) = self.confirming.take_in(&report, begun);
            self.memory.learn(&report, &progress);
            if is_settled && report.accepted > 0 && careful == 0 {
                self.in_flight_most = (self.in_flight_most + 1).min(most_in_flight(self.line));
            }
        }
        self.stay_until = Instant::now() + if report.accepted > 0 { STAY } else { Duration::ZERO };
        if !is_settled {
            self.enter(Phase::Blocked);
        } else if self.seat.is_crowded() || self.line.is_stopping() {
            self.enter(Phase::Drained);
        }
        self.arrived.push_back(Arrived { report, progress, again, memory: self.memory, attempt, in_order, careful });
    }

    /// Writes down what became of a batch, and gives the lease back with the last one. `is_quiet`: nothing is read or on the wire.
    fn conclude(&mut self, arrived: Arrived, is_quiet: bool) -> BoxFuture<'l, Result<Concluded, store::Error>> {
        let is_last = is_quiet && self.ready.is_none() && self.arrived.is_empty();
        let goes_on = self.phase == Phase::Open && (!self.horizon.is_end() || self.stays());
        let keep = !is_last || goes_on || self.waits_to_confirm();
        if !keep {
            self.enter(Phase::Ended);
        }
        let line = self.line;
        Box::pin(async move {
            let Arrived { report, progress, again, memory, attempt, in_order, careful } = arrived;
            let asked = Instant::now();
            let writing = Writing { in_order, keep, careful, progress, again, attempt };
            let kept = conclusion::conclude(line, &report, memory, writing).await?;
            Ok(Concluded { ending: report.ending, asked, kept, keep })
        })
    }

    fn has_concluded(&mut self, concluded: Concluded) -> Result<(), store::Error> {
        let Concluded { ending, asked, kept, keep } = concluded;
        match kept {
            LeaseState::Held(current) => {
                self.released = !keep;
                if !self.line.terms.confirm(asked, current) {
                    self.enter(Phase::Ended);
                }
            }
            LeaseState::Lost | LeaseState::Disabled => {
                self.released = kept == LeaseState::Lost || !keep;
                self.enter(Phase::Ended);
            }
        }
        if let Ending::BrokenOff(error) = ending { Err(error) } else { Ok(()) }
    }

    /// The lease is for workers that stand still, not for receivers that take long.
    async fn renew(&self) -> Result<(), store::Error> {
        let lease = self.line.state.config.delivery.lease;
        cursors::renew(self.line.priority.store(), self.line.lease.fence(), lease).await
    }
}

fn most_in_flight(line: &Line) -> usize {
    line.state.config.delivery.max_in_flight_per_destination
}
