//! Postgres answers questions and takes nothing: that is told to whoever looks, nothing is lost, and it is no fault of the entries
//! (spec 4.1, 4.2).

use std::time::{Duration, Instant};

use super::gateway_program::GatewayProgram;
use super::metrics::{Numbers, key, told};
use super::own_cluster::OwnCluster;
use super::stage::{PATIENCE, Stage, name};
use crate::support::small_disk::SmallDisk;

const RECORDED: &str = "SELECT count(*) FROM completed_requests";

/// A page of the program's, asked until it is as wanted.
async fn until(gateway: &GatewayProgram, (cookie, path): (&str, &str), is_so: impl Fn(u16, &str) -> bool) -> String {
    let begun = Instant::now();
    loop {
        let (status, text) = gateway.gets(cookie, path).await;
        if is_so(status, &text) {
            return text;
        }
        assert!(begun.elapsed() < PATIENCE, "{path} stays at {status}: {text}\n{}", gateway.program.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_to_operator_and_people_and_loses_nothing() {
    let Some(disk) = SmallDisk::of(192) else { return };
    let cluster = OwnCluster::quick_in(disk.path()).await;
    let stage = Stage::on(&cluster.url(), &cluster.admin_url()).await;
    let tenant = stage.tenant(&[1]).await;
    let mut settings = stage.settings();
    let key = key(&tenant, &settings);
    settings.push(("TRACECAST_SIGNUP", "open".to_owned()));
    settings.push(("TRACECAST_METRICS_BIND", "127.0.0.1:0".to_owned()));
    let gateway = GatewayProgram::start("serve", &settings, &key).await;
    let metrics = format!("http://{}/metrics", told(&gateway.program, "serving metrics").await);
    let form = [("account_name", "Acme"), ("email", "ada@example.com"), ("password", "correct horse battery staple")];
    let cookie = gateway.posts("/sign-up", &form).await;
    let page = (cookie.as_str(), "/settings/observability");
    let mut sent = vec![gateway.asks("before").await];
    stage.until("the first arrives", |log| log.distinct(1) == 1).await;
    until(&gateway, ("", "/readyz"), |status, _| status == 200).await;
    assert!(!gateway.gets(page.0, page.1).await.1.contains("waiting to be recorded"));

    // With room in its write-ahead log, or the server would crash, which everybody sees.
    sqlx::raw_sql("SELECT pg_switch_wal(); CHECKPOINT").execute(&mut stage.sql().await).await.unwrap();
    disk.fills();
    for number in 0..10 {
        sent.push(gateway.asks(&format!("{number} {}", "What is the capital of France? ".repeat(3_300))).await);
    }
    let text = until(&gateway, ("", "/readyz"), |status, _| status == 503).await;
    assert!(text.contains("has not recorded a completed request for"), "{text}");
    let oldest = Numbers::read(&metrics).await.get("tracecast_recorder_oldest_waiting_seconds").unwrap();
    assert!(oldest >= 15.0, "{oldest}");
    let (status, text) = gateway.gets(page.0, page.1).await;
    assert!(status == 200 && text.contains("Completed requests have been waiting to be recorded for"), "{text}");
    assert_eq!(stage.count(RECORDED).await, 1, "the disk is full");

    disk.gets_room();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    until(&gateway, ("", "/readyz"), |status, _| status == 200).await;
    until(&gateway, page, |_, text| !text.contains("waiting to be recorded")).await;
    assert_eq!(Numbers::read(&metrics).await.get("tracecast_recorder_oldest_waiting_seconds"), Some(0.0));
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
    assert_eq!(stage.count("SELECT count(*) FROM losses").await, 0);
}

/// What Postgres says of a quota that is used up, and of a file system that turned read-only: codes by which nobody can tell that
/// it is the disk.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_does_not_lie_in_the_entries_makes_them_wait_and_not_be_lost() {
    for code in ["XX000", "42501", "42P01"] {
        let stage = Stage::new().await;
        let tenant = stage.tenant(&[]).await;
        // A sequence counts what is rolled back, too.
        let refuse = "CREATE SEQUENCE tries;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                PERFORM nextval('tries');
                RAISE EXCEPTION 'not now' USING ERRCODE = '<code>'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON completed_requests FOR EACH ROW EXECUTE FUNCTION refuse()";
        sqlx::raw_sql(sqlx::AssertSqlSafe(refuse.replace("<code>", code)))
            .execute(&mut stage.sql().await)
            .await
            .unwrap();
        let recording = stage.recording(&tenant);
        recording.record(&name("refused", 0));
        recording.record(&name("refused", 1));
        stage.until_count("SELECT (last_value > 3)::int::bigint FROM tries", 1).await;
        let waits = (recording.recorder.buffer().requests(), recording.recorder.buffer().lost());
        assert_eq!(waits, (2, 0), "{code}");
        sqlx::raw_sql("DROP TRIGGER refuse ON completed_requests").execute(&mut stage.sql().await).await.unwrap();
        recording.ends().await;
        assert_eq!(stage.count(RECORDED).await, 2, "{code}");
    }
}
