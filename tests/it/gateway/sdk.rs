//! The official OpenAI clients for Python and JavaScript, unchanged, against the gateway.
//!
//! They are installed below `target/` where pip and npm are there. A client that cannot be installed is said and
//! skipped; with `CI=true` it fails the test.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::server::Server;

/// Versions that the scripts were written against.
const PYTHON_PACKAGE: &str = "openai==3.*";
const NODE_PACKAGE: &str = "openai@7";

#[tokio::test]
async fn the_official_python_client_works_unchanged() {
    let installed = folder("python");
    if !installed.join("openai").is_dir() {
        let pip = ["-m", "pip", "install", "--quiet", "--target"];
        let mut install = Command::new("python3");
        install.args(pip).arg(&installed).arg(PYTHON_PACKAGE);
        if let Err(reason) = run(&mut install).await {
            return skipped("Python", &reason);
        }
    }
    let mut script = Command::new("python3");
    script.arg(scripts().join("openai_python.py")).env("PYTHONPATH", &installed);
    passes(&mut script).await;
}

#[tokio::test]
async fn the_official_javascript_client_works_unchanged() {
    let installed = folder("node");
    if !installed.join("node_modules/openai").is_dir() {
        let mut install = Command::new("npm");
        install.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&installed).arg(NODE_PACKAGE);
        if let Err(reason) = run(&mut install).await {
            return skipped("JavaScript", &reason);
        }
    }
    let mut script = Command::new("node");
    script.arg(scripts().join("openai_node.mjs")).env("OPENAI_SDK", &installed);
    passes(&mut script).await;
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openai-sdk").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[expect(clippy::disallowed_methods, reason = "tests read CI's own variable")]
fn skipped(client: &str, reason: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "the {client} client cannot be installed: {reason}");
    eprintln!("skipped: the {client} client cannot be installed: {reason}");
}

/// Runs the script against a fresh server; each id that it prints was recorded, in order.
async fn passes(script: &mut Command) {
    let server = Server::start().await;
    script.env("TRACECAST_BASE_URL", format!("{}/api/v1", server.url)).env("TRACECAST_API_KEY", &server.key);
    let printed = run(script).await.unwrap_or_else(|reason| panic!("{reason}"));
    let ids: Vec<&str> = printed.lines().collect();
    assert_eq!(ids.len(), 3, "{printed}");
    for (position, id) in ids.into_iter().enumerate() {
        let record = server.record().await;
        assert_eq!((record["id"].as_str(), record["ending"].as_str()), (Some(id), Some("completed")));
        if position > 0 {
            assert_eq!(record["context"]["trace_name"], "Error Analysis Agent");
            assert_eq!(record["context"]["user"], "user_12345");
        }
    }
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "invalid_request");
}

async fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
