//! Table `completed_requests`: the append-only log (spec 4.2).

mod backlog;
mod clock_offset;
mod generation;
mod listener;
mod newest;
mod read;
mod removal;
mod spending;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::backlog::{Backlog, Stretch, list_backlogs};
pub use self::clock_offset::{ClockOffset, Completed};
pub use self::generation::{NamedEntry, Recorded, RecordedEntry, find_recorded, list_at, list_named, list_recorded};
pub use self::listener::Listener;
pub use self::newest::{NewestEntry, list_newest};
pub use self::read::{
    Entries, Entry as ReadEntry, LeasedSettings, SMALL_BYTES, Window, list_after, list_chosen_after, list_one,
    list_small_after,
};
pub use self::removal::{delete_of, list_orphans};
pub use self::spending::{Spent, SpentByKey, list_spent};
use super::notification::{Notice, given_if_possible};
use super::xid::Xid;
use super::{Result, Store};
use crate::completed_request::FORMAT;
use crate::id::AccountId;

/// Channel of the notification that each group commit sends. Its payload names the accounts, separated by commas.
pub const CHANNEL: &str = "tracecast_recorded";

/// Postgres refuses notifications of 8,000 bytes and more. An account's name takes 37.
const MOST_ACCOUNTS_IN_NOTIFICATION: usize = 200;

/// A place in the log. Its order is the order in which readers see entries. The default lies before every entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The transaction that wrote the entry.
    pub xid: Xid,
    /// Sequence within the transaction.
    pub position: i64,
}

impl Position {
    /// After every entry.
    pub const END: Self = Self { xid: Xid(u64::MAX >> 1), position: i64::MAX };
}

/// One completed request on its way into the log.
#[derive(Debug, Clone)]
pub struct Entry {
    pub account: AccountId,
    pub generation_id: String,
    pub api_key: Option<Uuid>,
    /// The caller's session.
    pub session_id: Option<String>,
    pub model: String,
    /// The HTTP status that the caller got.
    pub status: i16,
    /// All tokens, if known.
    pub tokens: Option<i64>,
    /// USD, if known.
    pub cost: Option<f64>,
    /// What Privacy Mode lets pass.
    pub payload: Vec<u8>,
    /// Prompt and completion.
    pub content: Vec<u8>,
    pub completed: Completed,
    /// Whether the log may have an entry of this name already, because a client reported it or an earlier commit broke off.
    pub maybe_known: bool,
}

/// The database's clock, read now.
pub async fn clock_offset(store: &Store) -> Result<ClockOffset> {
    ClockOffset::of_database(&mut *store.connection().await?).await
}

/// Appends entries in one transaction with one notification. Gives the clock offset by which they were dated.
///
/// A request's completion is dated by the database's clock, however long its entry waits for the database. The database decides
/// here whether Broadcast was on then, and whether any destination may receive the content. So nothing has to be remembered
/// elsewhere. Content that no destination may receive is not written.
///
/// The same name twice in an account is one entry. Of the entries with `maybe_known`, those in the log are left out. A conflict
/// with any other entry ([`super::Error::is_duplicate`]) appends nothing; then all entries have to be appended with
/// `maybe_known`.
///
/// What all entries of an account share is looked up once for each account, and conflicts are treated as unusual: this
/// statement is most of the cost of recording.
///
/// A notification is a hint: workers poll for new requests once a second.
pub async fn record(store: &Store, entries: &[Entry]) -> Result<ClockOffset> {
    given_if_possible(|notice| append(store, entries, notice)).await
}

async fn append(store: &Store, entries: &[Entry], notice: Notice) -> Result<ClockOffset> {
    let mut accounts: Vec<AccountId> = entries.iter().map(|entry| entry.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let mut transaction = store.begin().await?;
    let now = match notice {
        Notice::Given => ClockOffset::notifying(&mut transaction, &notification(&accounts)).await?,
        Notice::Left => ClockOffset::of_database(&mut transaction).await?,
    };
    let columns = Columns::of(entries, now);
    let accounts: Vec<Uuid> = accounts.into_iter().map(|account| account.0).collect();
    sqlx::query!(
        "WITH known AS MATERIALIZED (
             SELECT a.id, p.started_at, p.ended_at,
                    NOT a.privacy_mode AND EXISTS (
                        SELECT FROM destinations d WHERE d.account_id = a.id AND NOT d.privacy_mode) AS wanted
             FROM accounts a
             LEFT JOIN LATERAL (SELECT p.started_at, p.ended_at FROM broadcast_periods p
                                WHERE p.account_id = a.id ORDER BY p.started_at DESC LIMIT 1) p ON true
             WHERE a.id = ANY ($14))
         INSERT INTO completed_requests
             (account_id, completed_at, generation_id, api_key_id, session_id, model, status, tokens, cost,
              broadcast, format, payload, content)
         SELECT e.account_id, e.completed_at, e.generation_id, e.api_key_id, e.session_id, e.model, e.status, e.tokens,
                e.cost, b.broadcast, $1, e.payload, CASE WHEN b.broadcast AND a.wanted THEN e.content END
         FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::smallint[], $8::bigint[],
                     $9::float8[], $10::bytea[], $11::bytea[], $12::timestamptz[], $13::boolean[]) WITH ORDINALITY
              AS e (account_id, generation_id, api_key_id, session_id, model, status, tokens, cost, payload,
                    content, completed_at, maybe_known, ordinality)
         JOIN known a ON a.id = e.account_id
         CROSS JOIN LATERAL (
             SELECT CASE WHEN e.completed_at >= a.started_at THEN a.ended_at IS NULL OR e.completed_at < a.ended_at
                    ELSE coalesce((SELECT p.ended_at IS NULL OR e.completed_at < p.ended_at FROM broadcast_periods p
                                   WHERE p.account_id = e.account_id AND p.started_at <= e.completed_at
                                   ORDER BY p.started_at DESC LIMIT 1), false) END AS broadcast) b
         WHERE NOT (e.maybe_known AND EXISTS (SELECT FROM completed_requests r
                                              WHERE r.account_id = e.account_id AND r.generation_id = e.generation_id))
         ORDER BY e.ordinality",
        FORMAT,
        &columns.account as _,
        &columns.generation_id as _,
        &columns.api_key as _,
        &columns.session_id as _,
        &columns.model as _,
        &columns.status as _,
        &columns.tokens as _,
        &columns.cost as _,
        &columns.payload as _,
        &columns.content as _,
        &columns.completed_at as _,
        &columns.maybe_known as _,
        &accounts
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(now)
}

fn notification(accounts: &[AccountId]) -> String {
    if accounts.len() > MOST_ACCOUNTS_IN_NOTIFICATION {
        return String::new();
    }
    accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Entries as one array for each column, for UNNEST.
#[derive(Default)]
struct Columns<'a> {
    account: Vec<Uuid>,
    generation_id: Vec<&'a str>,
    api_key: Vec<Option<Uuid>>,
    session_id: Vec<Option<&'a str>>,
    model: Vec<&'a str>,
    status: Vec<i16>,
    tokens: Vec<Option<i64>>,
    cost: Vec<Option<f64>>,
    payload: Vec<&'a [u8]>,
    content: Vec<&'a [u8]>,
    completed_at: Vec<DateTime<Utc>>,
    maybe_known: Vec<bool>,
}

impl<'a> Columns<'a> {
    /// Of entries with `maybe_known` one for each name is taken.
    fn of(entries: &'a [Entry], now: ClockOffset) -> Self {
        let mut columns = Self::default();
        let mut seen = HashSet::new();
        for entry in entries {
            if !entry.maybe_known || seen.insert((entry.account, &entry.generation_id)) {
                columns.push(entry, now);
            }
        }
        columns
    }

    fn push(&mut self, entry: &'a Entry, now: ClockOffset) {
        self.account.push(entry.account.0);
        self.generation_id.push(&entry.generation_id);
        self.api_key.push(entry.api_key);
        self.session_id.push(entry.session_id.as_deref());
        self.model.push(&entry.model);
        self.status.push(entry.status);
        self.tokens.push(entry.tokens);
        self.cost.push(entry.cost);
        self.payload.push(&entry.payload);
        self.content.push(&entry.content);
        self.completed_at.push(now.date(entry.completed));
        self.maybe_known.push(entry.maybe_known);
    }
}
