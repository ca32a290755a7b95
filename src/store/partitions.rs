//! Daily partitions of `completed_requests`, `deliveries` and `request_facts`: created ahead, dropped by retention (spec 4.2).

mod expiry;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::AssertSqlSafe;

use super::{Result, Store};

/// Days for which partitions exist in advance, today not counted. Few, because each reading of the log opens all of them. The
/// next partition is created a day or more before its first row; a row without a partition waits for one.
const DAYS_AHEAD: u64 = 2;

/// How long to wait for the lock of a partitioned table. Statements that come later queue behind: while a backup reads for an
/// hour, recording and delivery must not stop for longer than this.
const LOCK_PATIENCE: &str = "SET LOCAL lock_timeout = '200ms'";

/// Counting expired requests may take longer than a page's query.
const COUNTING_PATIENCE: &str = "SET LOCAL statement_timeout = '10min'";

/// Rows up to this size are stored in one piece. Postgres' default of 2 kB would move payload and content of most requests out
/// of their row, at the cost of an index entry and a look-up for each, when they are written and when they are read. 8,160 is
/// Postgres' maximum.
const INLINE_BYTES: u32 = 8_160;

const TABLES: [&str; 3] = [LOG, "deliveries", FACTS];

const LOG: &str = "completed_requests";

/// Has a partition for each one of the log: facts are written after what they are about.
const FACTS: &str = "request_facts";

/// Creates today's partitions and those of the coming days, and yesterday's for clocks that disagree about midnight.
pub async fn create_ahead(store: &Store) -> Result<()> {
    create_since(store, 1).await
}

/// Creates those of so many past days as well.
pub(super) async fn create_since(store: &Store, days_ago: u64) -> Result<()> {
    let mut transaction = store.begin().await?;
    // Several processes may start at once, and CREATE TABLE IF NOT EXISTS alone can collide.
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(29795, 0)").fetch_one(&mut *transaction).await?;
    sqlx::query(LOCK_PATIENCE).execute(&mut *transaction).await?;
    let now: DateTime<Utc> =
        sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(&mut *transaction).await?;
    let first = now.date_naive() - chrono::Days::new(days_ago);
    let days: BTreeSet<NaiveDate> =
        first.iter_days().take(usize::try_from(days_ago + 1 + DAYS_AHEAD).unwrap_or_default()).collect();
    let logged = list_partitions(&mut transaction, LOG).await?;
    let logged = logged.iter().filter_map(|name| day_of(LOG, name)).chain(days.iter().copied()).collect();
    for table in TABLES {
        for day in if table == FACTS { &logged } else { &days } {
            if !exists(&mut transaction, &partition(table, *day)).await? {
                sqlx::raw_sql(AssertSqlSafe(creation(table, *day))).execute(&mut *transaction).await?;
            }
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Whether the partition of today or of tomorrow is missing.
pub async fn are_missing(store: &Store) -> Result<bool> {
    let missing = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM unnest($1::text[]) AS t (name), generate_series(0, 1) AS d (days)
               WHERE to_regclass(t.name || to_char(timezone('UTC', clock_timestamp()) + d.days * interval '1 day', '_YYYYMMDD'))
                     IS NULL) AS "missing!""#,
        &TABLES.map(str::to_owned)
    );
    Ok(missing.fetch_one(store.pool()).await?)
}

/// Drops partitions that lie wholly before the retention, and gives their names. Undelivered requests in them are counted at
/// the destinations that wanted them.
pub async fn drop_expired(store: &Store, retention: Duration) -> Result<Vec<String>> {
    let now: DateTime<Utc> =
        sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(store.pool()).await?;
    let oldest = chrono::Duration::from_std(retention).map_or(now, |retention| now - retention).date_naive();
    let mut dropped = Vec::new();
    for table in TABLES {
        // The connection is given back before a partition is dropped: there may be only one.
        let names = list_partitions(&mut *store.connection().await?, table).await?;
        for name in names {
            if day_of(table, &name).is_some_and(|day| day < oldest) {
                drop_partition(store, table, &name).await?;
                dropped.push(name);
            }
        }
    }
    Ok(dropped)
}

/// Counting and dropping are one transaction, so that nothing is counted twice. Several processes may try at once. Names are kept
/// before, account by account: writing all of them takes longer than readers of the log should be held back.
async fn drop_partition(store: &Store, table: &str, name: &str) -> Result<()> {
    if table == LOG && exists(&mut *store.connection().await?, name).await? {
        expiry::record_names(store, name).await?;
    }
    let mut transaction = store.begin().await?;
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(29795, 0)").fetch_one(&mut *transaction).await?;
    sqlx::query(LOCK_PATIENCE).execute(&mut *transaction).await?;
    sqlx::query(COUNTING_PATIENCE).execute(&mut *transaction).await?;
    if table == LOG && exists(&mut transaction, name).await? {
        sqlx::query(AssertSqlSafe(expiry::count(name))).execute(&mut *transaction).await?;
    }
    sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS {name}"))).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn list_partitions(connection: &mut sqlx::PgConnection, table: &str) -> Result<Vec<String>> {
    let names = sqlx::query_scalar!(
        r#"SELECT c.relname::text AS "name!" FROM pg_inherits i
           JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::text::regclass"#,
        table
    );
    Ok(names.fetch_all(connection).await?)
}

async fn exists(connection: &mut sqlx::PgConnection, name: &str) -> Result<bool> {
    let exists = sqlx::query_scalar!(r#"SELECT to_regclass($1) IS NOT NULL AS "exists!""#, name);
    Ok(exists.fetch_one(connection).await?)
}

fn partition(table: &str, day: NaiveDate) -> String {
    format!("{table}_{}", day.format("%Y%m%d"))
}

fn day_of(table: &str, partition: &str) -> Option<NaiveDate> {
    let day = partition.strip_prefix(table)?.strip_prefix('_')?;
    NaiveDate::parse_from_str(day, "%Y%m%d").ok()
}

/// The table is created first and attached then, which waits for no reader or writer of the other partitions. (`PARTITION OF`
/// would.)
///
/// A partition of the log also gets the index that makes a request's name unique in its account. The whole table cannot have
/// this index: its unique indexes must include the time of recording.
fn creation(table: &str, day: NaiveDate) -> String {
    let next = day + chrono::Days::new(1);
    let name = partition(table, day);
    let create = format!(
        "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING INDEXES)
             WITH (toast_tuple_target = {INLINE_BYTES});
         CALL lock_tenant_table('{name}');
         ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{day} 00:00:00Z') TO ('{next} 00:00:00Z');"
    );
    if table == LOG {
        format!("{create} CREATE UNIQUE INDEX {name}_by_name ON {name} (account_id, generation_id);")
    } else {
        create
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_named_by_its_day_and_the_day_is_read_back() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        assert_eq!(partition("deliveries", day), "deliveries_20261123");
        assert_eq!(day_of("deliveries", "deliveries_20261123"), Some(day));
        assert_eq!(day_of("deliveries", "deliveries_old"), None);
        assert!(creation("deliveries", day).contains("FROM ('2026-11-23 00:00:00Z') TO ('2026-11-24 00:00:00Z');"));
    }
}
