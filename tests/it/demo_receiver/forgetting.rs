//! It forgets what it knows of a key, as Relay does, and accepts whatever comes until it knows again.

use std::time::Duration;

use demo_receiver::{CacheTimes, Loss, Options};
use scraper::{Html, Selector};
use serde_json::{Value, json};

use super::{Demo, status};
use crate::support::export::{protobuf, span};

const MINUTE: Duration = Duration::from_mins(1);

fn body() -> Vec<u8> {
    protobuf(vec![span(1, "root")])
}

impl Demo {
    /// Sends as many exports one after the other, and gives their statuses.
    async fn sends_each<const N: usize>(&self) -> [u16; N] {
        let mut statuses = [0; N];
        for status in &mut statuses {
            *status = self.sends(body()).await;
        }
        statuses
    }

    /// What was lost so far, and how many spans were stored.
    fn fates(&self) -> (Vec<(Loss, u64)>, u64) {
        let totals = self.running.received().totals();
        (totals.losses.into_iter().collect(), totals.spans)
    }

    async fn change(&self, json: &'static str) -> Value {
        let url = format!("{}/relay", self.running.url());
        let answer = self.http.post(url).header("content-type", "application/json").body(json).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{json}");
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn json(&self) -> Value {
        serde_json::from_slice(&self.page("/received.json").await.bytes().await.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_disabled_key_is_met_late_and_forgotten_after_a_minute() {
    let demo = Demo::start();
    assert_eq!(demo.sends(body()).await, 200);
    demo.running.disable_key();
    assert_eq!(demo.sends(body()).await, 200, "Relay believes what it loaded");
    demo.running.advance(7 * MINUTE);
    assert_eq!(demo.sends_each().await, [200, 403, 403]);
    demo.running.advance(MINUTE);
    assert_eq!(demo.sends_each().await, [200, 403]);
    assert_eq!(demo.fates(), (vec![(Loss::DisabledKey, 2)], 2));

    demo.running.enable_key();
    assert_eq!(demo.sends(body()).await, 403, "for a minute it believes this");
    demo.running.advance(MINUTE);
    assert_eq!(demo.sends_each().await, [200, 200]);
    assert_eq!(demo.fates(), (vec![(Loss::DisabledKey, 2)], 4));
}

#[tokio::test]
async fn a_restart_during_a_quota_of_0_makes_it_accept_and_lose_once_more() {
    let demo = Demo::start();
    demo.running.zero_quota();
    assert_eq!(demo.sends(body()).await, 200);
    let refused = demo.export(body()).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"60".parse().unwrap()));
    assert_eq!(refused.headers()["x-sentry-rate-limits"], "60:span:organization:span_quota");
    demo.running.advance(5 * MINUTE);
    assert_eq!(demo.sends_each().await, [429, 429], "the old answer holds while the new one is loaded");
    demo.running.restart();
    assert_eq!(demo.sends_each().await, [200, 429]);
    assert_eq!(demo.fates(), (vec![(Loss::ZeroQuota, 2)], 0));
}

#[tokio::test]
async fn cache_times_are_options() {
    let second = Duration::from_secs(1);
    let cache = CacheTimes { missing: second, known: second, grace: Duration::ZERO, load: Duration::ZERO };
    let demo = Demo::start_with(Options { cache, ..Options::default() });
    demo.running.disable_key();
    for _ in 0..3 {
        assert_eq!(demo.sends(body()).await, 200);
        demo.running.advance(second);
    }
    assert_eq!(demo.fates(), (vec![(Loss::DisabledKey, 3)], 0));
}

#[tokio::test]
async fn without_an_upstream_every_key_is_accepted_and_the_truth_comes_with_the_upstream() {
    let demo = Demo::start();
    let unknown = format!("Sentry sentry_key={}", "f".repeat(32));
    let bad = || demo.post(&demo.running.endpoint(), body()).header("x-sentry-auth", &unknown);
    demo.running.lose_upstream();
    assert_eq!([demo.sends(body()).await, status(bad()).await, status(bad()).await], [200; 3]);
    assert_eq!((demo.fates(), demo.running.received().totals().parked), ((vec![], 0), 3));
    assert!(demo.running.received().requests().iter().all(|request| request.parked));

    demo.running.find_upstream();
    assert_eq!(demo.fates(), (vec![(Loss::UnknownKey, 2)], 1));
    let requests = demo.running.received().requests();
    let told: Vec<_> = requests.iter().map(|request| (request.number, request.parked, request.spans)).collect();
    assert_eq!(told, [(3, false, 0), (2, false, 0), (1, false, 1)]);
    assert_eq!(status(bad()).await, 403);
}

#[tokio::test]
async fn a_key_that_turns_out_bad_while_the_upstream_was_away_loses_what_was_accepted() {
    let demo = Demo::start();
    demo.running.lose_upstream();
    demo.running.disable_key();
    assert_eq!(demo.sends_each().await, [200, 200]);
    demo.running.restart();
    assert_eq!(demo.sends(body()).await, 200, "what is parked outlives a restart");
    demo.running.find_upstream();
    assert_eq!(demo.fates(), (vec![(Loss::DisabledKey, 3)], 0));
}

#[tokio::test]
async fn a_load_that_takes_its_time_parks_what_comes_meanwhile() {
    let cache = CacheTimes { load: MINUTE, ..CacheTimes::default() };
    let demo = Demo::start_with(Options { cache, ..Options::default() });
    assert_eq!(demo.sends_each().await, [200, 200]);
    assert_eq!(demo.running.received().totals().parked, 2);
    demo.running.advance(MINUTE);
    assert_eq!(demo.fates(), (vec![], 1 + 1));
}

#[tokio::test]
async fn what_carries_nothing_is_no_loss() {
    let demo = Demo::start();
    demo.running.disable_key();
    assert_eq!([demo.sends(Vec::new()).await, demo.sends(Vec::new()).await], [200, 403]);
    assert_eq!(demo.fates(), (vec![], 0));
}

#[tokio::test]
async fn what_is_parked_is_bounded_and_forgotten_with_the_rest() {
    let limits = demo_receiver::Limits { requests: 2, ..Default::default() };
    let demo = Demo::start_with(Options { limits, ..Options::default() });
    demo.running.lose_upstream();
    assert_eq!(demo.sends_each().await, [200, 200, 200]);
    assert_eq!((demo.fates(), demo.running.received().totals().parked), ((vec![(Loss::NoRoom, 1)], 0), 2));
    demo.running.received().clear();
    demo.running.find_upstream();
    assert_eq!(demo.fates(), (vec![], 0));
}

#[tokio::test]
async fn scripts_change_sentry_and_relay_with_json() {
    let demo = Demo::start();
    demo.sends(body()).await;
    let disabled = demo.change(r#"{"do":"disable_key"}"#).await;
    assert_eq!((&disabled["key"], &disabled["believes"]), (&json!("disabled"), &json!("enabled")));
    assert!(disabled["believes_for_seconds"].as_u64().is_some_and(|left| (400..=420).contains(&left)), "{disabled}");
    assert_eq!(demo.change(r#"{"do":"restart"}"#).await["believes"], Value::Null);
    assert_eq!(demo.sends_each().await, [200, 403]);
    assert_eq!(demo.change(r#"{"do":"lose_upstream"}"#).await["upstream_is_away"], true);
    demo.change(r#"{"do":"restart"}"#).await;
    assert_eq!(demo.sends(body()).await, 200);
    let parked = demo.json().await;
    assert_eq!((&parked["totals"]["parked"], &parked["requests"][0]["parked"]), (&json!(1), &json!(true)));
    demo.change(r#"{"do":"find_upstream"}"#).await;
    let told = demo.json().await;
    assert_eq!((&told["relay"]["key"], &told["relay"]["believes"]), (&json!("disabled"), &json!("disabled")));
    assert_eq!(told["totals"]["losses"], json!({ "disabled_key": 2 }));
    assert_eq!(demo.change(r#"{"do":"zero_quota"}"#).await["key"], "zero_quota");
    assert_eq!(demo.change(r#"{"do":"enable_key"}"#).await["key"], "enabled");
    for wrong in [r#"{"do":"dance"}"#, "nonsense", ""] {
        let url = format!("{}/relay", demo.running.url());
        assert_eq!(status(demo.http.post(url).header("content-type", "application/json").body(wrong)).await, 400);
    }
}

#[tokio::test]
async fn people_change_it_with_buttons_and_are_told_what_is_so() {
    let demo = Demo::start();
    demo.sends(body()).await;
    let press = async |button: &str| {
        let url = format!("{}/relay", demo.running.url());
        let form = demo.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = form.body(format!("do={button}")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/behaviour"));
        demo.page("/behaviour").await.text().await.unwrap()
    };
    let buttons = |page: &str| -> Vec<String> {
        let buttons = Selector::parse("button[name=do]").unwrap();
        Html::parse_document(page).select(&buttons).map(|button| button.attr("value").unwrap().to_owned()).collect()
    };
    let fine = demo.page("/behaviour").await.text().await.unwrap();
    assert_eq!(buttons(&fine), ["disable_key", "zero_quota", "restart", "lose_upstream"]);
    assert!(fine.contains("that the key is good, for ") && !fine.contains(r#"class="notice""#), "{fine}");

    let disabled = press("disable_key").await;
    assert_eq!(buttons(&disabled), ["enable_key", "zero_quota", "restart", "lose_upstream"]);
    assert!(disabled.contains("In Sentry the key is disabled."), "{disabled}");
    assert!(press("restart").await.contains("nothing: it accepts the next request"));
    let away = press("lose_upstream").await;
    assert_eq!(buttons(&away), ["enable_key", "zero_quota", "restart", "find_upstream"]);
    assert!(away.contains("Relay has lost its upstream."), "{away}");

    demo.sends(body()).await;
    let requests = demo.page("/requests").await.text().await.unwrap();
    assert!(requests.contains("Accepted before Relay knows the project"), "{requests}");
    press("find_upstream").await;
    let requests = demo.page("/requests").await.text().await.unwrap();
    assert!(requests.contains(Loss::DisabledKey.sentence()), "{requests}");
}
