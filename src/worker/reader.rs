//! Reads an account's log for one destination, batch after batch.

use super::batch::{Batch, Builder, MOST_BYTES, Name, WithContent};
use super::line::Line;
use crate::store;
use crate::store::cursors;
use crate::store::log::{self, Position, Window};

/// Most entries of one batch (spec 4.2).
const MOST_ENTRIES: i64 = 500;

/// Workers that may die over one request before it is put aside (spec 4.3).
const MOST_DEATHS: i32 = 3;

/// Entries that are built one by one after as many workers died over a batch.
const CAREFUL_ENTRIES: i32 = 500;

/// Reads on from a place in the log.
#[derive(Debug)]
pub(super) struct Reader {
    builder: Builder,
    after: Position,
    /// Entries that are still built one by one, because workers died here.
    careful: i32,
    /// How often building the next entry killed a worker.
    builds: i32,
}

impl Reader {
    pub(super) fn new(line: &Line) -> Self {
        let lease = &line.lease;
        let careful = if lease.deaths >= MOST_DEATHS { CAREFUL_ENTRIES } else { lease.careful };
        let builder = Builder::new(&line.state.config);
        Self { builder, after: lease.place(), careful, builds: lease.builds }
    }

    /// How many entries are still to be built one by one.
    pub(super) fn careful(&self) -> i32 {
        self.careful
    }

    /// The next batch. None: the log ends here, or goes on with entries for a newer worker.
    pub(super) async fn next(&mut self, line: &Line) -> Result<Option<Batch>, store::Error> {
        let limit = if self.careful > 0 { 1 } else { MOST_ENTRIES };
        let window = Window {
            after: self.after,
            until: Position::END,
            since: line.lease.since,
            private: line.lease.private,
            entries: limit,
            bytes: i64::try_from(MOST_BYTES).unwrap_or(i64::MAX),
        };
        let entries = log::list_after(&line.state.store, line.lease.account, &window).await?;
        let count = entries.len();
        let filled = i64::try_from(count).is_ok_and(|count| count == limit) || bytes_of(&entries) >= MOST_BYTES;
        let mut batch = if self.careful > 0 {
            self.build_carefully(line, entries).await?
        } else {
            self.builder.build(entries, &line.settings, WithContent::AsRead).await
        };
        let Some(last) = batch.last else { return Ok(None) };
        // Fewer than were read: the rest is for the next batch, unless it is for a newer worker; the next read tells.
        batch.more |= filled || batch.entries < count;
        self.after = last;
        Ok(Some(batch))
    }

    /// Notes before and after that an entry is being built, so that the one over which workers die can be told.
    async fn build_carefully(&mut self, line: &Line, entries: Vec<log::Read>) -> Result<Batch, store::Error> {
        self.careful -= 1;
        let (key, fence) = (line.lease.key(), line.lease.fence());
        if self.builds >= MOST_DEATHS {
            self.builds = 0;
            let mut batch = Batch::default();
            for entry in entries {
                batch.last = Some(entry.place());
                batch.entries += 1;
                let place = entry.place();
                let name = Name { place, generation_id: entry.generation_id, recorded_at: entry.recorded_at };
                batch.unreadable.push(name);
            }
            return Ok(batch);
        }
        cursors::record_build_begun(&line.state.store, key, fence).await?;
        let batch = self.builder.build(entries, &line.settings, WithContent::AsRead).await;
        cursors::record_build_ended(&line.state.store, key, fence).await?;
        self.builds = 0;
        Ok(batch)
    }

    /// Builds some requests of a batch again, for a smaller one.
    pub(super) async fn part(
        line: &Line,
        builder: &mut Builder,
        (after, until): (Position, Position),
        content: WithContent,
    ) -> Result<Batch, store::Error> {
        let window = Window {
            after,
            until,
            since: line.lease.since,
            private: line.lease.private,
            entries: MOST_ENTRIES,
            bytes: i64::MAX,
        };
        let entries = log::list_after(&line.state.store, line.lease.account, &window).await?;
        Ok(builder.build(entries, &line.settings, content).await)
    }
}

fn bytes_of(entries: &[log::Read]) -> usize {
    entries.iter().map(|entry| entry.payload.len() + entry.content.as_ref().map_or(0, Vec::len)).sum()
}
