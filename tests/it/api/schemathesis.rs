//! Whatever the OpenAPI document allows and forbids, asked by schemathesis: no mistake of a caller is a 5xx, and every answer is as the
//! document says. It runs where `TRACECAST_LARGE_RECEIVERS=1` asks for it, because it takes minutes.

use std::process::{Command, Output};

use serde_json::json;
use tracecast::config::Source;

use super::caller::Caller;
use crate::support::app::TestApp;
use crate::support::foreign_receiver::{installed, is_asked_for};

const PACKAGES: [&str; 1] = ["schemathesis==4.32.5"];

/// What a document cannot say: which fields the kind of a destination has, what a name is made of, and what `next` of a list before was.
/// Requests that are wrong only by that may be refused. A wrong one may be refused because it builds on another revision.
const SETTINGS: &str = "[checks.positive_data_acceptance]
expected-statuses = [\"2xx\", 400, 401, 403, 404, 409, 412, 429]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 429]
";

/// Each request comes from an address of its own, so that the limit of refused keys does not answer in place of the check of keys.
const HOOKS: &str = "import itertools
from requests.adapters import HTTPAdapter

numbers, plain = itertools.count(1), HTTPAdapter.send


def send(self, request, **settings):
    number = next(numbers)
    request.headers['X-Forwarded-For'] = f'10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}'
    return plain(self, request, **settings)


HTTPAdapter.send = send
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
    let app = TestApp::start_with(|given| given.with("trusted-proxies", "127.0.0.1", Source::Argument)).await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    let destination = json!({ "type": "sentry", "name": "Production", "config": config });
    caller.posts("/observability/destinations", &destination).await.data(201);
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("schemathesis.toml");
    std::fs::write(&settings, SETTINGS).unwrap();
    std::fs::write(folder.path().join("hooks.py"), HOOKS).unwrap();
    let modules = std::env::join_paths([packages.as_path(), folder.path()]).unwrap();
    for selection in SELECTIONS {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &modules).env("SCHEMATHESIS_HOOKS", "hooks").current_dir(folder.path());
        command.arg(packages.join("bin/schemathesis"));
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
