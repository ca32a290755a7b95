//! `tracecast export` and `tracecast apply`: an account as a file, over the API.

use std::process::Output;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::api::caller::Caller;
use crate::support::app::TestApp;
use crate::support::program::program;

const DESTINATIONS: &str = "/observability/destinations";

/// A command in the name of a caller, which ends by itself.
async fn runs(app: &TestApp, caller: &Caller, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = program(arguments);
    command.env("TRACECAST_SERVER", &app.url).env("TRACECAST_MANAGEMENT_KEY", &caller.key);
    command.envs(environment.iter().copied());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn well(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    said(output)
}

#[track_caller]
fn badly(output: &Output) -> String {
    assert!(!output.status.success(), "{}", said(output));
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::with_suffix(".yaml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

/// What a destination is, whenever and wherever it was made.
async fn destinations(caller: &Caller) -> Vec<Value> {
    let mut all = caller.gets(DESTINATIONS).await.json()["data"].as_array().unwrap().clone();
    for destination in &mut all {
        let members = destination.as_object_mut().unwrap();
        for member in ["id", "workspace_id", "created_at", "updated_at", "last_test", "status", "revision"] {
            members.remove(member).unwrap();
        }
    }
    all.sort_by_key(|destination| destination["name"].as_str().unwrap().to_owned());
    all
}

/// Two destinations, made by hand.
async fn by_hand(app: &TestApp, caller: &Caller) {
    let config = json!({
        "dsn": app.receiver.dsn(),
        "otlpEndpoint": app.receiver.endpoint(),
        "environment": "${word}#of:yaml",
    });
    let rules = json!([{ "field": "model", "operator": "starts_with", "value": "openai/" }]);
    let chosen = json!({
        "type": "sentry", "name": "Production: \"main\"", "config": config, "privacy_mode": true, "sampling_rate": 0.25,
        "filter_rules": { "groups": [{ "logic": "or", "rules": rules }] },
        "redaction": { "email": "mask", "patterns": [{ "pattern": "CUST-\\d+", "action": "drop" }] },
        "fields": { "user": false, "metadata": { "only": ["team"] } },
    });
    caller.posts(DESTINATIONS, &chosen).await.data(201);
    let config =
        json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint(), "headers": { "X-Team": "core" } });
    let paused = json!({ "type": "sentry", "name": "Staging", "config": config, "enabled": false });
    caller.posts(DESTINATIONS, &paused).await.data(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_of_what_was_exported_makes_the_same_destinations_and_a_second_one_changes_nothing() {
    let app = TestApp::start().await;
    let ada = Caller::of(&app, "ada@example.com").await;
    let eve = Caller::of(&app, "eve@example.com").await;
    by_hand(&app, &ada).await;
    let workspace = format!("/workspaces/{}", ada.account);
    ada.patches(&workspace, &json!({ "is_observability_broadcast_enabled": true })).await.data(200);
    let exported = well(&runs(&app, &ada, &["export"], &[]).await);
    let dsn = app.receiver.dsn();
    let key = dsn.split("://").nth(1).unwrap().split('@').next().unwrap();
    assert!(!exported.contains(key) && !exported.contains("...") && !exported.contains("****"), "{exported}");

    let file = file(&exported);
    let secrets = [("PRODUCTION___MAIN__DSN", &*dsn), ("STAGING_DSN", &dsn), ("STAGING_HEADERS_X_TEAM", "core")];
    let planned = well(&runs(&app, &eve, &["apply", path(&file)], &secrets).await);
    assert!(planned.contains("+ create Staging (sentry)") && planned.contains("Run it again with --yes"), "{planned}");
    assert!(planned.contains("sampling_rate: 0.25") && !planned.contains(key), "{planned}");
    assert_eq!(destinations(&eve).await, Vec::<Value>::new());

    let applied = well(&runs(&app, &eve, &["apply", path(&file), "--yes"], &secrets).await);
    assert!(applied.contains("created Staging (sentry)"), "{applied}");
    assert_eq!(destinations(&eve).await, destinations(&ada).await);
    assert_eq!(eve.gets("/workspaces/default").await.data(200)["is_observability_broadcast_enabled"], true);
    let audit = "SELECT count(*)::text FROM audit_log";
    let before = app.database.reads(audit).await;
    for arguments in [&["apply", path(&file), "--yes"][..], &["apply", path(&file), "--yes", "--prune"]] {
        let again = well(&runs(&app, &eve, arguments, &secrets).await);
        assert_eq!(again, "Everything is as the file says.\n");
    }
    assert_eq!(app.database.reads(audit).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_changes_what_differs_keeps_secrets_that_are_left_out_and_prunes_only_when_told() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    by_hand(&app, &caller).await;
    let endpoint = app.receiver.endpoint();
    let file = file(&format!(
        "privacy_mode: true\ndestinations:\n  - name: Staging\n    type: sentry\n    config:\n      otlpEndpoint: {endpoint}\n      \
         environment: staging\n    sampling_rate: 0.5\n"
    ));
    let requests = app.receiver.received().totals().requests;
    let planned = well(&runs(&app, &caller, &["apply", path(&file)], &[]).await);
    for line in [
        "~ change the account",
        "privacy_mode: false -> true",
        "~ change Staging (sentry)",
        "enabled: false -> true",
        "sampling_rate: 1 -> 0.5",
        "config.environment: null -> \"staging\"",
        "keep Production: \"main\" (sentry)",
    ] {
        assert!(planned.contains(line), "{line}: {planned}");
    }
    well(&runs(&app, &caller, &["apply", path(&file), "--yes"], &[]).await);
    let all = destinations(&caller).await;
    let (environment, rate) = (&all[1]["config"]["environment"], &all[1]["sampling_rate"]);
    assert_eq!((all.len(), environment, rate), (2, &json!("staging"), &json!(0.5)));
    assert_eq!(all[1]["config"]["headers"], json!({ "x-team": "****" }), "a secret that is left out stays");
    assert_eq!(app.receiver.received().totals().requests, requests, "nothing of it has to be tested");

    let pruned = well(&runs(&app, &caller, &["apply", path(&file), "--yes", "--prune"], &[]).await);
    assert!(pruned.contains("deleted Production: \"main\" (sentry)"), "{pruned}");
    assert_eq!(destinations(&caller).await.len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_stops_at_a_failed_connection_test_with_its_steps_and_says_what_was_done() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let entry = |name: &str| {
        format!(
            "  - name: {name}\n    type: sentry\n    config:\n      dsn: ${{{name}_DSN}}\n      otlpEndpoint: {}\n",
            app.receiver.endpoint()
        )
    };
    let file = file(&format!("destinations:\n{}{}{}", entry("A"), entry("B"), entry("C")));
    let dsn = app.receiver.dsn();
    let wrong = dsn.replace("7c1f", "aaaa");
    let secrets = [("A_DSN", &*dsn), ("B_DSN", &wrong), ("C_DSN", &dsn)];
    let output = runs(&app, &caller, &["apply", path(&file), "--yes"], &secrets).await;
    let complaint = badly(&output);
    assert!(said(&output).contains("created A (sentry)"), "{}", said(&output));
    for words in
        ["not created B (sentry)", "This key does not exist", "passed", "failed", "Stopped: 1 of 3 done, 2 left"]
    {
        assert!(complaint.contains(words), "{words}: {complaint}");
    }
    let key = wrong.split("://").nth(1).unwrap().split('@').next().unwrap();
    assert!(!complaint.contains(key), "{complaint}");
    let names: Vec<_> = destinations(&caller).await.iter().map(|found| found["name"].clone()).collect();
    assert_eq!(names, ["A"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_a_file_are_named_with_line_and_member_before_anything_is_asked() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let text = "destinations:
  - name: A
    type: sentry
    config:
      dsn: ${NOT_SET}
  - name: B
    type: sentry
    sampling_rate: 2
    redaktion: {}
    config:
      dsn: nonsense
      otlpEndpoint: https://example.com
  - name: C
    type: nothing
  - name: D
    type: sentry
    filter_rules:
      groups:
        - rules:
            - {field: model, operator: regex, value: '('}
";
    let file = file(text);
    let complaint = badly(&runs(&app, &caller, &["apply", path(&file), "--yes"], &[]).await);
    for place in [
        ":5: destinations[0].config.dsn: The environment variable NOT_SET is not set.",
        ":8: destinations[1].sampling_rate: ",
        ":9: destinations[1].redaktion: ",
        ":14: destinations[2].type: ",
        ":20: destinations[3].filter_rules.groups[0].rules[0].value: ",
    ] {
        assert!(complaint.contains(&format!("{}{place}", path(&file))), "{place}: {complaint}");
    }
    std::fs::write(file.path(), "destinations: []\ndestinations: []\n").unwrap();
    let complaint = badly(&runs(&app, &caller, &["apply", path(&file)], &[]).await);
    assert!(complaint.contains(&format!("{}:2: ", path(&file))), "{complaint}");
    let nobody = [("TRACECAST_MANAGEMENT_KEY", "tck-mgt-nonsense")];
    std::fs::write(file.path(), "destinations: []\n").unwrap();
    let complaint = badly(&runs(&app, &caller, &["apply", path(&file)], &nobody).await);
    assert!(complaint.contains("No valid API key"), "{complaint}");
    app.stop().await;
}
