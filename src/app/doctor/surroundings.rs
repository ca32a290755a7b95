//! What lies around the program: its folder, the model servers, the names of receivers, and who watches.

use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::finding::Finding;
use crate::app::listening::status_line;
use crate::clock::Clock;
use crate::config::Config;
use crate::egress::{self, Egress, EgressAllow, Guard};
use crate::gateway;

/// Requests that wait for the database at a stop fill no more than this.
const ROOM: u64 = 64 << 20;
/// With less, an embedded database is full within days.
const AMPLE: u64 = 1 << 30;

/// A name that always exists (RFC 2606).
const NAME: &str = "https://example.com/";

/// The folder in which requests are kept that wait for the database at a stop, and an embedded database.
pub(super) fn data_folder(config: &Config) -> Finding {
    // The first start makes what is missing.
    let Some(folder) = config.data_dir.ancestors().find(|folder| folder.exists() || *folder == Path::new("")) else {
        return Finding::failed("data folder", "there is none", "Name one in TRACECAST_DATA_DIR.");
    };
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let shown = folder.display();
    if let Err(error) = access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        let advice = "Give it to the user under which Tracecast runs, or name another in TRACECAST_DATA_DIR.";
        return Finding::failed("data folder", format!("{shown} cannot be written to: {error}"), advice);
    }
    let free = match statvfs(folder) {
        Ok(disk) => disk.f_bavail * disk.f_frsize,
        Err(error) => return Finding::failed("data folder", format!("{shown}: {error}"), "Look at its disk."),
    };
    let found = format!("{} MiB are free at {shown}", free >> 20);
    match free {
        ..ROOM => {
            Finding::failed("data folder", found, "Make room: what the database does not take at a stop would be lost.")
        }
        ROOM..AMPLE => Finding::warning("data folder", found, "Make room before it is full."),
        _ => Finding::ok("data folder", found),
    }
}

/// Asks each model server for its models.
pub(super) async fn model_servers(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "model server";
    let asked = match egress::client_config(&[]) {
        Ok(tls) => gateway::examine(config, &tls).await,
        Err(error) => return vec![Finding::error(CHECK, error)],
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return vec![Finding::error(CHECK, error)],
    };
    if asked.is_empty() {
        let advice = "Name one in UPSTREAM_BASE_URL, or several in TRACECAST_UPSTREAMS.";
        return vec![Finding::warning(CHECK, "there is none: the built-in demo/echo answers", advice)];
    }
    let finding = |(name, failure): (String, Option<gateway::Failure>)| match failure {
        None => Finding::ok(CHECK, format!("{name} answers")),
        Some(failure) if matches!(failure.status, 401 | 403) => {
            Finding::failed(CHECK, format!("{name} refuses the key"), "Correct its key.")
        }
        Some(failure) => Finding::failed(
            CHECK,
            format!("{name} does not answer ({})", failure.kind),
            "Look at its address, and whether this machine reaches it.",
        ),
    };
    asked.into_iter().map(finding).collect()
}

/// Whether names of receivers are found.
pub(super) async fn names(config: &Config) -> Finding {
    const CHECK: &str = "names";
    let allow = config.egress_allow.iter().map(|entry| entry.parse()).collect::<Result<Vec<EgressAllow>, _>>();
    let guard = match allow {
        Ok(allow) => Guard::new(allow, config.egress_allow_http),
        Err(error) => return Finding::failed(CHECK, error.to_string(), "Correct TRACECAST_EGRESS_ALLOW."),
    };
    let (egress, name) = match (Egress::new(guard, Clock::System), NAME.parse()) {
        (Ok(egress), Ok(name)) => (egress, name),
        (Err(error), _) => return Finding::error(CHECK, error),
        (_, Err(error)) => return Finding::error(CHECK, error),
    };
    match egress.resolve(&name).await {
        Ok(_) => Finding::ok(CHECK, "example.com is found"),
        Err(error) => Finding::warning(
            CHECK,
            format!("example.com is not found: {error}"),
            "Look at /etc/resolv.conf. All is well if every receiver stands in TRACECAST_EGRESS_ALLOW.",
        ),
    }
}

/// Whether somebody can watch this process.
pub(super) async fn metrics(config: &Config) -> Finding {
    const CHECK: &str = "metrics";
    let Some(address) = config.metrics_bind else {
        let advice = "Set TRACECAST_METRICS_BIND; contrib/prometheus has alerts.";
        return Finding::warning(CHECK, "nobody can read them", advice);
    };
    match status_line(address, "/metrics").await {
        Ok(line) if line.starts_with("HTTP/1.1 200") => Finding::ok(CHECK, format!("{address} serves them")),
        Ok(line) => Finding::failed(
            CHECK,
            format!("{address} answers {line}"),
            "Another program listens there: choose another address.",
        ),
        Err(error) => Finding::warning(
            CHECK,
            format!("{address} cannot be asked: {error}"),
            "All is well if Tracecast does not run now.",
        ),
    }
}
