//! What reading the log costs: as the worker does it, and in other shapes of the same query.

use sqlx::Row as _;
use tracecast::clock::Clock;
use tracecast::store::log::{self, Position, Window};
use tracecast::store::xid::Xid;

use crate::bench::{Bench, count, seconds};
use crate::ledger::Row;
use crate::outcome::Result;
use crate::usage;

/// Events of one batch.
const BATCH: u64 = 500;
/// How often the first batch of the log is read.
const ROUNDS: u64 = 200;

const A_ROW_EACH: &str = "
    SELECT xid::text::bigint, position, payload, content FROM completed_requests
    WHERE account_id = $1 AND broadcast AND (xid, position) > ('0', 0) AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, position LIMIT $2";

const FRAMED: &str = "
    SELECT array_agg(e.lengths), string_agg(e.bytes, '')
    FROM (SELECT (row_number() OVER (ORDER BY xid, position) - 1) / 16 AS g,
                 int8send(position) || payload || content AS bytes, octet_length(payload) AS lengths FROM completed_requests
          WHERE account_id = $1 AND broadcast AND (xid, position) > ('0', 0) AND xid < pg_snapshot_xmin(pg_current_snapshot())
          ORDER BY xid, position LIMIT $2) e GROUP BY g ORDER BY g";

pub(crate) async fn run(bench: &mut Bench) -> Result<()> {
    let rounds = bench.options.sized(ROUNDS).max(1);
    let account = bench.backlog.account;
    let window = Window {
        after: Position { xid: Xid(0), position: 0 },
        until: Position::END,
        since: chrono::DateTime::UNIX_EPOCH,
        before: None,
        private: false,
        entries: i64::try_from(BATCH)?,
    };
    for _ in 0..bench.options.runs() {
        let begun = begin(bench)?;
        for _ in 0..rounds {
            log::list_small_after(&bench.state.store, account, &window, None).await?;
        }
        note(bench, "tracecast", begun, rounds)?;
        let begun = begin(bench)?;
        for _ in 0..rounds {
            let rows = sqlx::query(A_ROW_EACH).bind(account.0).bind(window.entries).fetch_all(&mut bench.admin).await?;
            for row in &rows {
                let (xid, position): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
                let (payload, content): (&[u8], &[u8]) = (row.try_get(2)?, row.try_get(3)?);
                std::hint::black_box((xid, position, payload.len(), content.len()));
            }
        }
        note(bench, "a row each", begun, rounds)?;
        let begun = begin(bench)?;
        for _ in 0..rounds {
            let rows = sqlx::query(FRAMED).bind(account.0).bind(window.entries).fetch_all(&mut bench.admin).await?;
            for row in &rows {
                let (lengths, bytes): (Vec<i32>, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
                std::hint::black_box((lengths, bytes.len()));
            }
        }
        note(bench, "16 in one row", begun, rounds)?;
    }
    Ok(())
}

fn begin(bench: &Bench) -> Result<(f64, f64, u64)> {
    Ok((usage::cpu(std::process::id())?, bench.server.cpu()?, Clock::System.unix_nanos().0))
}

fn note(bench: &mut Bench, name: &str, begun: (f64, f64, u64), rounds: u64) -> Result<()> {
    let ended = begin(bench)?;
    let each = |seconds: f64| seconds * 1e6 / count(rounds * BATCH);
    let row = |what: &str| Row::new(format!("reading one event, {what}"), "µs", "");
    bench.ledger.note(&row("processor time of the reader"), name, each(ended.0 - begun.0));
    bench.ledger.note(&row("processor time of Postgres"), name, each(ended.1 - begun.1));
    bench.ledger.note(&row("time"), name, each(seconds(begun.2, ended.2)));
    Ok(())
}
