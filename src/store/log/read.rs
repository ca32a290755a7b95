//! Reads the log, an entry a row.
//!
//! Rows that hold several entries would be fewer messages, but joining bytes costs Postgres more than a message costs both sides:
//! it takes the memory for each joined row from the system anew.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{NamedEntry, Position};
use crate::id::{AccountId, CursorId};
use crate::store::xid::Xid;
use crate::store::{Result, Store, Tenant};

/// Entries up to this size are read without adding up their sizes: the most of them that a batch takes fit into one request
/// (spec 2.4).
pub const SMALL_BYTES: i32 = 8 * 1024;

/// The part of an account's log to read.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Entries after this place.
    pub after: Position,
    /// Entries up to this place.
    pub until: Position,
    /// Entries that completed earlier are read as not wanted, without their bytes.
    pub since: DateTime<Utc>,
    /// And so are those that completed then or later. None: there is no such time.
    pub before: Option<DateTime<Utc>>,
    /// Whether content is left out.
    pub private: bool,
    /// The most entries to read.
    pub entries: i64,
}

/// A lease of the account, and its settings. A read can say as well whether they still are the current ones: a statement of its own
/// would cost as much as the read.
#[derive(Debug, Clone, Copy)]
pub struct LeasedSettings {
    pub cursor: CursorId,
    pub worker: i32,
    /// The lease's number.
    pub lease: i64,
    pub revision: i32,
}

/// Entries as a worker reads them, in order.
#[derive(Debug, Default, Clone)]
pub struct Entries {
    list: Vec<Entry>,
    bytes: usize,
    cut: bool,
    is_current: bool,
}

#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place, with `position`.
    xid: Xid,
    /// Its place, with `xid`.
    position: i64,
    pub completed_at: DateTime<Utc>,
    /// False: the request completed before the destination existed, or not within the time of a replay.
    pub wanted: bool,
    /// Whether it was delivered before, and the replay leaves out what was.
    pub is_delivered: bool,
    /// Whether its bytes are there.
    is_read: bool,
    /// Version of the payload's form.
    pub format: i16,
    /// What Privacy Mode lets pass.
    pub payload: Vec<u8>,
    /// Prompt and completion. None: private, or never recorded.
    pub content: Option<Vec<u8>>,
    /// Whether the settings of the lease were the current ones. None: not asked, or the lease is lost.
    is_current: Option<bool>,
}

impl Entry {
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }

    fn bytes(&self) -> usize {
        self.payload.len() + self.content.as_ref().map_or(0, Vec::len)
    }
}

impl Entries {
    /// The first entries, up to one that came without its bytes.
    fn of(mut entries: Vec<Entry>) -> Self {
        let read = entries.iter().take_while(|entry| entry.is_read).count();
        let cut = read < entries.len();
        entries.truncate(read);
        let bytes = entries.iter().map(Entry::bytes).sum();
        let is_current = entries.first().is_some_and(|entry| entry.is_current == Some(true));
        Self { list: entries, bytes, cut, is_current }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Bytes of all payloads and contents.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the read ended for its size, or at an entry that is not small.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether the read has shown that the lease is held and its settings are the current ones.
    pub fn is_current(&self) -> bool {
        self.is_current
    }

    /// Whether all of them completed so late, and were read as wanted.
    pub fn are_wanted_since(&self, since: DateTime<Utc>) -> bool {
        self.list.iter().all(|entry| entry.wanted && entry.completed_at >= since)
    }

    /// Notes which were delivered before.
    pub fn mark_delivered(&mut self, places: &BTreeSet<Position>) {
        for entry in &mut self.list {
            entry.is_delivered = places.contains(&entry.place());
        }
    }

    /// In order.
    pub fn list(&self) -> &[Entry] {
        &self.list
    }
}

#[cfg(test)]
impl Entries {
    /// So many entries that are not wanted and have no bytes.
    pub(crate) fn unwanted(count: usize) -> Self {
        Self::without_bytes(count, false)
    }

    /// So many entries without bytes that completed at the beginning of 1970.
    pub(crate) fn without_bytes(count: usize, wanted: bool) -> Self {
        Self::alike((1..).take(count), wanted, (&[], None))
    }

    /// An entry at each of these places, with the same payload and content.
    pub(crate) fn wanted(positions: impl Iterator<Item = i64>, payload: &[u8], content: Option<&[u8]>) -> Self {
        Self::alike(positions, true, (payload, content))
    }

    fn alike(positions: impl Iterator<Item = i64>, wanted: bool, (payload, content): (&[u8], Option<&[u8]>)) -> Self {
        let entry = |position| Entry {
            xid: Xid(7),
            position,
            completed_at: DateTime::default(),
            wanted,
            is_delivered: false,
            is_read: true,
            format: 1,
            payload: payload.to_vec(),
            content: content.map(<[u8]>::to_vec),
            is_current: None,
        };
        Self::of(positions.map(entry).collect())
    }
}

/// Reads the next small entries of an account's log, in order, that completed while Broadcast was on and lie below the oldest
/// running transaction. Empty: there are none, or the next one is larger than [`SMALL_BYTES`].
pub async fn list_small_after(
    store: &Store,
    account: AccountId,
    window: &Window,
    leased: Option<LeasedSettings>,
) -> Result<Entries> {
    let entries = sqlx::query_as!(
        Entry,
        r#"SELECT l.xid AS "xid: Xid", l.position, l.completed_at, l.format, l.wanted AS "wanted!", false AS "is_delivered!", l.small AS "is_read!",
                  CASE WHEN l.wanted AND l.small THEN l.payload ELSE '' END AS "payload!",
                  CASE WHEN l.wanted AND l.small AND NOT $5 THEN l.content END AS content,
                  CASE WHEN $10::uuid IS NOT NULL THEN
                      (SELECT d.revision = $13 AND (a.privacy_mode OR d.privacy_mode) = $5 AND a.broadcast_enabled AND d.enabled
                              AND (c.purpose = 'live' OR NOT c.paused AND NOT live_waits(c.account_id, c.destination_id))
                       FROM cursors c
                       JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id
                       JOIN accounts a ON a.id = c.account_id
                       WHERE c.account_id = $1 AND c.id = $10 AND c.leased_by = $11 AND c.lease_number = $12
                         AND c.leased_until > clock_timestamp()) END AS is_current
           FROM (SELECT xid, position, completed_at, format, payload, content, completed_at >= $4 AND ($14::timestamptz IS NULL OR completed_at < $14) AS wanted,
                        octet_length(payload) + coalesce(octet_length(content), 0) <= $7 AS small
                 FROM completed_requests
                 WHERE account_id = $1 AND broadcast AND (xid, position) > ($2, $3) AND (xid, position) <= ($8, $9)
                   AND xid < pg_snapshot_xmin(pg_current_snapshot())
                 ORDER BY xid, position LIMIT $6) l
           ORDER BY l.xid, l.position"#,
        account.0,
        window.after.xid as _,
        window.after.position,
        window.since,
        window.private,
        window.entries,
        SMALL_BYTES,
        window.until.xid as _,
        window.until.position,
        leased.map(|leased| leased.cursor.0),
        leased.map(|leased| leased.worker),
        leased.map(|leased| leased.lease),
        leased.map(|leased| leased.revision),
        window.before as Option<DateTime<Utc>>
    );
    Ok(Entries::of(entries.fetch_all(store.pool()).await?))
}

/// This entry as a worker reads it, for a page of its account.
pub async fn list_one(tenant: &mut Tenant, entry: &NamedEntry, private: bool) -> Result<Entries> {
    let account = tenant.account().0;
    let entries = sqlx::query_as!(
        Entry,
        r#"SELECT xid AS "xid: Xid", position, completed_at, format, true AS "wanted!", false AS "is_delivered!", true AS "is_read!", payload,
                  CASE WHEN NOT $4 THEN content END AS content, NULL::boolean AS is_current
           FROM completed_requests WHERE account_id = $1 AND recorded_at = $2 AND position = $3"#,
        account,
        entry.recorded_at,
        entry.position,
        private
    );
    Ok(Entries::of(entries.fetch_all(tenant.connection()).await?))
}

/// Reads as [`list_small_after`] does, entries of any size, until their bytes reach `bytes`. The first entry is read in any case.
pub async fn list_after(store: &Store, account: AccountId, window: &Window, bytes: i64) -> Result<Entries> {
    let entries = sqlx::query_as!(
        Entry,
        r#"SELECT l.xid AS "xid: Xid", l.position, l.completed_at, l.format, l.wanted AS "wanted!", false AS "is_delivered!", true AS "is_read!",
                  CASE WHEN l.wanted THEN l.payload ELSE '' END AS "payload!",
                  CASE WHEN l.wanted AND NOT $5 THEN l.content END AS content, NULL::boolean AS is_current
           FROM (SELECT r.*, r.completed_at >= $4 AND ($10::timestamptz IS NULL OR r.completed_at < $10) AS wanted,
                        sum(octet_length(r.payload) + CASE WHEN $5 THEN 0 ELSE coalesce(octet_length(r.content), 0) END)
                            OVER (ORDER BY r.xid, r.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                 FROM (SELECT * FROM completed_requests
                       WHERE account_id = $1 AND broadcast AND (xid, position) > ($2, $3) AND (xid, position) <= ($8, $9)
                         AND xid < pg_snapshot_xmin(pg_current_snapshot())
                       ORDER BY xid, position LIMIT $6) r) l
           WHERE coalesce(l.before, 0) < $7
           ORDER BY l.xid, l.position"#,
        account.0,
        window.after.xid as _,
        window.after.position,
        window.since,
        window.private,
        window.entries,
        bytes as _,
        window.until.xid as _,
        window.until.position,
        window.before as Option<DateTime<Utc>>
    );
    let mut entries = Entries::of(entries.fetch_all(store.pool()).await?);
    entries.cut = i64::try_from(entries.bytes).is_ok_and(|read| read >= bytes);
    Ok(entries)
}

/// Reads, as [`list_after`] does, only the entries that were chosen for a replay.
pub async fn list_chosen_after(
    store: &Store,
    account: AccountId,
    replay: CursorId,
    window: &Window,
    bytes: i64,
) -> Result<Entries> {
    let entries = sqlx::query_as!(
        Entry,
        r#"SELECT l.xid AS "xid: Xid", l.position, l.completed_at, l.format, true AS "wanted!", false AS "is_delivered!", true AS "is_read!",
                  l.payload, CASE WHEN NOT $3 THEN l.content END AS content, NULL::boolean AS is_current
           FROM (SELECT r.*, sum(octet_length(r.payload) + CASE WHEN $3 THEN 0 ELSE coalesce(octet_length(r.content), 0) END)
                             OVER (ORDER BY r.xid, r.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                 FROM (SELECT xid, position FROM replay_requests
                       WHERE account_id = $1 AND replay_id = $2 AND (xid, position) > ($4, $5) AND (xid, position) <= ($6, $7)
                       ORDER BY xid, position LIMIT $8) q
                 CROSS JOIN LATERAL (SELECT * FROM completed_requests r
                                     WHERE r.account_id = $1 AND (r.xid, r.position) >= (q.xid, q.position) AND r.broadcast
                                     ORDER BY r.xid, r.position LIMIT 1) r
                 WHERE (r.xid, r.position) = (q.xid, q.position)) l
           WHERE coalesce(l.before, 0) < $9
           ORDER BY l.xid, l.position"#,
        account.0,
        replay.0,
        window.private,
        window.after.xid as _,
        window.after.position,
        window.until.xid as _,
        window.until.position,
        window.entries,
        bytes as _
    );
    Ok(Entries::of(entries.fetch_all(store.pool()).await?))
}
