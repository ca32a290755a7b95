//! Reading the log, many entries in one row: what a row costs on its way (a message, a decoder, its own memory) is paid once
//! for a batch.

use chrono::{DateTime, Utc};

use super::Position;
use crate::id::AccountId;
use crate::store::xid::Xid;
use crate::store::{Result, Store};

/// Entries up to this size are read without adding up how much they come to: the most of them that a batch takes fit into
/// one request (spec 2.4).
pub const SMALL_BYTES: i32 = 8 * 1024;

/// What to read of an account's log.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Entries after this place.
    pub after: Position,
    /// Entries up to this place.
    pub until: Position,
    /// Entries that completed earlier are read without their bytes, as not wanted.
    pub since: DateTime<Utc>,
    /// Whether content is left out.
    pub private: bool,
    /// Most entries.
    pub entries: i64,
}

/// Entries as a worker reads them, in order. Their bytes lie in one piece.
#[derive(Debug, Default)]
pub struct Entries {
    xids: Vec<Xid>,
    positions: Vec<i64>,
    wanted: Vec<bool>,
    formats: Vec<i16>,
    payloads: Pieces,
    contents: Pieces,
    cut: bool,
}

/// Bytes in one piece, and where each part ends. A part that is null has no end.
#[derive(Debug, Default)]
struct Pieces {
    bytes: Vec<u8>,
    parts: Vec<Option<(usize, usize)>>,
}

/// One entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// Its place in the log.
    pub place: Position,
    /// False: Broadcast was off when it completed, or the destination did not exist yet.
    pub wanted: bool,
    /// Version of the bytes.
    pub format: i16,
    /// What Privacy Mode allows to leave.
    pub payload: &'e [u8],
    /// Prompt and completion, unless private or never recorded.
    pub content: Option<&'e [u8]>,
}

impl Entries {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Bytes of all payloads and contents.
    pub fn bytes(&self) -> usize {
        self.payloads.bytes.len() + self.contents.bytes.len()
    }

    /// Whether there was one more, that is not small.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).map_while(|index| {
            Some(Entry {
                place: Position { xid: *self.xids.get(index)?, position: *self.positions.get(index)? },
                wanted: *self.wanted.get(index)?,
                format: *self.formats.get(index)?,
                payload: self.payloads.get(index).unwrap_or_default(),
                content: self.contents.get(index),
            })
        })
    }
}

impl Pieces {
    /// A negative length stands for null.
    fn new(bytes: Option<Vec<u8>>, lengths: Vec<i32>) -> Self {
        let mut end = 0;
        let part = |length: i32| {
            let length = usize::try_from(length).ok()?;
            let start = end;
            end += length;
            Some((start, end))
        };
        Self { bytes: bytes.unwrap_or_default(), parts: lengths.into_iter().map(part).collect() }
    }

    fn get(&self, index: usize) -> Option<&[u8]> {
        let (start, end) = (*self.parts.get(index)?)?;
        self.bytes.get(start..end)
    }
}

/// The one row that the queries below answer.
struct Row {
    xids: Option<Vec<Xid>>,
    positions: Option<Vec<i64>>,
    wanted: Option<Vec<bool>>,
    small: Option<Vec<bool>>,
    formats: Option<Vec<i16>>,
    payloads: Option<Vec<u8>>,
    payload_lengths: Option<Vec<i32>>,
    contents: Option<Vec<u8>>,
    content_lengths: Option<Vec<i32>>,
}

impl From<Row> for Entries {
    fn from(row: Row) -> Self {
        // What lies behind a large entry came without its bytes.
        let small = row.small.unwrap_or_default().iter().take_while(|small| **small).count();
        let mut positions = row.positions.unwrap_or_default();
        let cut = small < positions.len();
        positions.truncate(small);
        Self {
            xids: row.xids.unwrap_or_default(),
            positions,
            cut,
            wanted: row.wanted.unwrap_or_default(),
            formats: row.formats.unwrap_or_default(),
            payloads: Pieces::new(row.payloads, row.payload_lengths.unwrap_or_default()),
            contents: Pieces::new(row.contents, row.content_lengths.unwrap_or_default()),
        }
    }
}

/// Reads the next entries of an account's log, in order, below the oldest transaction that still runs, as long as they are
/// small. Empty: there are none, or the next one is larger than [`SMALL_BYTES`].
pub async fn list_small_after(store: &Store, account: AccountId, window: &Window) -> Result<Entries> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT array_agg(e.xid) AS "xids: Vec<Xid>", array_agg(e.position) AS positions, array_agg(e.wanted) AS wanted,
                  array_agg(e.small) AS small, array_agg(e.format) AS formats,
                  string_agg(e.payload, '') AS payloads, array_agg(octet_length(e.payload)) AS payload_lengths,
                  string_agg(e.content, '') AS contents, array_agg(coalesce(octet_length(e.content), -1)) AS content_lengths
           FROM (SELECT l.xid, l.position, l.format, l.wanted, l.small,
                        CASE WHEN l.wanted AND l.small THEN l.payload ELSE '' END AS payload,
                        CASE WHEN l.wanted AND l.small AND NOT $5 THEN l.content END AS content
                 FROM (SELECT xid, position, format, payload, content, broadcast AND completed_at >= $4 AS wanted,
                              octet_length(payload) + coalesce(octet_length(content), 0) <= $7 AS small
                       FROM completed_requests
                       WHERE account_id = $1 AND (xid, position) > ($2, $3) AND (xid, position) <= ($8, $9)
                         AND xid < pg_snapshot_xmin(pg_current_snapshot())
                       ORDER BY xid, position LIMIT $6) l) e"#,
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
    Ok(row.fetch_one(store.pool()).await?.into())
}

/// The same, whatever their size, until they come to `bytes`; the first entry is read in any case.
pub async fn list_after(store: &Store, account: AccountId, window: &Window, bytes: i64) -> Result<Entries> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT array_agg(e.xid) AS "xids: Vec<Xid>", array_agg(e.position) AS positions, array_agg(e.wanted) AS wanted,
                  array_agg(true) AS small, array_agg(e.format) AS formats,
                  string_agg(e.payload, '') AS payloads, array_agg(octet_length(e.payload)) AS payload_lengths,
                  string_agg(e.content, '') AS contents, array_agg(coalesce(octet_length(e.content), -1)) AS content_lengths
           FROM (SELECT l.xid, l.position, l.format, l.wanted,
                        CASE WHEN l.wanted THEN l.payload ELSE '' END AS payload,
                        CASE WHEN l.wanted AND NOT $5 THEN l.content END AS content
                 FROM (SELECT r.*, r.broadcast AND r.completed_at >= $4 AS wanted,
                              sum(octet_length(r.payload) + CASE WHEN $5 THEN 0 ELSE coalesce(octet_length(r.content), 0) END)
                                  OVER (ORDER BY r.xid, r.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                       FROM (SELECT * FROM completed_requests
                             WHERE account_id = $1 AND (xid, position) > ($2, $3) AND (xid, position) <= ($8, $9)
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
    Ok(row.fetch_one(store.pool()).await?.into())
}
