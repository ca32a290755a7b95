//! Reads an account's log behind a cursor, batch after batch, and has each batch built.

use tokio::task::JoinSet;

use super::batch::{Batch, WithContent};
use crate::delivery::poison::{Build, Poison};
use crate::store;
use crate::store::cursors;
use crate::store::log::{self, Entries, Position, Window};
use crate::worker::leased::Leased;

/// Reads on from a place in the log.
#[derive(Debug)]
pub(in crate::worker) struct Reader {
    after: Position,
    /// Whether the last entries were large ones.
    is_large: bool,
    poison: Poison,
    /// The next entries, which are read while the batch before them is built.
    ahead: Option<Ahead>,
}

impl Reader {
    pub(in crate::worker) fn new(leased: &Leased) -> Self {
        Self { after: leased.lease.place(), is_large: false, poison: leased.lease.poison(), ahead: None }
    }

    /// What is known of builds at this place.
    pub(in crate::worker) fn poison(&self) -> Poison {
        self.poison
    }

    /// The next batch; it is empty where the next entry is for a newer worker. None: the log ends here, or an older transaction holds
    /// the next entry back.
    pub(in crate::worker) async fn next(&mut self, leased: &Leased) -> store::Result<Option<Batch>> {
        let most = if self.poison.is_one_by_one() { 1 } else { most_entries(leased) };
        let (entries, is_cut) = self.read(leased, most).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        let mut batch = self.build(leased, &entries).await?;
        let Some(last) = batch.last else { return Ok(Some(batch)) };
        // A batch that took fewer than were read leaves the rest to the next one, unless that is for a newer worker.
        batch.has_more |= is_cut || batch.entries < entries.len() || i64::try_from(entries.len()) == Ok(most);
        self.after = last;
        Ok(Some(batch))
    }

    /// Reads on, small entries in the quick way, and says whether the read ended for its size.
    async fn read(&mut self, leased: &Leased, most: i64) -> store::Result<(Entries, bool)> {
        let (store, account) = (leased.store(), leased.lease.account);
        let window = window(leased, (self.after, leased.lease.until()), most);
        if !self.is_large {
            let ahead = match self.ahead.take().filter(|ahead| ahead.after == self.after) {
                Some(ahead) => ahead.entries().await,
                None => None,
            };
            let entries = match ahead {
                Some(entries) => entries,
                None => log::list_small_after(store, account, &window).await?,
            };
            // A large entry may lie right behind small ones. If it comes first, it is read in the other way.
            let is_cut = entries.is_cut();
            if !entries.is_empty() || !is_cut {
                return Ok((entries, is_cut));
            }
        }
        // Entries are hardly smaller in OTLP.
        let bytes = leased.limits().bytes;
        let entries = log::list_after(store, account, &window, i64::try_from(bytes).unwrap_or(i64::MAX)).await?;
        let average = entries.bytes().checked_div(entries.len()).unwrap_or_default();
        self.is_large = average > usize::try_from(log::SMALL_BYTES).unwrap_or_default();
        let is_cut = entries.bytes() >= bytes;
        Ok((entries, is_cut))
    }

    async fn build(&mut self, leased: &Leased, entries: &Entries) -> store::Result<Batch> {
        let build = leased.builders.build(entries, leased.target(), WithContent::AsRead);
        match self.poison.begin() {
            Build::Freely => {
                if !self.is_large && i64::try_from(entries.len()) == Ok(most_entries(leased)) {
                    self.ahead = entries.iter().last().map(|entry| Ahead::begin(leased, entry.place));
                }
                Ok(build.await)
            }
            Build::Noted(noted) => {
                cursors::record_poison(leased.store(), leased.lease.fence(), noted).await?;
                let batch = build.await;
                cursors::record_poison(leased.store(), leased.lease.fence(), self.poison.end()).await?;
                Ok(batch)
            }
            Build::Never => Ok(Batch::of_unreadable(entries)),
        }
    }
}

/// Builds the entries behind the first place up to the second one, which were read before, again.
pub(in crate::worker) async fn read_part(
    leased: &Leased,
    part: (Position, Position),
    content: WithContent,
) -> store::Result<Batch> {
    let window = window(leased, part, most_entries(leased));
    let entries = log::list_after(leased.store(), leased.lease.account, &window, i64::MAX).await?;
    Ok(leased.builders.build(&entries, leased.target(), content).await)
}

/// A read that was begun before it was asked for. It ends when it is dropped.
#[derive(Debug)]
struct Ahead {
    /// The place behind which it begins.
    after: Position,
    read: JoinSet<store::Result<Entries>>,
}

impl Ahead {
    /// On a task of its own, because building keeps a thread busy for milliseconds.
    fn begin(leased: &Leased, after: Position) -> Self {
        let (store, account) = (leased.store().clone(), leased.lease.account);
        let window = window(leased, (after, leased.lease.until()), most_entries(leased));
        let mut read = JoinSet::new();
        read.spawn(async move { log::list_small_after(&store, account, &window).await });
        Self { after, read }
    }

    /// The entries. None: nothing small came, or the read failed. The reader asks again.
    async fn entries(mut self) -> Option<Entries> {
        let read = self.read.join_next().await?;
        read.ok()?.ok().filter(|entries| !entries.is_empty())
    }
}

fn most_entries(leased: &Leased) -> i64 {
    i64::try_from(leased.limits().requests).unwrap_or(i64::MAX)
}

fn window(leased: &Leased, (after, until): (Position, Position), entries: i64) -> Window {
    Window { after, until, since: leased.lease.since, private: leased.lease.private, entries }
}
