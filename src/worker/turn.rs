//! The turn room: one lease of one destination, for many batches. This file begins what the plan says, and tells it what came of it.
//!
//! No transaction is open while a request is on the wire, and no batch mixes old and new settings: they are those of the lease, and
//! the turn ends when they have changed.

pub(super) mod acknowledge;

mod attempt;
mod health;
mod plan;
mod report;
mod send;

use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use tokio::sync::Mutex;
use tokio::time::sleep_until;

use self::health::Health;
use self::plan::{Action, Event, Plan, Surroundings};
use self::report::Report;
use super::build::reader::Reader;
use super::leased::Leased;
use super::schedule::running::Listener;
use crate::delivery::confirmation::Probes;
use crate::destination::Parcel;
use crate::store;
use crate::store::cursors;
use crate::store::log::Position;

/// Serves a destination until there is nothing to read, it has to wait, others wait for a turn, or the program stops.
///
/// # Errors
/// The database is away. The lease is not given back.
pub(super) async fn serve(leased: &Leased, listener: &mut Listener) -> store::Result<()> {
    let reader = Mutex::new(Reader::new(leased));
    let mut plan = plan(leased);
    // Batches come back in the order in which they were sent.
    let mut on_the_wire = FuturesOrdered::new();
    let mut begun: FuturesUnordered<BoxFuture<'_, store::Result<Event>>> = FuturesUnordered::new();
    let lease = leased.state.config.delivery.lease;
    // Renewed, because it ends for workers that stand still, not for receivers that take long.
    let mut renewal = tokio::time::interval(lease / 3);
    renewal.tick().await;
    let mut event = Event::Looked;
    loop {
        take_note(leased, listener, &event);
        let around = surroundings(leased);
        let actions = plan.step(around, event);
        listener.waits_behind(plan.waits_behind());
        if plan.is_over() {
            return Ok(());
        }
        for action in actions {
            match action {
                Action::Read => begun.push(Box::pin(read(leased, &reader))),
                Action::Send(batch, after, server_errors) => on_the_wire.push_back(Box::pin(async move {
                    let begun = Instant::now();
                    Event::Arrived(send::send(leased, after, batch, server_errors).await, begun)
                })),
                Action::Probe(probes) => begun.push(Box::pin(probe(leased, probes))),
                Action::Acknowledge(result) => begun.push(Box::pin(async move {
                    Ok(Event::Acknowledged(acknowledge::acknowledge(leased, result).await?))
                })),
            }
        }
        let due = plan.due(around);
        event = tokio::select! {
            Some(arrived) = on_the_wire.next() => arrived,
            Some(ended) = begun.next() => ended?,
            () = listener.readable() => Event::Readable,
            () = sleep_until(due.unwrap_or(around.now).into()), if due.is_some() => Event::Looked,
            () = leased.stop.cancelled(), if !around.is_stopping => Event::Looked,
            _ = renewal.tick() => {
                cursors::renew(leased.store(), leased.lease.fence(), lease).await?;
                Event::Looked
            }
        };
    }
}

fn plan(leased: &Leased) -> Plan {
    let lease = &leased.lease;
    let confirmation = lease.confirmation(leased.connection.wire().accepts_unseen(), Instant::now());
    let in_flight_most = leased.batches_at_a_time();
    Plan::new(lease.place(), Health::of(lease), confirmation, lease.poison(), in_flight_most)
}

fn surroundings(leased: &Leased) -> Surroundings {
    let permit = &leased.permit;
    Surroundings {
        now: Instant::now(),
        is_crowded: permit.is_crowded(),
        may_stay: permit.may_stay(),
        is_stopping: leased.stop.is_cancelled(),
    }
}

/// Tells lane and poller of an event.
fn take_note(leased: &Leased, listener: &mut Listener, event: &Event) {
    match event {
        Event::Arrived(report, _) | Event::NotPassed(report) => {
            if let Some(is_well) = report.is_well() {
                leased.permit.learn(is_well);
            }
        }
        Event::Read(None, _) => listener.found_nothing(),
        Event::Read(Some(batch), _) if batch.last.is_none() => listener.leave_alone(),
        _ => {}
    }
}

async fn read(leased: &Leased, reader: &Mutex<Reader>) -> store::Result<Event> {
    let mut reader = reader.lock().await;
    let batch = reader.next(leased).await?;
    Ok(Event::Read(batch, reader.poison()))
}

/// Sends probes. The first one that is not accepted ends them.
async fn probe(leased: &Leased, probes: Probes<Position>) -> store::Result<Event> {
    let nothing = [Parcel::of(leased.state.config.delivery.compression.empty_body())];
    for pause in probes.pauses {
        tokio::time::sleep(*pause).await;
        let attempt = leased.send(&nothing).await?;
        if !attempt.as_ref().is_some_and(|attempt| attempt.outcome.is_accepted()) {
            return Ok(Event::NotPassed(Report::of_probe(attempt)));
        }
    }
    Ok(Event::Passed(probes))
}
