//! The limit: reads the log by the cursor, and posts bodies that were encoded before. While one is on the wire the next
//! is read. Nothing is parsed, nothing built, nothing written down.

use std::str::FromStr as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::runtime::Runtime;
use tracecast::store::PLANNED_ONCE;

use super::Task;
use crate::bodies::Splicer;
use crate::outcome::Result;
use crate::post::Post;
use crate::tenants::PATH;

/// Events of one batch (spec 4.2).
const BATCH: i64 = 500;

/// How far an account's log was read.
struct Cursor {
    account: uuid::Uuid,
    xid: i64,
    position: i64,
}

/// Reads here, sends on a thread of its own.
pub(super) struct Bare {
    runtime: Runtime,
    connection: PgConnection,
    cursors: Vec<Cursor>,
    events: u64,
    batches: SyncSender<Vec<u64>>,
    answers: Receiver<usize>,
}

impl Bare {
    pub(super) fn start(task: &Task) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // As the worker connects, or it would be planned by what is true of other accounts.
        let options = PgConnectOptions::from_str(&task.database)?.options(PLANNED_ONCE);
        let mut connection = runtime.block_on(PgConnection::connect_with(&options))?;
        let mut cursors: Vec<Cursor> =
            task.accounts.iter().map(|account| Cursor { account: account.0, xid: 0, position: 0 }).collect();
        if task.news_only {
            for cursor in &mut cursors {
                while !runtime.block_on(cursor.next(&mut connection))?.is_empty() {}
            }
        }
        let (batches, sending) = sync_channel::<Vec<u64>>(1);
        let (answered, answers) = sync_channel(64);
        let (mut splicer, mut post) = (Splicer::new(task.gzip), Post::to(&task.receiver)?);
        thread::spawn(move || {
            for numbers in sending {
                let count = numbers.len();
                let headers = splicer.headers();
                let sent = post.send(PATH, headers, splicer.body(numbers.into_iter()));
                if !sent.is_ok_and(|(status, _)| status == 200) || answered.send(count).is_err() {
                    return;
                }
            }
        });
        Ok(Self { runtime, connection, cursors, events: task.events, batches, answers })
    }

    /// Sends the next events, account by account.
    pub(super) fn drain(&mut self) -> Result<()> {
        let (mut read, mut sent) = (0, 0);
        while read < self.events {
            for cursor in &mut self.cursors {
                let numbers = self.runtime.block_on(cursor.next(&mut self.connection))?;
                if numbers.is_empty() {
                    continue;
                }
                read += numbers.len() as u64;
                self.batches.send(numbers).map_err(|_| "the receiver did not take a batch")?;
                sent += self.answers.try_iter().sum::<usize>() as u64;
            }
        }
        while sent < read {
            sent += self.answers.recv().map_err(|_| "the receiver did not take a batch")? as u64;
        }
        Ok(())
    }
}

impl Cursor {
    /// The numbers of the events that come next. Their bytes are read, but not looked at.
    async fn next(&mut self, connection: &mut PgConnection) -> Result<Vec<u64>> {
        let rows = sqlx::query(
            "SELECT xid::text::bigint AS transaction, position, payload, content FROM completed_requests
             WHERE account_id = $1 AND broadcast AND (xid, position) > ($2::text::xid8, $3)
               AND xid < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY xid, position LIMIT $4",
        )
        .bind(self.account)
        .bind(self.xid.to_string())
        .bind(self.position)
        .bind(BATCH)
        .fetch_all(connection)
        .await?;
        let mut numbers = Vec::with_capacity(rows.len());
        for row in &rows {
            let (payload, content): (&[u8], &[u8]) = (row.try_get(2)?, row.try_get(3)?);
            self.xid = row.try_get(0)?;
            self.position = row.try_get(1)?;
            numbers.push(self.position.unsigned_abs() + u64::from(payload.is_empty() && content.is_empty()));
        }
        Ok(numbers)
    }
}
