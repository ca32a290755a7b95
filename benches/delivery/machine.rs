//! The machine, as far as figures depend on it.

use std::fs;

use serde_json::{Value, json};

/// Processor, cores, memory, and the version of Postgres.
pub(crate) fn describe(postgres: &str) -> Value {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = field("/proc/meminfo", "MemTotal:").and_then(|kb| kb.trim_end_matches(" kB").parse::<u64>().ok());
    json!({
        "processor": field("/proc/cpuinfo", "model name").unwrap_or_default().trim_start_matches(": "),
        "cores": cores,
        "memory_gb": memory.map(|kb| kb / 1_000_000),
        "postgres": postgres,
        "tracecast": env!("CARGO_PKG_VERSION"),
    })
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().find_map(|line| line.strip_prefix(name))?.trim().to_owned())
}
