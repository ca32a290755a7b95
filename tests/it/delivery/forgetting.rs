//! A receiver that accepts before it knows, and forgets what it knew (spec 2.1, facts 1 and 11; spec 4.3, "Confirmed"): nothing is
//! lost, and the destination's health tells the truth. Its caches age by hand, so that hours take seconds.

use std::time::Duration;

use demo_receiver::{Behaviour, CacheTimes, Options, Receiver, Running};
use tokio_util::task::TaskTracker;

use super::short_or_long;
use super::stage::{PATIENCE, Stage, Tenant, name, names};
use crate::support::program::Program;

/// Relay's own times.
const RELAY: CacheTimes = CacheTimes {
    missing: Duration::from_mins(1),
    known: Duration::from_mins(5),
    grace: Duration::from_mins(2),
    load: Duration::from_millis(100),
};

/// It forgets everything within a second, and takes a while to learn.
const FORGETFUL: CacheTimes = CacheTimes {
    missing: Duration::from_secs(1),
    known: Duration::from_secs(1),
    grace: Duration::ZERO,
    load: Duration::from_millis(100),
};

/// Longer than Relay believes anything.
const LONG: Duration = Duration::from_mins(8);

/// A tenant whose one destination leads to a Sentry behind a Relay, and a worker.
struct Scene {
    stage: Stage,
    tenant: Tenant,
    relay: Running,
    sent: Vec<String>,
    worker: Program,
}

impl Scene {
    async fn new(cache: CacheTimes) -> Self {
        let stage = Stage::new().await;
        let tenant = stage.tenant(&[1]).await;
        let limits = demo_receiver::Limits { traces: 10_000, requests: 10_000, ..Default::default() };
        let relay = Receiver::start(Options { cache, limits, ..Options::default() }, &TaskTracker::new()).unwrap();
        stage.leads(&tenant, 0, &relay.dsn()).await;
        let worker = stage.worker_with(&[("TRACECAST_EGRESS_ALLOW", &relay.address().to_string())]);
        Self { stage, tenant, relay, sent: Vec::new(), worker }
    }

    /// As many requests complete.
    async fn completes(&mut self, count: usize) {
        let begin = self.sent.len();
        let new = self.stage.records(&self.tenant, (begin..begin + count).map(|number| name("relay", number))).await;
        self.sent.extend(new);
    }

    /// Requests that Sentry has stored.
    fn stored(&self) -> usize {
        self.relay.received().traces().len()
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let begun = std::time::Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", self.worker.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is(&self, condition: &str) -> bool {
        self.stage
            .count(&format!(
                "SELECT count(*) FROM cursors c JOIN destinations d ON d.id = c.destination_id WHERE {condition}"
            ))
            .await
            == 1
    }

    async fn until_health(&self, health: &str) {
        self.until(health, async || self.is(&format!("health = '{health}'")).await).await;
    }

    /// Everything that completed so far is in Sentry, and counted as delivered, once.
    async fn until_all_is_stored(&self) {
        let all = self.sent.len();
        self.until("all is stored", async || self.stored() == all).await;
        let settled = format!("delivered = {all} AND unconfirmed = 0 AND health = 'healthy' AND failures = 0");
        self.until("all is counted", async || self.is(&settled).await).await;
    }

    /// It is tried so many times more, without the pauses between; right before each `happens`.
    async fn is_tried(&self, times: usize, happens: impl Fn(&Running)) {
        for _ in 0..times {
            let failures = self.stage.count("SELECT failures::bigint FROM destinations").await;
            happens(&self.relay);
            self.hurries().await;
            self.until("it is tried", async || self.is(&format!("failures > {failures}")).await).await;
        }
    }

    /// The time is over for which the destination was to be left alone.
    async fn hurries(&self) {
        let over = sqlx::query("UPDATE destinations SET not_before = clock_timestamp()");
        over.execute(&mut self.stage.sql().await).await.unwrap();
    }

    /// The key is good again, Relay has forgotten that it was not, and the next attempt is now.
    async fn recovers(&self) {
        self.relay.enable_key();
        self.relay.advance(LONG);
        self.hurries().await;
        self.until_all_is_stored().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_behind_a_disabled_key_outlasts_every_time_that_the_receiver_forgets() {
    for cache in [RELAY, FORGETFUL] {
        let mut scene = Scene::new(cache).await;
        scene.completes(1).await;
        scene.until_all_is_stored().await;
        scene.relay.disable_key();
        scene.relay.advance(LONG);
        scene.completes(short_or_long(1_000, 3_000)).await;
        scene.until_health("needs_attention").await;
        // Relay has forgotten the key each time: it accepts the first request that comes, and knows better at the next.
        scene.is_tried(4, |relay| relay.advance(LONG)).await;
        assert!(scene.is("health = 'needs_attention' AND delivered = 1").await);
        assert_eq!(scene.stored(), 1);
        scene.recovers().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_requests_to_a_disabled_key_wait_and_are_stored_when_it_is_enabled() {
    for cache in [RELAY, FORGETFUL] {
        let mut scene = Scene::new(cache).await;
        scene.completes(1).await;
        scene.until_all_is_stored().await;
        scene.relay.disable_key();
        for _ in 0..short_or_long(3, 8) {
            // Nothing for so long that Relay has forgotten: it accepts the next one, and throws it away.
            scene.relay.advance(LONG);
            scene.completes(1).await;
            scene.until_health("needs_attention").await;
            scene.is_tried(1, |relay| relay.advance(LONG)).await;
            assert!(scene.is("delivered = 1 AND unconfirmed = 0").await, "nothing more counts as delivered");
        }
        scene.recovers().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_in_which_the_key_is_disabled_is_stored_when_it_is_enabled() {
    for cache in [RELAY, FORGETFUL] {
        let mut scene = Scene::new(cache).await;
        for number in 0..40 {
            if number == 15 {
                scene.relay.disable_key();
                scene.relay.advance(LONG);
            }
            scene.completes(1).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        scene.until_health("needs_attention").await;
        scene.recovers().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_restarts_while_its_quota_is_used_up_is_sent_nothing_that_it_would_lose() {
    let mut scene = Scene::new(RELAY).await;
    scene.completes(1).await;
    scene.until_all_is_stored().await;
    scene.relay.zero_quota();
    scene.relay.advance(LONG);
    scene.completes(short_or_long(200, 1_000)).await;
    scene.until_health("failing").await;
    scene.is_tried(3, Running::restart).await;
    assert!(scene.is("health = 'failing' AND delivered = 1").await);
    scene.recovers().await;
}

/// What came before a restart of the worker is confirmed by the next one; nothing is sent twice for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_confirmed_when_a_worker_ends_is_confirmed_by_the_next_one() {
    let mut scene = Scene::new(RELAY).await;
    scene.completes(5).await;
    scene.until("they are stored", async || scene.stored() == 5).await;
    scene.until("they are written down", async || scene.is("unconfirmed + delivered = 5").await).await;
    scene.worker.kill();
    let address = scene.relay.address().to_string();
    scene.worker = scene.stage.worker_with(&[("TRACECAST_EGRESS_ALLOW", &address)]);
    scene.until_all_is_stored().await;
    let twice = scene
        .relay
        .received()
        .traces()
        .iter()
        .filter(|trace| trace.spans.iter().any(|span| span.deliveries > 1))
        .count();
    assert_eq!(twice, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_page_in_front_of_the_receiver_delivers_nothing() {
    let mut scene = Scene::new(RELAY).await;
    scene.completes(1).await;
    scene.until_all_is_stored().await;
    scene.relay.behave(Behaviour::Page);
    scene.completes(3).await;
    scene.until_health("needs_attention").await;
    assert!(scene.is("reason LIKE 'A web page answers at this address%' AND delivered = 1").await);
    scene.relay.behave(Behaviour::Normal);
    scene.until_all_is_stored().await;
}

/// A quota that allows less than is sent in a second must not make the same requests go for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_with_a_small_quota_gets_everything_in_the_end() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    // Of each three requests that carry something it takes one; the next is over its quota.
    let mut since = 0;
    stage.receiver.answers(1, move |call| {
        if call.events.is_empty() {
            return super::receiver::Reply::accept();
        }
        since += 1;
        if since % 3 == 1 { super::receiver::Reply::accept() } else { super::receiver::Reply::status(429) }
    });
    let sent = stage.records(&tenant, names("quota", 4_000)).await;
    let _worker = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.until_count("SELECT delivered FROM cursors", i64::try_from(sent.len()).unwrap()).await;
    stage.receiver.read(|log| log.assert_none_missing(1, &sent));
}
