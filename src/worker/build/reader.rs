//! Reads an account's log behind a cursor, batch after batch, and has each batch built.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::batch::{Allowance, Batch, Choice, Target, WithContent};
use crate::broadcast::receipts::{self, At, Receipt};
use crate::delivery::poison::{Build, Poison};
use crate::destination::selection::{KnownKey, Spent};
use crate::id::ApiKeyId;
use crate::store::cursors::{self, Lease, Reads};
use crate::store::log::{self, Entries, Position, ReadEntry as Entry, Window};
use crate::store::{self, api_keys};
use crate::worker::leased::Leased;

/// Reads on from a place in the log.
#[derive(Debug)]
pub(in crate::worker) struct Reader {
    after: Position,
    /// Whether the last entries were large ones.
    is_large: bool,
    poison: Poison,
    /// What the day has had of its budget, with the batches of this turn.
    spent: Option<Spent>,
    /// Whether a replay with a rate has read what it may send in this turn.
    has_read_its_rate: bool,
    /// The next entries, behind this place, which are read while the batch before them is built. The read ends when it is dropped.
    ahead: Option<(Position, JoinSet<store::Result<Arc<Entries>>>)>,
}

impl Reader {
    pub(in crate::worker) fn new(leased: &Leased) -> Self {
        let (poison, spent) = (leased.lease.poison(), leased.lease.spent());
        Self { after: leased.lease.place(), is_large: false, poison, spent, has_read_its_rate: false, ahead: None }
    }

    /// What is known of builds at this place.
    pub(in crate::worker) fn poison(&self) -> Poison {
        self.poison
    }

    /// The next batch. It is empty where the next entry is for a newer worker, or waits for the next day. None: the log ends here, or
    /// an older transaction holds the next entry back.
    pub(in crate::worker) async fn next(&mut self, leased: &Leased) -> store::Result<Option<Batch>> {
        if self.has_read_its_rate {
            return Ok(None);
        }
        let _room = leased.permit.read().await;
        let most = if self.poison.is_one_by_one() { 1 } else { most_entries(leased) };
        let entries = mark_delivered(leased, self.read(leased, most).await?).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        let mut batch = self.build(leased, &entries).await?;
        let Some(last) = batch.last else { return Ok(Some(batch)) };
        // A batch that took fewer than were read leaves the rest to the next one, unless that is for a newer worker.
        batch.has_more |= entries.is_cut() || batch.entries < entries.len() || is_full(&entries, most);
        self.after = last;
        // What is left out costs the receiver nothing.
        self.has_read_its_rate = leased.lease.rate.is_some() && !batch.places.is_empty();
        Ok(Some(batch))
    }

    /// Reads on, small entries in the quick way.
    async fn read(&mut self, leased: &Leased, most: i64) -> store::Result<Arc<Entries>> {
        let window = window(leased, (self.after, leased.lease.until()), most);
        if leased.lease.reads == Reads::Chosen {
            let lease = &leased.lease;
            let (store, bytes) = (leased.store(), most_bytes(leased));
            return Ok(log::list_chosen_after(store, lease.account, lease.cursor, &window, bytes).await?.into());
        }
        if !self.is_large {
            let entries = match self.take_ahead().await {
                Some(entries) => entries,
                None => read_small(leased, &window).await?.into(),
            };
            // A large entry may lie right behind small ones. If it comes first, it is read in the other way.
            if !entries.is_empty() || !entries.is_cut() {
                return Ok(entries);
            }
        }
        let entries = log::list_after(leased.store(), leased.lease.account, &window, most_bytes(leased)).await?;
        let average = entries.bytes().checked_div(entries.len()).unwrap_or_default();
        self.is_large = average > usize::try_from(log::SMALL_BYTES).unwrap_or_default();
        Ok(entries.into())
    }

    async fn build(&mut self, leased: &Leased, entries: &Entries) -> store::Result<Batch> {
        let keys = leased.known_keys().await?;
        let allowance = self.allowance(leased);
        let target = Target { allowance, ..target(leased, WithContent::AsRead, &keys) };
        let batch = self.build_noted(leased, entries, target).await?;
        if let Some(spent) = &mut self.spent {
            spent.requests += batch.places.len() as u64;
        }
        Ok(batch)
    }

    async fn build_noted(&mut self, leased: &Leased, entries: &Entries, target: Target<'_>) -> store::Result<Batch> {
        let build = build(leased, entries, target);
        match self.poison.begin() {
            Build::Freely => {
                if !self.is_large && leased.lease.is_live && is_full(entries, most_entries(leased)) {
                    self.ahead =
                        entries.list().last().map(Entry::place).map(|place| (place, read_ahead(leased, place)));
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

    /// What the budget of today has left. A replay takes nothing of it: a person asked for it.
    fn allowance(&mut self, leased: &Leased) -> Option<Allowance> {
        let budget = leased.rules.as_ref()?.budget.filter(|_| leased.lease.is_live)?;
        let spent = Spent::on(self.spent, leased.state.clock.now());
        self.spent = Some(spent);
        Some(Allowance { requests: spent.left_of(budget), beyond: budget.beyond, day: spent.day, ends: spent.ends() })
    }

    /// The entries that were read ahead from here. None: nothing small came, or the read failed; they are read once more.
    async fn take_ahead(&mut self) -> Option<Arc<Entries>> {
        let (_, mut read) = self.ahead.take().filter(|(after, _)| *after == self.after)?;
        read.join_next().await?.ok()?.ok().filter(|entries| !entries.is_empty())
    }
}

/// Builds the entries behind the first place up to the second one, which were read before, again: with what the budget had left for
/// them then.
pub(in crate::worker) async fn read_part(
    leased: &Leased,
    part: (Position, Position),
    content: WithContent,
    allowance: Option<Allowance>,
) -> store::Result<Batch> {
    let _room = leased.permit.read().await;
    let window = window(leased, part, most_entries(leased));
    let (store, lease) = (leased.store(), &leased.lease);
    let entries = if lease.reads == Reads::Chosen {
        log::list_chosen_after(store, lease.account, lease.cursor, &window, i64::MAX).await?
    } else {
        log::list_after(store, lease.account, &window, i64::MAX).await?
    };
    let entries = mark_delivered(leased, entries.into()).await?;
    let keys = leased.known_keys().await?;
    Ok(leased.builders.build(&entries, Target { allowance, ..target(leased, content, &keys) }).await)
}

/// Builds what was read.
async fn build(leased: &Leased, entries: &Entries, target: Target<'_>) -> Batch {
    if has_company(leased) {
        return leased.builders.build_once(entries, target).await;
    }
    leased.builders.build(entries, target).await
}

/// Whether the account has other destinations that may read and be sent the same. A healthy one does not wait for what is read or
/// built for one that struggles.
fn has_company(leased: &Leased) -> bool {
    leased.lease.siblings > 1 && leased.permit.is_healthy()
}

/// The same entries; those that were delivered before are marked, where a replay leaves them out. What this replay itself has sent does
/// not count: its receiver may have accepted that before it knew.
async fn mark_delivered(leased: &Leased, entries: Arc<Entries>) -> store::Result<Arc<Entries>> {
    let lease = &leased.lease;
    if !lease.skips_delivered || entries.is_empty() {
        return Ok(entries);
    }
    let keys = api_keys::list_known(leased.store(), lease.account).await?;
    let retention = leased.state.config.delivery.retention;
    let at = At { destination: lease.destination, except: Some(lease.cursor), keys: &keys, retention };
    let mut tenant = leased.store().tenant(lease.account).await?;
    let places: Vec<Position> = entries.list().iter().map(Entry::place).collect();
    let named = log::list_at(&mut tenant, &places).await?;
    let receipts = receipts::at_destination(&mut tenant, at, &named).await?;
    let is_delivered = |receipt: &Receipt| matches!(receipt, Receipt::Delivered { is_confirmed: true, .. });
    let delivered = named.iter().zip(&receipts).filter(|(_, receipt)| is_delivered(receipt));
    let mut marked = Arc::unwrap_or_clone(entries);
    marked.mark_delivered(&delivered.map(|(entry, _)| entry.place()).collect());
    Ok(marked.into())
}

/// Reads small entries. The read shows as well that the settings are the current ones, where that would be asked before sending.
async fn read_small(leased: &Leased, window: &Window) -> store::Result<Entries> {
    let asked = Instant::now();
    let settings = (!leased.is_fresh()).then(|| leased.lease.leased_settings());
    let entries = log::list_small_after(leased.store(), leased.lease.account, window, settings).await?;
    if entries.is_current() {
        leased.was_current(asked);
    }
    Ok(entries)
}

/// Begins to read on a task of its own, because building keeps a thread busy for milliseconds.
fn read_ahead(leased: &Leased, after: Position) -> JoinSet<store::Result<Arc<Entries>>> {
    let (store, account) = (leased.store().clone(), leased.lease.account);
    let window = window(leased, (after, leased.lease.until()), most_entries(leased));
    let mut read = JoinSet::new();
    if has_company(leased) {
        let builders = leased.builders.clone();
        read.spawn(async move { builders.reads.list(&store, account, &window).await });
    } else {
        read.spawn(async move { Ok(log::list_small_after(&store, account, &window, None).await?.into()) });
    }
    read
}

fn target<'a>(leased: &'a Leased, content: WithContent, keys: &'a BTreeMap<ApiKeyId, KnownKey>) -> Target<'a> {
    let wire = leased.connection.wire();
    let destination = leased.lease.destination;
    Target {
        redactor: leased.redactor.as_ref(),
        choice: leased.rules.as_ref().map(|rules| Choice { rules, keys, destination }),
        traces: leased.connection.traces(),
        content,
        encoding: wire.encoding(),
        compression: wire.compression(leased.state.config.delivery.compression),
        limits: wire.limits(),
        allowance: None,
        is_live: leased.lease.is_live,
        not_before: wire.limits().oldest.map(|age| leased.state.clock.now() - age),
        account: leased.lease.account,
        resource: wire.resource(),
    }
}

fn most_entries(leased: &Leased) -> i64 {
    let most = i64::try_from(leased.connection.wire().limits().requests).unwrap_or(i64::MAX);
    leased.lease.rate.map_or(most, |rate| most.min(rate.into()))
}

/// Entries are hardly smaller in OTLP.
fn most_bytes(leased: &Leased) -> i64 {
    i64::try_from(leased.connection.wire().limits().bytes).unwrap_or(i64::MAX)
}

fn is_full(entries: &Entries, most: i64) -> bool {
    i64::try_from(entries.len()) == Ok(most)
}

fn window(leased: &Leased, (after, until): (Position, Position), entries: i64) -> Window {
    let Lease { since, before, private, .. } = leased.lease;
    Window { after, until, since, before, private, entries }
}
