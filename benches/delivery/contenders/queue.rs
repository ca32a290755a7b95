//! The usual queues on Postgres: rows that are locked with SKIP LOCKED, marked, sent and deleted. As graphile-worker
//! does, a row at a time; and by the batch.

use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::runtime::Runtime;

use super::Task;
use crate::bodies::Splicer;
use crate::outcome::Result;
use crate::post::Post;
use crate::tenants::PATH;

/// Jobs of one batch.
const BATCH: i64 = 500;

/// Fills the queue with `$1` jobs. Statements for the superuser.
pub(crate) const FILL: [&str; 3] = [
    "DROP TABLE IF EXISTS bench.jobs",
    "CREATE TABLE bench.jobs (
         id bigint PRIMARY KEY, priority integer NOT NULL DEFAULT 0, run_at timestamptz NOT NULL DEFAULT now(),
         attempts integer NOT NULL DEFAULT 0, locked_at timestamptz, locked_by text, payload jsonb NOT NULL,
         content jsonb NOT NULL);
     CREATE INDEX ON bench.jobs (priority, run_at, id) WHERE locked_at IS NULL",
    "INSERT INTO bench.jobs (id, payload, content)
     SELECT n, convert_from(t.payload, 'UTF8')::jsonb, convert_from(t.content, 'UTF8')::jsonb
     FROM generate_series(1, $1::bigint) n JOIN bench.templates t ON t.number = n % 1000",
];

/// One connection to the queue and one to the receiver.
pub(super) struct Queue {
    runtime: Runtime,
    connection: PgConnection,
    post: Post,
    splicer: Splicer,
    events: u64,
}

impl Queue {
    pub(super) fn start(task: &Task) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let connection = runtime.block_on(PgConnection::connect(&task.database))?;
        let (post, splicer) = (Post::to(&task.receiver)?, Splicer::new(task.gzip));
        Ok(Self { runtime, connection, post, splicer, events: task.events })
    }

    /// Locks and marks a row, sends it, deletes it.
    pub(super) fn row_by_row(&mut self) -> Result<()> {
        for _ in 0..self.events {
            self.turn(1)?;
        }
        Ok(())
    }

    /// The same with 500 rows at a time.
    pub(super) fn in_batches(&mut self) -> Result<()> {
        let mut sent = 0;
        while sent < self.events {
            sent += self.turn(BATCH)?;
        }
        Ok(())
    }

    fn turn(&mut self, limit: i64) -> Result<u64> {
        let jobs = self.runtime.block_on(take(&mut self.connection, limit))?;
        if jobs.is_empty() {
            return Err("the queue ran empty".into());
        }
        let headers = self.splicer.headers();
        let (status, _) = self.post.send(PATH, headers, self.splicer.body(jobs.iter().map(|id| id.unsigned_abs())))?;
        if status != 200 {
            return Err(format!("the receiver answered {status}").into());
        }
        self.runtime.block_on(
            sqlx::query("DELETE FROM bench.jobs WHERE id = ANY ($1)").bind(&jobs).execute(&mut self.connection),
        )?;
        Ok(jobs.len() as u64)
    }
}

async fn take(connection: &mut PgConnection, limit: i64) -> Result<Vec<i64>> {
    let rows = sqlx::query(
        "WITH next AS (
             SELECT id FROM bench.jobs WHERE locked_at IS NULL AND run_at <= now()
             ORDER BY priority, run_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
         UPDATE bench.jobs j SET locked_at = now(), locked_by = 'bench', attempts = attempts + 1
         FROM next WHERE j.id = next.id RETURNING j.id, j.payload::text, j.content::text",
    )
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?)
}
