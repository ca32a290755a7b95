//! Recording: events that are handed over at once, until all of them are committed. Beside it the limit: the same rows in groups of
//! the same size, by one connection that asks nothing about them.

use std::net::SocketAddr;
use std::time::Instant;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tracecast::recorder::Recorder;

use crate::bench::{Bench, count};
use crate::event;
use crate::ledger::Row;
use crate::outcome::Result;
use crate::tenants::Tenant;

/// As many as the recorder's buffer holds with room to spare.
const EVENTS: u64 = 20_000;

/// Entries of one commit, as the recorder has them at most.
const GROUP: usize = 1_000;

const BARE: &str = "bare group commit";

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9)).into();
    let tenant = Tenant::create(&bench.state, "recording", &nowhere).await?;
    let events = bench.options.sized(EVENTS);
    for round in 0..bench.options.runs() as u64 {
        let first = 1_000_000_000 + round * events;
        let completed: Vec<_> = (first..first + events).map(event::completed).collect();
        let before = recorded(bench, tenant).await?;
        let (recorder, writer) = Recorder::new(bench.state.store.clone(), bench.state.random);
        let postgres = bench.server.cpu()?;
        let begun = Instant::now();
        for (request, content) in &completed {
            recorder.record(tenant.account, request, content, None);
        }
        drop(recorder);
        writer.run().await;
        let seconds = begun.elapsed().as_secs_f64();
        let postgres = bench.server.cpu()? - postgres;
        let durable = recorded(bench, tenant).await? - before;
        if durable != events {
            return Err(format!("{durable} of {events} events were recorded").into());
        }
        let row = |what: &str, unit, goal| Row::new(format!("recording, {what}"), unit, goal);
        bench.ledger.note(&row("durable", "events/s", "at least 15,000/s"), "tracecast", count(events) / seconds);
        let cost = postgres * 1e6 / count(events);
        bench.ledger.note(&row("processor time of Postgres", "µs/event", ""), "tracecast", cost);
        if !bench.options.alone {
            let (seconds, cost) = bare(bench, tenant, round).await?;
            bench.ledger.note(&row("durable", "events/s", "at least 15,000/s"), BARE, count(events) / seconds);
            bench.ledger.note(&row("processor time of Postgres", "µs/event", ""), BARE, cost);
        }
    }
    Ok(())
}

/// Inserts the last round's rows again, under other names and for another account. Gives the seconds, and the processor time of
/// Postgres in µs an event.
async fn bare(bench: &mut Bench, tenant: Tenant, round: u64) -> Result<(f64, f64)> {
    let rows: Vec<RecordedRow> = sqlx::query_as(
        "SELECT completed_at, $2 || generation_id AS generation_id, session_id, model, status, tokens, cost, payload, content
         FROM completed_requests WHERE account_id = $1 ORDER BY xid DESC, position DESC LIMIT $3",
    )
    .bind(tenant.account.0)
    .bind(format!("bare-{round}-"))
    .bind(i64::try_from(bench.options.sized(EVENTS))?)
    .fetch_all(&mut bench.admin)
    .await?;
    let mut connection = bench.server.admin().await?;
    let (postgres, begun) = (bench.server.cpu()?, Instant::now());
    for group in rows.chunks(GROUP) {
        insert(&mut connection, uuid::Uuid::from_u128(u128::from(round) + 1), group).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    Ok((seconds, (bench.server.cpu()? - postgres) * 1e6 / count(rows.len() as u64)))
}

#[derive(Debug, sqlx::FromRow)]
struct RecordedRow {
    completed_at: DateTime<Utc>,
    generation_id: String,
    session_id: Option<String>,
    model: String,
    status: i16,
    tokens: Option<i64>,
    cost: Option<f64>,
    payload: Vec<u8>,
    content: Option<Vec<u8>>,
}

/// One group commit.
async fn insert(connection: &mut PgConnection, account: uuid::Uuid, rows: &[RecordedRow]) -> Result<()> {
    fn column<'r, T>(rows: &'r [RecordedRow], of: impl Fn(&'r RecordedRow) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    sqlx::query(
        "INSERT INTO completed_requests (account_id, completed_at, generation_id, session_id, model, status, tokens, cost, broadcast,
                                         format, payload, content)
         SELECT $1, e.completed_at, e.generation_id, e.session_id, e.model, e.status, e.tokens, e.cost, true, 1, e.payload, e.content
         FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::bigint[], $8::float8[], $9::bytea[],
                     $10::bytea[])
              AS e (completed_at, generation_id, session_id, model, status, tokens, cost, payload, content)",
    )
    .bind(account)
    .bind(column(rows, |row| row.completed_at))
    .bind(column(rows, |row| row.generation_id.as_str()))
    .bind(column(rows, |row| row.session_id.as_deref()))
    .bind(column(rows, |row| row.model.as_str()))
    .bind(column(rows, |row| row.status))
    .bind(column(rows, |row| row.tokens))
    .bind(column(rows, |row| row.cost))
    .bind(column(rows, |row| row.payload.as_slice()))
    .bind(column(rows, |row| row.content.as_deref()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Entries in the account's log.
pub(crate) async fn recorded(bench: &mut Bench, tenant: Tenant) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM completed_requests WHERE account_id = $1")
        .bind(tenant.account.0)
        .fetch_one(&mut bench.admin)
        .await?;
    Ok(count.unsigned_abs())
}
