//! Commits groups of entries, and tries again until the database takes them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};

use super::Buffer;
use crate::clock::Clock;
use crate::id::AccountId;
use crate::random::Random;
use crate::store::log::{self, ClockOffset, Entry};
use crate::store::losses::Loss;
use crate::store::{self, Store, losses};

/// Pause after a failed commit, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Entries that wait no longer.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) entries: Vec<Entry>,
    /// False: they are lost.
    pub(super) recorded: bool,
}

#[derive(Debug)]
pub(super) struct Commits {
    store: Store,
    random: Random,
    buffer: Arc<Buffer>,
    clock_offset: ClockOffset,
}

impl Commits {
    pub(super) fn new(store: Store, random: Random, buffer: Arc<Buffer>) -> Self {
        Self { store, random, buffer, clock_offset: ClockOffset::assumed(Clock::System) }
    }

    /// What the database's clock says, as far as that is known.
    pub(super) fn clock_offset(&self) -> ClockOffset {
        self.clock_offset
    }

    /// Reads the database's clock, if it answers.
    pub(super) async fn read_clock(&mut self) {
        if let Ok(clock_offset) = log::clock_offset(&self.store).await {
            self.clock_offset = clock_offset;
        }
    }

    /// Tries the first group until it is recorded, then removes it. A group with an entry that can never be recorded is
    /// split into two, of which the first is settled. Such an entry alone is lost.
    ///
    /// If this is cancelled, `groups` still holds every entry that is not known to be recorded or lost.
    pub(super) async fn settle_first(&mut self, groups: &mut VecDeque<Vec<Entry>>) -> Settled {
        let (mut pause, longest) = PAUSES;
        let mut recorded = false;
        while let Some(group) = groups.front_mut() {
            match self.record(group).await {
                Ok(()) => {
                    recorded = true;
                    break;
                }
                Err(error) if error.is_duplicate() && mark_known(group) => {}
                // One entry that can never be recorded must not hold back the others.
                Err(error) if error.lies_in_the_values() && !error.is_duplicate() && group.len() > 1 => {
                    halve_first(groups);
                }
                Err(error) if error.lies_in_the_values() && !error.is_duplicate() => {
                    self.lose(group, &error);
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, waiting = group.len(), "completed requests wait for the database");
                    // The commit may have happened, only its answer did not come.
                    mark_known(group);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(longest);
                }
            }
        }
        Settled { entries: groups.pop_front().unwrap_or_default(), recorded }
    }

    async fn record(&mut self, entries: &[Entry]) -> store::Result<()> {
        let begun = Instant::now();
        self.clock_offset = log::record(&self.store, entries).await?;
        histogram!("tracecast_recorder_commit_seconds").record(begun.elapsed().as_secs_f64());
        counter!("tracecast_recorder_recorded_total").increment(entries.len() as u64);
        Ok(())
    }

    fn lose(&self, entries: &[Entry], error: &store::Error) {
        for entry in entries {
            self.buffer.losses.add(entry.account, &error.to_string());
        }
    }

    /// Records the losses, so that their accounts see them.
    pub(super) async fn record_losses(&self) {
        let unrecorded = self.buffer.losses.unrecorded();
        if unrecorded.is_empty() {
            return;
        }
        match losses::record(&self.store, &self.named(&unrecorded)).await {
            Ok(()) => self.buffer.losses.remove(&unrecorded),
            Err(error) => tracing::warn!(%error, "lost requests could not be written down yet"),
        }
    }

    /// Losses with ids, by which the database records each only once.
    pub(super) fn named(&self, losses: &[(AccountId, u64)]) -> Vec<Loss> {
        losses.iter().map(|(account, lost)| (self.random.uuid(), *account, *lost)).collect()
    }

    /// Records losses that have ids already; tries until the database has them.
    pub(super) async fn settle_losses(&self, losses: &[Loss]) {
        while let Err(error) = losses::record(&self.store, losses).await {
            tracing::warn!(%error, "requests that an earlier run lost wait to be written down");
            tokio::time::sleep(PAUSES.1).await;
        }
    }
}

/// Marks entries that the database may have, so that it leaves those out. Whether any was not marked before.
fn mark_known(group: &mut [Entry]) -> bool {
    let mut marked = false;
    for entry in group {
        marked |= !std::mem::replace(&mut entry.maybe_known, true);
    }
    marked
}

fn halve_first(groups: &mut VecDeque<Vec<Entry>>) {
    if let Some(mut first) = groups.pop_front() {
        let second = first.split_off(first.len() / 2);
        groups.push_front(second);
        groups.push_front(first);
    }
}
