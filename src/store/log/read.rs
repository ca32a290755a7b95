//! Reads the log, several entries in one row.
//!
//! The cost of a row on its way (a message, a decoder, memory of its own) is shared by its entries. A whole batch in one row
//! would cost more: Postgres and we would take memory of that size from the system anew each time.

use chrono::{DateTime, Utc};

use super::Position;
use super::frame::Frame;
use crate::id::AccountId;
#[cfg(test)]
use crate::store::xid::Xid;
use crate::store::{Result, Store};

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
    /// Whether content is left out.
    pub private: bool,
    /// The most entries to read.
    pub entries: i64,
}

/// Entries as a worker reads them, in order.
#[derive(Debug, Default)]
pub struct Entries {
    /// Each row holds some frames.
    rows: Vec<Vec<u8>>,
    /// Index of the row, and where the entry lies in it.
    frames: Vec<(usize, Frame)>,
    bytes: usize,
    cut: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    pub place: Position,
    pub completed_at: DateTime<Utc>,
    /// False: the request completed before the destination existed.
    pub wanted: bool,
    /// Version of the payload's form.
    pub format: i16,
    /// What Privacy Mode lets pass.
    pub payload: &'e [u8],
    /// Prompt and completion. None: private, or never recorded.
    pub content: Option<&'e [u8]>,
}

impl Entries {
    /// The rows may come in any order.
    fn of(rows: Vec<Vec<u8>>) -> Self {
        let mut frames = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let mut at = 0;
            while let Some(frame) = Frame::read(row, at) {
                at = frame.end();
                frames.push((index, frame));
            }
        }
        frames.sort_by_key(|(_, frame)| frame.place);
        // Entries after a large one came without their bytes.
        let small = frames.iter().take_while(|(_, frame)| frame.small).count();
        let cut = small < frames.len();
        frames.truncate(small);
        let bytes = frames.iter().map(|(_, frame)| frame.bytes()).sum();
        Self { rows, frames, bytes, cut }
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Bytes of all payloads and contents.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the read ended for its size, or at an entry that is not small.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.frames.iter().filter_map(|(row, frame)| {
            let row = self.rows.get(*row)?;
            Some(Entry {
                place: frame.place,
                completed_at: frame.completed_at,
                wanted: frame.wanted,
                format: frame.format,
                payload: row.get(frame.payload.clone())?,
                content: frame.content.clone().and_then(|content| row.get(content)),
            })
        })
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
        let place = |number| Position { xid: Xid(7), position: number };
        let frames = (1..).map(place).take(count).map(|place| Frame {
            place,
            completed_at: DateTime::default(),
            format: 1,
            wanted,
            small: true,
            payload: 0..0,
            content: None,
        });
        let frames = frames.map(|frame| (0, frame)).collect();
        Self { rows: vec![Vec::new()], frames, bytes: 0, cut: false }
    }
}

/// Reads the next small entries of an account's log, in order, that completed while Broadcast was on and lie below the oldest
/// running transaction. Empty: there are none, or the next one is larger than [`SMALL_BYTES`].
pub async fn list_small_after(store: &Store, account: AccountId, window: &Window) -> Result<Entries> {
    let rows = sqlx::query_scalar!(
        r#"SELECT string_agg(f.frame, '') AS "frames!"
           FROM (SELECT (row_number() OVER () - 1) / 16 AS row,
                        xid8send(e.xid) || int8send(e.position) || timestamptz_send(e.completed_at) || int4send(e.format * 4 + e.wanted::integer * 2 + e.small::integer)
                        || int4send(octet_length(e.payload)) || int4send(coalesce(octet_length(e.content), -1))
                        || e.payload || coalesce(e.content, '') AS frame
                 FROM (SELECT l.xid, l.position, l.completed_at, l.format, l.wanted, l.small,
                              CASE WHEN l.wanted AND l.small THEN l.payload ELSE '' END AS payload,
                              CASE WHEN l.wanted AND l.small AND NOT $5 THEN l.content END AS content
                       FROM (SELECT xid, position, completed_at, format, payload, content, completed_at >= $4 AS wanted,
                                    octet_length(payload) + coalesce(octet_length(content), 0) <= $7 AS small
                             FROM completed_requests
                             WHERE account_id = $1 AND broadcast AND (xid, position) > ($2, $3) AND (xid, position) <= ($8, $9)
                               AND xid < pg_snapshot_xmin(pg_current_snapshot())
                             ORDER BY xid, position LIMIT $6) l) e) f
           GROUP BY f.row"#,
        account.0,
        window.after.xid as _,
        window.after.position,
        window.since,
        window.private,
        window.entries,
        SMALL_BYTES,
        window.until.xid as _,
        window.until.position
    );
    Ok(Entries::of(rows.fetch_all(store.pool()).await?))
}

/// Reads as [`list_small_after`] does, entries of any size, until their bytes reach `bytes`. The first entry is read in any case.
pub async fn list_after(store: &Store, account: AccountId, window: &Window, bytes: i64) -> Result<Entries> {
    let rows = sqlx::query_scalar!(
        r#"SELECT xid8send(e.xid) || int8send(e.position) || timestamptz_send(e.completed_at) || int4send(e.format * 4 + e.wanted::integer * 2 + 1)
                  || int4send(octet_length(e.payload)) || int4send(coalesce(octet_length(e.content), -1))
                  || e.payload || coalesce(e.content, '') AS "frame!"
           FROM (SELECT l.xid, l.position, l.completed_at, l.format, l.wanted,
                        CASE WHEN l.wanted THEN l.payload ELSE '' END AS payload,
                        CASE WHEN l.wanted AND NOT $5 THEN l.content END AS content
                 FROM (SELECT r.*, r.completed_at >= $4 AS wanted,
                              sum(octet_length(r.payload) + CASE WHEN $5 THEN 0 ELSE coalesce(octet_length(r.content), 0) END)
                                  OVER (ORDER BY r.xid, r.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                       FROM (SELECT * FROM completed_requests
                             WHERE account_id = $1 AND broadcast AND (xid, position) > ($2, $3) AND (xid, position) <= ($8, $9)
                               AND xid < pg_snapshot_xmin(pg_current_snapshot())
                             ORDER BY xid, position LIMIT $6) r) l
                 WHERE coalesce(l.before, 0) < $7
                 ORDER BY l.xid, l.position) e"#,
        account.0,
        window.after.xid as _,
        window.after.position,
        window.since,
        window.private,
        window.entries,
        bytes as _,
        window.until.xid as _,
        window.until.position
    );
    let mut entries = Entries::of(rows.fetch_all(store.pool()).await?);
    entries.cut = i64::try_from(entries.bytes).is_ok_and(|read| read >= bytes);
    Ok(entries)
}
