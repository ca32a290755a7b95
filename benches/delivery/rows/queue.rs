//! Fills the queue of the contenders that work on rows.

use sqlx::AssertSqlSafe;

use crate::bench::Bench;
use crate::contenders::FILL;
use crate::outcome::Result;

pub(crate) async fn fill(bench: &mut Bench, events: u64) -> Result<()> {
    let [drop, create, insert] = FILL;
    sqlx::raw_sql(AssertSqlSafe(format!("{drop}; {create}"))).execute(&mut bench.admin).await?;
    sqlx::query(insert).bind(i64::try_from(events)?).execute(&mut bench.admin).await?;
    sqlx::raw_sql("VACUUM ANALYZE bench.jobs").execute(&mut bench.admin).await?;
    Ok(())
}
