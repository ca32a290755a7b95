//! Whatever the OpenAPI document allows and forbids, asked by schemathesis: no mistake of a caller is a 5xx, and every answer is as the
//! document says. It runs where `TRACECAST_LARGE_RECEIVERS=1` asks for it, because it takes minutes.

use std::process::{Command, Output};

use serde_json::json;

use super::caller::Caller;
use crate::support::app::TestApp;
use crate::support::foreign_receiver::{installed, is_asked_for};

const PACKAGES: [&str; 1] = ["schemathesis==4.32.5"];

/// What a document cannot say: which fields the kind of a destination has, what a name is made of, and what `next` of a list before was.
/// Requests that are wrong only by that may be refused.
const SETTINGS: &str = "[checks.positive_data_acceptance]
expected-statuses = [\"2xx\", 400, 401, 403, 404, 409, 412, 429]
";

/// Those on one key may disable or revoke that of whoever asks, so they come last. A management key asks no model.
const SELECTIONS: [[&str; 2]; 2] = [
    ["--exclude-path-regex", "^/(chat|completions|embeddings|responses|messages|models|keys/)"],
    ["--include-path-regex", "^/keys/"],
];

#[tokio::test(flavor = "multi_thread")]
async fn document_and_answers_agree_whatever_is_asked() {
    if !is_asked_for() {
        eprintln!("SKIPPED: schemathesis takes minutes; set TRACECAST_LARGE_RECEIVERS=1");
        return;
    }
    let packages = installed(&PACKAGES).unwrap();
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    let destination = json!({ "type": "sentry", "name": "Production", "config": config });
    caller.posts("/observability/destinations", &destination).await.data(201);
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("schemathesis.toml");
    std::fs::write(&settings, SETTINGS).unwrap();
    for selection in SELECTIONS {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &packages).current_dir(folder.path()).arg(packages.join("bin/schemathesis"));
        command.arg("--config-file").arg(&settings).arg("run").arg(format!("{}/api/v1/openapi.json", app.url));
        command.args(["--header", &format!("Authorization: Bearer {}", caller.key), "--checks", "all", "--no-color"]);
        command.args(["--max-examples", "30", "--generation-deterministic"]).args(selection);
        let Output { status, stdout, stderr } =
            tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [stdout, stderr].concat();
        assert!(status.success(), "{}", String::from_utf8_lossy(&said));
    }
    app.stop().await;
}
