//! An account that is deleted with a large log: nobody else waits for it.

use tracecast::store::{accounts, log};

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
