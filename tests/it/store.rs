//! The connections to the database, when nobody waits any more for what they do.

use std::str::FromStr as _;

use futures_util::future::poll_immediate;
use sqlx::postgres::PgConnectOptions;
use tracecast::id::AccountId;
use tracecast::store::Store;
use uuid::Uuid;

use crate::support::database::Database;

/// How often somebody hangs up while a transaction begins.
const TIMES: u128 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_while_a_transaction_begins_leaves_none_open_for_the_next() {
    let database = Database::new().await;
    let options = PgConnectOptions::from_str(&database.url).unwrap();
    let store = Store::open(options.clone(), "tracecast test", 1);
    let other = Store::open(options, "tracecast test, other", 1);
    sqlx::query("CREATE TABLE said (number integer)").execute(store.pool()).await.unwrap();
    for number in 0..TIMES {
        let begun = std::pin::pin!(store.tenant(AccountId(Uuid::from_u128(number))));
        assert!(poll_immediate(begun).await.is_none(), "Postgres had not answered yet");
    }
    sqlx::query("INSERT INTO said VALUES (1)").execute(store.pool()).await.unwrap();
    let said: i64 = sqlx::query_scalar("SELECT count(*) FROM said").fetch_one(other.pool()).await.unwrap();
    assert_eq!(said, 1, "what was said is committed");
}
