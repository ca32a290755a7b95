//! Several destinations of one account behind the same backlog: what they read and are sent alike is read and built once.

use super::receiver::Arrival;
use super::stage::{Stage, names};

#[tokio::test(flavor = "multi_thread")]
async fn destinations_behind_one_backlog_get_each_request_once_and_a_private_one_no_content() {
    const PRIVATE: u64 = 3;
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2, PRIVATE, 4]).await;
    stage.turns_private(&tenant, 2).await;
    let mut sent = stage.records(&tenant, names("backlog", 1_700)).await;
    let _worker = stage.worker();
    stage.until("the first arrive", |log| log.distinct(1) > 0).await;
    sent.extend(stage.records(&tenant, names("beside", 700)).await);
    let all = sent.len();
    stage.until("all arrive", |log| tenant.projects.iter().all(|project| log.distinct(*project) == all)).await;
    stage.receiver.read(|log| {
        for project in &tenant.projects {
            log.assert_each_once(*project, &sent);
            let mut events = log.of(*project).flat_map(Arrival::events);
            assert!(events.all(|event| event.has_content == (*project != PRIVATE)), "project {project}");
        }
    });
}
