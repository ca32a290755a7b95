//! Reads an account's log for one destination, batch after batch.

use tokio::task::JoinSet;

use super::batch::{Batch, WithContent};
use super::line::Line;
use crate::store;
use crate::store::cursors;
use crate::store::log::{self, Entries, Position, Window};

/// Workers that may die while they build one request before it is put aside (spec 4.3).
const MOST_DEATHS: i32 = 3;

/// Entries that are built one by one after workers died while they built a batch.
const CAREFUL_ENTRIES: i32 = 500;

/// What reading on came to.
#[derive(Debug)]
pub(super) enum Read {
    Batch(Batch),
    /// The log ends here, or goes on with entries for a newer worker.
    Nothing,
    /// What comes next can be read when an older transaction has ended, and no notification tells when.
    HeldBack,
}

/// Reads on from a place in the log.
#[derive(Debug)]
pub(super) struct Reader {
    after: Position,
    /// Whether the last entries were large ones.
    large: bool,
    /// Whether the last worker was gone before it gave the lease back: building is noted before and after, so that dying
    /// over it can be told from dying while a receiver was waited for.
    watching: bool,
    /// Entries that are still built one by one, because workers died over building here.
    careful: i32,
    /// How often building what comes next was begun and never ended.
    builds: i32,
    /// The next entries, which are read while the batch before them is built.
    ahead: Option<Ahead>,
}

/// A read that was begun before it was asked for. It ends when it is dropped.
#[derive(Debug)]
struct Ahead {
    /// The place behind which it begins.
    after: Position,
    read: JoinSet<Result<Entries, store::Error>>,
}

impl Ahead {
    /// On a task of its own, because building keeps a thread busy for milliseconds.
    fn begin(line: &Line, after: Position) -> Self {
        let (store, account) = (line.priority.store().clone(), line.lease.account);
        let window = window(line, (after, line.lease.until()), most_entries(line));
        let mut read = JoinSet::new();
        read.spawn(async move { log::list_small_after(&store, account, &window).await });
        Self { after, read }
    }

    /// What was read. None: nothing small, or the read failed; it is tried again in its turn.
    async fn entries(mut self) -> Option<Entries> {
        let read = self.read.join_next().await?;
        read.ok()?.ok().filter(|entries| !entries.is_empty())
    }
}

impl Reader {
    pub(super) fn new(line: &Line) -> Self {
        let lease = &line.lease;
        let begins_to_be_careful = lease.careful == 0 && lease.builds + 1 >= MOST_DEATHS;
        let (careful, builds) = if begins_to_be_careful { (CAREFUL_ENTRIES, 0) } else { (lease.careful, lease.builds) };
        Self { after: lease.place(), large: false, watching: lease.deaths > 0, careful, builds, ahead: None }
    }

    /// How many entries are still to be built one by one.
    pub(super) fn careful(&self) -> i32 {
        self.careful
    }

    /// The next batch.
    pub(super) async fn next(&mut self, line: &Line) -> Result<Read, store::Error> {
        let most = if self.careful > 0 { 1 } else { most_entries(line) };
        let (entries, cut) = self.read(line, most).await?;
        if entries.is_empty() {
            let held_back =
                log::has_after(line.priority.store(), line.lease.account, self.after, line.lease.until()).await?;
            return Ok(if held_back { Read::HeldBack } else { Read::Nothing });
        }
        let mut batch = if self.watching || self.careful > 0 {
            self.build_watching(line, &entries).await?
        } else {
            if !self.large && i64::try_from(entries.len()) == Ok(most_entries(line)) {
                self.ahead = entries.iter().last().map(|entry| Ahead::begin(line, entry.place));
            }
            line.builders.build(&entries, line.target(), WithContent::AsRead).await
        };
        let Some(last) = batch.last else { return Ok(Read::Nothing) };
        // Fewer than were read: the rest is for the next batch, unless it is for a newer worker; the next read tells.
        batch.more |= cut || batch.entries < entries.len() || i64::try_from(entries.len()) == Ok(most);
        self.after = last;
        Ok(Read::Batch(batch))
    }

    /// Reads on, small entries in the quick way, and says whether the read ended for its size.
    async fn read(&mut self, line: &Line, most: i64) -> Result<(Entries, bool), store::Error> {
        let (store, account) = (line.priority.store(), line.lease.account);
        let window = window(line, (self.after, line.lease.until()), most);
        if !self.large {
            let ahead = match self.ahead.take().filter(|ahead| ahead.after == self.after) {
                Some(ahead) => ahead.entries().await,
                None => None,
            };
            let entries = match ahead {
                Some(entries) => entries,
                None => log::list_small_after(store, account, &window).await?,
            };
            if !entries.is_empty() {
                // What is not small may lie right behind, unless the log ended.
                let cut = entries.is_cut();
                return Ok((entries, cut));
            }
            if !entries.is_cut() {
                return Ok((entries, false));
            }
        }
        // What entries become in OTLP is not much less.
        let bytes = line.limits().bytes;
        let entries = log::list_after(store, account, &window, i64::try_from(bytes).unwrap_or(i64::MAX)).await?;
        let average = entries.bytes().checked_div(entries.len()).unwrap_or_default();
        self.large = average > usize::try_from(log::SMALL_BYTES).unwrap_or_default();
        let cut = entries.bytes() >= bytes;
        Ok((entries, cut))
    }

    async fn build_watching(&mut self, line: &Line, entries: &Entries) -> Result<Batch, store::Error> {
        let (store, fence) = (line.priority.store(), line.lease.fence());
        if self.careful > 0 && self.builds >= MOST_DEATHS {
            self.builds = 0;
            let unreadable: Vec<_> = entries.iter().map(|entry| entry.place).collect();
            let last = unreadable.last().copied();
            return Ok(Batch { last, entries: unreadable.len(), unreadable, ..Batch::default() });
        }
        cursors::record_builds(store, fence, (self.builds + 1, self.careful)).await?;
        let batch = line.builders.build(entries, line.target(), WithContent::AsRead).await;
        cursors::record_builds(store, fence, (0, self.careful)).await?;
        self.builds = 0;
        self.watching = false;
        self.careful = (self.careful - 1).max(0);
        Ok(batch)
    }

    /// Builds the entries of a part of a batch again.
    pub(super) async fn part(
        line: &Line,
        part: (Position, Position),
        content: WithContent,
    ) -> Result<Batch, store::Error> {
        let window = window(line, part, most_entries(line));
        let entries = log::list_after(line.priority.store(), line.lease.account, &window, i64::MAX).await?;
        Ok(line.builders.build(&entries, line.target(), content).await)
    }
}

fn most_entries(line: &Line) -> i64 {
    i64::try_from(line.limits().requests).unwrap_or(i64::MAX)
}

fn window(line: &Line, (after, until): (Position, Position), entries: i64) -> Window {
    Window { after, until, since: line.lease.since, private: line.lease.private, entries }
}
