//! Our own log: lines for people on a terminal, JSON lines elsewhere (spec 6.1).

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Sends the log to standard error. The only process-wide thing in the program; called once, by `main`.
pub fn start() {
    // sqlx tells each statement that is slow; its texts hold no values.
    let filter = EnvFilter::try_from_env("TRACECAST_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).init();
    } else {
        builder.json().init();
    }
}
