//! Accounts and destinations that are deleted with a large past: nobody waits for it.

use tracecast::store::{accounts, destinations, log};

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_deleted_account_is_not_part_of_its_deletion_and_goes_also_when_that_was_cut_off() {
    let stage = Stage::new().await;
    let (gone, other) = (stage.tenant(&[]).await, stage.tenant(&[]).await);
    for tenant in [&gone, &other] {
        stage.copies(tenant, "logged", 5_000).await;
    }
    let mut transaction = stage.store.tenant(gone.account).await.unwrap();
    accounts::delete(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    let of = |account: tracecast::id::AccountId| {
        format!("SELECT count(*) FROM completed_requests WHERE account_id = '{account}'")
    };
    assert_eq!(stage.count(&of(gone.account)).await, 5_000, "the transaction does not take the log along");
    assert_eq!(log::list_orphans(&stage.store).await.unwrap(), [gone.account]);

    let _worker = stage.worker();
    stage.until_count(&of(gone.account), 0).await;
    assert_eq!(stage.count(&of(other.account)).await, 5_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_destination_leaves_is_not_part_of_its_deletion_and_goes_later() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    for destination in &tenant.destinations {
        let past = format!(
            "INSERT INTO deliveries (account_id, destination_id, id, duration_ms, requests, bytes, outcome)
             SELECT '{account}', '{destination}', gen_random_uuid(), 1, 1, 1, 'delivered' FROM generate_series(1, 5000);
             INSERT INTO dead_letters (account_id, destination_id, xid, position, generation_id, recorded_at, reason)
             SELECT '{account}', '{destination}', '1', n, 'gen', now(), 'refused' FROM generate_series(1, 2500) n",
            account = tenant.account,
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(past)).execute(&mut stage.sql().await).await.unwrap();
    }
    let [gone, other] = tenant.destinations[..] else { panic!("there are two") };
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    assert!(destinations::delete(&mut transaction, gone).await.unwrap());
    transaction.commit().await.unwrap();
    let left =
        |table: &str, destination| format!("SELECT count(*) FROM {table} WHERE destination_id = '{destination}'");
    assert_eq!(stage.count(&left("deliveries", gone)).await, 5_000, "the transaction does not take the past along");

    let _worker = stage.worker();
    for (table, kept) in [("deliveries", 5_000), ("dead_letters", 2_500)] {
        stage.until_count(&left(table, gone), 0).await;
        assert_eq!(stage.count(&left(table, other)).await, kept);
    }
}
