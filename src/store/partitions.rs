//! Partitions by day of `completed_requests` and `deliveries`: made ahead, dropped by retention (spec 4.2).

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::AssertSqlSafe;

use super::{Result, Store};

/// Days for which partitions exist in advance, today not counted: the program may be away that long.
const DAYS_AHEAD: u64 = 7;

/// The partitioned tables.
const TABLES: [&str; 2] = ["completed_requests", "deliveries"];

/// Makes today's partitions and those of the coming days, and yesterday's for clocks that disagree about midnight.
pub async fn create_ahead(store: &Store) -> Result<()> {
    let mut transaction = store.pool().begin().await?;
    // Several processes may start at once; CREATE TABLE IF NOT EXISTS alone can still collide.
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(29795, 0)").fetch_one(&mut *transaction).await?;
    let now: DateTime<Utc> =
        sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(&mut *transaction).await?;
    let first = now.date_naive() - chrono::Days::new(1);
    for table in TABLES {
        for day in first.iter_days().take(usize::try_from(DAYS_AHEAD + 2).unwrap_or_default()) {
            if !exists(&mut transaction, &partition(table, day)).await? {
                sqlx::query(AssertSqlSafe(creation(table, day))).execute(&mut *transaction).await?;
            }
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Drops partitions that lie wholly before the retention. Returns their names.
pub async fn drop_expired(store: &Store, retention: Duration) -> Result<Vec<String>> {
    let now: DateTime<Utc> =
        sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(store.pool()).await?;
    let oldest = chrono::Duration::from_std(retention).map_or(now, |retention| now - retention).date_naive();
    let mut dropped = Vec::new();
    for table in TABLES {
        let existing = sqlx::query_scalar!(
            r#"SELECT c.relname::text AS "name!" FROM pg_inherits i
               JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::text::regclass"#,
            table
        );
        for name in existing.fetch_all(store.pool()).await? {
            if day_of(table, &name).is_some_and(|day| day < oldest) {
                sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS {name}"))).execute(store.pool()).await?;
                dropped.push(name);
            }
        }
    }
    Ok(dropped)
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

fn creation(table: &str, day: NaiveDate) -> String {
    let next = day + chrono::Days::new(1);
    let name = partition(table, day);
    format!("CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{day} 00:00:00Z') TO ('{next} 00:00:00Z')")
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
        assert!(creation("deliveries", day).ends_with("FROM ('2026-11-23 00:00:00Z') TO ('2026-11-24 00:00:00Z')"));
    }
}
