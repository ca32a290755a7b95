//! The program is told to stop while Postgres is away: what waits is kept, sealed, and recorded at the next start, once (spec 4.2).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracecast::random::Random;
use tracecast::recorder::{Drawer, Recovery};
use tracecast::seal::Keyring;

use super::gateway_program::GatewayProgram;
use super::metrics::{key, read_until, told};
use super::postgres_proxy::PostgresProxy;
use super::stage::{PATIENCE, Stage, Tenant, name, sealing_key};
use crate::support::database::Database;

/// The longest that a stop may take, as everywhere.
const LIMIT: Duration = Duration::from_secs(20);
const RECORDED: &str = "SELECT count(*) FROM completed_requests";
const CANARY: &str = "canary-mellon-7c1f";

/// A program with a data folder of its own, whose Postgres lies behind a proxy.
struct Scene {
    stage: Stage,
    tenant: Tenant,
    proxy: PostgresProxy,
    settings: Vec<(&'static str, String)>,
    key: String,
    data: TempDir,
}

impl Scene {
    async fn with(projects: &[u64]) -> Self {
        let database = Database::new().await;
        let proxy = PostgresProxy::before(&database.url).await;
        let stage = Stage::on(&database.url, &database.admin_url).await;
        let tenant = stage.tenant(projects).await;
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut settings = stage.settings();
        let key = key(&tenant, &settings);
        settings.retain(|(name, _)| *name != "DATABASE_URL");
        settings.push(("DATABASE_URL", proxy.url(&database.url)));
        settings.push(("TRACECAST_METRICS_BIND", "127.0.0.1:0".to_owned()));
        settings.push(("TRACECAST_DATA_DIR", data.path().to_str().unwrap().to_owned()));
        Self { stage, tenant, proxy, settings, key, data }
    }

    async fn starts(&self, command: &str) -> GatewayProgram {
        GatewayProgram::start(command, &self.settings, &self.key).await
    }

    /// The same with these sealing keys.
    async fn starts_with_keys(&self, keys: &str) -> GatewayProgram {
        let mut settings = self.settings.clone();
        settings.retain(|(name, _)| *name != "TRACECAST_KEYS");
        settings.push(("TRACECAST_KEYS", keys.to_owned()));
        GatewayProgram::start("web", &settings, &self.key).await
    }

    fn folder(&self) -> PathBuf {
        self.data.path().join("unrecorded")
    }

    fn files(&self) -> Vec<PathBuf> {
        files(&self.folder())
    }

    /// Waits until nothing is kept any more.
    async fn until_nothing_is_kept(&self, gateway: &GatewayProgram) {
        let begun = Instant::now();
        while !self.files().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "{:?}\n{}", self.files(), gateway.program.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks once while Postgres is there, and so often while it is away; then the program is told to stop. Names of all.
    async fn stops_without_postgres(&self, gateway: &mut GatewayProgram, requests: usize, away: Away) -> Vec<String> {
        let mut sent = vec![gateway.asks("before").await];
        self.stage.until_count(RECORDED, 1).await;
        match away {
            Away::Refuses => self.proxy.refuses(),
            Away::SaysNothing => self.proxy.stalls(),
        }
        for _ in 0..requests {
            sent.push(gateway.asks(CANARY).await);
        }
        gateway.program.signal(Signal::TERM);
        gateway.program.ends_well_within(LIMIT).await;
        self.proxy.refuses();
        self.proxy.passes();
        sent
    }
}

#[derive(Debug, Clone, Copy)]
enum Away {
    Refuses,
    SaysNothing,
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).into_iter().flatten();
    found.map(|entry| entry.unwrap().path()).collect()
}

async fn ends(mut gateway: GatewayProgram) {
    gateway.program.signal(Signal::TERM);
    gateway.program.ends_well_within(LIMIT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_a_stop_without_postgres_is_sealed_and_recorded_once_at_the_next_start() {
    for (command, away) in [("serve", Away::Refuses), ("web", Away::SaysNothing)] {
        let scene = Scene::with(&[1]).await;
        let mut gateway = scene.starts(command).await;
        let sent = scene.stops_without_postgres(&mut gateway, 5, away).await;
        let stopped: String =
            sqlx::query_scalar("SELECT clock_timestamp()::text").fetch_one(&mut scene.stage.sql().await).await.unwrap();
        assert_eq!(scene.stage.count(RECORDED).await, 1, "{command}: the others are not there yet");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&scene.folder()), 0o700);
        let copies: Vec<_> = scene.files().into_iter().map(|file| (fs::read(&file).unwrap(), file)).collect();
        assert!(!copies.is_empty());
        for (bytes, file) in &copies {
            assert_eq!(mode(file), 0o600);
            for secret in [CANARY, &sent[1], "demo/echo", &scene.tenant.account.to_string()] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{command}: {secret}");
            }
        }

        let gateway = scene.starts(command).await;
        scene.until_nothing_is_kept(&gateway).await;
        assert_eq!(scene.stage.count(RECORDED).await, 6, "{command}");
        let in_time = format!("{RECORDED} WHERE completed_at < '{stopped}'::timestamptz AND broadcast");
        assert_eq!(scene.stage.count(&in_time).await, 6, "{command}: they completed when they did");
        let _worker = scene.stage.worker();
        scene.stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
        ends(gateway).await;

        // As if it had been killed between the commits and the end of the files, and started again on another day, whose
        // partition knows nothing.
        let midnight = "UPDATE completed_requests SET recorded_at = recorded_at - interval '1 day'";
        sqlx::raw_sql(midnight).execute(&mut scene.stage.sql().await).await.unwrap();
        for (bytes, file) in &copies {
            fs::write(file, bytes).unwrap();
        }
        let gateway = scene.starts(command).await;
        scene.until_nothing_is_kept(&gateway).await;
        assert_eq!(scene.stage.count(RECORDED).await, 6, "{command}");
        assert_eq!(scene.stage.count("SELECT count(*) FROM losses").await, 0);
        ends(gateway).await;
        scene.stage.receiver.read(|log| {
            log.assert_none_missing(1, &sent);
            log.assert_the_same_on_every_repeat();
        });
    }
}

/// What counts is whether Broadcast was on when a request completed, also by the next start.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_judged_by_the_switch_as_it_stood_when_it_completed() {
    for was_on in [true, false] {
        let scene = Scene::with(&[]).await;
        scene.stage.switches(&scene.tenant, was_on).await;
        let mut gateway = scene.starts("web").await;
        scene.stops_without_postgres(&mut gateway, 2, Away::Refuses).await;
        scene.stage.switches(&scene.tenant, !was_on).await;
        let gateway = scene.starts("web").await;
        scene.until_nothing_is_kept(&gateway).await;
        assert_eq!(scene.stage.count(&format!("{RECORDED} WHERE broadcast = {was_on}")).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_one_line_in_the_log_and_a_failing_exit_code() {
    let scene = Scene::with(&[]).await;
    fs::write(scene.folder(), "no folder").unwrap();
    let mut gateway = scene.starts("web").await;
    gateway.asks("before").await;
    // The program has to know it, too: what is committed but not answered when the connection breaks counts as lost.
    let metrics = format!("http://{}/metrics", told(&gateway.program, "serving metrics").await);
    read_until(&metrics, |numbers| numbers.get("tracecast_recorder_recorded_total") == Some(1.0)).await;
    scene.proxy.refuses();
    for _ in 0..3 {
        gateway.asks(CANARY).await;
    }
    gateway.program.signal(Signal::TERM);
    let status = gateway.program.ends_within(LIMIT).await;
    let log = gateway.program.log();
    assert_eq!(status.code(), Some(1), "{log}");
    let lines: Vec<_> = log.lines().filter(|line| line.contains("completed requests were lost")).collect();
    assert!(matches!(lines[..], [line] if line.contains(r#""requests":3"#) && line.contains("unrecorded")), "{log}");
    assert!(log.contains("3 completed request(s) are lost"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_key_is_lost_holds_up_nothing_and_is_recorded_when_the_key_is_back() {
    let scene = Scene::with(&[]).await;
    let mut gateway = scene.starts("web").await;
    let sent = scene.stops_without_postgres(&mut gateway, 2, Away::Refuses).await;
    let before = scene.files();
    let another = "cd".repeat(32);
    let mut gateway = scene.starts_with_keys(&another).await;
    gateway.program.logs("cannot be recorded").await;
    let log = gateway.program.log();
    let id = Keyring::parse(&sealing_key()).unwrap().sealing().to_string();
    assert!(log.contains(&id) && log.contains(before[0].to_str().unwrap()) && log.contains("add that key"), "{log}");
    gateway.asks("goes on").await;
    scene.stage.until_count(RECORDED, 2).await;
    ends(gateway).await;
    assert_eq!(scene.files(), before);

    let gateway = scene.starts_with_keys(&format!("{another},{}", sealing_key())).await;
    scene.until_nothing_is_kept(&gateway).await;
    assert_eq!(scene.stage.count(RECORDED).await, i64::try_from(sent.len()).unwrap() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_off_or_was_renamed_stays_where_it_is_and_the_others_are_recorded() {
    let scene = Scene::with(&[]).await;
    let mut gateway = scene.starts("web").await;
    scene.stops_without_postgres(&mut gateway, 2, Away::Refuses).await;
    let (kept, file) = (scene.files(), &scene.files()[0]);
    let bytes = fs::read(file).unwrap();
    let foreign = file.with_file_name("00000000-0000-7000-8000-000000000000.sealed");
    let short = file.with_file_name("00000000-0000-7000-8000-000000000001.sealed");
    fs::write(&foreign, &bytes).unwrap();
    fs::write(&short, &bytes[..bytes.len() / 2]).unwrap();
    let gateway = scene.starts("web").await;
    scene.stage.until_count(RECORDED, 3).await;
    let begun = Instant::now();
    while kept.iter().any(|file| file.exists()) {
        assert!(begun.elapsed() < PATIENCE, "{}", gateway.program.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(foreign.exists() && short.exists());
    let log = gateway.program.log();
    for file in [foreign, short] {
        let file = file.to_str().unwrap();
        assert!(log.lines().any(|line| line.contains(file) && line.contains("damaged")), "{log}");
    }
}

/// A full buffer is the most that can be kept; and what did not fit into it is told, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_buffer_is_kept_and_what_it_could_not_hold_is_told_after_the_next_start() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let stage = Stage::on(&proxy.url(&database.url), &database.admin_url).await;
    let tenant = stage.tenant(&[]).await;
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let keyring = Arc::new(Keyring::parse(&sealing_key()).unwrap());
    let drawer = Drawer::new(data.path(), keyring, Random);
    proxy.refuses();
    let recording = stage.recording_with_drawer(&tenant, drawer.clone());
    let buffer = recording.recorder.buffer();
    let mut number = 0;
    while buffer.lost() < 10 {
        recording.records_large(&name("full", number));
        number += 1;
    }
    let lost = i64::try_from(buffer.lost()).unwrap();
    recording.ends().await;
    assert_eq!((buffer.requests(), buffer.bytes()), (0, 0), "all is kept");
    let mut kept = files(&data.path().join("unrecorded"));
    kept.sort_unstable();
    let largest = kept.iter().map(|file| fs::metadata(file).unwrap().len()).max().unwrap();
    assert!(kept.len() > 4 && largest < 16 * 1024 * 1024, "{} files, the largest of {largest} bytes", kept.len());
    // The last of them holds what was lost.
    let copies: Vec<_> =
        [kept.first(), kept.last()].map(|file| (file.unwrap(), fs::read(file.unwrap()).unwrap())).into();

    for round in 0..2 {
        let idle = stage.recording(&tenant);
        let tasks = TaskTracker::new();
        let recovery = Recovery::new(stage.store.clone(), Random, &idle.recorder, drawer.clone());
        tasks.spawn(recovery.run(CancellationToken::new()));
        tasks.close();
        // It waits for a database that is still away.
        assert!(tokio::time::timeout(Duration::from_millis(300), tasks.wait()).await.is_err() || round > 0);
        proxy.passes();
        tasks.wait().await;
        idle.ends().await;
        assert_eq!(files(&data.path().join("unrecorded")), Vec::<PathBuf>::new());
        assert_eq!(stage.count(RECORDED).await, i64::try_from(number).unwrap() - lost, "round {round}");
        assert_eq!(stage.count("SELECT sum(requests)::bigint FROM losses").await, lost, "round {round}");
        // As if it had been killed before these files went.
        for (file, bytes) in &copies {
            fs::write(file, bytes).unwrap();
        }
    }
}
