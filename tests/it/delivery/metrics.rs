//! The operator's numbers, read where Prometheus would read them.

use std::process::Command;

use serde_json::{Value, json};

use super::receiver::Reply;
use super::stage::{PATIENCE, Stage, Tenant};
use crate::support::http::client;
use crate::support::program::Program;

/// What `/metrics` says.
pub(super) struct Numbers(String);

impl Numbers {
    pub(super) async fn read(url: &str) -> Self {
        Self(client().get(url).send().await.unwrap().text().await.unwrap())
    }

    /// The number on the line of this name and these labels.
    pub(super) fn get(&self, series: &str) -> Option<f64> {
        self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// The names of all series.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| line.split(['{', ' ']).next().unwrap_or_default().to_owned())
    }

    /// The sum over all labels of a name.
    fn sum(&self, name: &str) -> f64 {
        let of_it = self.0.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        of_it.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }
}

/// Reads until the numbers are as wanted.
pub(super) async fn read_until(url: &str, is_so: impl Fn(&Numbers) -> bool) -> Numbers {
    let begun = std::time::Instant::now();
    loop {
        let numbers = Numbers::read(url).await;
        if is_so(&numbers) {
            return numbers;
        }
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}:\n{}", numbers.0);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// The address that the program wrote to its log with these words, as soon as it is there.
pub(super) async fn told(program: &Program, words: &str) -> String {
    let begun = std::time::Instant::now();
    loop {
        let lines = program.log();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut addresses = lines.filter(|line| line["fields"]["message"] == words);
        if let Some(line) = addresses.next() {
            return line["fields"]["address"].as_str().unwrap().to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "no `{words}` in\n{}", program.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// An inference key, as an operator makes it from the shell.
pub(super) fn key(tenant: &Tenant, settings: &[(&'static str, String)]) -> String {
    let mut admin = Command::new(env!("CARGO_BIN_EXE_tracecast"));
    admin.args(["admin", "create-key", "--account", &tenant.account.to_string()]);
    let printed = admin.env_clear().envs(settings.iter().map(|(name, value)| (name, value))).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let key = printed.split_whitespace().find(|word| word.starts_with("tck-inf-"));
    key.unwrap_or_else(|| panic!("no key in {printed}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_what_was_recorded_what_became_of_it_and_how_destinations_stand() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    stage.receiver.answers(1, |call| {
        let refused = call.events.iter().any(|event| event.environment == "poisonous");
        if refused { Reply::status(400) } else { Reply::accept() }
    });
    stage.receiver.answers(2, |_| Reply::status(403));
    let mut settings = stage.settings();
    let key = key(&tenant, &settings);
    settings.push(("TRACECAST_BIND", "127.0.0.1:0".to_owned()));
    settings.push(("TRACECAST_METRICS_BIND", "127.0.0.1:0".to_owned()));
    let program = Program::start("serve", &settings);
    let gateway = format!("http://{}/api/v1/chat/completions", told(&program, "listening").await);
    let metrics = format!("http://{}/metrics", told(&program, "serving metrics").await);

    for environment in ["one", "poisonous", "three"] {
        let messages = json!([{ "role": "user", "content": "hello" }]);
        let body = json!({ "model": "demo/echo", "messages": messages, "trace": { "environment": environment } });
        let request = client().post(&gateway).bearer_auth(&key).header("content-type", "application/json");
        assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 200);
    }

    let wanted = [
        ("tracecast_recorder_recorded_total", 3.0),
        ("tracecast_recorder_waiting_bytes", 0.0),
        ("tracecast_requests_delivered_total", 2.0),
        ("tracecast_dead_letters_total", 1.0),
        ("tracecast_destinations{health=\"healthy\"}", 1.0),
        ("tracecast_destinations{health=\"needs_attention\"}", 1.0),
        ("tracecast_destinations{health=\"failing\"}", 0.0),
        ("tracecast_destinations{health=\"off\"}", 0.0),
        ("tracecast_oldest_waiting_seconds{health=\"healthy\"}", 0.0),
    ];
    let numbers = read_until(&metrics, |numbers| {
        // An attempt may be counted between two lines.
        let attempts = numbers.sum("tracecast_deliveries_total");
        numbers.get("tracecast_delivery_seconds_count") == Some(attempts)
            && wanted.iter().all(|(series, value)| numbers.get(series) == Some(*value))
    })
    .await;
    for outcome in ["delivered", "refused", "forbidden"] {
        let series = format!("tracecast_deliveries_total{{outcome=\"{outcome}\"}}");
        assert!(numbers.get(&series).is_some_and(|count| count >= 1.0), "{series}\n{}", numbers.0);
    }
    let waiting = numbers.get("tracecast_oldest_waiting_seconds{health=\"needs_attention\"}");
    assert!(waiting.is_some_and(|seconds| seconds > 0.0), "{waiting:?}");
    assert!(numbers.get("tracecast_recorder_commit_seconds_count").is_some_and(|commits| commits >= 1.0));

    let account = tenant.account.to_string();
    assert!(!numbers.0.contains(&account) && !numbers.0.contains("poisonous"), "numbers name nobody\n{}", numbers.0);
}
