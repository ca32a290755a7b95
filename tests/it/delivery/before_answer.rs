//! `TRACECAST_RECORD=before-answer`: who has seen the end of an answer finds its request recorded, whatever happens to the
//! program; and a database that is silent keeps nobody waiting for long (spec 4.1).

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use tracecast::random::Random;

use super::gateway_program::{Asked, Caller, GatewayProgram};
use super::metrics::{Numbers, key, told};
use super::postgres_proxy::PostgresProxy;
use super::short_or_long;
use super::stage::{Stage, Tenant};
use crate::support::database::Database;

const RECORDED: &str = "SELECT count(*) FROM completed_requests";
const LET_GO: &str = "tracecast_answers_let_go_total";
const ALL: [Asked; 3] = [Asked::Whole, Asked::Streamed, Asked::Wrongly];

/// Callers that ask again as soon as they are answered.
const CALLERS: usize = 16;

/// The gateway in a process of its own, with the metrics that it serves.
struct Scene<'s> {
    stage: &'s Stage,
    gateway: GatewayProgram,
    metrics: String,
}

impl<'s> Scene<'s> {
    async fn with(stage: &'s Stage, tenant: &Tenant, settings: &[(&'static str, &str)]) -> Self {
        let own = stage.settings();
        let key = key(tenant, &own);
        let (names, mut all): (HashSet<_>, Vec<_>) =
            settings.iter().map(|(name, value)| (*name, (*name, (*value).to_owned()))).unzip();
        all.extend(own.into_iter().filter(|(name, _)| !names.contains(name)));
        all.push(("TRACECAST_METRICS_BIND", "127.0.0.1:0".to_owned()));
        let gateway = GatewayProgram::start("web", &all, &key).await;
        let metrics = format!("http://{}/metrics", told(&gateway.program, "serving metrics").await);
        Self { stage, gateway, metrics }
    }

    async fn number(&self, series: &str) -> Option<f64> {
        Numbers::read(&self.metrics).await.get(series)
    }

    /// Whether a request is in the log.
    async fn has(&self, name: &str) -> bool {
        self.stage.count(&format!("{RECORDED} WHERE generation_id = '{name}'")).await == 1
    }

    /// Asks in every way at once. Gives the names of the requests.
    async fn asks_in_every_way(&self) -> Vec<String> {
        let caller = self.gateway.caller();
        let asks = ALL.map(|asked| {
            let caller = caller.clone();
            async move { caller.asks(asked).await.unwrap() }
        });
        join_all(asks).await
    }

    async fn ends(mut self) {
        self.gateway.program.signal(Signal::TERM);
        self.gateway.program.ends_well_within(Duration::from_secs(20)).await;
    }
}

/// Names of the requests whose answers this caller has seen to their end, until there is nobody who answers.
async fn asks_until_it_is_killed(caller: Caller, asked: Asked, answered: &AtomicUsize) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(name) = caller.asks(asked).await {
        names.push(name);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn before_answer_misses_no_answered_request_when_the_program_is_killed() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let mut settings = stage.settings();
    let key = key(&tenant, &settings);
    settings.push(("TRACECAST_RECORD", "before-answer".to_owned()));
    let kills = short_or_long(4, 50);
    let mut names = Vec::new();
    for _ in 0..kills {
        let mut gateway = GatewayProgram::start("web", &settings, &key).await;
        let answered = AtomicUsize::new(0);
        let callers = (0..CALLERS).map(|number| asks_until_it_is_killed(gateway.caller(), ALL[number % 3], &answered));
        let load = join_all(callers);
        let moment = 1 + usize::from(Random.bytes::<1>().unwrap()[0]);
        let kill = async {
            while answered.load(Ordering::Relaxed) < moment {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            gateway.program.kill();
        };
        names.extend(tokio::join!(load, kill).0.into_iter().flatten());
    }
    let recorded: Vec<String> = sqlx::query_scalar("SELECT generation_id FROM completed_requests")
        .fetch_all(&mut stage.sql().await)
        .await
        .unwrap();
    let recorded: HashSet<_> = recorded.into_iter().collect();
    let missing: Vec<_> = names.iter().filter(|name| !recorded.contains(*name)).collect();
    println!("{kills} kills, {} requests answered, {} recorded", names.len(), recorded.len());
    assert!(missing.is_empty(), "answered and not recorded: {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_answer_holds_the_end_of_every_answer_until_its_commit() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let scene = Scene::with(&stage, &tenant, &[("TRACECAST_RECORD", "before-answer")]).await;
    for asked in ALL {
        let blocked = stage.blocks_the_log().await;
        let asks = async {
            let name = scene.gateway.caller().asks(asked).await.unwrap();
            // A machine that is busy for two seconds lets the answer go.
            (scene.has(&name).await, scene.number(LET_GO).await.is_some())
        };
        let opens = async {
            blocked.until_written_to().await;
            blocked.opens().await;
        };
        let ((recorded, let_go), ()) = tokio::join!(asks, opens);
        assert!(recorded || let_go, "{asked:?}");
    }
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_answer_lets_answers_go_while_the_database_is_silent_and_after_answer_holds_none() {
    for (settings, let_go) in [(&[][..], 0.0), (&[("TRACECAST_RECORD", "before-answer")][..], 3.0)] {
        let database = Database::new().await;
        let proxy = PostgresProxy::before(&database.url).await;
        let stage = Stage::on(&database.url, &database.admin_url).await;
        let tenant = stage.tenant(&[]).await;
        let through = proxy.url(&database.url);
        let settings = [settings, &[("DATABASE_URL", through.as_str())]].concat();
        let scene = Scene::with(&stage, &tenant, &settings).await;
        let mut names = vec![scene.gateway.asks("before").await];
        stage.until_count(RECORDED, 1).await;

        proxy.stalls();
        names.extend(scene.asks_in_every_way().await);
        assert_eq!(scene.number(LET_GO).await, Some(let_go));
        let log = scene.gateway.program.log();
        assert_eq!(log.contains("answers were let go"), let_go > 0.0, "{log}");

        proxy.passes();
        stage.until_count(RECORDED, 4).await;
        for name in names {
            assert!(scene.has(&name).await, "{name} waited in memory");
        }
        scene.ends().await;
        assert_eq!(stage.count("SELECT count(*) FROM losses").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_answer_records_a_caller_that_leaves_while_its_end_is_held_once_and_as_completed() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let scene = Scene::with(&stage, &tenant, &[("TRACECAST_RECORD", "before-answer")]).await;
    let blocked = stage.blocks_the_log().await;
    let answer = scene.gateway.caller().sends(Asked::Streamed).await.unwrap();
    let name = answer.headers()["x-generation-id"].to_str().unwrap().to_owned();
    blocked.until_written_to().await;
    drop(answer);
    blocked.opens().await;
    stage.until_count(RECORDED, 1).await;
    assert!(scene.has(&name).await);
    let completed = format!("{RECORDED} WHERE convert_from(payload, 'UTF8') LIKE '%\"ending\":\"completed\"%'");
    assert_eq!(stage.count(&completed).await, 1);
    // Another request is recorded after whatever the first one's end left to be recorded.
    scene.gateway.asks("after").await;
    assert_eq!(scene.number("tracecast_recorder_recorded_total").await, Some(2.0));
    scene.ends().await;
    assert_eq!(stage.count(RECORDED).await, 2);
}
